use std::{collections::BTreeSet, path::PathBuf};

use serde_json::json;
use stockade::{
    backup::verdict::{Counts, Reason, Verdict},
    eth::Address,
    staking::{
        CredentialChange, CredentialChangeError, MAX_CREDENTIAL_CHANGE_BYTES, Network,
        SignedCredentialChange, parse_credential_changes,
    },
    store::private_file,
};

use crate::{
    CommandResult, commands::withdrawal, context::Context, error::CommandError, output::Outcome,
};

/// Verify a file of BLS-to-execution changes: its signatures, its network, and who is paid
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file of BLS-to-execution changes
    file: PathBuf,
    /// The network that they should be for [default: the one that the file says, or any]
    #[arg(long, value_parser = crate::cli::network)]
    network: Option<Network>,
    /// Who should be paid: `device`, or an address with its checksum
    #[arg(long, value_name = "device|0x..")]
    withdrawal_address: Option<String>,
}

/// What is said of one change.
struct Judged {
    change: Option<(Network, CredentialChange)>,
    reason: Reason,
    detail: String,
    /// Whether it pays whom it should.
    receiver: Reason,
}

impl Judged {
    fn bad(reason: Reason, detail: String) -> Self {
        Self { change: None, reason, detail, receiver: Reason::NotChecked }
    }
}

impl Args {
    /// Verifies every change.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let bytes = private_file::read(&self.file, MAX_CREDENTIAL_CHANGE_BYTES as u64)?;
        let changes = parse_credential_changes(&bytes).map_err(|error| {
            CommandError::input(format!("{}: {error}", crate::shown(&self.file)))
        })?;
        let receiver = self.withdrawal_address.as_deref();
        let receiver = receiver.map(|text| withdrawal::expected(text, context)).transpose()?;
        let mut judged: Vec<_> =
            changes.iter().map(|change| self.judge(change, receiver.as_ref())).collect();
        contradict_second_changes(&mut judged);
        Ok(outcome(&judged, receiver.is_some()))
    }

    fn judge(&self, signed: &SignedCredentialChange, receiver: Option<&Address>) -> Judged {
        let networks = match (self.network, signed.network()) {
            (Some(network), _) | (None, Some(Ok(network))) => vec![network],
            (None, Some(Err(error))) => {
                // Its chain's root is not known here, so nobody can tell whether it is good.
                return Judged::bad(Reason::NotChecked, error.to_string());
            }
            (None, None) => Network::ALL.to_vec(),
        };
        let several = networks.len() > 1;
        let mut wrong = None;
        for network in networks {
            match signed.verify(network) {
                Ok(change) => return judge_receiver(network, change, receiver),
                Err(error @ CredentialChangeError::Signature(_)) => {
                    wrong = wrong.or(Some(error));
                }
                // It is signed, or it is malformed: for other networks that is so as well.
                Err(error) => return Judged::bad(Reason::Malformed, error.to_string()),
            }
        }
        match wrong {
            Some(_) if several => Judged::bad(
                Reason::PubkeyMismatch,
                "its signature is not its withdrawal key's for any network known here".to_owned(),
            ),
            Some(error) => Judged::bad(Reason::PubkeyMismatch, error.to_string()),
            None => Judged::bad(Reason::NotChecked, String::new()),
        }
    }
}

fn judge_receiver(
    network: Network,
    change: CredentialChange,
    receiver: Option<&Address>,
) -> Judged {
    let (reason, detail, receiver) = match receiver {
        Some(receiver) if *receiver != change.to => {
            let detail = format!("it pays {}, not {receiver}", change.to);
            (Reason::PubkeyMismatch, detail, Reason::PubkeyMismatch)
        }
        Some(_) => {
            let detail = "signed by its withdrawal key, and pays who it should".to_owned();
            (Reason::Ok, detail, Reason::Ok)
        }
        None => {
            let detail = "signed by its withdrawal key; whom it pays was not asked".to_owned();
            (Reason::Ok, detail, Reason::NotChecked)
        }
    };
    Judged { change: Some((network, change)), reason, detail, receiver }
}

/// The chain takes one change a validator: which of two, chance decides.
fn contradict_second_changes(judged: &mut [Judged]) {
    let mut seen = BTreeSet::new();
    for one in judged {
        let Some((network, change)) = &one.change else { continue };
        let again = !seen.insert((*network, change.validator_index));
        if again && one.reason.verdict() != Verdict::Contradicted {
            one.reason = Reason::Malformed;
            one.detail = format!(
                "the file has a change for validator {} already, and the chain takes one",
                change.validator_index
            );
        }
    }
}

fn outcome(judged: &[Judged], asked: bool) -> Outcome {
    let counts = Counts::of(judged.iter().map(|one| one.reason));
    let ok = counts.proven > 0 && counts.contradicted == 0 && counts.inconclusive == 0;
    let mut text = String::new();
    for one in judged {
        text += &format!("{}  {}\n", one.reason.verdict().as_str(), one.detail);
        if let Some((network, change)) = &one.change {
            text += &format!(
                "  validator {} on {network}, to {}, from {}\n",
                change.validator_index, change.to, change.from
            );
            if one.receiver == Reason::NotChecked {
                text += "  OPEN: whether that is who should be paid was not asked\n";
            }
        }
    }
    text += &format!(
        "{} proven, {} contradicted, {} inconclusive\n\
         Not shown by this: that these validators have these withdrawal keys.",
        counts.proven, counts.contradicted, counts.inconclusive
    );
    if !asked {
        text +=
            "\nWhom they pay was NOT CHECKED: name it with --withdrawal-address, for it is final.";
    }
    let changes = judged.iter().map(|one| {
        let change = one.change.as_ref();
        json!({
            "verdict": one.reason.verdict().as_str(),
            "reason": one.reason.as_str(),
            "detail": one.detail,
            "receiver": {
                "verdict": one.receiver.verdict().as_str(),
                "reason": one.receiver.as_str(),
            },
            "network": change.map(|(network, _)| *network),
            "validator_index": change.map(|(_, change)| change.validator_index),
            "from_bls_pubkey": change.map(|(_, change)| change.from),
            "to_execution_address": change.map(|(_, change)| change.to),
        })
    });
    let json = json!({
        "receiver": if asked { "checked" } else { "not_checked" },
        "verdicts": {
            "proven": counts.proven,
            "contradicted": counts.contradicted,
            "inconclusive": counts.inconclusive,
        },
        "changes": changes.collect::<Vec<_>>(),
    });
    Outcome::checked(ok, text, json)
}
