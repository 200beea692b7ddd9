use std::path::PathBuf;

use serde_json::json;
use stockade::{
    backup::verdict::{Counts, Reason},
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
        let judged: Vec<_> =
            changes.iter().map(|change| self.judge(change, receiver.as_ref())).collect();
        Ok(outcome(&judged, receiver.is_some()))
    }

    fn judge(&self, signed: &SignedCredentialChange, receiver: Option<&Address>) -> Judged {
        let networks = match (self.network, signed.network()) {
            (Some(network), _) | (None, Some(Ok(network))) => vec![network],
            (None, Some(Err(error))) => {
                // Its chain's root is not known here, so nobody can tell whether it is good.
                let detail = error.to_string();
                return Judged { change: None, reason: Reason::NotChecked, detail };
            }
            (None, None) => Network::ALL.to_vec(),
        };
        let mut wrong = None;
        for network in networks {
            match signed.verify(network) {
                Ok(change) => return judge_receiver(network, change, receiver),
                Err(error) => wrong = Some(error),
            }
        }
        let (reason, detail) = match wrong {
            Some(error @ CredentialChangeError::Signature(_)) => {
                (Reason::PubkeyMismatch, error.to_string())
            }
            Some(error) => (Reason::Malformed, error.to_string()),
            None => (Reason::NotChecked, String::new()),
        };
        Judged { change: None, reason, detail }
    }
}

fn judge_receiver(
    network: Network,
    change: CredentialChange,
    receiver: Option<&Address>,
) -> Judged {
    let (reason, detail) = match receiver {
        Some(receiver) if *receiver != change.to => {
            (Reason::PubkeyMismatch, format!("it pays {}, not {receiver}", change.to))
        }
        Some(_) => (Reason::Ok, "signed by its withdrawal key, and pays who it should".to_owned()),
        None => (Reason::Ok, "signed by its withdrawal key; whom it pays was not asked".to_owned()),
    };
    Judged { change: Some((network, change)), reason, detail }
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
