//! Keystores on their way to a client: sealed anew, for the set's own password never leaves it.

use std::collections::BTreeMap;

use super::{
    restore::Restorable,
    restored_key::{RestoredKey, random_kdf},
};
use crate::backup::{set::error::BackupError, sidecars::whereabouts::Permit};
use stockade_base::secret::SecretText;
use stockade_keystore::{
    bls::PublicKey,
    eth2_keystore::{DecryptionKey, MEMORY_BUDGET, NewPassword, derive_all},
};

/// How the keystores of one delivery are sealed.
#[derive(Debug)]
pub enum Sealing {
    /// All under one password and salt: one key derivation here, and one for a client that
    /// remembers it.
    Shared(Box<Sealed>),
    /// Each under its own: a key derivation a key.
    PerKey,
}

/// A password of no other delivery, and what is derived of it.
#[derive(Debug)]
pub struct Sealed {
    password: NewPassword,
    derived: DecryptionKey,
}

/// A keystore, and what opens it.
#[derive(Debug)]
pub struct DeliveredKey {
    /// EIP-2335, as JSON.
    pub keystore: String,
    /// Its password.
    pub password: SecretText,
}

impl Sealing {
    /// One password and salt for all keys of a delivery.
    pub fn shared() -> Result<Self, BackupError> {
        let (password, kdf) = (NewPassword::random()?, random_kdf()?);
        let derived = DecryptionKey::derive(password.password(), &kdf)?;
        Ok(Self::Shared(Box::new(Sealed { password, derived })))
    }

    /// The word for it in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Shared(_) => "shared",
            Self::PerKey => "per_key",
        }
    }
}

impl Restorable {
    /// Keystores of those of `keys` that the set holds, in their order. The permit must be for all.
    pub fn seal(
        &self,
        keys: &[PublicKey],
        permit: &Permit,
        sealing: &Sealing,
    ) -> Result<Vec<DeliveredKey>, BackupError> {
        if let Some(key) = keys.iter().find(|key| !permit.covers(key)) {
            return Err(BackupError::NotPermitted(*key));
        }
        let all: BTreeMap<_, _> = self.keys().map(|key| (key.secret.public_key(), key)).collect();
        let chosen: Vec<_> = keys.iter().filter_map(|key| all.get(key)).collect();
        match sealing {
            Sealing::Shared(one) => {
                chosen.into_iter().map(|key| key.deliver(&one.password, &one.derived)).collect()
            }
            Sealing::PerKey => seal_each(&chosen),
        }
    }
}

fn seal_each(keys: &[&RestoredKey<'_>]) -> Result<Vec<DeliveredKey>, BackupError> {
    let mut passwords = Vec::with_capacity(keys.len());
    for _ in keys {
        passwords.push((NewPassword::random()?, random_kdf()?));
    }
    let jobs: Vec<_> = passwords.iter().map(|(password, kdf)| (password.password(), kdf)).collect();
    let derived = derive_all(&jobs, MEMORY_BUDGET, &mut |_| ());
    let sealed = keys.iter().zip(&passwords).zip(derived);
    sealed.map(|((key, (password, _)), derived)| key.deliver(password, &derived?)).collect()
}

impl RestoredKey<'_> {
    fn deliver(
        &self,
        password: &NewPassword,
        derived: &DecryptionKey,
    ) -> Result<DeliveredKey, BackupError> {
        let password = SecretText::new(password.expose().to_owned());
        Ok(DeliveredKey { keystore: self.seal(derived)?, password })
    }
}
