use std::{collections::BTreeSet, path::PathBuf};

use serde_json::{Value, json};
use stockade::{
    backup::verdict::{Counts, Reason, Verdict},
    staking::{Deposit, DepositEntry, DepositError, MAX_DEPOSIT_FILE_BYTES, parse_deposit_file},
    store::private_file,
    validator::Withdrawal,
};

use super::owner::{Answer, Known};
use crate::{
    CommandResult,
    commands::{amount::coins, withdrawal},
    context::{Context, read_signers},
    error::CommandError,
    output::Outcome,
};

/// Verify a deposit_data file: roots, signatures, whose keys they are, and where the money goes
///
/// A file by itself shows that its roots and signatures are right, and nothing of whose keys they
/// are. With --copy or --device that is asked as well: whether the copies hold the keys, and
/// whether their set and the withdrawal address are this wallet's own (or a --signer's and a
/// --withdrawal-address). What then stays open is inconclusive.
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
    /// Who else may have made the set: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE", requires = "copy")]
    signer: Vec<String>,
}

/// What of a deposit's ownership was asked.
#[derive(Debug, Clone, Copy)]
struct Asked {
    key: bool,
    withdrawal: bool,
}

impl Args {
    /// Verifies every entry.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let bytes = private_file::read(&self.file, MAX_DEPOSIT_FILE_BYTES as u64)?;
        let entries = parse_deposit_file(&bytes).map_err(|error| {
            CommandError::input(format!("{}: {error}", crate::shown(&self.file)))
        })?;
        let mut known = Known::new(&self.copy, read_signers(&self.signer)?)?;
        let receiver = self.withdrawal_address.as_deref().map(withdrawal::parse).transpose()?;
        let whose = known.has_copies() || context.device_named() && receiver.is_none();
        let asked = Asked { key: whose, withdrawal: whose || receiver.is_some() };
        let asks_wallet = receiver == Some(Withdrawal::Device);
        let own = match asks_wallet || whose && context.any_device() {
            true => Some(known.ask(context.open()?, &mut context.terminal)?),
            false => None,
        };
        known.receiver = match receiver {
            Some(Withdrawal::To(address)) => Some(address),
            Some(Withdrawal::Device) => own,
            None => None,
        };
        let judged: Result<Vec<_>, _> =
            entries.iter().map(|entry| Judged::new(entry, asked, &mut known, context)).collect();
        let mut judged = judged?;
        contradict_the_rest(&mut judged);
        Ok(outcome(&judged, asked))
    }
}

/// What is said of one deposit.
struct Judged {
    pubkey: String,
    reason: Reason,
    why: Option<String>,
    /// What a launchpad may have against it.
    note: Option<String>,
    /// The deposit where it is sound, whose key it is for, and whom it pays.
    sound: Option<(Deposit, Answer, Answer)>,
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
                // A network that is not known here is nothing against the deposit.
                let reason = match error {
                    DepositError::ForkVersion(_) => Reason::NotChecked,
                    _ => Reason::Malformed,
                };
                return Ok(Self {
                    pubkey,
                    reason,
                    why: Some(error.to_string()),
                    note,
                    sound: None,
                });
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
        Ok(Self { pubkey, reason, why, note, sound: Some((deposit, key, withdrawal)) })
    }
}

/// A file that is sent whole pays for a key as often as it names it, and on one network alone.
fn contradict_the_rest(judged: &mut [Judged]) {
    let mut seen = BTreeSet::new();
    let mut first = None;
    for one in judged {
        let Some((deposit, ..)) = &one.sound else { continue };
        let first = *first.get_or_insert(deposit.network());
        let again = !seen.insert((*deposit.pubkey(), deposit.network()));
        let why = match (again, deposit.network() == first) {
            (true, _) => "the file has a deposit for this key already".to_owned(),
            (false, false) => format!(
                "it is for {}, and the file's first deposit is for {first}: a launchpad sends all \
                 of a file to one network",
                deposit.network()
            ),
            (false, true) => continue,
        };
        if one.reason.verdict() != Verdict::Contradicted {
            (one.reason, one.why) = (Reason::Malformed, Some(why));
        }
    }
}

fn outcome(judged: &[Judged], asked: Asked) -> Outcome {
    let counts = Counts::of(judged.iter().map(|one| one.reason));
    let ok = counts.proven > 0 && counts.contradicted == 0 && counts.inconclusive == 0;
    let mut text = String::new();
    for one in judged {
        text += &format!("{}  {}\n", one.reason.verdict().as_str(), one.pubkey);
        if let Some((deposit, key, withdrawal)) = &one.sound {
            let credentials = deposit.withdrawal_credentials();
            let to = credentials.address().map_or_else(
                || format!("nobody yet, but to whom its withdrawal key names ({credentials})"),
                |to| to.to_string(),
            );
            let amount = coins(deposit.amount(), deposit.network());
            text += &format!("  {amount} for {}, withdrawals to {to}\n", deposit.network());
            text += &format!("  key: {}\n  withdrawals: {}\n", key.detail, withdrawal.detail);
        }
        if let Some(why) = &one.why {
            let open = one.reason.verdict() == Verdict::Inconclusive;
            text += &format!("  {}: {why}\n", if open { "OPEN" } else { "PROBLEM" });
        }
        if let Some(note) = &one.note {
            text += &format!("  NOTE: {note}\n");
        }
    }
    text += &format!(
        "{} proven, {} contradicted, {} inconclusive",
        counts.proven, counts.contradicted, counts.inconclusive
    );
    text += match asked {
        Asked { key: true, .. } => "",
        Asked { withdrawal: true, .. } => {
            "\nWhose keys these are was NOT CHECKED: name --copy, and the wallet with --device."
        }
        _ => {
            "\nRoots and signatures alone. Whose keys these are, and whom they pay, was NOT CHECKED: \
             name --copy, and the wallet with --device."
        }
    };
    let word = |asked: bool| if asked { "checked" } else { "not_checked" };
    let json = json!({
        "ownership": {"key": word(asked.key), "withdrawal": word(asked.withdrawal)},
        "verdicts": {
            "proven": counts.proven,
            "contradicted": counts.contradicted,
            "inconclusive": counts.inconclusive,
        },
        "deposits": judged.iter().map(Judged::to_json).collect::<Vec<_>>(),
    });
    Outcome::checked(ok, text, json)
}

impl Judged {
    fn to_json(&self) -> Value {
        let deposit = self.sound.as_ref().map(|(deposit, ..)| deposit);
        let answer = |answer: &Answer| {
            json!({
                "verdict": answer.reason.verdict().as_str(),
                "reason": answer.reason.as_str(),
                "detail": answer.detail,
            })
        };
        json!({
            "pubkey": self.pubkey,
            "verdict": self.reason.verdict().as_str(),
            "reason": self.reason.as_str(),
            "why": self.why,
            "note": self.note,
            "network": deposit.map(Deposit::network),
            "amount": deposit.map(Deposit::amount),
            "withdrawal_address": deposit.and_then(|d| d.withdrawal_credentials().address()),
            "key": self.sound.as_ref().map(|(_, key, _)| answer(key)),
            "withdrawal": self.sound.as_ref().map(|(_, _, withdrawal)| answer(withdrawal)),
        })
    }
}
