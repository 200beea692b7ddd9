//! Exits that shares of a key signed. Enough of them make the exit that the whole key would sign.

use serde::Deserialize;

use crate::{
    bls::{Fit, PublicKey, combine_signatures, fit},
    staking::{Exit, ExitError, MAX_EXITS_BYTES, Network, SignedExit, parse_exits},
};
use stockade_base::json;

/// The most partial exits of a file: as many as an exit has parts.
const MAX_PARTS: usize = 15_000;

/// An exit that a share signed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartialExit {
    /// The validator, if the file names it.
    pub validator: Option<PublicKey>,
    /// The x of the share, if the file names it.
    pub x: Option<u64>,
    /// The message, and the share's signature.
    pub exit: SignedExit,
}

/// Parts that were put together.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CombinedExit {
    /// The exit. The validator's key signed it, as far as anybody can tell.
    pub exit: SignedExit,
    /// The x of each part that does not belong to the others.
    pub wrong: Vec<u64>,
}

/// Why parts make no exit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CombineExitError {
    /// Fewer parts than the threshold.
    #[error("too few partial exits: {have}; at least {needed} are needed")]
    TooFew {
        /// How many different shares signed.
        have: usize,
        /// How many are needed.
        needed: usize,
    },
    /// The parts sign different exits.
    #[error("the partial exits differ: one is of validator {}, epoch {}, another of validator {}, epoch {}",
        .0.validator_index, .0.epoch, .1.validator_index, .1.epoch)]
    Differ(Exit, Exit),
    /// Two parts with different signatures at one x.
    #[error(
        "two different partial exits are by share {0}: they are of two splits, or one is wrong"
    )]
    Twice(u64),
    /// No group of the parts gives an exit of the validator.
    #[error(
        "together these partial exits are not an exit of {0}: there are too few, or some are wrong, of \
         another split, or for another network"
    )]
    NoFit(PublicKey),
    /// A part that is not a signature.
    #[error("a partial exit is not signed: {0}")]
    Exit(#[from] ExitError),
}

/// charon's file, as `charon exit sign` posts it.
#[derive(Deserialize)]
struct OfCharon {
    #[serde(deserialize_with = "json::at_most::<_, _, MAX_PARTS>")]
    partial_exits: Vec<Part>,
    share_idx: u64,
}

#[derive(Deserialize)]
struct Part {
    public_key: PublicKey,
    signed_exit_message: SignedExit,
}

/// Reads a file of at most [`MAX_EXITS_BYTES`]: charon's partial exits, or signed exits, which name neither
/// the validator nor the share.
pub fn parse_partial_exits(content: &[u8]) -> Result<Vec<PartialExit>, ExitError> {
    let Ok(file) = json::from_slice::<OfCharon>(content, MAX_EXITS_BYTES) else {
        let part = |exit| PartialExit { validator: None, x: None, exit };
        return Ok(parse_exits(content)?.into_iter().map(part).collect());
    };
    if file.partial_exits.is_empty() {
        return Err(ExitError::Empty);
    }
    let part = |part: Part| {
        part.signed_exit_message.signature()?;
        let (validator, exit) = (Some(part.public_key), part.signed_exit_message);
        Ok(PartialExit { validator, x: Some(file.share_idx), exit })
    };
    file.partial_exits.into_iter().map(part).collect()
}

