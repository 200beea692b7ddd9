use std::path::PathBuf;

use stockade::custodian::Custodian;
use stockade_paper::sheet::Sheet;

use super::sheet::{SheetArgs, read};
use crate::CommandResult;

/// Print a custodian file
///
/// A custodian file is public. Of a passphrase it holds the identity that the passphrase opens, so a weak
/// passphrase can be guessed from the paper.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The custodian file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    sheet: SheetArgs,
}

impl Args {
    /// Reads the file, and writes its sheet.
    pub fn run(self) -> CommandResult {
        self.sheet.require_new()?;
        let (name, bytes) = read(&self.file, Custodian::MAX_LEN)?;
        self.sheet.write(&Sheet::of_custodian(&name, bytes)?)
    }
}
