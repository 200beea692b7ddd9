//! Errors that stop an operation on backups. A verdict is not an error.

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
    /// There is no copy in this place.
    #[error("{} does not hold a copy: stockade/copy.json is missing", stockade_base::shown(.0))]
    NoCopy(PathBuf),
    /// A new copy in a folder that does not exist.
    #[error(
        "no copy at {}, and the folder {} does not exist",
        stockade_base::shown(copy),
        stockade_base::shown(above)
    )]
    NoPlace {
        /// The copy that was named.
        copy: PathBuf,
        /// The missing folder.
        above: PathBuf,
    },
    /// The same copy was named twice.
    #[error("{0} was named twice: it is the same copy as another one")]
    SameCopy(String),
    /// copy.json cannot be read.
    #[error("{} is damaged: {reason}", stockade_base::shown(.path))]
    DamagedCopy {
        /// copy.json.
        path: PathBuf,
        /// Why it cannot be read.
        reason: String,
    },
    /// There is no set to work on.
    #[error("no set found in {0}")]
    NoSet(String),
    /// No copy could record that keys were split.
    #[error(
        "nothing was written: no copy could record that these keys were split, so a later restore would \
         release the whole keys without a question: {0}"
    )]
    NotMarked(Box<BackupError>),
    /// A key whose split is not recorded.
    #[error("the split of key {0} is not recorded")]
    NotMarkedKey(PublicKey),
    /// A folder that was named as a set but cannot be used as one.
    #[error("{} cannot be used: {}", stockade_base::shown(.0), .1)]
    NotASet(PathBuf, String),
    /// There is more than one set, but the operation takes only one.
    #[error("these copies hold {0} sets: name one with --set")]
    SeveralSets(usize),
    /// A set is damaged that must be intact.
    #[error("set {set} is damaged: {reason}")]
    DamagedSet {
        /// The set.
        set: SetId,
        /// What is wrong with it.
        reason: String,
    },
    /// Keys for a network with real money, and a seed that is publicly known.
    #[error("{what} cannot be used for keys on {network}: {why}")]
    TestSeed {
        /// The wallet or custodian.
        what: String,
        /// The network.
        network: &'static str,
        /// Why it must not be used.
        why: &'static str,
    },
    /// There are no custodians to seal to.
    #[error("no custodian is given, so nobody could open this backup")]
    NoCustodian,
    /// Two custodians that are the same wallet.
    #[error("two custodians have the same check address {0}: they are the same wallet")]
    SameWallet(Address),
    /// Two custodians with the same id or recipient.
    #[error("custodian {0} is named twice, or another one has the same recipient")]
    SameCustodian(String),
    /// A threshold that the custodians cannot meet, or that was not chosen.
    #[error("{0}")]
    Threshold(String),
    /// A passphrase does not open a custodian's identity.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// A set that could not be resealed.
    #[error("set {set} was not resealed: {reason}")]
    NotResealable {
        /// The set.
        set: SetId,
        /// Why it was not resealed.
        reason: String,
    },
    /// Keys and keystores that cannot be imported.
    #[error("{} of {total} keys cannot be imported; nothing was written:{}", .bad.len(), list(.bad))]
    Unopened {
        /// The places, each with the reason.
        bad: Vec<(String, String)>,
        /// How many were to be imported.
        total: usize,
    },
    /// No keystores where some were expected.
    #[error("no keystores in {0}")]
    NoKeystores(String),
    /// What is said of a key that is a share cannot be so, or forbids what was asked.
    #[error("{0}")]
    Share(String),
    /// Too many keys for one import.
    #[error("more than {0} keys in these places: import them as several sets")]
    TooManyKeys(usize),
    /// Too many files to search.
    #[error("more than {0} files in these folders: name the folders that hold keystores")]
    TooManyFiles(usize),
    /// A key occurs twice among those to be backed up.
    #[error("the key {0} is in two of the keystores")]
    DuplicateKey(String),
    /// A copy holds the key already.
    #[error("the key {pubkey} is already in set {set}")]
    KeyExists {
        /// The key.
        pubkey: String,
        /// The set that holds it.
        set: SetId,
    },
    /// The slashing history is missing or does not fit.
    #[error("{0}")]
    History(String),
    /// The folder to restore to is not empty.
    #[error("{} is not empty, and nothing is overwritten: name a new folder", stockade_base::shown(.0))]
    TargetNotEmpty(PathBuf),
    /// The folder to restore to holds one of the keys already.
    #[error("the key {} is already there, in {}: nothing is overwritten", .0, stockade_base::shown(.1))]
    KeyInTarget(PublicKey, PathBuf),
    /// No copy holds some of the keys intact.
    #[error("{} keys of set {set} are lost in these copies; nothing was written:\n  {}", .bad.len(), .bad.join("\n  "))]
    KeysLost {
        /// The set.
        set: SetId,
        /// The keys, each with the reason.
        bad: Vec<String>,
    },
    /// A set that was not retired.
    #[error("set {set} was not retired: {why}")]
    NotRetirable {
        /// The set.
        set: SetId,
        /// Why it must stay.
        why: String,
    },
    /// A set that cannot be opened, or not trusted enough to restore from.
    #[error("set {set} was not restored: {reason}")]
    NotRestorable {
        /// The set.
        set: SetId,
        /// Why it was not restored.
        reason: String,
    },
    /// A key was to leave its set although no entry says where it goes.
    #[error("key {0} was not released: the record does not say where it goes")]
    NotPermitted(PublicKey),
    /// A key could not be taken from its set.
    #[error("no key was read from set {set}: {reason}")]
    NotOpened {
        /// The set.
        set: SetId,
        /// Why not.
        reason: String,
    },
    /// A set was not removed from every copy.
    #[error(
        "{source}\nset {set} was removed from {removed}; the note that it was retired was added to {noted}"
    )]
    RetiredInPart {
        /// The set.
        set: SetId,
        /// The copies that it was removed from.
        removed: String,
        /// The copies that a note was added to.
        noted: String,
        /// Why it was not removed from the next copy.
        source: Box<BackupError>,
    },
    /// Reading or writing a file or folder failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A custodian file cannot be used.
    #[error(transparent)]
    Custodian(#[from] CustodianError),
    /// Enrolling the wallet failed.
    #[error(transparent)]
    Enroll(#[from] EnrollError),
    /// The wallet failed.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The wallet gave no secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The custodian's identity could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A keystore cannot be read.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// A key derivation failed.
    #[error(transparent)]
    Kdf(#[from] KdfError),
    /// A password cannot be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The program that the keys are for could not open them with this password.
    #[error(
        "{0} could not open keys with this password: it does not read these characters as they are"
    )]
    Misread(Reader),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A device secret that does not give a batch root.
    #[error("no root for batch {0} can be derived from the wallet's answer")]
    Batch(u32),
    /// A set on the medium was damaged while another was written.
    #[error("{}: set {set} was damaged while the new set was written", stockade_base::shown(dir))]
    Overwritten {
        /// The copy.
        dir: PathBuf,
        /// The set that was intact before.
        set: SetId,
    },
    /// The wallet's signature was not made with its own key.
    #[error("the signature does not recover to the wallet's check address {0}")]
    WrongSigner(Address),
    /// A password file that cannot be used.
    #[error("the password file {} cannot be used: {}", stockade_base::shown(.0), .1)]
    PasswordFile(PathBuf, String),
    /// A voluntary exit cannot be used.
    #[error(transparent)]
    Exit(#[from] ExitError),
    /// Too many sidecar records to read at once.
    #[error(
        "{}: the copies hold more of this than Stockade reads at once",
        stockade_base::shown(_0)
    )]
    TooMuch(PathBuf),
    /// JSON could not be written.
    #[error("JSON could not be written: {0}")]
    Json(#[from] serde_json::Error),
    /// The system provided no random bytes.
    #[error(transparent)]
    Random(#[from] stockade_base::secret::RandomError),
}

impl BackupError {
    /// Whether there is no space left on the medium.
    pub fn is_full(&self) -> bool {
        let full = |source: &std::io::Error| {
            use std::io::ErrorKind::{QuotaExceeded, StorageFull};
            matches!(source.kind(), StorageFull | QuotaExceeded)
        };
        matches!(self, Self::Store(StoreError::Io { source, .. }) if full(source))
    }

    /// Whether the file system or stick is read-only.
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
