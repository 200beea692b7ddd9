//! Custodians: who can open backups. Sealing to a custodian needs only its public file.

mod any;
mod enroll;
mod file;
mod given;
mod identity;
mod plain;
mod plugin;
mod recipient;
mod seal;
mod sealed_identity;
pub mod shamir;

pub use any::{AnyCustodian, OtherCustodian};
pub use enroll::{EnrollError, enroll};
pub(crate) use enroll::{approvals, confirm, is_shown};
pub use file::{Custodian, CustodianError, Kind, UsesPassphrase};
pub use given::{GivenIdentity, IdentityFileError};
pub use identity::{Identity, OpenError, open};
pub use plain::{PlainCustodian, PlainKind};
pub use recipient::Recipient;
pub use seal::SealError;
pub(crate) use seal::{seal, seal_to_recipient};
pub use sealed_identity::PassphraseError;
