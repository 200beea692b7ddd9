use clap_complete::Shell;
use serde::Serialize;

use crate::{CommandResult, error::CommandError, output::Outcome};

/// Print the completions of a shell
///
/// bash: stockade completions bash > ~/.local/share/bash-completion/completions/stockade
/// fish: stockade completions fish > ~/.config/fish/completions/stockade.fish
/// zsh: stockade completions zsh > a file _stockade in a folder of $fpath
/// PowerShell: stockade completions powershell >> $PROFILE
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The shell.
    shell: String,
    /// Its script.
    script: String,
}

impl Args {
    /// Generates the script for the command line `stockade`.
    pub fn run(self, mut stockade: clap::Command) -> CommandResult {
        let mut bytes = Vec::new();
        clap_complete::generate(self.shell, &mut stockade, "stockade", &mut bytes);
        let script = String::from_utf8(bytes)
            .map_err(|_| CommandError::input("the completions are not UTF-8"))?;
        Ok(Outcome::done(script.clone(), Document { shell: self.shell.to_string(), script }))
    }
}
