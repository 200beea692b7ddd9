//! The two ends of a delivery, as far as its order needs to know them.

use crate::keymanager::{
    Deleted, Import, KeyStatus, Keymanager, KeymanagerError, Listed, RemoteKey,
};
use stockade::backup::{
    BackupError, DeliveredKey, Sealing,
    restore::Restorable,
    whereabouts::{Permit, RemovalPermit},
};
use stockade_keystore::bls::PublicKey;

/// A validator client, or Web3signer.
pub trait Client {
    /// Where it is.
    fn url(&self) -> &str;
    /// The keys that it holds.
    fn list(&self) -> Result<Vec<Listed>, KeymanagerError>;
    /// The keys that it signs with a remote signer; `None` where it does not say.
    fn list_remote_if_any(&self) -> Result<Option<Vec<RemoteKey>>, KeymanagerError>;
    /// Removes keys, and says what they signed.
    fn delete(&self, permit: &RemovalPermit) -> Result<Deleted, KeymanagerError>;
    /// Imports keystores.
    fn import(&self, import: &Import<'_>) -> Result<Vec<KeyStatus>, KeymanagerError>;
    /// The chain that it is on, where it says so.
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

/// Where the keys come from.
pub trait KeySource {
    /// Keystores of `keys`, in their order, with their passwords.
    fn seal(&self, keys: &[PublicKey], permit: &Permit) -> Result<Vec<DeliveredKey>, BackupError>;
}

/// An opened set, and how its keystores are sealed anew.
pub struct OpenedSet<'a> {
    /// The set.
    pub keys: &'a Restorable,
    /// How.
    pub sealing: &'a Sealing,
}

impl KeySource for OpenedSet<'_> {
    fn seal(&self, keys: &[PublicKey], permit: &Permit) -> Result<Vec<DeliveredKey>, BackupError> {
        self.keys.seal(keys, permit, self.sealing)
    }
}
