//! The keys in a store, for people and as JSON.

use std::collections::BTreeMap;

use stockade::{
    backup::{
        SetId,
        origin::OriginVerdict,
        verdict::{Counts, KeyVerdict, Level, Reason, Verdict},
    },
    bls::PublicKey,
    distributed::ShareOf,
};

use super::document::{Document, Key};
use crate::{
    commands::{
        listed::{LISTED, first},
        share_rows,
        verdicts::Verdicts,
    },
    output::Outcome,
};

/// The keys in a store.
pub(super) struct Report {
    pub place: String,
    pub level: Level,
    /// Whether everything was read that can be.
    pub full: bool,
    pub origin: OriginVerdict,
    pub sets: Vec<SetId>,
    /// Each with a message beside its reason.
    pub keys: Vec<(KeyVerdict, Option<String>)>,
    /// Those keys of the sets that are shares.
    pub shares: Vec<(PublicKey, ShareOf)>,
}

impl Report {
    /// Ok if every key of the sets is there, and no other.
    pub(super) fn outcome(&self) -> Outcome {
        let counts = Counts::of(self.keys.iter().map(|(key, _)| key.reason));
        let ok = counts.proven > 0 && counts.contradicted == 0 && counts.inconclusive == 0;
        let key = |(key, message): &(KeyVerdict, Option<String>)| Key {
            pubkey: key.pubkey,
            verdict: key.reason.verdict().as_str(),
            reason: key.reason.as_str(),
            copy: key.copy.clone(),
            file: key.file.clone(),
            message: message.clone(),
        };
        let document = Document {
            place: self.place.clone(),
            level: self.level.as_str(),
            origin: self.origin.as_str(),
            verdicts: counts.into(),
            sets: self.sets.clone(),
            keys: self.keys.iter().map(key).collect(),
            shares: share_rows::rows(&self.shares),
            note: None,
        };
        Outcome::checked(ok, self.text(ok, counts), document)
    }

    /// The keys that are proven, each once.
    pub(super) fn proven(&self) -> Vec<PublicKey> {
        let ok = self.keys.iter().filter(|(key, _)| key.reason == Reason::Ok);
        ok.filter_map(|(key, _)| key.pubkey).collect()
    }

    fn text(&self, ok: bool, counts: Counts) -> String {
        let mut text = format!("{}\n", self.place);
        for set in &self.sets {
            text += &format!("  compared with set {set}\n");
        }
        text += &share_rows::text(&self.shares);
        let mut groups: BTreeMap<(Verdict, Reason), Vec<_>> = BTreeMap::new();
        for row in self.keys.iter().filter(|(key, _)| key.reason != Reason::Ok) {
            groups.entry((row.0.reason.verdict(), row.0.reason)).or_default().push(row);
        }
        for ((verdict, reason), keys) in groups {
            let (verdict, word) = (verdict.as_str(), reason.as_str());
            text += &format!("  {} {verdict}, {word}: {}\n", keys.len(), explain(reason));
            text += &first(keys, LISTED, line, |more| format!("    and {more} more\n"));
        }
        text += &format!("{}\n", Verdicts::from(counts));
        text + match (ok, self.level, counts.contradicted) {
            (true, Level::Opened, _) => "Every key of these sets is there, and no other.",
            (true, ..) => {
                "Every key of these sets is listed there, and no other. The keys themselves were \
                 not read."
            }
            (false, _, 0) if self.is_ending() => {
                "NOT every key can be read there, or will stay there. Nothing was changed."
            }
            (false, _, 0) => {
                "Some keys could not be checked. This does not mean that anything is wrong."
            }
            (false, ..) => "NOT everything is as it should be. Nothing was changed.",
        }
    }

    /// Whether the store deleted keys, or will.
    fn is_ending(&self) -> bool {
        let ending = [Reason::Expires, Reason::Deleted, Reason::Destroyed];
        self.keys.iter().any(|(key, _)| ending.contains(&key.reason))
    }
}

fn line((key, message): &(KeyVerdict, Option<String>)) -> String {
    let pubkey = key.pubkey.map_or("(key not known)".to_owned(), |key| key.to_string());
    let file = key.file.as_deref().map(|file| format!("  {file}")).unwrap_or_default();
    let message = message.as_deref().map(|text| format!("      {text}\n")).unwrap_or_default();
    format!("    {pubkey}{file}\n{message}")
}

/// What the reasons mean in a store.
fn explain(reason: Reason) -> &'static str {
    match reason {
        Reason::Unlisted => "it is in none of these sets",
        Reason::PubkeyMismatch => "it is stored under the name of another key",
        Reason::Malformed => "it should be a key, and is not one",
        Reason::NotChecked => "it is not a key as signers read them; what it is is not known",
        Reason::Elsewhere => {
            "it is there, in another field (--field) or in a folder below, where no signer looks"
        }
        Reason::WrongPassword => "it does not open with the password stored with it",
        Reason::Unreadable => "the store did not return it in the form that its API defines",
        reason => reason.explain(),
    }
}
