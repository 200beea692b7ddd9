use std::path::PathBuf;

use super::{files::Files, row::Row, tally::Tally};
use crate::{CommandResult, context::Context};

/// Show what keystores contain, and which clients accept them. Needs no password
///
/// Reports for each of ethstaker-deposit-cli, Lighthouse, Teku, Prysm, Nimbus, Lodestar, Web3signer
/// and ethdo whether it accepts the file, and if not, why; and how that is known: the program was run,
/// its keystore code alone was run, or its sources were read. Exit code 0: every client that was measured
/// accepts every file. `keystore doctor` checks whether the files open.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keystores, or folders of them
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Args {
    /// Reads one file after another.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let files = Files::new(self.files)?;
        let mut tally = Tally::begin(context.json);
        for file in files {
            let Some(profile) = tally.keystore(&file) else { continue };
            let row = Row::closed(&file.path, profile);
            let is_well = row.is_accepted();
            tally.print(row, is_well);
        }
        let ok = tally.all_accepted();
        let text = "Nothing was opened: a keystore may still hold another key than it states.";
        Ok(tally.end(ok, text, None))
    }
}
