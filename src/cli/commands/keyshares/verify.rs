use std::path::PathBuf;

use stockade::{
    backup::{
        Copy, ListedSet, holder, list,
        marks::{self, Marks},
        share_of,
        split_mark::SplitMark,
        verdict::Verdict,
    },
    distributed::{KeySharesFault, MAX_KEY_SHARES_BYTES, SsvKeyShares, parse_key_shares},
    eth::Address,
    store::private_file,
};

use super::verified::{Judged, outcome};
use crate::{CommandResult, context::Context, error::CommandError};

/// Verify a key file of ssv-keys before its validators are registered
///
/// Checks each validator of the file: that a set in the copies holds its key, that this key signed for
/// the owner and the nonce that the file names, and that the public keys of the shares belong to it. The
/// encrypted shares are not checked: only their operators can open them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The key file: keyshares-*.json
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Copies that should hold the keys
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    copy: Vec<PathBuf>,
    /// The address that will register the validators [default: the one in the file]
    #[arg(long, value_name = "0x..")]
    owner: Option<String>,
    /// The next registration nonce of the owner; each further validator of the file takes the next one
    /// [default: the one in the file]
    #[arg(long, value_name = "N")]
    nonce: Option<u64>,
}

impl Args {
    /// Reads the file and the manifests, and compares them.
    pub fn run(self, _: &mut Context) -> CommandResult {
        let owner = self.owner.as_deref().map(Address::parse_checksummed).transpose();
        let owner = owner.map_err(|error| CommandError::usage(format!("--owner: {error}")))?;
        let bytes = private_file::read(&self.file, MAX_KEY_SHARES_BYTES as u64)?;
        let input = |why: String| {
            let file = crate::shown(&self.file);
            CommandError::input(format!("{file}: not a key file of ssv-keys: {why}"))
        };
        let shares = parse_key_shares(&bytes).map_err(|error| input(error.to_string()))?;
        if shares.is_empty() {
            return Err(input("it names no validator".to_owned()));
        }
        let copies = Copy::open_all(&self.copy)?;
        let sets = list(&copies)?;
        let mut judged = Vec::new();
        for (place, one) in (0..).zip(&shares) {
            let nonce = self.nonce.map(|nonce| nonce.saturating_add(place));
            judged.push(judge(one, (owner, nonce), &copies, &sets)?);
        }
        Ok(outcome(&judged))
    }
}

fn judge<'a>(
    shares: &'a SsvKeyShares,
    (owner, nonce): (Option<Address>, Option<u64>),
    copies: &[Copy],
    sets: &[ListedSet],
) -> Result<Judged<'a>, CommandError> {
    let key = shares.validator;
    let mut problems: Vec<_> = shares.faults().iter().map(KeySharesFault::to_string).collect();
    if let Some(owner) = owner.filter(|owner| *owner != shares.owner) {
        problems.push(format!("its owner is {}, not {owner}", shares.owner));
    }
    if let Some(nonce) = nonce.filter(|nonce| *nonce != shares.nonce) {
        problems.push(format!("its nonce is {}, not {nonce}", shares.nonce));
    }
    if let Some(share) = share_of(sets, &key) {
        problems.push(format!("its key is itself {share}"));
    }
    let set = holder(sets, &[key]).map(|(set, _)| set.clone());
    let unreadable = sets.iter().any(|set| set.keystores().is_empty());
    let mut verdict = if problems.is_empty() { Verdict::Proven } else { Verdict::Contradicted };
    let mut split_recorded = false;
    match &set {
        Some(set) => {
            let Marks { marks, .. } = marks::of_keys::<SplitMark>(copies, set, &[key])?;
            split_recorded = !marks.is_empty();
        }
        None if unreadable => {
            problems.push("no set that can be read holds its key".to_owned());
            verdict = verdict.max(Verdict::Inconclusive);
        }
        None => {
            problems.push("no set in these copies holds its key".to_owned());
            verdict = Verdict::Contradicted;
        }
    }
    Ok(Judged { shares, set, split_recorded, problems, verdict })
}
