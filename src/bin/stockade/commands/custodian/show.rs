use std::path::PathBuf;

use serde_json::json;

use crate::{
    CommandResult,
    context::{Context, read_custodian},
    output::Outcome,
};

/// Show custodian files, after verifying that their wallets signed them
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Custodian files
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Args {
    /// Reads and verifies; a file that was tampered with is an error.
    pub fn run(self, _context: &mut Context) -> CommandResult {
        let mut text = String::new();
        let mut custodians = Vec::new();
        for file in &self.files {
            let custodian = read_custodian(file)?;
            text += &format!(
                "{}\n  id             {}{}\n  check address  {}\n  scheme         {}\n  \
                 recipient      {}\n  passphrase     {}\n  test           {}\n  signature      \
                 valid\n",
                file.display(),
                custodian.id,
                custodian.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default(),
                custodian.check_address,
                custodian.scheme,
                custodian.recipient,
                custodian.uses_passphrase,
                if custodian.test { "yes: must not guard real money" } else { "no" },
            );
            custodians.push(custodian);
        }
        Ok(Outcome::done(text, json!({"custodians": custodians})))
    }
}
