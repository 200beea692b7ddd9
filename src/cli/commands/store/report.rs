//! What is said of the keys in a store.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stockade::{
    backup::{
        SetId,
        origin::OriginVerdict,
        verdict::{Counts, KeyVerdict, Level, Reason, Verdict},
    },
    bls::PublicKey,
};

use crate::output::Outcome;

/// The most keys that are listed for one reason.
const LISTED: usize = 20;

/// What is said of the keys in a store.
pub(super) struct Report {
    pub place: String,
    pub level: Level,
    /// Whether as much was looked at as can be.
    pub full: bool,
    pub origin: OriginVerdict,
    pub sets: Vec<SetId>,
    /// With each what is to be said beside the reason.
    pub keys: Vec<(KeyVerdict, Option<String>)>,
}

impl Report {
    /// Ok when every key of the sets is there, and no other.
    pub(super) fn outcome(&self) -> Outcome {
        let counts = Counts::of(self.keys.iter().map(|(key, _)| key.reason));
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

    /// The keys that are proven, each once.
    pub(super) fn proven(&self) -> Vec<PublicKey> {
        let ok = self.keys.iter().filter(|(key, _)| key.reason == Reason::Ok);
        ok.filter_map(|(key, _)| key.pubkey).collect()
    }

    fn text(&self, ok: bool, counts: Counts) -> String {
        let mut text = format!("{}\n", self.place);
        for set in &self.sets {
            text += &format!("  against set {set}\n");
        }
        let mut groups: BTreeMap<(Verdict, Reason), Vec<_>> = BTreeMap::new();
        for row in self.keys.iter().filter(|(key, _)| key.reason != Reason::Ok) {
            groups.entry((row.0.reason.verdict(), row.0.reason)).or_default().push(row);
        }
        for ((verdict, reason), keys) in groups {
            let (verdict, word) = (verdict.as_str(), reason.as_str());
            text += &format!("  {} {verdict}, {word}: {}\n", keys.len(), explain(reason));
            for (key, message) in keys.iter().take(LISTED) {
                let pubkey = key.pubkey.map_or("(key not known)".to_owned(), |k| k.to_string());
                let file = key.file.as_deref().map(|file| format!("  {file}")).unwrap_or_default();
                text += &format!("    {pubkey}{file}\n");
                if let Some(message) = message {
                    text += &format!("      {message}\n");
                }
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
            (false, _, 0) if self.is_ending() => {
                "NOT every key can be read there, or will stay there. Nothing was changed."
            }
            (false, _, 0) => "This could not be settled. It does not mean that anything is wrong.",
            (false, ..) => "NOT everything is as it should be. Nothing was changed.",
        };
        text
    }

    /// Whether the store deleted keys, or will.
    fn is_ending(&self) -> bool {
        let ending = [Reason::Expires, Reason::Deleted, Reason::Destroyed];
        self.keys.iter().any(|(key, _)| ending.contains(&key.reason))
    }
}

fn as_json((key, message): &(KeyVerdict, Option<String>)) -> Value {
    json!({
        "pubkey": key.pubkey,
        "verdict": key.reason.verdict().as_str(),
        "reason": key.reason.as_str(),
        "copy": key.copy,
        "file": key.file,
        "message": message,
    })
}

/// What the reasons mean of a store.
fn explain(reason: Reason) -> &'static str {
    match reason {
        Reason::Unlisted => "it is in none of these sets",
        Reason::PubkeyMismatch => "it is kept under the name of another key",
        Reason::Malformed => "it should be a key, and is none",
        Reason::NotChecked => "it is no key as signers read them; what it is is not known",
        Reason::Elsewhere => {
            "it is there, in another field (--field) or in a folder below, where no signer looks"
        }
        Reason::WrongPassword => "it does not open with the password beside it",
        Reason::Unreadable => "the store did not give it in a form that its API has",
        reason => reason.explain(),
    }
}
