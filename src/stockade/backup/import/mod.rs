//! Keystores that other tools made: found in files and folders, recognised by their content, and
//! opened. Nothing that is read is changed.

mod archive;
pub mod client_folder;
mod content;
mod definitions;
pub mod find;
pub mod intake;
pub mod keystore_list;
mod listed;
mod opening;
mod password_files;
pub mod recognise;
mod sniff;
mod text;
pub mod walk;

pub use find::{Found, find, take};
pub use password_files::{Passwords, password_file, read_password};
