//! Why nothing could be attested, or an attestation not be read.

use std::path::PathBuf;

use super::{PolicyError, StatementError};
use crate::backup::{BackupError, SetId};
use stockade_base::eth::Address;
use stockade_wallet::device::DeviceError;

/// Why nothing could be attested, or an attestation not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestError {
    /// Not an attestation file.
    #[error("{} is no attestation: {reason}", stockade_base::shown(.path))]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No attestation where one was expected.
    #[error("no attestation in {0}")]
    None(String),
    /// No delivery note where one was expected.
    #[error("no delivery note in {0}")]
    NoNote(String),
    /// A set whose manifest cannot be read: there is nothing to name in a statement.
    #[error("set {0} has no manifest that can be attested: scrub it")]
    NoManifest(String),
    /// A set that neither this wallet nor a named signer made: a wallet signs for its own.
    #[error("set {0} was not made by this wallet, nor by a --signer: it is not attested")]
    UnknownOrigin(String),
    /// A copy whose id is not known.
    #[error("the copy.json of {} is damaged, so a statement cannot name it: repair it first", stockade_base::shown(.0))]
    DamagedCopy(PathBuf),
    /// A statement of another wallet that this one does not sign too.
    #[error("not signed: {0}")]
    NotJoined(String),
    /// A statement of somebody whom the user did not name.
    #[error("not signed: {0}, who made the statement, is no --signer")]
    UnknownMaker(Address),
    /// Not a policy.
    #[error("{}: {reason}", stockade_base::shown(.path))]
    Policy {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: PolicyError,
    },
    /// The wallet's signature is not its own.
    #[error("the signature does not recover to the wallet's address {0}")]
    WrongSigner(Address),
    /// Some sets were attested before it ended.
    #[error(
        "{source}. Signed before that, and kept in every copy: the attestation of {}",
        .written.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )]
    PartlyAttested {
        /// The sets whose attestations are in every copy.
        written: Vec<SetId>,
        /// Why the next one is not.
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