/// Puts the exits of shares of `validator`, each with its x, together. `threshold`: how many are needed,
/// if it is known.
pub fn combine_exits(
    parts: &[(u64, SignedExit)],
    validator: &PublicKey,
    network: Network,
    threshold: Option<u8>,
) -> Result<CombinedExit, CombineExitError> {
    let mut distinct: Vec<&(u64, SignedExit)> = Vec::new();
    for part in parts {
        match distinct.iter().find(|(x, _)| *x == part.0) {
            Some(other) if other.1 != part.1 => return Err(CombineExitError::Twice(part.0)),
            Some(_) => {}
            None => distinct.push(part),
        }
    }
    let needed = usize::from(threshold.unwrap_or(2));
    if distinct.len() < needed {
        return Err(CombineExitError::TooFew { have: distinct.len(), needed });
    }
    let Some((_, first)) = distinct.first() else {
        return Err(CombineExitError::TooFew { have: 0, needed });
    };
    let message = first.message;
    if let Some((_, other)) = distinct.iter().find(|(_, exit)| exit.message != message) {
        return Err(CombineExitError::Differ(message, other.message));
    }
    let signatures = distinct.iter().map(|(x, exit)| Ok((*x, exit.signature()?)));
    let signatures = signatures.collect::<Result<Vec<_>, ExitError>>()?;
    let root = message.signing_root(network);
    let mut combined = None;
    let found = fit(&signatures, needed, |group| {
        let group: Vec<_> = group.iter().map(|part| (*part).clone()).collect();
        let made = combine_signatures(&group).ok().filter(|made| made.verify(&root, validator));
        combined = made;
        combined.is_some()
    });
    let wrong = match found {
        Fit::All => Vec::new(),
        Fit::Without(left_out) => {
            let wrong = signatures.iter().enumerate().filter(|(i, _)| left_out.contains(i));
            wrong.map(|(_, (x, _))| *x).collect()
        }
        Fit::None => return Err(CombineExitError::NoFit(*validator)),
    };
    let signature = combined.ok_or(CombineExitError::NoFit(*validator))?;
    Ok(CombinedExit { exit: message.with_signature(&signature), wrong })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODES: [&[u8]; 4] = [
        include_bytes!(
            "../../../device-tests/vectors/distributed/charon-cluster/partial-exit-node0.json"
        ),
        include_bytes!(
            "../../../device-tests/vectors/distributed/charon-cluster/partial-exit-node1.json"
        ),
        include_bytes!(
            "../../../device-tests/vectors/distributed/charon-cluster/partial-exit-node2.json"
        ),
        include_bytes!(
            "../../../device-tests/vectors/distributed/charon-cluster/partial-exit-node3.json"
        ),
    ];
    const WHOLE: &[u8] = include_bytes!(
        "../../../device-tests/vectors/distributed/charon-cluster/exit-of-whole-key.json"
    );

    fn parts(nodes: &[usize]) -> Vec<(u64, SignedExit)> {
        let part = |node: &usize| {
            let part = parse_partial_exits(NODES[*node]).unwrap().remove(0);
            (part.x.unwrap(), part.exit)
        };
        nodes.iter().map(part).collect()
    }

    fn validator() -> PublicKey {
        parse_partial_exits(NODES[0]).unwrap()[0].validator.unwrap()
    }

    fn combine(parts: &[(u64, SignedExit)]) -> Result<CombinedExit, CombineExitError> {
        combine_exits(parts, &validator(), Network::Hoodi, Some(3))
    }

    #[test]
    fn any_three_of_charons_partial_exits_make_the_exit_of_the_whole_key() {
        let whole = SignedExit::parse(WHOLE).unwrap();
        for nodes in
            [&[0, 1, 2][..], &[3, 1, 0], &[2, 3, 0], &[1, 2, 3], &[0, 1, 2, 3], &[0, 0, 1, 2]]
        {
            let made = combine(&parts(nodes)).unwrap();
            assert_eq!((&made.exit, made.wrong.len()), (&whole, 0), "{nodes:?}");
        }
        let unknown = combine_exits(&parts(&[0, 1, 3]), &validator(), Network::Hoodi, None);
        assert_eq!(unknown.unwrap().exit, whole);
    }

    #[test]
    fn what_makes_no_exit_is_named() {
        use CombineExitError::{Differ, NoFit, TooFew, Twice};
        assert_eq!(combine(&parts(&[0, 1])), Err(TooFew { have: 2, needed: 3 }));
        assert_eq!(combine(&parts(&[0, 0, 0])), Err(TooFew { have: 1, needed: 3 }));
        let unknown = combine_exits(&parts(&[0, 1]), &validator(), Network::Hoodi, None);
        assert_eq!(unknown, Err(NoFit(validator())));
        let other = combine_exits(&parts(&[0, 1, 2]), &validator(), Network::Mainnet, Some(3));
        assert_eq!(other, Err(NoFit(validator())));
        // A wrong one is named as soon as there is one more than needed.
        let mut wrong = parts(&[0, 1, 2, 3]);
        wrong[2].1 = wrong[1].1.clone();
        assert_eq!(combine(&wrong).unwrap().wrong, [3]);
        assert_eq!(combine(&wrong[..3]), Err(NoFit(validator())));
        let mut twice = parts(&[0, 1, 2]);
        twice[2].0 = 1;
        assert_eq!(combine(&twice), Err(Twice(1)));
        let mut differ = parts(&[0, 1, 2]);
        differ[1].1.message.epoch = 7;
        assert!(matches!(combine(&differ), Err(Differ(..))));
    }
}
