//! The statement of an attestation: one line of printable ASCII with an exact grammar. See
//! `docs/formats/attestation.md`.

use std::{fmt, str::FromStr};

use super::{
    grammar::{self, OrNone},
    version::{StatementError, StatementVersion},
};
use crate::backup::{Digest, SetId, verdict::Counts};
use stockade_base::timestamp::Timestamp;

const HEADING: &str = "Stockade attestation";

/// The statement of an attestation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The version of the grammar. New statements have version 2, or 3 if the set has shares.
    pub version: StatementVersion,
    /// The set.
    pub set: SetId,
    /// The digest of its manifest.
    pub manifest: Digest,
    /// The level of the check.
    pub level: AttestedLevel,
    /// The number of keys by verdict. A key is only proven if it is proven in every copy.
    pub keys: Counts,
    /// The copies that were checked, in ascending order.
    pub copies: Vec<String>,
    /// How many of the set's keys are shares of validators' keys. Only version 3 states it; it is 0 in
    /// the others.
    pub shares: usize,
    /// The digest of the newest slashing history stored with the set.
    pub history: Option<Digest>,
    /// The digest of the last statement about this set.
    pub previous: Option<Digest>,
    /// The text that a verifier asked for.
    pub challenge: Option<Challenge>,
    /// When, by the host's clock.
    pub time: Timestamp,
}

/// The level of an attested check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttestedLevel {
    /// Every byte was read (scrub).
    Bytes,
    /// Every key was opened (drill).
    Opened,
}

/// A text that a verifier chose, which shows that the statement was not made before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge(String);

impl FromStr for Challenge {
    type Err = StatementError;

    fn from_str(text: &str) -> Result<Self, StatementError> {
        // No semicolon, so that a challenge cannot add a field. No space at either end, so that the
        // wallet shows exactly what is signed.
        let plain = |b: u8| b.is_ascii_alphanumeric() || b" ._-:".contains(&b);
        let fits = (1..=64).contains(&text.len()) && text.trim() == text && text != "none";
        if fits && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(StatementError::Challenge)
        }
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AttestedLevel {
    /// The word for it in statements.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Opened => "opened",
        }
    }
}

impl Statement {
    pub(super) const HEADING: &str = HEADING;

    /// The digest of the statement's text, which the next statement names as its `previous`.
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_string().as_bytes())
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { proven, contradicted, inconclusive } = self.keys;
        let Self { version, set, manifest, time, shares, .. } = self;
        let (level, copies) = (self.level.as_str(), self.copies.join(","));
        let keys =
            format!("{proven} proven {contradicted} contradicted {inconclusive} inconclusive");
        let (history, previous) = (OrNone(&self.history), OrNone(&self.previous));
        let challenge = OrNone(&self.challenge);
        match version {
            StatementVersion::V1 => write!(
                f,
                "{HEADING} {version}; set {set}; manifest {manifest}; level {level}; keys {keys}; \
                 copies {copies}; history {history}; previous {previous}; challenge {challenge}; \
                 time {time}",
            ),
            StatementVersion::V2 => write!(
                f,
                "{HEADING} {version}; level {level}; keys {keys}; copies {copies}; set {set}; \
                 time {time}; challenge {challenge}; manifest {manifest}; history {history}; \
                 previous {previous}",
            ),
            StatementVersion::V3 => write!(
                f,
                "{HEADING} {version}; level {level}; keys {keys}; copies {copies}; shares {shares}; \
                 set {set}; time {time}; challenge {challenge}; manifest {manifest}; \
                 history {history}; previous {previous}",
            ),
        }
    }
}

impl FromStr for Statement {
    type Err = StatementError;

    fn from_str(text: &str) -> Result<Self, StatementError> {
        grammar::read(text, HEADING, |version, fields| match version {
            // A struct's fields are evaluated in the order in which they are written here.
            StatementVersion::V1 => Some(Self {
                version,
                set: fields.value("set")?,
                manifest: fields.value("manifest")?,
                level: parse_level(fields.text("level")?)?,
                keys: parse_counts(fields.text("keys")?)?,
                copies: parse_copies(fields.text("copies")?)?,
                shares: 0,
                history: fields.optional("history")?,
                previous: fields.optional("previous")?,
                challenge: fields.optional("challenge")?,
                time: fields.value("time")?,
            }),
            StatementVersion::V2 | StatementVersion::V3 => Some(Self {
                version,
                level: parse_level(fields.text("level")?)?,
                keys: parse_counts(fields.text("keys")?)?,
                copies: parse_copies(fields.text("copies")?)?,
                shares: match version {
                    StatementVersion::V3 => fields.value("shares").filter(|shares| *shares > 0)?,
                    _ => 0,
                },
                set: fields.value("set")?,
                time: fields.value("time")?,
                challenge: fields.optional("challenge")?,
                manifest: fields.value("manifest")?,
                history: fields.optional("history")?,
                previous: fields.optional("previous")?,
            }),
        })
    }
}

fn parse_level(text: &str) -> Option<AttestedLevel> {
    let levels = [AttestedLevel::Bytes, AttestedLevel::Opened];
    levels.into_iter().find(|level| level.as_str() == text)
}

