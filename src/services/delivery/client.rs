//! Source and target of a delivery, as traits.

use crate::keymanager::{
    Deleted, Import, KeyStatus, Keymanager, KeymanagerError, Listed, RemoteKey,
};
use stockade::backup::{
    BackupError, DeliveredKey, Sealing,
    restore::Restorable,
    whereabouts::{Permit, RemovalPermit},
};
use stockade_keystore::bls::PublicKey;

/// A validator client or Web3signer, with the keymanager API.
pub trait Client {
    /// The client's URL.
    fn url(&self) -> &str;
    /// The keys that it holds.
    fn list(&self) -> Result<Vec<Listed>, KeymanagerError>;
    /// The keys for which it uses a remote signer; `None` if it does not say.
    fn list_remote_if_any(&self) -> Result<Option<Vec<RemoteKey>>, KeymanagerError>;
    /// Removes keys, and returns their history.
    fn delete(&self, permit: &RemovalPermit) -> Result<Deleted, KeymanagerError>;
    /// Imports keystores.
    fn import(&self, import: &Import<'_>) -> Result<Vec<KeyStatus>, KeymanagerError>;
    /// The genesis validators root of its chain, if it says so.
    fn genesis_root(&self) -> Option<[u8; 32]>;
}

impl Client for Keymanager {
    fn url(&self) -> &str {
        self.url()
    }

    fn list(&self) -> Result<Vec<Listed>, KeymanagerError> {
        self.list()
    }

    fn list_remote_if_any(&self) -> Result<Option<Vec<RemoteKey>>, KeymanagerError> {
        self.list_remote_if_any()
    }

    fn delete(&self, permit: &RemovalPermit) -> Result<Deleted, KeymanagerError> {
        self.delete(permit)
    }

    fn import(&self, import: &Import<'_>) -> Result<Vec<KeyStatus>, KeymanagerError> {
        self.import(import)
    }

    fn genesis_root(&self) -> Option<[u8; 32]> {
        self.genesis_root()
    }
}

/// A source of keystores.
pub trait KeySource {
    /// Writes keystores for `keys`, in order, with their passwords.
    fn seal(&self, keys: &[PublicKey], permit: &Permit) -> Result<Vec<DeliveredKey>, BackupError>;
}

/// An opened set, and how to encrypt its keys for delivery.
pub struct OpenedSet<'a> {
    /// The opened set.
    pub keys: &'a Restorable,
    /// How to encrypt the keystores.
    pub sealing: &'a Sealing,
}

impl KeySource for OpenedSet<'_> {
    fn seal(&self, keys: &[PublicKey], permit: &Permit) -> Result<Vec<DeliveredKey>, BackupError> {
        self.keys.seal(keys, permit, self.sealing)
    }
}
