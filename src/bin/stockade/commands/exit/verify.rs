use std::path::{Path, PathBuf};

use serde_json::json;
use stockade::{
    backup::{
        Copy, list,
        verdict::{Level, Reason},
    },
    bls::PublicKey,
    staking::{MAX_EXIT_BYTES, Network, SignedExit},
    store::{is_place, private_file},
};

use super::sealed::SealedArgs;
use crate::{CommandResult, context::Context, error::CommandError, output::Outcome};

/// Verify a signed voluntary exit: whose key signed it, and for which network
///
/// An exit names neither, so a key or a copy must be given; else it is inconclusive. Of copies, it
/// verifies the exits that are sealed in them: that every byte is as it was written; with a
/// custodian of the set, what they say and whose they are as well.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A signed exit, or copies with sealed ones
    #[arg(required = true, value_name = "FILE|COPY")]
    paths: Vec<PathBuf>,
    /// The validator's public key
    #[arg(long, value_name = "KEY", conflicts_with = "copy")]
    pubkey: Option<PublicKey>,
    /// Copies that should hold the key
    #[arg(long, num_args = 1.., value_name = "DIR")]
    copy: Vec<PathBuf>,
    /// The network that it should be for [default: any]
    #[arg(long, value_parser = crate::cli::network)]
    network: Option<Network>,
    #[command(flatten)]
    sealed: SealedArgs,
}

impl Args {
    /// Verifies one file, or what is sealed in copies.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self.paths.as_slice() {
            [file] if !is_place(file) => self.verify_file(file),
            copies if copies.iter().all(|path| is_place(path)) => self.verify_sealed(context),
            _ => Err(CommandError::usage("one signed exit, or copies alone")),
        }
    }

    /// What is sealed in the copies: at level `bytes`, or with a custodian at level `opened`.
    fn verify_sealed(&self, context: &mut Context) -> CommandResult {
        if self.pubkey.is_some() || self.network.is_some() || !self.copy.is_empty() {
            return Err(CommandError::usage(
                "--pubkey, --copy and --network are for one signed exit",
            )
            .with_hint("a sealed exit is verified against the keys of its set"));
        }
        let opens = self.sealed.names_somebody(context);
        let sealed = match opens {
            true => self.sealed.open(&self.paths, None, context)?,
            false => self.sealed.read(&self.paths)?,
        };
        let counts = sealed.counts();
        let all = counts.contradicted == 0 && counts.inconclusive == 0;
        let ok = all && counts.proven > 0;
        let level = if opens { Level::Opened } else { Level::Bytes };
        let conclusion = match (ok, level) {
            _ if sealed.exits.is_empty() => "No sealed exit lies in these copies.",
            (true, Level::Opened) => {
                "Every one opens, and a key of its set signed it. Not shown by this: that the \
                 validators' numbers are those of the keys."
            }
            (true, _) => {
                "Every byte is as it was written. What they say, and whose they are, a custodian \
                 of the set shows (--device, --identity)."
            }
            (false, _) => "NOT all are as they should be: see above.",
        };
        let text = format!(
            "{}{} proven, {} contradicted, {} inconclusive (exits x copies, level {})\n{conclusion}",
            sealed.text(),
            counts.proven,
            counts.contradicted,
            counts.inconclusive,
            level.as_str()
        );
        let json = json!({
            "level": level.as_str(),
            "verdicts": {
                "proven": counts.proven,
                "contradicted": counts.contradicted,
                "inconclusive": counts.inconclusive,
            },
            "exits": sealed.json(),
        });
        Ok(Outcome::checked(ok, text, json))
    }

    /// Tries the keys that may have signed the exit in `file`.
    fn verify_file(&self, file: &Path) -> CommandResult {
        let bytes = private_file::read(file, MAX_EXIT_BYTES as u64)?;
        let input = |e: &dyn std::fmt::Display| {
            CommandError::input(format!("{}: {e}", crate::shown(&file)))
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
