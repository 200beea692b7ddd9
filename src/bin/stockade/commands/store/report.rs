//! What is said of the keys in a store.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stockade::backup::{
    SetId,
    origin::OriginVerdict,
    verdict::{Counts, KeyVerdict, Level, Reason, Verdict},
};

use crate::output::Outcome;

/// The most keys that are listed for one reason.
const LISTED: usize = 20;

/// What is said of the keys in a store.
pub(super) struct Report {
    pub place: String,
    pub level: Level,
    pub origin: OriginVerdict,
    pub sets: Vec<SetId>,
    pub keys: Vec<KeyVerdict>,
}

impl Report {
    /// Ok when every key of the sets is there, and no other.
    pub(super) fn outcome(&self) -> Outcome {
        let counts = Counts::of(self.keys.iter().map(|key| key.reason));
        let ok = counts.proven > 0 && counts.contradicted == 0 && counts.inconclusive == 0;
        let json = json!({
            "place": self.place,
            "level": self.level.as_str(),
            "origin": self.origin.as_str(),
            "verdicts": {
                "proven": counts.proven,
                "contradicted": counts.contradicted,
                "inconclusive": counts.inconclusive,
            },
            "sets": self.sets,
            "keys": self.keys.iter().map(as_json).collect::<Vec<_>>(),
        });
        Outcome::checked(ok, self.text(ok, counts), json)
    }

    fn text(&self, ok: bool, counts: Counts) -> String {
        let mut text = format!("{}\n", self.place);
        for set in &self.sets {
            text += &format!("  against set {set}\n");
        }
        let mut groups: BTreeMap<(Verdict, Reason), Vec<&KeyVerdict>> = BTreeMap::new();
        for key in self.keys.iter().filter(|key| key.reason != Reason::Ok) {
            groups.entry((key.reason.verdict(), key.reason)).or_default().push(key);
        }
        for ((verdict, reason), keys) in groups {
            let (verdict, word) = (verdict.as_str(), reason.as_str());
            text += &format!("  {} {verdict}, {word}: {}\n", keys.len(), explain(reason));
            for key in keys.iter().take(LISTED) {
                let pubkey = key.pubkey.map_or("(key not known)".to_owned(), |k| k.to_string());
                let file = key.file.as_deref().map(|file| format!("  {file}")).unwrap_or_default();
                text += &format!("    {pubkey}{file}\n");
            }
            if keys.len() > LISTED {
                text += &format!("    and {} more\n", keys.len() - LISTED);
            }
        }
        text += &format!(
            "{} proven, {} contradicted, {} inconclusive\n",
            counts.proven, counts.contradicted, counts.inconclusive
        );
        text += match (ok, self.level, counts.contradicted) {
            (true, Level::Opened, _) => "Every key of these sets is there, and no other.",
            (true, ..) => {
                "Every key of these sets is listed there, and no other. The keys themselves were \
                 not read."
            }
            (false, _, 0) => "This could not be settled. It does not mean that anything is wrong.",
            (false, ..) => "NOT everything is as it should be. Nothing was changed.",
        };
        text
    }
}

fn as_json(key: &KeyVerdict) -> Value {
    json!({
        "pubkey": key.pubkey,
        "verdict": key.reason.verdict().as_str(),
        "reason": key.reason.as_str(),
        "copy": key.copy,
        "file": key.file,
    })
}

/// What the reasons mean of a store.
fn explain(reason: Reason) -> &'static str {
    match reason {
        Reason::Unlisted => "it is in none of these sets",
        Reason::PubkeyMismatch => "it is kept under the name of another key",
        Reason::Malformed => "it should be a key, and is none",
        Reason::NotChecked => "it is no key as signers read them; what it is is not known",
        reason => reason.explain(),
    }
}
