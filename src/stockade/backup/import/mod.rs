//! Keystores that other tools made: finds them in files and folders, recognises them by their
//! content, and opens them. Changes none of the files that it reads.

mod archive;
pub mod charon;
pub mod client_folder;
mod content;
mod definitions;
pub mod find;
pub mod foreign;
pub mod intake;
mod key_shares;
pub mod keystore_list;
mod listed;
mod opening;
mod password_files;
pub mod recognise;
mod sniff;
mod text;
pub mod walk;
mod wallet_store;

pub use find::{Found, find, take, take_wallets};
pub use key_shares::state_share;
pub use password_files::{Passwords, password_file, read_named_password, read_password};
