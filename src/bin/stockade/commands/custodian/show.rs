use std::path::{Path, PathBuf};

use serde_json::json;
use stockade::custodian::AnyCustodian;

use crate::{
    CommandResult,
    context::{Context, read_custodian},
    output::Outcome,
};

/// Show custodian files, after verifying that their wallets signed them
///
/// Files of other kinds are signed by nobody: compare the recipient with what its owner says.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Custodian files
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Args {
    /// Reads and verifies; a file that was tampered with is an error.
    pub fn run(self, _context: &mut Context) -> CommandResult {
        let mut shown = String::new();
        let mut custodians = Vec::new();
        for file in &self.files {
            let custodian = read_custodian(file)?;
            shown += &text(file, &custodian);
            custodians.push(custodian);
        }
        Ok(Outcome::done(shown, json!({"custodians": custodians})))
    }
}

fn text(file: &Path, custodian: &AnyCustodian) -> String {
    let name = custodian.name().map(|name| format!(" ({name})")).unwrap_or_default();
    let mut text = format!("{}\n  id             {}{name}\n", file.display(), custodian.id());
    if let Some(wallet) = custodian.wallet() {
        text += &format!(
            "  check address  {}\n  scheme         {}\n  recipient      {}\n  \
             passphrase     {}\n  test           {}\n  signature      valid\n",
            wallet.check_address,
            wallet.scheme,
            wallet.recipient,
            wallet.uses_passphrase,
            if wallet.test { "yes: must not guard real money" } else { "no" },
        );
    }
    if let Some(plain) = custodian.plain() {
        text += &format!(
            "  kind           {}\n  recipient      {}\n  signature      none: nobody signs this \
             kind; compare the recipient\n",
            plain.kind.as_str(),
            plain.recipient
        );
    }
    text
}
