//! Signed exits in a file, and the keys that may have signed them.

use std::path::Path;

use stockade::{
    backup::{Copy, list, verdict::Reason},
    bls::PublicKey,
    distributed::ShareOf,
    staking::{ExitError, MAX_EXITS_BYTES, Network, SignedExit, parse_exits},
    store::private_file,
};

pub use super::judged::FileDocument;
use super::{Args, Document, judged::Judged};
use crate::{
    CommandResult,
    commands::{plural::count, verdicts::Verdicts},
    error::CommandError,
    output::Outcome,
};

/// The most keys that are tried with earlier forks. Each costs six verifications.
const MAX_FORKS_TRIED: usize = 200;

/// A key that may have signed an exit.
struct Candidate {
    network: Network,
    key: PublicKey,
    /// Which share it is, if it is one.
    share: Option<ShareOf>,
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
        candidates: &[Candidate],
    ) -> Result<(Reason, Judged), ExitError> {
        let message = &exit.message;
        let judged =
            |reason, detail, signer| (reason, Judged::new(message, reason, detail, signer));
        for Candidate { network, key, share } in candidates {
            if !exit.verify(*network, key)? {
                continue;
            }
            let (signed, signer) = (format!("signed by {key} for {network}"), (*network, key));
            return Ok(if message.never_comes() {
                let detail = format!("{signed}, for an epoch that never comes: nobody can use it");
                judged(Reason::Malformed, detail, Some(signer))
            } else if let Some(share) = share {
                let detail = format!(
                    "{signed}, which is {share}: it ends nobody until {} of that key sign the same exit",
                    count(share.others_needed().into(), "more share")
                );
                judged(Reason::Partial, detail, Some(signer))
            } else {
                judged(Reason::Ok, signed, Some(signer))
            });
        }
        let mut few = candidates.iter().take(MAX_FORKS_TRIED);
        let fork = few.find_map(|Candidate { network, key, .. }| {
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

    fn candidates(&self) -> Result<Vec<Candidate>, CommandError> {
        let wanted = |network: &Network| self.network.is_none_or(|named| named == *network);
        if let Some(key) = self.pubkey {
            let networks = Network::ALL.into_iter().filter(|network| wanted(network));
            return Ok(networks.map(|network| Candidate { network, key, share: None }).collect());
        }
        let sets = list(&Copy::open_all(&self.copy)?)?;
        let sets = sets.iter().filter(|set| wanted(&set.id.network()));
        let keys = sets.flat_map(|set| {
            set.keystores().iter().map(|entry| Candidate {
                network: set.id.network(),
                key: entry.pubkey,
                share: entry.share,
            })
        });
        Ok(keys.collect())
    }
}
