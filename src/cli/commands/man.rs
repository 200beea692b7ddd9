use std::path::PathBuf;

use serde::Serialize;
use stockade::store::public_file;

use crate::{CommandResult, commands::plural::count, error::CommandError, output::Outcome};

/// Write the manual pages: one for each command, in section 1
///
/// To read one: man -l DIR/stockade-backup-drill.1
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder for the pages, such as ~/.local/share/man/man1. Pages of an earlier version are
    /// replaced
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The pages that were written.
    files: Vec<String>,
}

impl Args {
    /// Generates and writes the pages of the command line `stockade`.
    pub fn run(self, stockade: clap::Command) -> CommandResult {
        let mut root = stockade.disable_help_subcommand(true);
        root.build();
        let mut pages = Vec::new();
        render(&root, "stockade", &mut pages)?;
        let mut files = Vec::new();
        for (name, page) in pages {
            let path = self.to.join(name);
            public_file::replace_below(&path, &page)?;
            files.push(path.to_string_lossy().into_owned());
        }
        let text = format!("{} in {}", count(files.len(), "page"), crate::shown(&self.to));
        Ok(Outcome::done(text, Document { files }))
    }
}

type Pages = Vec<(String, Vec<u8>)>;

fn render(command: &clap::Command, name: &str, pages: &mut Pages) -> Result<(), CommandError> {
    let mut page = Vec::new();
    let named = command.clone().name(name.to_owned()).display_name(name.to_owned());
    clap_mangen::Man::new(named)
        .render(&mut page)
        .map_err(|error| CommandError::input(format!("{name}.1: {error}")))?;
    pages.push((format!("{name}.1"), page));
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        render(below, &format!("{name}-{}", below.get_name()), pages)?;
    }
    Ok(())
}
