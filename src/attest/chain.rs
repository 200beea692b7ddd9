//! Each statement names the last one before it: whether one of them is missing from what is at
//! hand, or was put aside.

use std::collections::{BTreeMap, BTreeSet};

use super::Statement;
use crate::{backup::Digest, eth::Address};

/// A statement, and those who signed it.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub statement: Statement,
    pub signers: BTreeSet<Address>,
}

/// Everything that breaks the chain of `signer`; empty where each statement that it signed names
/// the one that it signed before.
pub(super) fn breaks(signer: &Address, all: &BTreeMap<Digest, Signed>) -> Vec<String> {
    let mut own: Vec<_> = all.iter().filter(|(_, one)| one.signers.contains(signer)).collect();
    own.sort_by_key(|(_, one)| one.statement.time);
    let mut breaks = Vec::new();
    let mut last: Option<(&Digest, &Signed)> = None;
    for (digest, one) in own {
        let (time, previous) = (one.statement.time, one.statement.previous);
        // Signed together with others: it follows on the last statement of whoever made it.
        let joined = one.signers.iter().any(|maker| last_before(maker, one, all) == previous);
        match (previous, last) {
            (None, None) => {}
            (Some(previous), Some((before, _))) if previous == *before => {}
            _ if joined => {}
            (Some(previous), _) if !all.contains_key(&previous) => breaks.push(format!(
                "a gap: the statement of {time} follows {previous}, which is not here"
            )),
            (Some(_), Some((_, before))) => breaks.push(format!(
                "a fork: the statement of {time} does not follow that of {}",
                before.statement.time
            )),
            (Some(_), None) => breaks.push(format!(
                "a gap: the statement of {time} follows one that {signer} did not sign"
            )),
            (None, Some((_, before))) => breaks.push(format!(
                "begun anew: the statement of {time} follows none, and there is one of {}",
                before.statement.time
            )),
        }
        if let Some(before) = previous.and_then(|previous| all.get(&previous))
            && before.statement.time >= time
        {
            let before = before.statement.time;
            breaks.push(format!("the statement of {time} follows one of {before}, which is later"));
        }
        last = Some((digest, one));
    }
    breaks
}

/// The last statement that `signer` signed before `one`.
fn last_before(signer: &Address, one: &Signed, all: &BTreeMap<Digest, Signed>) -> Option<Digest> {
    let own = all.iter().filter(|(_, other)| other.signers.contains(signer));
    let before = own.filter(|(_, other)| other.statement.time < one.statement.time);
    before.max_by_key(|(_, other)| other.statement.time).map(|(digest, _)| *digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{attest::AttestedLevel, backup::verdict::Counts, timestamp::Timestamp};

    fn statement(time: i64, previous: Option<Digest>) -> Statement {
        Statement {
            set: "20261120-hoodi-7f3a19c2".parse().unwrap(),
            manifest: Digest::of(b"manifest"),
            level: AttestedLevel::Opened,
            keys: Counts { proven: 1, ..Counts::default() },
            copies: vec!["0a1b2c3d".to_owned()],
            history: None,
            previous,
            challenge: None,
            time: Timestamp::from_unix(1_795_000_000 + time).unwrap(),
        }
    }

    fn address(byte: u8) -> Address {
        format!("0x{}", hex::encode([byte; 20])).parse().unwrap()
    }

    fn all(statements: &[(&Statement, &[u8])]) -> BTreeMap<Digest, Signed> {
        let one = |(statement, signers): &(&Statement, &[u8])| {
            let signers = signers.iter().map(|byte| address(*byte)).collect();
            (statement.digest(), Signed { statement: (*statement).clone(), signers })
        };
        statements.iter().map(one).collect()
    }

    #[test]
    fn one_after_another_is_whole() {
        let first = statement(0, None);
        let second = statement(1, Some(first.digest()));
        let third = statement(2, Some(second.digest()));
        let all = all(&[(&first, &[1]), (&second, &[1]), (&third, &[1])]);
        assert!(breaks(&address(1), &all).is_empty());
    }

    #[test]
    fn what_was_taken_out_or_begun_anew_is_seen() {
        let first = statement(0, None);
        let second = statement(1, Some(first.digest()));
        let third = statement(2, Some(second.digest()));
        let anew = statement(3, None);
        let fork = statement(4, Some(first.digest()));
        let late = statement(-1, Some(first.digest()));
        for (found, word) in [
            (all(&[(&first, &[1]), (&third, &[1])]), "gap"),
            (all(&[(&second, &[1])]), "gap"),
            (all(&[(&first, &[1]), (&anew, &[1])]), "anew"),
            (all(&[(&first, &[1]), (&second, &[1]), (&fork, &[1])]), "fork"),
            (all(&[(&first, &[1]), (&late, &[1])]), "later"),
            (all(&[(&first, &[2]), (&second, &[1])]), "gap"),
        ] {
            let breaks = breaks(&address(1), &found);
            assert!(breaks.iter().any(|said| said.contains(word)), "{word}: {breaks:?}");
        }
    }

    #[test]
    fn a_fork_is_seen_though_all_signed_each_of_its_statements() {
        let first = statement(0, None);
        let second = statement(1, Some(first.digest()));
        let fork = statement(2, Some(first.digest()));
        let all = all(&[(&first, &[1, 2]), (&second, &[1, 2]), (&fork, &[1, 2])]);
        for signer in [1, 2] {
            let breaks = breaks(&address(signer), &all);
            assert!(breaks.iter().any(|said| said.contains("fork")), "{breaks:?}");
        }
        let anew = statement(3, None);
        let all = self::all(&[(&first, &[1, 2]), (&second, &[1, 2]), (&anew, &[1, 2])]);
        assert!(breaks(&address(1), &all).iter().any(|said| said.contains("anew")));
    }

    #[test]
    fn who_joins_in_anothers_statement_breaks_no_chain() {
        let first = statement(0, None);
        let other = statement(1, None);
        let joint = statement(2, Some(first.digest()));
        let next = statement(3, Some(joint.digest()));
        let all = all(&[(&first, &[1]), (&other, &[2]), (&joint, &[1, 2]), (&next, &[2])]);
        assert!(breaks(&address(1), &all).is_empty());
        assert!(breaks(&address(2), &all).is_empty());
    }
}
