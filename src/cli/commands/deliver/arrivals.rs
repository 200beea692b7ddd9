//! What became of each key, in words and as JSON.

use serde_json::{Map, Value, json};
use stockade::backup::verdict::Verdict;
use stockade_services::cloud::delivery::{Arrival, Arrivals};

/// The fields `verdicts`, `keys` and `failure`.
pub fn fields(arrivals: &Arrivals) -> Map<String, Value> {
    let keys = arrivals.keys.iter().map(|(key, arrival)| {
        json!({
            "pubkey": key,
            "verdict": arrival.verdict().as_str(),
            "status": arrival.as_str(),
            "message": arrival.message(),
        })
    });
    let verdicts = json!({
        "proven": arrivals.count(Verdict::Proven),
        "contradicted": arrivals.count(Verdict::Contradicted),
        "inconclusive": arrivals.count(Verdict::Inconclusive),
    });
    let failure = arrivals.failure.as_ref().map(ToString::to_string);
    Map::from_iter([
        ("verdicts".to_owned(), verdicts),
        ("keys".to_owned(), keys.collect()),
        ("failure".to_owned(), json!(failure)),
    ])
}

/// What is worth a line: what was there before, what ended it, and every key that is not there.
pub fn text(arrivals: &Arrivals) -> String {
    let mut text = String::new();
    let before = arrivals.keys.iter().filter(|(_, arrival)| *arrival == Arrival::Listed).count();
    if before > 0 {
        text += &format!("  {before} were there before, and are as they were\n");
    }
    if let Some(failure) = &arrivals.failure {
        text += &format!("  INTERRUPTED: {failure}\n");
    }
    for (key, arrival) in &arrivals.keys {
        let word = match arrival.verdict() {
            Verdict::Proven => continue,
            Verdict::Contradicted => "NOT THERE",
            Verdict::Inconclusive => "CANNOT TELL",
        };
        let why = arrival.message().map(|why| format!(": {why}")).unwrap_or_default();
        text += &format!("  {word} {key}: {}{why}\n", arrival.as_str());
    }
    text
}
