use std::path::PathBuf;

use serde_json::json;
use stockade::{
    backup::{
        BackupError, Copy, list,
        verdict::{Counts, Reason},
    },
    bls::PublicKey,
    device::Show,
    eth::Address,
    path::DerivationPath,
    staking::{Deposit, DepositEntry, MAX_DEPOSIT_FILE_BYTES, parse_deposit_file},
    store::private_file,
};

use crate::{CommandResult, context::Context, error::CommandError, output::Outcome};

/// Verify a deposit_data file: roots, signatures, and where the money goes
///
/// With --copy, whose keys they are; with --withdrawal-address, who receives the withdrawals.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A deposit_data file
    file: PathBuf,
    /// A copy that should hold every key of the file
    #[arg(long, value_name = "DIR")]
    copy: Option<PathBuf>,
    /// Who should receive withdrawals: `device`, or an address with its checksum
    #[arg(long, value_name = "device|0x..")]
    withdrawal_address: Option<String>,
}

impl Args {
    /// Verifies every entry.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let bytes = private_file::read(&self.file, MAX_DEPOSIT_FILE_BYTES as u64)?;
        let entries = parse_deposit_file(&bytes)
            .map_err(|error| CommandError::input(format!("{}: {error}", self.file.display())))?;
        let held = self.copy.as_ref().map(|dir| keys_in(dir)).transpose()?;
        let receiver = self.receiver(context)?;
        let judged: Vec<_> = entries
            .iter()
            .map(|entry| Judged::new(entry, held.as_deref(), receiver.as_ref()))
            .collect();
        Ok(outcome(&judged))
    }

    fn receiver(&self, context: &mut Context) -> Result<Option<Address>, CommandError> {
        match self.withdrawal_address.as_deref() {
            None => Ok(None),
            Some("device") => {
                let path = DerivationPath::ethereum(0, 0)
                    .map_err(|error| CommandError::usage(error.to_string()))?;
                let mut wallet = context.open()?;
                Ok(Some(wallet.address(&path, Show::Silently, &mut context.terminal)?))
            }
            Some(text) => Address::parse_checksummed(text).map(Some).map_err(|error| {
                CommandError::usage(format!("--withdrawal-address {text}: {error}"))
            }),
        }
    }
}

fn keys_in(dir: &std::path::Path) -> Result<Vec<PublicKey>, BackupError> {
    let copy = Copy::open(dir)?;
    let sets = list(std::slice::from_ref(&copy))?;
    let manifests = sets.iter().filter_map(|set| set.manifest.as_ref());
    Ok(manifests.flat_map(|manifest| &manifest.keystores).map(|entry| entry.pubkey).collect())
}

/// What is said of one deposit.
struct Judged {
    pubkey: String,
    deposit: Option<Deposit>,
    reason: Reason,
    why: Option<String>,
}

impl Judged {
    fn new(entry: &DepositEntry, held: Option<&[PublicKey]>, receiver: Option<&Address>) -> Self {
        let pubkey = entry.pubkey.clone();
        let deposit = match entry.verify() {
            Ok(deposit) => deposit,
            Err(error) => {
                let why = Some(error.to_string());
                return Self { pubkey, deposit: None, reason: Reason::Malformed, why };
            }
        };
        let (reason, why) = judge(&deposit, held, receiver);
        Self { pubkey, deposit: Some(deposit), reason, why }
    }
}

/// A sound deposit, against what else is known: whose key it is, and who receives.
fn judge(
    deposit: &Deposit,
    held: Option<&[PublicKey]>,
    receiver: Option<&Address>,
) -> (Reason, Option<String>) {
    let pays_to = deposit.withdrawal_credentials().address();
    if let Some(receiver) = receiver
        && pays_to.as_ref() != Some(receiver)
    {
        let pays = pays_to.map_or("a BLS withdrawal key".to_owned(), |a| a.to_string());
        let why = format!("it pays withdrawals to {pays}, not to {receiver}");
        return (Reason::PubkeyMismatch, Some(why));
    }
    match held {
        Some(held) if !held.contains(deposit.pubkey()) => {
            (Reason::Missing, Some("the copy does not hold its key".to_owned()))
        }
        _ => (Reason::Ok, None),
    }
}

fn outcome(judged: &[Judged]) -> Outcome {
    let counts = Counts::of(judged.iter().map(|one| one.reason));
    let ok = counts.proven > 0 && counts.contradicted == 0 && counts.inconclusive == 0;
    let mut text = String::new();
    for one in judged {
        text += &format!("{}  {}\n", one.reason.verdict().as_str(), one.pubkey);
        if let Some(deposit) = &one.deposit {
            let credentials = deposit.withdrawal_credentials();
            let to = credentials.address().map_or(credentials.to_string(), |to| to.to_string());
            text += &format!(
                "  {} Gwei for {}, withdrawals to {to}\n",
                deposit.amount(),
                deposit.network()
            );
        }
        if let Some(why) = &one.why {
            text += &format!("  PROBLEM: {why}\n");
        }
    }
    text += &format!(
        "{} proven, {} contradicted, {} inconclusive",
        counts.proven, counts.contradicted, counts.inconclusive
    );
    let deposits = judged.iter().map(|one| {
        json!({
            "pubkey": one.pubkey,
            "verdict": one.reason.verdict().as_str(),
            "reason": one.reason.as_str(),
            "why": one.why,
            "network": one.deposit.as_ref().map(|d| d.network()),
            "amount": one.deposit.as_ref().map(Deposit::amount),
            "withdrawal_address": one.deposit.as_ref().and_then(|d| d.withdrawal_credentials().address()),
        })
    });
    let json = json!({
        "verdicts": {
            "proven": counts.proven,
            "contradicted": counts.contradicted,
            "inconclusive": counts.inconclusive,
        },
        "deposits": deposits.collect::<Vec<_>>(),
    });
    Outcome::checked(ok, text, json)
}
