mod report;

use std::{collections::BTreeSet, path::PathBuf};

use stockade::{
    backup::verdict::{Reason, Verdict},
    eth::Address,
    staking::{
        CredentialChange, CredentialChangeError, MAX_CREDENTIAL_CHANGE_BYTES, Network,
        SignedCredentialChange, parse_credential_changes,
    },
    store::private_file,
};

#[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
pub use self::report::Document;
use crate::{CommandResult, commands::withdrawal, context::Context, error::CommandError};

/// Verify a file of BLS-to-execution changes: signatures, network, and who receives withdrawals
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file of BLS-to-execution changes
    file: PathBuf,
    /// The network that they should be for [default: the one that the file names, or any]
    #[arg(long, value_parser = crate::commands::network::parse)]
    network: Option<Network>,
    /// Who should receive withdrawals: `device`, or an address with its checksum
    #[arg(long, value_name = "device|0x..")]
    withdrawal_address: Option<String>,
}

/// The verdict on one change.
struct Judged {
    change: Option<(Network, CredentialChange)>,
    reason: Reason,
    detail: String,
    /// Whether it pays the address that it should.
    receiver: Reason,
}

impl Judged {
    fn bad(reason: Reason, detail: impl ToString) -> Self {
        let detail = detail.to_string();
        Self { change: None, reason, detail, receiver: Reason::NotChecked }
    }
}

impl Args {
    /// Verifies every change of the file.
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
        Ok(report::outcome(&judged, receiver.is_some()))
    }

    fn judge(&self, signed: &SignedCredentialChange, receiver: Option<&Address>) -> Judged {
        let networks = match (self.network, signed.network()) {
            (Some(network), _) | (None, Some(Ok(network))) => vec![network],
            // The root of that chain is unknown here, so the signature cannot be checked.
            (None, Some(Err(error))) => return Judged::bad(Reason::NotChecked, error),
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
                // The signature is good, or the change is malformed, on every network alike.
                Err(error) => return Judged::bad(Reason::Malformed, error),
            }
        }
        match wrong {
            Some(_) if several => Judged::bad(
                Reason::PubkeyMismatch,
                "its withdrawal key did not sign it for any network known here",
            ),
            Some(error) => Judged::bad(Reason::PubkeyMismatch, error),
            None => Judged::bad(Reason::NotChecked, ""),
        }
    }
}

fn judge_receiver(
    network: Network,
    change: CredentialChange,
    receiver: Option<&Address>,
) -> Judged {
    let signed = "signed by its withdrawal key";
    let (reason, detail, receiver) = match receiver {
        Some(receiver) if *receiver != change.to => {
            let detail = format!("it pays {}, not {receiver}", change.to);
            (Reason::PubkeyMismatch, detail, Reason::PubkeyMismatch)
        }
        Some(_) => (Reason::Ok, format!("{signed}, and pays the right address"), Reason::Ok),
        None => (Reason::Ok, format!("{signed}; receiver not checked"), Reason::NotChecked),
    };
    Judged { change: Some((network, change)), reason, detail, receiver }
}

/// Contradicts a second change for one validator: the chain accepts one, and which one is chance.
fn contradict_second_changes(judged: &mut [Judged]) {
    let mut seen = BTreeSet::new();
    for one in judged {
        let Some((network, change)) = &one.change else { continue };
        let again = !seen.insert((*network, change.validator_index));
        if again && one.reason.verdict() != Verdict::Contradicted {
            one.reason = Reason::Malformed;
            one.detail = format!(
                "the file already has a change for validator {}, and the chain accepts one",
                change.validator_index
            );
        }
    }
}
