use std::path::{Path, PathBuf};

use serde::Serialize;
use stockade::{
    custodian::{AnyCustodian, PlainCustodian},
    secret::SecretText,
};

use crate::{
    CommandResult,
    context::{Context, read_custodian},
    error::CommandError,
    output::Outcome,
    unlockers::read_passphrase_fd,
};

/// Show custodian files, after verifying the signatures of wallets
///
/// Files of other kinds are not signed: ask the owner for the recipient, and compare.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Custodian files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Ask for the passphrase of each passphrase custodian, and check that it opens the identity
    #[arg(long)]
    passphrase: bool,
    /// Check with the passphrase read from this file descriptor
    #[arg(long, value_name = "N", conflicts_with = "passphrase")]
    passphrase_fd: Option<u32>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The custodians, as in their files.
    #[cfg_attr(test, schemars(with = "Vec<super::CustodianFields>"))]
    custodians: Vec<AnyCustodian>,
    /// For each custodian, what is known about its sealed identity: `opens` (with the passphrase),
    /// `intact` (unchanged) or `not_checked`. Null unless it is a passphrase custodian.
    identities: Vec<Option<&'static str>>,
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
        Ok(Outcome::done(shown, Document { custodians, identities }))
    }

    /// What is known about the sealed identity of a passphrase custodian; `None` for another kind.
    fn check(
        &self,
        file: &Path,
        custodian: &PlainCustodian,
        given: Option<&SecretText>,
        context: &mut Context,
    ) -> Result<Option<&'static str>, CommandError> {
        let Some(intact) = custodian.is_intact() else { return Ok(None) };
        let typed = if self.passphrase {
            let prompt = format!("Passphrase of custodian {}", custodian.id);
            let no_terminal = || {
                CommandError::usage("no terminal to ask for the passphrase on")
                    .with_hint("give it with --passphrase-fd")
            };
            Some(context.terminal.password(&prompt).ok_or_else(no_terminal)?)
        } else {
            None
        };
        match typed.as_ref().or(given).and_then(|passphrase| custodian.unlock(passphrase)) {
            Some(Ok(_)) => Ok(Some("opens")),
            Some(Err(error)) => {
                Err(CommandError::input(format!("{}: {error}", crate::shown(file)))
                    .with_hint("if the passphrase is right, the file is damaged: enroll it again"))
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
            "  kind           {}\n  recipient      {}\n  signature      none: files of this kind are \
             not signed; compare the recipient\n",
            plain.kind.as_str(),
            plain.recipient
        );
    }
    text + match identity {
        Some("opens") => "  identity       opens with the passphrase\n",
        Some("intact") => "  identity       unchanged since it was made\n",
        Some(_) => "  identity       NOT checked: check its passphrase with --passphrase\n",
        None => "",
    }
}
