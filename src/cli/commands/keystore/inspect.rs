use std::path::PathBuf;

use serde_json::Map;

use super::{files::Files, row::Row, tally::Tally};
use crate::{CommandResult, context::Context};

/// Show what keystores are, and which clients take them. Needs no password
///
/// Says for each of ethstaker-deposit-cli, Lighthouse, Teku, Prysm, Nimbus, Lodestar, Web3signer
/// and ethdo whether it takes the file, and if not, why; and whether the program was run, its
/// keystore code alone, or its sources were only read. Exit code 0: every client that was measured
/// takes every file. Whether they open, `keystore doctor` shows.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keystores, or folders of them
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Args {
    /// Looks at one file after another.
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
        let text = "Nothing was opened: a keystore may still hold another key than it names.";
        Ok(tally.end(ok, text, Map::new()))
    }
}
