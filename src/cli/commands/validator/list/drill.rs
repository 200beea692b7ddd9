//! The last drill of a set, in JSON.

use serde::Serialize;
use stockade::validator::fleet;

/// The last drill that succeeded: one that counts, or else one that others attested.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LastDrill {
    /// When the last drill that counts took place, as YYYYMMDDTHHMMSSZ.
    drilled: Option<String>,
    /// The same time in RFC 3339.
    drilled_at: Option<String>,
    /// The address that attested it.
    attested_by: Option<String>,
    /// If no drill counts: the last one that somebody attested who is not known to be you.
    claimed: Option<Drill>,
}

impl LastDrill {
    /// The drill `own` if there is one, else the drill `claimed`.
    pub fn new(own: Option<fleet::LastDrill>, claimed: Option<fleet::LastDrill>) -> Self {
        Self {
            drilled: own.map(|drill| drill.time.to_string()),
            drilled_at: own.map(|drill| drill.time.rfc3339()),
            attested_by: own.map(|drill| drill.by.to_string()),
            claimed: claimed.filter(|_| own.is_none()).map(Drill::from),
        }
    }
}

/// A drill that others attested.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Drill {
    /// When it took place, as YYYYMMDDTHHMMSSZ.
    drilled: String,
    /// The same time in RFC 3339.
    drilled_at: String,
    /// The address that attested it.
    attested_by: String,
}

impl From<fleet::LastDrill> for Drill {
    fn from(drill: fleet::LastDrill) -> Self {
        let (drilled, drilled_at) = (drill.time.to_string(), drill.time.rfc3339());
        Self { drilled, drilled_at, attested_by: drill.by.to_string() }
    }
}
