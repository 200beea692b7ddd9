//! Why attesting a set or reading an attestation failed.

use std::path::PathBuf;

use super::{PolicyError, StatementError};
use crate::backup::{BackupError, SetId};
use stockade_base::eth::Address;
use stockade_wallet::device::DeviceError;

/// Why attesting a set or reading an attestation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestError {
    /// Not an attestation file.
    #[error("{}: not an attestation: {reason}", stockade_base::shown(.path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why it is not one.
        reason: String,
    },
    /// No attestation where one was expected.
    #[error("no attestation in {0}")]
    None(String),
    /// No delivery note where one was expected.
    #[error("no delivery note in {0}")]
    NoNote(String),
    /// The manifest of a set cannot be read, so a statement cannot name it.
    #[error("set {0} cannot be attested: its manifest cannot be read; scrub it to find out why")]
    NoManifest(String),
    /// Neither this wallet nor a named signer made the set. A wallet only attests its own sets.
    #[error("set {0} was not attested: neither this wallet nor a --signer made it ({1})")]
    UnknownOrigin(String, String),
    /// A copy whose id is not known.
    #[error("the copy.json of {} is damaged, so a statement cannot name it: repair it first", stockade_base::shown(.0))]
    DamagedCopy(PathBuf),
    /// The statement of another wallet, which this wallet does not sign as well.
    #[error("not signed: {0}")]
    NotJoined(String),
    /// The statement of a wallet that the user did not name.
    #[error("not signed: {0}, which made the statement, is not a --signer")]
    UnknownMaker(Address),
    /// A file that is not a valid policy.
    #[error("{}: {reason}", stockade_base::shown(.path))]
    Policy {
        /// The file.
        path: PathBuf,
        /// Why it is not valid.
        reason: PolicyError,
    },
    /// The wallet's signature was not made with its own key.
    #[error("the signature does not recover to the wallet's address {0}")]
    WrongSigner(Address),
    /// The operation failed after some sets were attested.
    #[error(
        "{source}. Before that, the attestations of these sets were signed and stored in every copy: {}",
        .written.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )]
    PartlyAttested {
        /// The sets whose attestations are in every copy.
        written: Vec<SetId>,
        /// Why the next set was not attested.
        source: Box<AttestError>,
    },
    /// A statement that cannot be written.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Sets and copies.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The wallet.
    #[error(transparent)]
    Device(#[from] DeviceError),
}
