//! Answers to questions about deposits.

use serde::Serialize;
use stockade::backup::verdict::Reason;

/// The answer to one question about one deposit.
#[derive(Debug, Clone)]
pub struct Answer {
    pub reason: Reason,
    pub detail: String,
}

/// The same as JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Judgement {
    /// The verdict.
    verdict: &'static str,
    /// The reason for the verdict.
    reason: &'static str,
    /// Details, for people.
    detail: String,
}

impl From<&Answer> for Judgement {
    fn from(answer: &Answer) -> Self {
        let Answer { reason, detail } = answer;
        let verdict = reason.verdict().as_str();
        Self { verdict, reason: reason.as_str(), detail: detail.clone() }
    }
}

impl Answer {
    /// An answer with its reason.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}
