mod document;
mod known;
mod parts;

use std::path::PathBuf;

use stockade::{
    bls::PublicKey,
    distributed::{CombineExitError, CombinedExit, combine_exits},
    staking::Network,
    store::private_file,
};

pub use document::Document;
use known::Known;
use parts::{Part, Parts, read_parts};

use crate::{CommandResult, context::Context, error::CommandError, output::Outcome};

/// Combine the partial exits of shares into one exit
///
/// Takes the files of `stockade exit create` with a share, and those that `charon exit sign` posts. The
/// result is written only if it verifies with the validator's key. charon's files name validator and
/// share; for others, name the cluster's lock, or copies that hold the shares. A partial exit that is
/// wrong is named; it is left out if the others are enough.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files with partial exits
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The public key of the validator [default: the one that the files, the lock or the copies name]
    #[arg(long, value_name = "KEY")]
    pubkey: Option<PublicKey>,
    /// The cluster-lock.json of the cluster: it lists the public keys of the shares
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    /// Copies that hold the shares
    #[arg(long, num_args = 1.., value_name = "DIR")]
    copy: Vec<PathBuf>,
    /// The network of the validator [default: the one for which the exit verifies]
    #[arg(long, value_parser = crate::commands::network::parse)]
    network: Option<Network>,
    /// The file to write, as beacon nodes accept it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// The exit, and what it was made of.
pub(super) struct Combined {
    network: Network,
    validator: PublicKey,
    made: CombinedExit,
    parts: Vec<Part>,
}

impl Args {
    /// Reads the parts, combines them, verifies the result and writes it.
    pub fn run(self, _: &mut Context) -> CommandResult {
        private_file::require_new(&self.out)?;
        let files = read_parts(&self.files)?;
        let known = Known::read(self.lock.as_deref(), &self.copy)?;
        let combined = self.combine(&files, &known)?;
        let text = combined.made.exit.to_json();
        let text = text.map_err(|error| CommandError::input(error.to_string()))?;
        private_file::create(&self.out, text.as_bytes())?;
        Ok(self.outcome(&combined))
    }

    /// The exit for the given network, or for the first for which it verifies.
    fn combine(&self, files: &Parts, known: &Known) -> Result<Combined, CommandError> {
        let networks = match &self.network {
            Some(network) => std::slice::from_ref(network),
            None if known.networks.is_empty() => &Network::ALL,
            None => known.networks.as_slice(),
        };
        let mut first = None;
        for network in networks {
            match self.combine_for(*network, files, known) {
                Ok(combined) => return Ok(combined),
                Err(error) => {
                    first.get_or_insert(error);
                }
            }
        }
        Err(first.unwrap_or_else(|| CommandError::usage("no network was named")))
    }

    fn combine_for(
        &self,
        network: Network,
        files: &Parts,
        known: &Known,
    ) -> Result<Combined, CommandError> {
        let parts = files.of(network, self.pubkey.as_ref(), known)?;
        let validator = parts::validator(&parts)?;
        let threshold = known.threshold(&validator);
        let good = parts.iter().filter(|part| part.is_right != Some(false));
        let good: Vec<_> = good.map(|part| (part.x, part.exit.clone())).collect();
        let made = combine_exits(&good, &validator, network, threshold);
        let made = made.map_err(|error| explain(&error, &parts))?;
        Ok(Combined { network, validator, made, parts })
    }

    fn outcome(&self, combined: &Combined) -> Outcome {
        let Combined { network, validator, made, parts } = combined;
        let (out, message) = (crate::shown(&self.out), &made.exit.message);
        let is_wrong = |part: &&Part| part.is_right == Some(false) || made.wrong.contains(&part.x);
        let mut text = format!(
            "Combined {} partial exits into the exit of validator {} on {network}, from epoch {} on\n  \
             {validator}\n",
            parts.len() - parts.iter().filter(is_wrong).count(),
            message.validator_index,
            message.epoch
        );
        for part in parts.iter().filter(is_wrong) {
            text += &format!("WRONG, left out: {}\n", part.name());
        }
        text += &format!(
            "Verified: it is signed as the whole key would sign it. Not checked: that this key is \
             validator {}.\nAnybody who has {out} can end this validator for good.",
            message.validator_index
        );
        let wrong: Vec<_> = parts.iter().filter(is_wrong).collect();
        let document = Document::new(combined, &wrong, &self.out);
        Outcome::checked(wrong.is_empty(), text, document)
    }
}

/// The error, with the parts that are known to be wrong.
fn explain(error: &CombineExitError, parts: &[Part]) -> CommandError {
    let wrong: Vec<_> =
        parts.iter().filter(|part| part.is_right == Some(false)).map(Part::name).collect();
    let mut message = error.to_string();
    if !wrong.is_empty() {
        message += &format!("; wrong: {}", wrong.join(", "));
    }
    let hint = match error {
        CombineExitError::NoFit(_) => {
            "name --lock or --copy: then each wrong one is named. With more partial exits than are needed, \
             a wrong one is left out"
        }
        _ => "sign with more shares: the same --validator-index and the same --epoch",
    };
    CommandError::input(message).with_hint(hint)
}
