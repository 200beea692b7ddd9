mod report;

use std::{collections::BTreeSet, path::PathBuf};

use stockade::{
    backup::verdict::{Reason, Verdict},
    staking::{Deposit, DepositEntry, DepositError, MAX_DEPOSIT_FILE_BYTES, parse_deposit_file},
    store::private_file,
    validator::Withdrawal,
};

#[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
pub use self::report::Document;
use super::{answer::Answer, owner::Known};
use crate::{
    CommandResult,
    commands::withdrawal,
    context::{Context, read_signers},
    error::CommandError,
};

/// Verify a deposit_data file: roots, signatures, key owners, and who receives withdrawals
///
/// The file alone proves that its roots and signatures are right, but not who owns the keys. With
/// --copy or --device that is checked, too: that the copies hold the keys, and that this wallet made
/// their set and has the withdrawal address (or that a --signer made the set, and that the deposits pay
/// the --withdrawal-address). What cannot be checked is inconclusive.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A deposit_data file
    file: PathBuf,
    /// Copies that should hold every key of the file
    #[arg(long, num_args = 1.., value_name = "DIR")]
    copy: Vec<PathBuf>,
    /// Who should receive withdrawals: `device`, or an address with its checksum
    #[arg(long, value_name = "device|0x..")]
    withdrawal_address: Option<String>,
    /// Also trust sets that this signer made: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE", requires = "copy")]
    signer: Vec<String>,
}

/// What is to be checked beside roots and signatures.
#[derive(Debug, Clone, Copy)]
struct Asked {
    /// Who owns the key.
    key: bool,
    /// Who receives withdrawals.
    withdrawal: bool,
}

impl Args {
    /// Verifies every deposit of the file.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let bytes = private_file::read(&self.file, MAX_DEPOSIT_FILE_BYTES as u64)?;
        let entries = parse_deposit_file(&bytes).map_err(|error| {
            CommandError::input(format!("{}: {error}", crate::shown(&self.file)))
        })?;
        let mut known = Known::new(&self.copy, read_signers(&self.signer)?)?;
        let receiver = self.withdrawal_address.as_deref().map(withdrawal::parse).transpose()?;
        let ownership = known.has_copies() || context.device_named() && receiver.is_none();
        let asked = Asked { key: ownership, withdrawal: ownership || receiver.is_some() };
        let asks_wallet = receiver == Some(Withdrawal::Device);
        let own = if asks_wallet || ownership && context.any_device() {
            Some(known.ask(context.open()?, &mut context.terminal)?)
        } else {
            None
        };
        known.receiver = match receiver {
            Some(Withdrawal::To(address)) => Some(address),
            Some(Withdrawal::Device) => own,
            None => None,
        };
        let judge = |entry| Judged::new(entry, asked, &mut known, context);
        let mut judged = entries.iter().map(judge).collect::<Result<Vec<_>, _>>()?;
        contradict_the_rest(&mut judged);
        Ok(report::outcome(&judged, asked))
    }
}

/// The verdict on one deposit.
struct Judged {
    pubkey: String,
    reason: Reason,
    why: Option<String>,
    /// Why a launchpad may refuse it.
    note: Option<String>,
    /// The deposit if it is valid, who owns its key, and who receives its withdrawals.
    valid: Option<(Deposit, Answer, Answer)>,
}

impl Judged {
    fn new(
        entry: &DepositEntry,
        asked: Asked,
        known: &mut Known,
        context: &mut Context,
    ) -> Result<Self, CommandError> {
        let (pubkey, note) = (entry.pubkey.clone(), entry.launchpad_refusal());
        let deposit = match entry.verify() {
            Ok(deposit) => deposit,
            Err(error) => {
                let reason = match error {
                    // The network is unknown here: the deposit may still be valid.
                    DepositError::ForkVersion(_) => Reason::NotChecked,
                    _ => Reason::Malformed,
                };
                let why = Some(error.to_string());
                return Ok(Self { pubkey, reason, why, note, valid: None });
            }
        };
        let key = known.key(deposit.pubkey());
        let withdrawal = known.withdrawal(&deposit, &mut context.terminal)?;
        let answers = [(asked.withdrawal, &withdrawal), (asked.key, &key)];
        let answers = answers.iter().filter(|(asked, _)| *asked).map(|(_, answer)| *answer);
        let bad = |verdict: Verdict| answers.clone().find(|one| one.reason.verdict() == verdict);
        let worst = bad(Verdict::Contradicted).or_else(|| bad(Verdict::Inconclusive));
        let (reason, why) = match worst {
            Some(answer) => (answer.reason, Some(answer.detail.clone())),
            None => (Reason::Ok, None),
        };
        Ok(Self { pubkey, reason, why, note, valid: Some((deposit, key, withdrawal)) })
    }
}

/// Contradicts deposits that must not be in one file: a launchpad sends all of a file, so each pays for
/// its key again, or is for a network that the others are not for.
fn contradict_the_rest(judged: &mut [Judged]) {
    let mut seen = BTreeSet::new();
    let mut first = None;
    for one in judged {
        let Some((deposit, ..)) = &one.valid else { continue };
        let first = *first.get_or_insert(deposit.network());
        let again = !seen.insert((*deposit.pubkey(), deposit.network()));
        let why = if again {
            "the file already has a deposit for this key".to_owned()
        } else if deposit.network() != first {
            format!(
                "it is for {}, but the file's first deposit is for {first}: a launchpad sends all \
                 deposits of a file to one network",
                deposit.network()
            )
        } else {
            continue;
        };
        if one.reason.verdict() != Verdict::Contradicted {
            (one.reason, one.why) = (Reason::Malformed, Some(why));
        }
    }
}
