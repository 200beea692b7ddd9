use std::path::PathBuf;

use stockade_paper::take;

use crate::{CommandResult, commands::qr::read::finish, error::CommandError};

/// Take back what a sheet holds, from scans or from typed lines
///
/// Scan the pages at 150 dots an inch or more, as PNG or JPEG. Or type the lines of text: upper and lower
/// case are the same, spaces do not matter, O is read as 0, and I and L as 1. A mistyped line is named, and
/// so is a missing one.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scans, folders of scans, or a text file with the lines; - or nothing for standard input
    #[arg(value_name = "IMAGE|TEXT")]
    scans: Vec<PathBuf>,
    /// Where to write what was read: a new file, or a new folder for a set
    #[arg(long, value_name = "FILE|DIR")]
    out: PathBuf,
}

impl Args {
    /// Reads, and writes what is whole.
    pub fn run(self) -> CommandResult {
        let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
        let typed = if self.scans.is_empty() || self.scans.iter().any(is_stdin) {
            let typed = take::read_typed(std::io::stdin().lock());
            Some(typed.map_err(|error| CommandError::input(format!("standard input: {error}")))?)
        } else {
            None
        };
        let scans: Vec<_> = self.scans.into_iter().filter(|path| !is_stdin(path)).collect();
        finish(&take::take(&scans, typed.as_deref())?, Some(&self.out))
    }
}
