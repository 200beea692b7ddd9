//! Each statement names the one before it. A gap in this chain shows that a statement is missing.

use std::collections::{BTreeMap, BTreeSet};

use super::Statement;
use crate::backup::Digest;
use stockade_base::eth::Address;

/// A statement, and its signers.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub statement: Statement,
    pub signers: BTreeSet<Address>,
}

impl Signed {
    /// Adds to `all` that `signer` signed `statement`.
    pub(super) fn add(all: &mut BTreeMap<Digest, Self>, statement: Statement, signer: Address) {
        let digest = statement.digest();
        let one = all.entry(digest).or_insert(Self { statement, signers: BTreeSet::new() });
        one.signers.insert(signer);
    }
}

/// The problems of a chain.
#[derive(Debug, Default)]
pub(super) struct Flaws {
    /// Proofs that the chain is broken.
    pub breaks: Vec<String>,
    /// What could not be checked.
    pub unknown: Vec<String>,
}

/// The problems of the chain of `signer`. There are none if each statement that it signed names the
/// one that it signed before.
pub(super) fn flaws(signer: &Address, all: &BTreeMap<Digest, Signed>) -> Flaws {
    let mut own: Vec<_> = all.iter().filter(|(_, one)| one.signers.contains(signer)).collect();
    own.sort_by_key(|(_, one)| one.statement.time);
    let mut flaws = Flaws::default();
    let mut last: Option<(&Digest, &Signed)> = None;
    for (digest, one) in own {
        let (time, previous) = (one.statement.time, one.statement.previous);
        if is_joined(signer, one, all) {
            flaws.unknown.extend(last.and_then(|last| passed_over(signer, one, last, all)));
        } else {
            flaws.breaks.extend(broken(signer, one, last, all));
        }
        if last.is_some_and(|(_, before)| before.statement.time == time) {
            flaws.breaks.push(format!("a fork: {signer} signed two statements of {time}"));
        }
        if let Some(before) = previous.and_then(|previous| all.get(&previous))
            && before.statement.time >= time
        {
            let before = before.statement.time;
            let later = format!("the statement of {time} follows one of {before}, which is later");
            flaws.breaks.push(later);
        }
        last = Some((digest, one));
    }
    flaws
}

/// Whether the statement follows one of another signer, who therefore made it.
fn is_joined(signer: &Address, one: &Signed, all: &BTreeMap<Digest, Signed>) -> bool {
    let mut others = one.signers.iter().filter(|maker| *maker != signer);
    others.any(|maker| last_before(maker, one, all) == one.statement.previous)
}

/// Why the statement `one`, made by `signer`, does not follow the `last` one.
fn broken(
    signer: &Address,
    one: &Signed,
    last: Option<(&Digest, &Signed)>,
    all: &BTreeMap<Digest, Signed>,
) -> Option<String> {
    let Statement { time, previous, .. } = &one.statement;
    match (previous, last) {
        (None, None) => None,
        (Some(previous), Some((before, _))) if previous == before => None,
        (Some(previous), _) if !all.contains_key(previous) => {
            Some(format!("a gap: the statement of {time} follows {previous}, which was not found"))
        }
        (Some(_), Some((_, before))) => Some(format!(
            "a fork: the statement of {time} does not follow that of {}",
            before.statement.time
        )),
        (Some(_), None) => {
            Some(format!("a gap: the statement of {time} follows one that {signer} did not sign"))
        }
        (None, Some((_, before))) => Some(format!(
            "restarted: the statement of {time} names none before it, but there is one of {}",
            before.statement.time
        )),
    }
}

/// A statement that another signer made, and that `signer` signed too, names none of `signer`'s
/// own. If it does not lead back to the `last` of these, one in between could be missing without a
/// trace.
fn passed_over(
    signer: &Address,
    one: &Signed,
    (digest, last): (&Digest, &Signed),
    all: &BTreeMap<Digest, Signed>,
) -> Option<String> {
    let (time, before) = (one.statement.time, last.statement.time);
    (!leads_to(&one.statement, digest, all)).then(|| {
        format!(
            "{signer} also signed the statement of {time}, which does not lead back to its own of \
             {before}: what it signed between them may be missing"
        )
    })
}

/// Whether `statement`, or one that it follows, names `digest` as the one before.
pub(super) fn leads_to(
    statement: &Statement,
    digest: &Digest,
    all: &BTreeMap<Digest, Signed>,
) -> bool {
    let mut previous = statement.previous;
    // Digests cannot form a cycle, but one step per statement is a safe bound.
    for _ in 0..=all.len() {
        match previous {
            Some(before) if before == *digest => return true,
            Some(before) => previous = all.get(&before).and_then(|one| one.statement.previous),
            None => return false,
        }
    }
    false
}

