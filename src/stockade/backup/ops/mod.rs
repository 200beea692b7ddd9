//! What is done with sets.

pub mod charon_node;
pub mod create;
pub mod custodians;
pub mod delivered;
pub mod dirk_accounts;
pub(crate) mod dirk_wallets;
pub mod drill;
mod kept_file;
pub mod layout;
mod not_together;
pub mod repair;
pub mod reseal;
pub mod restore;
pub mod restore_request;
pub mod restore_sets;
pub(crate) mod restored_key;
pub mod retire;
pub mod seal_request;
pub mod splittable;
