//! An open wallet and the user beside it.

use std::time::Duration;

use stockade::{
    device::{BlsPublicKeys, CipherKeyValue, DeviceError, Show, Timeouts, Wallet},
    eth::{Address, Signature, personal_message},
    path::DerivationPath,
};

use super::{
    person::Person,
    subject::{Beside, Role, Subject},
};

/// An open wallet and the user beside it.
pub(super) struct Session {
    pub(super) wallet: Box<dyn Wallet>,
    pub(super) person: Person,
}

impl Subject {
    /// How long to wait for the device when its user does as `role` says.
    pub(super) fn timeouts(&self, role: Role) -> Timeouts {
        let user = match (&self.beside, role) {
            (Beside::Person, Role::Away) => Duration::from_secs(8),
            (Beside::Automation(_), Role::Away) => Duration::from_secs(2),
            (_, Role::Away) => Duration::from_millis(300),
            // No simulated user takes long; who waits for minutes waits for a device that hangs.
            (Beside::Person, _) => Timeouts::default().user,
            _ => Duration::from_secs(30),
        };
        Timeouts::default().with_user(user)
    }

    /// Opens the device with a user who does what `role` says, or says why there is none.
    pub(super) fn session(&self, role: Role) -> Result<Session, &'static str> {
        let found = self.find(role, self.timeouts(role))?.unwrap();
        let mut person = Person::new(self, role);
        let wallet = found.open(&mut person).unwrap();
        // What opening took is not the operation's.
        person.looked_at.clear();
        Ok(Session { wallet, person })
    }
}

impl Session {
    pub(super) fn address(&mut self, path: &str, show: Show) -> Result<Address, DeviceError> {
        self.wallet.address(&path.parse().unwrap(), show, &mut self.person)
    }

    /// Signs, and makes sure that the signature is by the key at `path`.
    pub(super) fn sign(&mut self, path: &str, message: &str) -> Signature {
        let signature = self.try_sign(path, message).unwrap();
        let signer = personal_message::recover(message.as_bytes(), &signature).unwrap();
        assert_eq!(signer, self.address(path, Show::Silently).unwrap());
        signature
    }

    pub(super) fn try_sign(&mut self, path: &str, message: &str) -> Result<Signature, DeviceError> {
        self.wallet.sign_personal(&path.parse().unwrap(), message, &mut self.person)
    }

    /// The BLS public key at `path`, in hex.
    pub(super) fn bls_public_key(&mut self, path: &str, show: Show) -> Result<String, DeviceError> {
        let keys: &mut dyn BlsPublicKeys = self.wallet.bls_public_keys().unwrap();
        let key = keys.bls_public_key(&path.parse().unwrap(), show, &mut self.person)?;
        Ok(hex::encode(key.as_bytes()))
    }

    /// CipherKeyValue of `value` under `key` at `path`, in hex.
    pub(super) fn encrypt(
        &mut self,
        path: &str,
        key: &str,
        value: &[u8; 32],
    ) -> Result<String, DeviceError> {
        let path: DerivationPath = path.parse().unwrap();
        let cipher: &mut dyn CipherKeyValue = self.wallet.cipher_key_value().unwrap();
        Ok(hex::encode(cipher.encrypt(&path, key, value, &mut self.person)?.expose()))
    }

    /// The wallet still answers what nobody is asked about.
    pub(super) fn require_usable(&mut self) {
        self.address(&DerivationPath::check_address().to_string(), Show::Silently).unwrap();
    }
}
