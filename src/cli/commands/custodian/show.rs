use std::path::{Path, PathBuf};

use serde_json::json;
use stockade::{
    custodian::{AnyCustodian, PlainCustodian},
    secret::SecretText,
};

use crate::{
    CommandResult,
    context::{Context, read_custodian},
    error::CommandError,
    hands::read_passphrase_fd,
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
    /// Ask for the passphrase of each passphrase custodian, and check that it opens its identity
    #[arg(long)]
    passphrase: bool,
    /// Check with the passphrase that is read from this file descriptor
    #[arg(long, value_name = "N", conflicts_with = "passphrase")]
    passphrase_fd: Option<u32>,
}

impl Args {
    /// Reads and verifies; a file that was tampered with is an error.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let given = self.passphrase_fd.map(read_passphrase_fd).transpose()?;
        let mut shown = String::new();
        let (mut custodians, mut identities) = (Vec::new(), Vec::new());
        for file in &self.files {
            let custodian = read_custodian(file)?;
            let identity = match custodian.plain() {
                Some(plain) => self.check(file, plain, given.as_ref(), context)?,
                None => None,
            };
            shown += &text(file, &custodian, identity);
            custodians.push(custodian);
            identities.push(identity);
        }
        Ok(Outcome::done(shown, json!({"custodians": custodians, "identities": identities})))
    }

    /// What is known of the sealed identity of a passphrase custodian; `None` for another kind.
    fn check(
        &self,
        file: &Path,
        custodian: &PlainCustodian,
        given: Option<&SecretText>,
        context: &mut Context,
    ) -> Result<Option<&'static str>, CommandError> {
        let Some(intact) = custodian.is_intact() else { return Ok(None) };
        let typed = match self.passphrase {
            true => Some(
                context
                    .terminal
                    .password(&format!("Passphrase of custodian {}", custodian.id))
                    .ok_or_else(|| {
                        CommandError::usage("no terminal to ask for the passphrase on")
                            .with_hint("give it with --passphrase-fd")
                    })?,
            ),
            false => None,
        };
        match typed.as_ref().or(given).and_then(|passphrase| custodian.unlock(passphrase)) {
            Some(Ok(_)) => Ok(Some("opens")),
            Some(Err(error)) => {
                Err(CommandError::input(format!("{}: {error}", crate::shown(file)))
                    .with_hint("if the passphrase is right, the file is damaged: enrol it again"))
            }
            None if intact => Ok(Some("intact")),
            None => Ok(Some("not_checked")),
        }
    }
}

fn text(file: &Path, custodian: &AnyCustodian, identity: Option<&str>) -> String {
    let name =
        custodian.name().map(|name| format!(" ({})", crate::shown(name))).unwrap_or_default();
    let mut text = format!("{}\n  id             {}{name}\n", crate::shown(&file), custodian.id());
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
    text + match identity {
        Some("opens") => "  identity       opens with the passphrase\n",
        Some("intact") => "  identity       unchanged since it was made\n",
        Some(_) => "  identity       NOT checked: try its passphrase with --passphrase\n",
        None => "",
    }
}
