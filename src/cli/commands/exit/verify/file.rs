//! Signed exits in a file, and the keys that may have signed them.

use std::path::Path;

use serde::Serialize;
use stockade::{
    backup::{Copy, list, verdict::Reason},
    bls::PublicKey,
    staking::{Exit, ExitError, MAX_EXITS_BYTES, Network, SignedExit, parse_exits},
    store::private_file,
};

use super::{Args, Document};
use crate::{CommandResult, commands::verdicts::Verdicts, error::CommandError, output::Outcome};

/// The most keys that are tried with earlier forks. Each costs six verifications.
const MAX_FORKS_TRIED: usize = 200;

/// The document for a file of signed exits.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FileDocument {
    /// The fields of the exit, if the file holds one.
    #[serde(flatten)]
    one: Option<Judged>,
    /// How many exits have each verdict.
    verdicts: Verdicts,
    /// Each exit of the file.
    exits: Vec<Judged>,
}

/// The verdict on an exit.
#[derive(Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Judged {
    /// The verdict.
    verdict: &'static str,
    /// The reason for the verdict.
    reason: &'static str,
    /// Details of the reason, for people.
    detail: String,
    /// The index of the validator on its chain.
    validator_index: u64,
    /// The first epoch in which it may exit.
    epoch: u64,
    /// The public key that signed it, where it was found.
    pubkey: Option<String>,
    /// The network that it was signed for, where its key was found.
    network: Option<&'static str>,
}

impl Judged {
    fn new(
        exit: &Exit,
        reason: Reason,
        detail: String,
        signer: Option<(Network, &PublicKey)>,
    ) -> Self {
        Self {
            verdict: reason.verdict().as_str(),
            reason: reason.as_str(),
            detail,
            validator_index: exit.validator_index,
            epoch: exit.epoch,
            pubkey: signer.map(|(_, key)| key.to_string()),
            network: signer.map(|(network, _)| network.name()),
        }
    }

    fn text(&self) -> String {
        let Self { verdict, detail, validator_index, epoch, .. } = self;
        format!(
            "{verdict}  exit of validator {validator_index}, from epoch {epoch} on\n  {detail}\n"
        )
    }
}

impl Args {
    /// Tries the keys that may have signed the exits in `file`.
    pub(super) fn verify_file(&self, file: &Path) -> CommandResult {
        let bytes = private_file::read(file, MAX_EXITS_BYTES as u64)?;
        let input =
            |error: ExitError| CommandError::input(format!("{}: {error}", crate::shown(&file)));
        let exits = parse_exits(&bytes).map_err(input)?;
        let candidates = self.candidates()?;
        let judged = exits.iter().map(|exit| self.judge(exit, &candidates));
        let judged = judged.collect::<Result<Vec<_>, _>>().map_err(input)?;
        let verdicts = Verdicts::of(judged.iter().map(|(reason, _)| *reason));
        let exits: Vec<_> = judged.into_iter().map(|(_, judged)| judged).collect();
        let mut text: String = exits.iter().map(Judged::text).collect();
        let one = if let [one] = exits.as_slice() { Some(one.clone()) } else { None };
        text += &match &one {
            Some(one) => {
                format!("Not checked: that this key is validator {}.", one.validator_index)
            }
            None => {
                format!("{verdicts}\nNot checked: that these keys have these validator indices.")
            }
        };
        let document = FileDocument { one, verdicts, exits };
        Ok(Outcome::checked(verdicts.all_proven(), text, Document::File(document)))
    }

    fn judge(
        &self,
        exit: &SignedExit,
        candidates: &[(Network, PublicKey)],
    ) -> Result<(Reason, Judged), ExitError> {
        let message = &exit.message;
        let judged =
            |reason, detail, signer| (reason, Judged::new(message, reason, detail, signer));
        for (network, key) in candidates {
            if !exit.verify(*network, key)? {
                continue;
            }
            let (signed, signer) = (format!("signed by {key} for {network}"), (*network, key));
            return Ok(if message.never_comes() {
                let detail = format!("{signed}, for an epoch that never comes: nobody can use it");
                judged(Reason::Malformed, detail, Some(signer))
            } else {
                judged(Reason::Ok, signed, Some(signer))
            });
        }
        let mut few = candidates.iter().take(MAX_FORKS_TRIED);
        let fork = few.find_map(|(network, key)| {
            exit.signed_for_fork(*network, key).map(|fork| (*network, key, fork))
        });
        if let Some((network, key, fork)) = fork {
            let detail = format!(
                "signed by {key} for the {} fork of {network}: since Deneb, networks accept only exits \
                 that were signed for the Capella fork (EIP-7044)",
                fork.name()
            );
            return Ok(judged(Reason::Malformed, detail, Some((network, key))));
        }
        // A key that was named did not sign the exit: that contradicts it. Copies that hold no key
        // that did prove nothing about it.
        let (reason, detail) = match (self.pubkey, self.copy.is_empty(), self.network) {
            (Some(_), _, Some(network)) => {
                (Reason::PubkeyMismatch, format!("not signed by this key for {network}"))
            }
            (Some(_), _, None) => (
                Reason::PubkeyMismatch,
                "not signed by this key for any network known here".to_owned(),
            ),
            (None, false, _) => {
                (Reason::OtherSource, "not signed by any key of these copies".to_owned())
            }
            (None, true, _) => (
                Reason::NotChecked,
                "signer not checked: name the key with --pubkey, or a copy with --copy".to_owned(),
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
