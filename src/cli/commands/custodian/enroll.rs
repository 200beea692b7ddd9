use std::path::PathBuf;

use serde::Serialize;
use stockade::{
    custodian::{self, AnyCustodian},
    device_secret::Scheme,
    store::private_file,
};

use super::kinds::PlainArgs;
use crate::{
    CommandResult,
    context::Context,
    error::{CommandError, Kind},
    output::Outcome,
};

/// Make a custodian: writes the small public file that is needed to seal sets to it
///
/// By default the custodian is the wallet, which signs the file. The file of any other kind of custodian
/// is not signed: anyone who replaces it can open the next sets that you seal. Keep it where only you
/// can write, and compare its recipient when you make a set.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A name for your own use; it is stored only in this file
    #[arg(long)]
    name: String,
    /// The file to write
    #[arg(long)]
    out: PathBuf,
    /// How the wallet derives its secret: eip191-v1 (every wallet) or slip11-v1 (Trezor)
    #[arg(long, default_value_t)]
    scheme: Scheme,
    #[command(flatten)]
    plain: PlainArgs,
    /// Read the passphrase from this file descriptor instead of asking for it twice
    #[arg(long, value_name = "N", requires = "passphrase")]
    passphrase_fd: Option<u32>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The custodian, as in its file.
    #[cfg_attr(test, schemars(with = "super::CustodianFields"))]
    custodian: AnyCustodian,
    /// The file that was written.
    file: String,
}

impl Args {
    /// Enrols; the file is written when everything was tried.
    pub fn run(self, context: &mut Context) -> CommandResult {
        // Before anybody presses a button or types anything.
        private_file::require_new(&self.out)?;
        let plain = self.plain.custodian(&self.name, self.passphrase_fd, context)?;
        let custodian = match plain {
            Some(plain) => plain.into(),
            None => self.wallet(context)?,
        };
        let bytes = custodian
            .to_json()
            .map_err(|error| CommandError::new(Kind::Internal, error.to_string()))?;
        private_file::create(&self.out, &bytes)?;
        let file = crate::shown(&self.out).to_string();
        let text = format!("{}Written to     {file}\n{}", text(&custodian), remark(&custodian));
        Ok(Outcome::done(text, Document { custodian, file }))
    }

    fn wallet(&self, context: &mut Context) -> Result<AnyCustodian, CommandError> {
        let mut wallet = context.open()?;
        let name = Some(self.name.clone());
        Ok(custodian::enroll(&mut *wallet, self.scheme, name, &mut context.terminal)?.into())
    }
}

/// A custodian, for people.
fn text(custodian: &AnyCustodian) -> String {
    let id = format!("Custodian      {}\n", custodian.id());
    match (custodian.wallet(), custodian.plain()) {
        (Some(wallet), _) => {
            let (address, passphrase) = (&wallet.check_address, &wallet.uses_passphrase);
            format!("{id}Check address  {address}\nPassphrase     {passphrase}\n")
        }
        (_, Some(plain)) => {
            let (kind, recipient) = (plain.kind.as_str(), &plain.recipient);
            format!("{id}Kind           {kind}\nRecipient      {recipient}\n")
        }
        _ => id,
    }
}

fn remark(custodian: &AnyCustodian) -> &'static str {
    match (custodian.is_test(), custodian.plain()) {
        (true, _) => "This is a test custodian: it must not guard real money.\n",
        (_, Some(_)) => {
            "This file is not signed: anyone who can replace it can open the next sets that you seal. \
             Keep it where only you can write, and compare its recipient when you make a set.\n"
        }
        _ => "",
    }
}