/// The last statement that `signer` signed before `one`.
pub(super) fn last_before(
    signer: &Address,
    one: &Signed,
    all: &BTreeMap<Digest, Signed>,
) -> Option<Digest> {
    let own = all.iter().filter(|(_, other)| other.signers.contains(signer));
    let before = own.filter(|(_, other)| other.statement.time < one.statement.time);
    before.max_by_key(|(_, other)| other.statement.time).map(|(digest, _)| *digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        attest::{AttestedLevel, StatementVersion},
        backup::verdict::Counts,
    };
    use stockade_base::timestamp::Timestamp;

    fn statement(time: i64, previous: Option<Digest>) -> Statement {
        Statement {
            version: StatementVersion::V2,
            set: "20261120-hoodi-7f3a19c2".parse().unwrap(),
            manifest: Digest::of(b"manifest"),
            level: AttestedLevel::Opened,
            keys: Counts { proven: 1, ..Counts::default() },
            copies: vec!["0a1b2c3d".to_owned()],
            shares: 0,
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

    fn breaks(signer: &Address, all: &BTreeMap<Digest, Signed>) -> Vec<String> {
        flaws(signer, all).breaks
    }

    #[test]
    fn statements_that_follow_each_other_form_a_chain() {
        let first = statement(0, None);
        let second = statement(1, Some(first.digest()));
        let third = statement(2, Some(second.digest()));
        let all = all(&[(&first, &[1]), (&second, &[1]), (&third, &[1])]);
        assert!(breaks(&address(1), &all).is_empty());
    }

    #[test]
    fn removed_statements_and_restarts_are_detected() {
        let first = statement(0, None);
        let second = statement(1, Some(first.digest()));
        let third = statement(2, Some(second.digest()));
        let anew = statement(3, None);
        let fork = statement(4, Some(first.digest()));
        let late = statement(-1, Some(first.digest()));
        for (found, word) in [
            (all(&[(&first, &[1]), (&third, &[1])]), "gap"),
            (all(&[(&second, &[1])]), "gap"),
            (all(&[(&first, &[1]), (&anew, &[1])]), "restarted"),
            (all(&[(&first, &[1]), (&second, &[1]), (&fork, &[1])]), "fork"),
            (all(&[(&first, &[1]), (&late, &[1])]), "later"),
            (all(&[(&first, &[2]), (&second, &[1])]), "gap"),
        ] {
            let breaks = breaks(&address(1), &found);
            assert!(breaks.iter().any(|said| said.contains(word)), "{word}: {breaks:?}");
        }
    }

    #[test]
    fn a_fork_is_detected_even_if_all_signed_both_statements() {
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
        assert!(breaks(&address(1), &all).iter().any(|said| said.contains("restarted")));
    }

    #[test]
    fn signing_the_statement_of_another_signer_breaks_no_chain() {
        let first = statement(0, None);
        let joint = statement(2, Some(first.digest()));
        let next = statement(3, Some(joint.digest()));
        let alone = statement(4, Some(next.digest()));
        let together = statement(5, Some(alone.digest()));
        let all = all(&[
            (&first, &[1]),
            (&joint, &[1, 2]),
            (&next, &[1, 2]),
            (&alone, &[2]),
            (&together, &[1, 2]),
        ]);
        for signer in [1, 2] {
            let Flaws { breaks, unknown } = flaws(&address(signer), &all);
            assert!(breaks.is_empty() && unknown.is_empty(), "{breaks:?} {unknown:?}");
        }
    }

    #[test]
    fn a_joint_statement_may_hide_a_gap() {
        let first = statement(0, None);
        let hidden = statement(1, Some(first.digest()));
        let joint = statement(2, None);
        let next = statement(3, Some(joint.digest()));
        let whole = [(&first, &[1][..]), (&hidden, &[1]), (&joint, &[1, 2]), (&next, &[1])];
        let without = [whole[0], whole[2], whole[3]];
        for found in [all(&whole), all(&without)] {
            assert_eq!(flaws(&address(1), &found).unknown.len(), 1);
            assert!(flaws(&address(2), &found).unknown.is_empty());
        }
    }

    #[test]
    fn two_statements_of_the_same_time_are_a_fork() {
        let first = statement(0, None);
        let second = statement(1, Some(first.digest()));
        let same = Statement { level: AttestedLevel::Bytes, ..second.clone() };
        for signers in [&[1][..], &[1, 2]] {
            let all = all(&[(&first, signers), (&second, signers), (&same, signers)]);
            let breaks = breaks(&address(1), &all);
            assert!(breaks.iter().any(|said| said.contains("fork")), "{breaks:?}");
        }
    }
}
