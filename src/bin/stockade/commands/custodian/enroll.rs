use std::path::PathBuf;

use serde_json::json;
use stockade::{custodian, device_secret::Scheme, store::private_file};

use crate::{
    CommandResult,
    context::Context,
    error::{CommandError, Kind},
    output::Outcome,
};

/// Make the wallet a custodian: writes the small public file that says how to seal to it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A name for your own eyes; it never leaves this file
    #[arg(long)]
    name: String,
    /// The file to write
    #[arg(long)]
    out: PathBuf,
    /// How the wallet makes its secret: eip191-v1 (every wallet) or slip11-v1 (Trezor)
    #[arg(long, default_value_t)]
    scheme: Scheme,
}

impl Args {
    /// Enrols; the file is written when everything was tried.
    pub fn run(self, context: &mut Context) -> CommandResult {
        if self.out.exists() {
            let message = format!("{} exists already: nothing is overwritten", self.out.display());
            return Err(CommandError::new(Kind::File, message));
        }
        let mut wallet = context.open()?;
        let name = Some(self.name);
        let custodian = custodian::enroll(&mut *wallet, self.scheme, name, &mut context.terminal)?;
        let bytes = custodian
            .to_json()
            .map_err(|error| CommandError::new(Kind::Internal, error.to_string()))?;
        private_file::create(&self.out, &bytes)?;
        let file = self.out.display().to_string();
        let text = format!(
            "Custodian      {}\nCheck address  {}\nPassphrase     {}\nWritten to     {file}\n{}",
            custodian.id,
            custodian.check_address,
            custodian.uses_passphrase,
            if custodian.test {
                "This is a test custodian: it must not guard real money.\n"
            } else {
                ""
            }
        );
        Ok(Outcome::done(text, json!({"custodian": custodian, "file": file})))
    }
}
