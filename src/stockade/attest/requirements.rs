//! What a statement must say, clause by clause.

use super::{AttestedLevel, Challenge, Statement};
use stockade_base::timestamp::Timestamp;

/// What a statement must say.
#[derive(Debug, Clone, Default)]
pub struct Requirements {
    /// The maximum age, in seconds.
    pub max_age: Option<i64>,
    /// The minimum number of copies.
    pub min_copies: usize,
    /// The minimum level of the check.
    pub level: Option<AttestedLevel>,
    /// The challenge that it must repeat.
    pub challenge: Option<Challenge>,
}

/// One requirement, and whether it is met.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clause {
    /// The name of the clause. `docs/formats/policy.md` lists them all.
    pub name: &'static str,
    /// Whether it is met.
    pub met: Met,
    /// What was found.
    pub detail: String,
}

/// Whether a requirement is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    /// It is met.
    Yes,
    /// It could not be checked.
    Unknown,
    /// It is not met.
    No,
}

impl Met {
    /// The word for it in JSON.
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
    /// Checks `statement` against each requirement. It is always required that no key is
    /// contradicted or inconclusive, and that the time is not in the future.
    pub(super) fn clauses(&self, statement: &Statement, now: Timestamp) -> Vec<Clause> {
        let mut clauses = vec![verdicts(statement), age(statement, self.max_age, now)];
        if self.min_copies > 1 {
            let count = statement.copies.len();
            let detail = format!("it covers {count} copies, {} are required", self.min_copies);
            clauses.push(Clause::new("min_copies", count >= self.min_copies, detail));
        }
        if let Some(level) = self.level {
            let (is, asked) = (statement.level.as_str(), level.as_str());
            let detail = format!("it was checked at level {is}, {asked} is required");
            clauses.push(Clause::new("level", statement.level >= level, detail));
        }
        if let Some(challenge) = &self.challenge {
            let detail = match &statement.challenge {
                Some(own) => format!("it repeats `{own}`, `{challenge}` is required"),
                None => format!("it repeats no challenge, `{challenge}` is required"),
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
        Some(max) => format!(", at most {} are allowed", days(max)),
        None => String::new(),
    };
    Clause::new(
        "age",
        max.is_none_or(|max| age <= max),
        format!("it is {} old{allowed}", days(age)),
    )
}

/// Seconds as days or hours.
fn days(seconds: i64) -> String {
    match seconds / 86_400 {
        0 => format!("{} hours", seconds / 3_600),
        days => format!("{days} days"),
    }
}
