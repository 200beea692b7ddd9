//! The command as a nervous user and their scripts see it: JSON, exit codes, and what is written
//! and what is not.

mod attest;
mod create;
mod create_again;
mod custodian;
pub(crate) mod fixture;
mod help;
mod import;
mod rejected;
mod restore;
mod restore_history;
pub(crate) mod run;
mod secrets;
mod test_seed;
mod usage;
