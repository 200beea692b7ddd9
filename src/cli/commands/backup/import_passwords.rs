//! The passwords of keystores that are imported.

use std::path::PathBuf;

use stockade::{
    backup::import::{self, Passwords},
    eth2_keystore::Password,
};

use crate::{context::Context, error::CommandError};

/// Where the passwords come from. Without an option, the user is asked.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub struct PasswordArgs {
    /// A file with one password, for all keystores that have none stored with them
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// A folder with a password file for each keystore: NAME.txt, NAME.password, or 0x<pubkey>
    #[arg(long, value_name = "DIR")]
    password_dir: Option<PathBuf>,
    /// Read one password for all from this file descriptor
    #[arg(long, value_name = "N")]
    password_fd: Option<u32>,
}

impl PasswordArgs {
    /// Reads the passwords, or asks for one.
    pub fn read(&self, context: &mut Context) -> Result<Passwords, CommandError> {
        if let Some(folder) = &self.password_dir {
            return Ok(Passwords::Folder(folder.clone()));
        }
        let fd = self.password_fd.map(|fd| PathBuf::from(format!("/dev/fd/{fd}")));
        if let Some(file) = self.password_file.as_ref().or(fd.as_ref()) {
            return Ok(Passwords::One(import::read_named_password(file)?));
        }
        let typed = context.terminal.password("Password of the keystores").ok_or_else(|| {
            CommandError::usage("no password given, and no terminal to ask on")
                .with_hint("use --password-file, --password-dir or --password-fd")
        })?;
        let password = Password::new(typed.expose());
        password.map(Passwords::One).map_err(|error| CommandError::input(error.to_string()))
    }
}