fn parse_counts(text: &str) -> Option<Counts> {
    let mut words = text.split(' ');
    let mut count = |name: &str| {
        let number = words.next()?.parse().ok()?;
        (words.next()? == name).then_some(number)
    };
    Some(Counts {
        proven: count("proven")?,
        contradicted: count("contradicted")?,
        inconclusive: count("inconclusive")?,
    })
}

/// Ids of 8 hex digits, in ascending order without repetition, so that no copy counts twice.
fn parse_copies(text: &str) -> Option<Vec<String>> {
    let copies: Vec<String> = text.split(',').map(str::to_owned).collect();
    let lower_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    let ids = copies.iter().all(|id| id.len() == 8 && id.bytes().all(lower_hex));
    let ascending = copies.iter().zip(copies.iter().skip(1)).all(|(a, b)| a < b);
    (ids && ascending).then_some(copies)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statement that was shown and signed on real firmware. The recordings contain it.
    const RECORDED: &str = "Stockade attestation v1; set 20261120-hoodi-7f3a19c2; manifest aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; level opened; keys 3 proven 0 contradicted 0 inconclusive; copies 0a1b2c3d,4e5f6071; history none; previous none; challenge none; time 20261120T101500Z";

    /// The same statement in version 2.
    const SECOND: &str = "Stockade attestation v2; level opened; keys 3 proven 0 contradicted 0 inconclusive; copies 0a1b2c3d,4e5f6071; set 20261120-hoodi-7f3a19c2; time 20261120T101500Z; challenge none; manifest aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; history none; previous none";

    #[test]
    fn a_statement_survives_a_round_trip() {
        let statement: Statement = RECORDED.parse().unwrap();
        assert_eq!(statement.keys.proven, 3);
        assert_eq!(statement.copies.len(), 2);
        assert_eq!(statement.to_string(), RECORDED);
        let second: Statement = SECOND.parse().unwrap();
        assert_eq!(second.to_string(), SECOND);
        assert_eq!(second, Statement { version: StatementVersion::V2, ..statement });
    }

    /// The same statement in version 3, about a set in which two keys are shares.
    const THIRD: &str = "Stockade attestation v3; level opened; keys 3 proven 0 contradicted 0 inconclusive; copies 0a1b2c3d,4e5f6071; shares 2; set 20261120-hoodi-7f3a19c2; time 20261120T101500Z; challenge none; manifest aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; history none; previous none";

    #[test]
    fn version_3_states_that_keys_are_shares() {
        let (second, third): (Statement, Statement) =
            (SECOND.parse().unwrap(), THIRD.parse().unwrap());
        assert_eq!(third.to_string(), THIRD);
        assert_eq!(third, Statement { version: StatementVersion::V3, shares: 2, ..second });
        assert!(THIRD.get(..FIRST_PAGE).unwrap().contains("shares 2"));
        for (from, to) in [("shares 2", "shares 0"), ("shares 2; ", ""), ("v3", "v2")] {
            assert!(THIRD.replace(from, to).parse::<Statement>().is_err(), "{to}");
        }
    }

    /// The number of characters that a Stax shows on its first page was measured with version 1,
    /// whose last field is the manifest's digest.
    const FIRST_PAGE: usize = 134;

    #[test]
    fn the_result_is_on_the_first_page_of_a_touch_screen() {
        let page = SECOND.get(..FIRST_PAGE).unwrap();
        for word in ["level opened", "3 proven 0 contradicted 0 inconclusive", "4e5f6071"] {
            assert!(page.contains(word), "{page}");
        }
    }

    #[test]
    fn only_the_exact_grammar_is_accepted() {
        for (from, to) in [
            ("v1;", "v2;"),
            ("; level opened", "; level public_key"),
            ("3 proven", "03 proven"),
            ("0a1b2c3d,4e5f6071", "4e5f6071,0a1b2c3d"),
            ("0a1b2c3d,4e5f6071", "0a1b2c3d,0a1b2c3d"),
            ("; history none", ""),
            ("20261120T101500Z", "20261120T101500Z "),
            ("20261120T101500Z", "20261120T101500Z; more x"),
            ("; challenge none", "; challenge a; b"),
        ] {
            let changed = RECORDED.replace(from, to);
            assert_ne!(changed, RECORDED);
            assert_eq!(changed.parse::<Statement>(), Err(StatementError::Grammar), "{changed}");
        }
        for (from, to) in [
            ("v2;", "v1;"),
            ("v2;", "v02;"),
            ("v2;", "v3;"),
            ("v2;", "v4;"),
            (
                "; set 20261120-hoodi-7f3a19c2; time 20261120T101500Z",
                "; time 20261120T101500Z; set 20261120-hoodi-7f3a19c2",
            ),
            ("; previous none", ""),
        ] {
            let changed = SECOND.replace(from, to);
            assert_ne!(changed, SECOND);
            assert_eq!(changed.parse::<Statement>(), Err(StatementError::Grammar), "{changed}");
        }
        for bad in ["", "none", "a;b", " a", "ä", "a\nb"] {
            assert_eq!(bad.parse::<Challenge>(), Err(StatementError::Challenge), "{bad:?}");
        }
    }
}
