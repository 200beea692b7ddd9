use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stockade::{
    backup::{
        Copy, list,
        verdict::{Counts, Level, Reason},
    },
    bls::PublicKey,
    staking::{Exit, ExitError, MAX_EXITS_BYTES, Network, SignedExit, parse_exits},
    store::{is_place, private_file},
};

use super::sealed::SealedArgs;
use crate::{CommandResult, context::Context, error::CommandError, output::Outcome};

/// Verify a signed voluntary exit: whose key signed it, and for which network
///
/// A file may hold several. An exit names neither, so a key or a copy must be given; else it is
/// inconclusive. Of copies, it verifies the exits that are sealed in them: that every byte is as it
/// was written; with a custodian of the set, what they say and whose they are as well.
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

/// What is said of one exit.
struct Judged {
    exit: Exit,
    reason: Reason,
    detail: String,
    signer: Option<(Network, PublicKey)>,
}

/// For how many keys other forks are tried: each costs six verifications.
const MAX_FORKS_TRIED: usize = 200;

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

    /// Tries the keys that may have signed the exits in `file`.
    fn verify_file(&self, file: &Path) -> CommandResult {
        let bytes = private_file::read(file, MAX_EXITS_BYTES as u64)?;
        let input = |e: &dyn std::fmt::Display| {
            CommandError::input(format!("{}: {e}", crate::shown(&file)))
        };
        let exits = parse_exits(&bytes).map_err(|error| input(&error))?;
        let candidates = self.candidates()?;
        let judged = exits.iter().map(|exit| self.judge(exit, &candidates));
        let judged = judged.collect::<Result<Vec<_>, _>>().map_err(|error| input(&error))?;
        Ok(outcome(&judged))
    }

    fn judge(
        &self,
        exit: &SignedExit,
        candidates: &[(Network, PublicKey)],
    ) -> Result<Judged, ExitError> {
        let judged = |reason, detail, signer| Judged { exit: exit.message, reason, detail, signer };
        for (network, key) in candidates {
            if exit.verify(*network, key)? {
                let signer = Some((*network, *key));
                return Ok(match exit.message.never_comes() {
                    true => {
                        let detail = format!(
                            "signed by {key} for {network}, for an epoch that never comes: nobody \
                             can use it"
                        );
                        judged(Reason::Malformed, detail, signer)
                    }
                    false => judged(Reason::Ok, format!("signed by {key} for {network}"), signer),
                });
            }
        }
        let few = candidates.iter().take(MAX_FORKS_TRIED);
        let fork = few.filter_map(|(network, key)| {
            exit.signed_for_fork(*network, key).map(|fork| (*network, key, fork))
        });
        if let Some((network, key, fork)) = fork.into_iter().next() {
            let detail = format!(
                "signed by {key} for the {} fork of {network}: since Deneb a network takes exits \
                 signed for the Capella fork alone (EIP-7044)",
                fork.name()
            );
            return Ok(judged(Reason::Malformed, detail, Some((network, *key))));
        }
        // One key that was named did not sign it: that is known. That a copy holds no key that
        // did says nothing of the exit.
        let (reason, detail) = match (self.pubkey, self.copy.is_empty(), self.network) {
            (Some(_), _, Some(network)) => {
                (Reason::PubkeyMismatch, format!("not signed by this key for {network}"))
            }
            (Some(_), _, None) => (
                Reason::PubkeyMismatch,
                "not signed by this key for any network known here".to_owned(),
            ),
            (None, false, _) => {
                (Reason::OtherSource, "signed by no key of these copies".to_owned())
            }
            (None, true, _) => (
                Reason::NotChecked,
                "whose key signed it was not asked: give --pubkey or --copy".to_owned(),
            ),
        };
        Ok(judged(reason, detail, None))
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

impl Judged {
    fn text(&self) -> String {
        let Exit { epoch, validator_index } = self.exit;
        format!(
            "{}  exit of validator {validator_index}, from epoch {epoch} on\n  {}\n",
            self.reason.verdict().as_str(),
            self.detail
        )
    }

    fn json(&self) -> Value {
        json!({
            "verdict": self.reason.verdict().as_str(),
            "reason": self.reason.as_str(),
            "detail": self.detail,
            "validator_index": self.exit.validator_index,
            "epoch": self.exit.epoch,
            "pubkey": self.signer.map(|(_, key)| key),
            "network": self.signer.map(|(network, _)| network),
        })
    }
}

/// The report; a file with one exit has its fields at the top as well.
fn outcome(judged: &[Judged]) -> Outcome {
    let counts = Counts::of(judged.iter().map(|one| one.reason));
    let ok = counts.proven > 0 && counts.contradicted == 0 && counts.inconclusive == 0;
    let mut text: String = judged.iter().map(Judged::text).collect();
    let mut json = match judged {
        [one] => one.json(),
        _ => json!({}),
    };
    text += &match judged {
        [one] => {
            let number = one.exit.validator_index;
            format!("Not shown by this: that validator {number} is this key.")
        }
        _ => format!(
            "{} proven, {} contradicted, {} inconclusive\n\
             Not shown by this: that the validators' numbers are those of these keys.",
            counts.proven, counts.contradicted, counts.inconclusive
        ),
    };
    if let Some(fields) = json.as_object_mut() {
        let verdicts = json!({
            "proven": counts.proven,
            "contradicted": counts.contradicted,
            "inconclusive": counts.inconclusive,
        });
        fields.insert("verdicts".to_owned(), verdicts);
        fields.insert("exits".to_owned(), judged.iter().map(Judged::json).collect());
    }
    Outcome::checked(ok, text, json)
}
