use std::path::PathBuf;

use stockade::attest::Attestation;
use stockade_paper::sheet::Sheet;

use super::sheet::{SheetArgs, read};
use crate::CommandResult;

/// Print an attestation
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The attestation
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    sheet: SheetArgs,
}

impl Args {
    /// Reads the file, and writes its sheet.
    pub fn run(self) -> CommandResult {
        self.sheet.require_new()?;
        let (name, bytes) = read(&self.file, Attestation::MAX_LEN)?;
        self.sheet.write(&Sheet::of_attestation(&name, bytes)?)
    }
}
