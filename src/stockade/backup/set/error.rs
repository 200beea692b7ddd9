//! Why an operation on backups could not be done at all (a verdict is not an error).

use std::path::PathBuf;

use super::set_id::SetId;
use crate::{
    custodian::{CustodianError, EnrollError, OpenError, PassphraseError, SealError},
    device_secret::SecretError,
    store::StoreError,
};
use stockade_base::eth::Address;
use stockade_keystore::{
    bls::PublicKey,
    eth2_keystore::{KdfError, KeystoreError, PasswordError, Reader},
    staking::ExitError,
};
use stockade_wallet::device::DeviceError;

/// Why an operation on backups could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The folder holds no copy.
    #[error("{} holds no copy (there is no stockade/copy.json)", stockade_base::shown(.0))]
    NoCopy(PathBuf),
    /// A new copy in a folder that does not exist.
    #[error(
        "there is no copy at {}, and no folder {} to make one in",
        stockade_base::shown(copy),
        stockade_base::shown(above)
    )]
    NoPlace {
        /// The copy that was named.
        copy: PathBuf,
        /// The folder that is missing.
        above: PathBuf,
    },
    /// The same copy was named twice.
    #[error("{0} is the same copy as another one named")]
    SameCopy(String),
    /// A copy's own description cannot be read.
    #[error("{} is damaged: {reason}", stockade_base::shown(.path))]
    DamagedCopy {
        /// copy.json.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No set to work on.
    #[error("no set found in {0}")]
    NoSet(String),
    /// A folder that was named as a set and cannot be used as one.
    #[error("{} cannot be used: {}", stockade_base::shown(.0), .1)]
    NotASet(PathBuf, String),
    /// More than one set, and the operation takes one.
    #[error("these copies hold {0} sets: name one with --set")]
    SeveralSets(usize),
    /// A set that must be whole is not.
    #[error("set {set} is damaged: {reason}")]
    DamagedSet {
        /// Which.
        set: SetId,
        /// Why.
        reason: String,
    },
    /// Real money and a seed that the world knows.
    #[error("{what} must not guard keys for {network}: {why}")]
    TestSeed {
        /// The wallet or custodian.
        what: String,
        /// The network.
        network: &'static str,
        /// Why.
        why: &'static str,
    },
    /// Nobody to seal to.
    #[error("there is nobody who could open this backup")]
    NoCustodian,
    /// Two custodians that are one wallet.
    #[error("two custodians have the same check address {0}: they are one wallet")]
    SameWallet(Address),
    /// Two custodians that are sealed to alike, or have one id.
    #[error("custodian {0} is named twice, or another one has its recipient")]
    SameCustodian(String),
    /// A threshold that the custodians cannot meet, or that nobody chose.
    #[error("{0}")]
    Threshold(String),
    /// A passphrase that opens no custodian's identity.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// A set that cannot be sealed anew.
    #[error("set {set} was not resealed: {reason}")]
    NotResealable {
        /// Which.
        set: SetId,
        /// Why.
        reason: String,
    },
    /// Keys and keystores that cannot be taken over.
    #[error("{} of {total} keys cannot be taken over; nothing was written:{}", .bad.len(), list(.bad))]
    Unopened {
        /// Which, and why.
        bad: Vec<(String, String)>,
        /// Of how many.
        total: usize,
    },
    /// No keystores where some were expected.
    #[error("no keystores in {0}")]
    NoKeystores(String),
    /// More keys than anybody runs from one place.
    #[error("more than {0} keys in these places: take them over in several sets")]
    TooManyKeys(usize),
    /// More files than anybody keeps beside keys.
    #[error("more than {0} files in these folders: name the folders that hold keystores")]
    TooManyFiles(usize),
    /// A key that stands twice among those to be backed up.
    #[error("the key {0} stands in two of the keystores")]
    DuplicateKey(String),
    /// A key that the copies hold already.
    #[error("the key {pubkey} is in set {set} already")]
    KeyExists {
        /// The key.
        pubkey: String,
        /// Where it is.
        set: SetId,
    },
    /// The slashing history is missing, or does not fit.
    #[error("{0}")]
    History(String),
    /// The folder to restore to is not empty.
    #[error("{} is not empty: nothing is overwritten", stockade_base::shown(.0))]
    TargetNotEmpty(PathBuf),
    /// A key that a restore would bring to a folder where it lies already.
    #[error("the key {} lies there already, in {}: nothing is overwritten", .0, stockade_base::shown(.1))]
    KeyInTarget(PublicKey, PathBuf),
    /// Keys that no copy holds whole.
    #[error("{} keys of set {set} are lost in these copies; nothing was written:\n  {}", .bad.len(), .bad.join("\n  "))]
    KeysLost {
        /// Which set.
        set: SetId,
        /// Which keys, and why.
        bad: Vec<String>,
    },
    /// A set that must stay.
    #[error("set {set} was not retired: {why}")]
    NotRetirable {
        /// Which.
        set: SetId,
        /// Why.
        why: String,
    },
    /// A set that cannot be opened or trusted enough to restore from.
    #[error("set {set} was not restored: {reason}")]
    NotRestorable {
        /// Which.
        set: SetId,
        /// Why.
        reason: String,
    },
    /// A key that was to leave without an entry that says where it goes.
    #[error("key {0}: nothing says where it goes, so it does not leave the set")]
    NotPermitted(PublicKey),
    /// A set that a key was to be taken from.
    #[error("set {set} gave no key: {reason}")]
    NotOpened {
        /// Which.
        set: SetId,
        /// Why.
        reason: String,
    },
    /// A set that could not be removed everywhere.
    #[error(
        "{source}\nset {set} is removed from {removed}; the note that it was retired is new in {noted}"
    )]
    RetiredInPart {
        /// Which.
        set: SetId,
        /// The copies that it was removed from.
        removed: String,
        /// The copies that say now that it was retired.
        noted: String,
        /// Why not everywhere.
        source: Box<BackupError>,
    },
    /// A file or folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A custodian file.
    #[error(transparent)]
    Custodian(#[from] CustodianError),
    /// Enrolling the wallet.
    #[error(transparent)]
    Enroll(#[from] EnrollError),
    /// The wallet.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The wallet's secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The custodian's identity.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A keystore.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// A key derivation.
    #[error(transparent)]
    Kdf(#[from] KdfError),
    /// A password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A password under which the program that the keys are for could not open them.
    #[error("{0} cannot open keys under this password: it reads other characters than it holds")]
    Misread(Reader),
    /// Sealing.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A device secret that gives no batch root.
    #[error("the wallet's answer gives no root for batch {0}")]
    Batch(u32),
    /// A medium that lost one set when another was written.
    #[error("{}: set {set} is damaged since the new set was written", stockade_base::shown(dir))]
    Overwritten {
        /// The copy.
        dir: PathBuf,
        /// The set that was whole before.
        set: SetId,
    },
    /// The wallet's signature is not its own.
    #[error("the signature does not recover to the wallet's check address {0}")]
    WrongSigner(Address),
    /// A password file that cannot be one.
    #[error("the password file {} cannot be used: {}", stockade_base::shown(.0), .1)]
    PasswordFile(PathBuf, String),
    /// A voluntary exit.
    #[error(transparent)]
    Exit(#[from] ExitError),
    /// More than is read at once of what anybody may have written.
    #[error(
        "{}: there is more of this in the copies than Stockade reads at once",
        stockade_base::shown(_0)
    )]
    TooMuch(PathBuf),
    /// JSON could not be written.
    #[error("JSON could not be written: {0}")]
    Json(#[from] serde_json::Error),
    /// No random bytes from the system.
    #[error(transparent)]
    Random(#[from] stockade_base::secret::RandomError),
}

impl BackupError {
    /// Whether the medium has no room left.
    pub fn is_full(&self) -> bool {
        let full = |source: &std::io::Error| {
            use std::io::ErrorKind::{QuotaExceeded, StorageFull};
            matches!(source.kind(), StorageFull | QuotaExceeded)
        };
        matches!(self, Self::Store(StoreError::Io { source, .. }) if full(source))
    }

    /// Whether the file system, or the stick, takes no writes at all.
    pub fn is_read_only(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_read_only())
    }
}

fn list(bad: &[(String, String)]) -> String {
    let shown = bad.iter().take(20).map(|(place, why)| format!("\n  {place}: {why}"));
    let more = match bad.len().saturating_sub(20) {
        0 => String::new(),
        n => format!("\n  and {n} more"),
    };
    shown.chain([more]).collect()
}
