//! `--contact`: whom somebody should ask who finds a copy.

use stockade::backup::{
    Copy,
    copy::read_me::{Contact, READ_ME},
};

use crate::{commands::plural::count, error::CommandError, shell};

/// The option of commands that make copies.
#[derive(Debug, clap::Args)]
pub struct ContactArgs {
    /// One line for somebody who finds a copy: whom to ask. Anybody who has the copy can read it, in
    /// `READ ME FIRST.txt` [default: the one that the copies have]
    #[arg(long, value_name = "TEXT")]
    contact: Option<String>,
}

impl ContactArgs {
    /// Names the contact for the copies that the command writes to. It is not shown if it is refused: it
    /// may be a secret.
    pub fn name(&self, copies: &mut [Copy]) -> Result<(), CommandError> {
        let contact = self.contact.as_deref().map(str::parse::<Contact>).transpose();
        let contact = contact.map_err(|e| CommandError::usage(format!("--contact: {e}")))?;
        copies.iter_mut().for_each(|copy| copy.set_contact(contact.clone()));
        Ok(())
    }
}

/// What a repair wrote for finders, for people: to `written`, the ids of copies.
pub fn written_text(written: &[String], copies: &[Copy]) -> String {
    let there = copies.iter().filter(|copy| written.iter().any(|id| id == copy.id()));
    let dirs: Vec<_> = there.map(|copy| shell::path(copy.dir())).collect();
    match dirs.len() {
        0 => String::new(),
        number => {
            format!("{READ_ME} written to {}: {}\n", count(number, "copy"), dirs.join(", "))
        }
    }
}
