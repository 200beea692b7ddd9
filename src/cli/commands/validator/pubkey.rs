use serde_json::json;
use stockade::{
    bls::PublicKey,
    device::{DeviceError, Show},
    path::DerivationPath,
};

use crate::{
    CommandResult,
    context::Context,
    error::{CommandError, Kind},
    output::Outcome,
};

/// Show the BLS public keys of the wallet's own words (Ledger only)
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The validator's index, or a range such as 0..4 (both ends included)
    #[arg(long, value_name = "I[..J]")]
    index: String,
    /// The withdrawal key m/12381/3600/I/0 instead of the signing key m/12381/3600/I/0/0
    #[arg(long)]
    withdrawal: bool,
    /// Show each on the wallet too, and wait for approval
    #[arg(long)]
    confirm: bool,
}

impl Args {
    /// Asks the wallet.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let (first, last) = range(&self.index)?;
        let mut wallet = context.open()?;
        let device = wallet.identity().name();
        let unsupported = DeviceError::Unsupported {
            device,
            what: "show BLS public keys (the Ledger's Ethereum app can)".to_owned(),
        };
        let keys = wallet.bls_public_keys().ok_or(unsupported)?;
        let mut text = String::new();
        let mut list = Vec::new();
        for index in first..=last {
            let path = match self.withdrawal {
                true => DerivationPath::withdrawal_key(index),
                false => DerivationPath::signing_key(index),
            };
            let pubkey = keys.bls_public_key(&path, Show::Silently, &mut context.terminal)?;
            if self.confirm {
                context.terminal.say(&in_both_cases(&pubkey, &path));
                let shown = keys.bls_public_key(&path, Show::OnDevice, &mut context.terminal)?;
                if shown != pubkey {
                    let message = format!("the wallet gave {pubkey} for {path}, and now {shown}");
                    return Err(CommandError::new(Kind::Protocol, message));
                }
            }
            text += &format!("{pubkey}  {path}\n");
            list.push(json!({"pubkey": pubkey, "path": path.to_string(), "index": index}));
        }
        Ok(Outcome::done(text, json!({"keys": list, "confirmed": self.confirm})))
    }
}

/// A Ledger writes a public key in capitals, which is hard to compare with small letters.
fn in_both_cases(pubkey: &PublicKey, path: &DerivationPath) -> String {
    let capitals = pubkey.to_string().to_uppercase();
    format!(
        "{path}: the wallet must show this key (a Ledger writes it in capitals)\n  0x{pubkey}\n  0x{capitals}"
    )
}

fn range(text: &str) -> Result<(u32, u32), CommandError> {
    let bad =
        || CommandError::usage(format!("--index {text}: an index such as 0, or a range 0..4"));
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let (first, last): (u32, u32) =
        (first.parse().map_err(|_| bad())?, last.parse().map_err(|_| bad())?);
    match first <= last && last - first < 10_000 {
        true => Ok((first, last)),
        false => Err(bad()),
    }
}
