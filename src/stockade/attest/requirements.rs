//! What a statement must say, clause by clause.

use super::{AttestedLevel, Challenge, Statement};
use stockade_base::timestamp::Timestamp;

/// What a statement must say.
#[derive(Debug, Clone, Default)]
pub struct Requirements {
    /// The oldest that it may be, in seconds.
    pub max_age: Option<i64>,
    /// How many copies it must speak of.
    pub min_copies: usize,
    /// How much must have been checked, at least.
    pub level: Option<AttestedLevel>,
    /// The text that it must repeat.
    pub challenge: Option<Challenge>,
}

/// One thing that was asked for, and whether it is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Its name: a closed list, in `docs/formats/policy.md`.
    pub name: &'static str,
    /// Whether it is so.
    pub met: Met,
    /// What was found.
    pub detail: String,
}

/// Whether something that was asked for is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    /// It is.
    Yes,
    /// What would tell is not at hand.
    Unknown,
    /// It is not.
    No,
}

impl Met {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "met",
            Self::No => "not_met",
            Self::Unknown => "unknown",
        }
    }
}

impl Clause {
    pub(super) fn new(name: &'static str, met: bool, detail: impl Into<String>) -> Self {
        Self { name, met: if met { Met::Yes } else { Met::No }, detail: detail.into() }
    }

    pub(super) fn unknown(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, met: Met::Unknown, detail: detail.into() }
    }
}

impl Requirements {
    /// Holds `statement` against each. That no key is contradicted or inconclusive, and that its
    /// time is past, is always asked for.
    pub(super) fn clauses(&self, statement: &Statement, now: Timestamp) -> Vec<Clause> {
        let mut clauses = vec![verdicts(statement), age(statement, self.max_age, now)];
        if self.min_copies > 1 {
            let count = statement.copies.len();
            let detail = format!("it speaks of {count} copies, {} are asked for", self.min_copies);
            clauses.push(Clause::new("min_copies", count >= self.min_copies, detail));
        }
        if let Some(level) = self.level {
            let (is, asked) = (statement.level.as_str(), level.as_str());
            let detail = format!("it was checked at level {is}, {asked} is asked for");
            clauses.push(Clause::new("level", statement.level >= level, detail));
        }
        if let Some(challenge) = &self.challenge {
            let detail = match &statement.challenge {
                Some(own) => format!("it repeats `{own}`, `{challenge}` is asked for"),
                None => format!("it repeats no challenge, `{challenge}` is asked for"),
            };
            let same = statement.challenge.as_ref() == Some(challenge);
            clauses.push(Clause::new("challenge", same, detail));
        }
        clauses
    }
}

fn verdicts(statement: &Statement) -> Clause {
    let keys = statement.keys;
    let detail = format!(
        "it says {} keys proven, {} contradicted, {} inconclusive",
        keys.proven, keys.contradicted, keys.inconclusive
    );
    let all = keys.proven > 0 && keys.contradicted == 0 && keys.inconclusive == 0;
    Clause::new("verdicts", all, detail)
}

fn age(statement: &Statement, max: Option<i64>, now: Timestamp) -> Clause {
    let age = now.unix() - statement.time.unix();
    if age < 0 {
        return Clause::new("age", false, format!("its time {} is in the future", statement.time));
    }
    let allowed = match max {
        Some(max) => format!(", {} are allowed", days(max)),
        None => String::new(),
    };
    Clause::new(
        "age",
        max.is_none_or(|max| age <= max),
        format!("it is {} old{allowed}", days(age)),
    )
}

/// Seconds as people count them.
fn days(seconds: i64) -> String {
    match seconds / 86_400 {
        0 => format!("{} hours", seconds / 3_600),
        days => format!("{days} days"),
    }
}
