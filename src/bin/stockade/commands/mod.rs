//! One module a noun, one file a verb. The doc comment of a command's arguments is its help.

pub mod address;
pub mod attest;
pub mod backup;
pub mod custodian;
pub mod deposit;
pub mod device;
pub mod keystore;
#[cfg(feature = "mock")]
pub mod mock;
pub mod validator;

mod report;
