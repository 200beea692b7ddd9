//! Custodians: wallets that can open backups. Sealing to one needs only its public file.

mod any;
mod enroll;
mod file;
mod identity;
mod recipient;

pub use any::{AnyCustodian, OtherCustodian};
pub use enroll::{EnrollError, enroll};
pub use file::{Custodian, CustodianError, Kind, UsesPassphrase};
pub(crate) use identity::seal;
pub use identity::{Identity, OpenError, open};
pub use recipient::Recipient;
