//! What became of each key, for people and as JSON.

use serde::Serialize;
use stockade::{backup::verdict::Verdict, bls::PublicKey};
use stockade_services::delivery::{Arrival, Arrivals};

use crate::commands::verdicts::Verdicts;

/// What became of all keys.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Fields {
    /// How many keys have each verdict.
    verdicts: Verdicts,
    /// What became of each key, in the order of the set.
    keys: Vec<Key>,
    /// What ended the delivery early; null if nothing did.
    failure: Option<String>,
}

/// What became of one key.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Key {
    /// The public key, in hex without 0x.
    #[cfg_attr(test, schemars(with = "String"))]
    pubkey: PublicKey,
    /// proven, contradicted or inconclusive.
    verdict: &'static str,
    /// listed (it was there before), imported, duplicate, accepted (taken, and not listed yet), error,
    /// unknown, not_sent or missing.
    status: &'static str,
    /// The client's own words, or what to do; null if there is nothing to say.
    message: Option<String>,
}

/// The fields `verdicts`, `keys` and `failure`.
pub fn fields(arrivals: &Arrivals) -> Fields {
    let key = |(pubkey, arrival): &(PublicKey, Arrival)| Key {
        pubkey: *pubkey,
        verdict: arrival.verdict().as_str(),
        status: arrival.as_str(),
        message: arrival.message().map(str::to_owned),
    };
    Fields {
        verdicts: Verdicts {
            proven: arrivals.count(Verdict::Proven),
            contradicted: arrivals.count(Verdict::Contradicted),
            inconclusive: arrivals.count(Verdict::Inconclusive),
        },
        keys: arrivals.keys.iter().map(key).collect(),
        failure: arrivals.failure.as_ref().map(ToString::to_string),
    }
}

/// How many keys were there before, what ended the delivery early, and every key that is not there.
pub fn text(arrivals: &Arrivals) -> String {
    let mut text = String::new();
    let before = arrivals.keys.iter().filter(|(_, arrival)| *arrival == Arrival::Listed).count();
    if before > 0 {
        text += &format!("  {before} were there before, and are unchanged\n");
    }
    if let Some(failure) = &arrivals.failure {
        text += &format!("  INTERRUPTED: {failure}\n");
    }
    for (key, arrival) in &arrivals.keys {
        let word = match arrival.verdict() {
            Verdict::Proven => continue,
            Verdict::Contradicted => "NOT THERE",
            Verdict::Inconclusive => "NOT KNOWN",
        };
        let why = arrival.message().map(|why| format!(": {why}")).unwrap_or_default();
        text += &format!("  {word} {key}: {}{why}\n", arrival.as_str());
    }
    text
}
