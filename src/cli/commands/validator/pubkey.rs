use serde::Serialize;
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

/// Show BLS public keys of the wallet's own mnemonic (Ledger only)
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The index of the key, or a range such as 0..4, which includes both ends
    #[arg(long, value_name = "I[..J]")]
    index: String,
    /// Show the withdrawal key m/12381/3600/I/0 instead of the signing key m/12381/3600/I/0/0
    #[arg(long)]
    withdrawal: bool,
    /// Also show each key on the wallet, and wait for approval
    #[arg(long)]
    confirm: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The keys, by ascending index.
    keys: Vec<Key>,
    /// Whether the wallet showed each key and the user approved it.
    confirmed: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Key {
    /// The public key: 48 bytes in hex.
    pubkey: String,
    /// Its path (EIP-2334).
    path: String,
    /// The index I in that path.
    index: u32,
}

impl Args {
    /// Asks the wallet for each key.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let (first, last) = range(&self.index)?;
        let mut wallet = context.open()?;
        let device = wallet.identity().name();
        let unsupported = DeviceError::Unsupported {
            device,
            what: "show BLS public keys (the Ethereum app of a Ledger can)".to_owned(),
        };
        let wallet = wallet.bls_public_keys().ok_or(unsupported)?;
        let mut keys = Vec::new();
        for index in first..=last {
            let path = if self.withdrawal {
                DerivationPath::withdrawal_key(index)
            } else {
                DerivationPath::signing_key(index)
            };
            let pubkey = wallet.bls_public_key(&path, Show::Silently, &mut context.terminal)?;
            if self.confirm {
                context.terminal.say(&in_both_cases(&pubkey, &path));
                let shown = wallet.bls_public_key(&path, Show::OnDevice, &mut context.terminal)?;
                if shown != pubkey {
                    let message = format!(
                        "the wallet gave the key {pubkey} for {path} before, and now {shown}"
                    );
                    return Err(CommandError::new(Kind::Protocol, message));
                }
            }
            keys.push(Key { pubkey: pubkey.to_string(), path: path.to_string(), index });
        }
        let line = |Key { pubkey, path, .. }: &Key| format!("{pubkey}  {path}\n");
        let text: String = keys.iter().map(line).collect();
        Ok(Outcome::done(text, Document { keys, confirmed: self.confirm }))
    }
}

/// A Ledger shows a public key in capitals, which is hard to compare with lower case.
fn in_both_cases(pubkey: &PublicKey, path: &DerivationPath) -> String {
    let capitals = pubkey.to_string().to_uppercase();
    format!(
        "{path}: the wallet must show this key (a Ledger shows it in capitals)\n  0x{pubkey}\n  \
         0x{capitals}"
    )
}

fn range(text: &str) -> Result<(u32, u32), CommandError> {
    let bad = || {
        let message = format!("--index {text}: not an index such as 0, nor a range such as 0..4");
        CommandError::usage(message)
    };
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let first: u32 = first.parse().map_err(|_| bad())?;
    let last: u32 = last.parse().map_err(|_| bad())?;
    if first <= last && last - first < 10_000 { Ok((first, last)) } else { Err(bad()) }
}
