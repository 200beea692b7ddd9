//! Secrets that only one wallet can derive, from its answer to a prompt that it shows.

mod ask;
mod custodian_id;
mod prompt;
mod scheme;
mod test_seed;

pub use ask::{DeviceSecret, SecretError, ask, check_address, foresee, require_check_address};
pub use custodian_id::{CustodianId, CustodianIdError};
pub use prompt::Prompt;
pub use scheme::{Scheme, UnknownScheme};
pub use test_seed::is_well_known;
