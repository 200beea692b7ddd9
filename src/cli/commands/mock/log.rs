//! What a simulated wallet showed, and what its user did, for tests.

use std::path::PathBuf;

use serde::Serialize;
use stockade::{store::lines_file::LinesFile, timestamp::Timestamp};
use stockade_mocks::User;

use crate::{error::CommandError, ui};

/// The log.
#[derive(Debug, clap::Args)]
pub struct LogArgs {
    /// Add a line of JSON to this new file for every screen that waits for the user: what it showed, and
    /// what the user did
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// A line of the log.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    /// When the user answered, in RFC 3339.
    time: String,
    /// The text of the screen, of all its pages.
    shown: &'a str,
    /// What the user did, or what happened instead, as in scripts: `approve`, `reject`, `unplug`, ..
    answer: &'a str,
}

impl LogArgs {
    /// The same user, who is logged if the option is given.
    pub fn watch(&self, user: User) -> Result<User, CommandError> {
        let Some(path) = &self.log else { return Ok(user) };
        let mut log = LinesFile::create(path)?;
        let add = move |shown: &str, answer: &str| {
            let line = Line { time: Timestamp::now().rfc3339(), shown, answer };
            let line = serde_json::to_string(&line).unwrap_or_default();
            let added = log.add(&line);
            if let Err(error) = &added {
                ui::not_logged(&error.to_string());
            }
            added.is_ok()
        };
        Ok(user.logged_by(add))
    }
}
