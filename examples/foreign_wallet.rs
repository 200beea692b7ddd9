//! A wallet that Stockade has never heard of, as a custodian: `cargo run -p stockade --example foreign_wallet`.
//!
//! Whoever implements [`Wallet`] gets all that is built on it: enrolment, backups, drills,
//! attestations. Here it is a smart card that is only imagined, whose keys live in this process.
#![allow(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use hmac::{Hmac, Mac as _};
use k256::ecdsa::SigningKey;
use sha2::Sha256;
use stockade::{
    custodian,
    device::{DeviceError, Identity, PassphraseUse, Show, Wallet},
    device_secret::Scheme,
    eth::{Address, Signature, personal_message},
    interact::{Attention, Interact, Passphrase},
    path::DerivationPath,
    secret::{SecretBytes, SecretText},
};

fn main() -> Result<(), Box<dyn Error>> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}

/// Enrols the card, and opens with it what enrolment sealed for it.
pub fn run() -> Result<Vec<String>, Box<dyn Error>> {
    let mut card = Card::new()?;
    let mut user = Patient;
    let custodian = custodian::enroll(&mut card, Scheme::Eip191V1, None, &mut user)?;
    let identity = custodian::open(&mut card, &custodian, &mut user)?;
    Ok(vec![
        format!("custodian {} is the wallet {}", custodian.id, custodian.check_address),
        format!("what is sealed to {} opens with it", identity.recipient()),
        "it gives no BLS public keys, and no CipherKeyValue: it never has to say so".to_owned(),
    ])
}

/// The card. Accessors for what it cannot do answer `None` by themselves.
struct Card {
    identity: Identity,
    seed: SecretBytes<32>,
}

impl Card {
    fn new() -> Result<Self, getrandom::Error> {
        let identity = Identity {
            vendor: "Example",
            model: "Card".to_owned(),
            app: None,
            firmware: None,
            label: None,
            passphrase: PassphraseUse::Off,
            // True: it may guard nothing of worth on mainnet.
            simulated: true,
        };
        Ok(Self { identity, seed: SecretBytes::random()? })
    }

    /// Its own way from a path to a key. That keys follow BIP-32 is not asked of a wallet; that the
    /// same path gives the same key is.
    fn key(&self, path: &DerivationPath) -> Result<SigningKey, DeviceError> {
        let broken = |_| DeviceError::protocol("Example Card", "no key at this path");
        let mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(self.seed.expose());
        let mut mac = mac.map_err(|_| DeviceError::protocol("Example Card", "no seed"))?;
        mac.update(path.to_string().as_bytes());
        SigningKey::from_slice(&mac.finalize().into_bytes()).map_err(broken)
    }
}

impl Wallet for Card {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn address(
        &mut self,
        path: &DerivationPath,
        show: Show,
        user: &mut dyn Interact,
    ) -> Result<Address, DeviceError> {
        if show == Show::OnDevice {
            user.look_at_device("Example Card", Attention::Address);
        }
        Ok(Address::of_public_key(self.key(path)?.verifying_key()))
    }

    /// Must be deterministic (RFC 6979) to be a custodian: enrolment asks twice, and refuses a
    /// wallet that answers differently.
    fn sign_personal(
        &mut self,
        path: &DerivationPath,
        message: &str,
        user: &mut dyn Interact,
    ) -> Result<Signature, DeviceError> {
        user.look_at_device("Example Card", Attention::Message(message));
        let wrong = || DeviceError::protocol("Example Card", "no signature");
        let digest = personal_message::digest(message.as_bytes());
        let (ecdsa, id) = self.key(path)?.sign_prehash_recoverable(&digest).map_err(|_| wrong())?;
        let (r, s) = ecdsa.split_bytes();
        let v = 27 + u8::from(id.is_y_odd());
        Signature::from_parts(r.into(), s.into(), v).map_err(|_| wrong())
    }
}

/// A user who approves whatever the card shows, and types nothing.
struct Patient;

impl Interact for Patient {
    fn look_at_device(&mut self, _device: &str, _attention: Attention<'_>) {}

    fn enter_pin_matrix(&mut self, _device: &str) -> Option<SecretText> {
        None
    }

    fn enter_passphrase(&mut self, _device: &str, _on_device: bool) -> Option<Passphrase> {
        None
    }

    fn ask(&mut self, _question: &str) -> Option<String> {
        None
    }
}
