use std::path::PathBuf;

use serde_json::json;
use stockade::{
    backup::{Copy, list, verdict::Reason},
    bls::PublicKey,
    staking::{MAX_EXIT_BYTES, Network, SignedExit},
    store::private_file,
};

use crate::{CommandResult, context::Context, error::CommandError, output::Outcome};

/// Verify a signed voluntary exit: whose key signed it, and for which network
///
/// An exit names neither, so a key or a copy must be given; else it is inconclusive.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A signed exit
    file: PathBuf,
    /// The validator's public key
    #[arg(long, value_name = "KEY", conflicts_with = "copy")]
    pubkey: Option<PublicKey>,
    /// Copies that should hold the key
    #[arg(long, num_args = 1.., value_name = "DIR")]
    copy: Vec<PathBuf>,
    /// The network that it should be for [default: any]
    #[arg(long)]
    network: Option<Network>,
}

impl Args {
    /// Tries the keys.
    pub fn run(self, _context: &mut Context) -> CommandResult {
        let bytes = private_file::read(&self.file, MAX_EXIT_BYTES as u64)?;
        let input = |e: &dyn std::fmt::Display| {
            CommandError::input(format!("{}: {e}", self.file.display()))
        };
        let exit = SignedExit::parse(&bytes).map_err(|error| input(&error))?;
        let mut signer = None;
        for (network, key) in self.candidates()? {
            if exit.verify(network, &key).map_err(|error| input(&error))? {
                signer = Some((network, key));
                break;
            }
        }
        // One key that was named did not sign it: that is known. That a copy holds no key that
        // did says nothing of the exit.
        let reason = match (signer, self.pubkey, self.copy.is_empty()) {
            (Some(_), ..) => Reason::Ok,
            (None, Some(_), _) => Reason::PubkeyMismatch,
            (None, None, false) => Reason::OtherSource,
            (None, None, true) => Reason::NotChecked,
        };
        let detail = match (signer, reason) {
            (Some((network, key)), _) => format!("signed by {key} for {network}"),
            (None, Reason::PubkeyMismatch) => match self.network {
                Some(network) => format!("not signed by this key for {network}"),
                None => "not signed by this key for any network known here".to_owned(),
            },
            (None, Reason::OtherSource) => "signed by no key of these copies".to_owned(),
            (None, _) => "whose key signed it was not asked: give --pubkey or --copy".to_owned(),
        };
        let message = &exit.message;
        let verdict = reason.verdict().as_str();
        let text = format!(
            "{verdict}  exit of validator {}, from epoch {} on\n  {detail}\n\
             Not shown by this: that validator {} is this key.",
            message.validator_index, message.epoch, message.validator_index
        );
        let json = json!({
            "verdict": verdict,
            "reason": reason.as_str(),
            "detail": detail,
            "validator_index": message.validator_index,
            "epoch": message.epoch,
            "pubkey": signer.map(|(_, key)| key),
            "network": signer.map(|(network, _)| network),
        });
        Ok(Outcome::checked(reason == Reason::Ok, text, json))
    }

    fn candidates(&self) -> Result<Vec<(Network, PublicKey)>, CommandError> {
        let wanted = |network: &Network| self.network.is_none_or(|named| named == *network);
        if let Some(key) = self.pubkey {
            let networks = Network::ALL.into_iter().filter(|network| wanted(network));
            return Ok(networks.map(|network| (network, key)).collect());
        }
        let sets = list(&Copy::open_all(&self.copy)?)?;
        let sets = sets.iter().filter(|set| wanted(&set.id.network()));
        let keys = sets
            .flat_map(|set| set.keystores().iter().map(|entry| (set.id.network(), entry.pubkey)));
        Ok(keys.collect())
    }
}
