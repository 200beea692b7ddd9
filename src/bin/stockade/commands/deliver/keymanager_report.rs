//! What is said of a delivery over the keymanager API.

use serde_json::{Value, json};
use stockade::{
    backup::{Layout, Sealing, restore::Restorable, verdict::Verdict},
    cloud::delivery::{Arrivals, HandedOver},
    staking::Interchange,
};

use super::{arrivals, chosen::Chosen, keymanager::Before};
use crate::{
    commands::backup::settle_history::{Settled, wait},
    context::Context,
    output::Outcome,
};

/// What is said of a delivery.
pub(super) struct Report<'a> {
    /// Where the keys went.
    pub url: &'a str,
    /// Where they were removed, where that was asked for.
    pub from: Option<&'a str>,
    pub chosen: &'a Chosen,
    pub restorable: &'a Restorable,
    pub before: &'a Before,
    pub handed: &'a HandedOver,
    /// What went along with them.
    pub history: &'a Interchange,
    pub arrivals: &'a Arrivals,
    pub sealing: &'a Sealing,
    /// How it is known: `answered`, or `listed` afterwards.
    pub level: &'static str,
}

impl Report<'_> {
    /// Everything, and a verdict a key.
    pub fn outcome(&self, context: &mut Context) -> Outcome {
        let (chosen, arrivals) = (self.chosen, self.arrivals);
        let history = match self.before {
            Before::Settled(settled) => settled.as_str(),
            Before::From(_) => "taken_over",
        };
        let kept = match self.before {
            Before::Settled(settled) => settled.keep(&chosen.copies, chosen.id(), context),
            Before::From(_) => chosen.copies.iter().map(|copy| copy.id().to_owned()).collect(),
        };
        let left_out = self.restorable.left_out.iter();
        let left_out = left_out.map(|(key, why)| json!({"pubkey": key, "reason": why.as_str()}));
        let mut json = arrivals::fields(arrivals);
        let more = json!({
            "set_id": chosen.id(),
            "url": self.url,
            "level": self.level,
            "left_out": left_out.collect::<Vec<_>>(),
            "passwords": self.sealing.as_str(),
            "history": history,
            "history_kept": kept,
            "from": self.from.map(|url| json!({
                "url": url,
                "removed": self.handed.removed.len(),
                "removed_before": self.handed.before.len(),
                "not_removed": self.handed.kept.len(),
                "never_signed": self.never_signed(),
            })),
        });
        json.extend(more.as_object().cloned().unwrap_or_default());
        let all = arrivals.count(Verdict::Proven) == arrivals.keys.len();
        let ok = all && self.restorable.left_out.is_empty() && self.handed.kept.is_empty();
        Outcome::checked(ok, self.text(ok), Value::Object(json))
    }

    /// Of the keys that were removed, those of which nothing says that they signed.
    fn never_signed(&self) -> usize {
        let signed = self.history.newest();
        let gone = self.handed.removed.iter().chain(&self.handed.before);
        gone.filter(|key| !signed.contains_key(key) && !self.handed.silent.contains(key)).count()
    }

    fn text(&self, ok: bool) -> String {
        let (arrivals, url) = (self.arrivals, self.url);
        let (there, all) = (arrivals.count(Verdict::Proven), arrivals.keys.len());
        let how = if self.level == "listed" { "lists" } else { "says that it has" };
        let mut text = format!("{url} {how} {there} of {all} keys of set {}\n", self.chosen.id());
        text += &arrivals::text(arrivals);
        for (key, reason) in &self.restorable.left_out {
            text += &format!("  LEFT OUT {key}: {}\n", reason.explain());
        }
        match self.before {
            Before::From(from) => {
                let gone = self.handed.removed.len() + self.handed.before.len();
                text += &format!("  {gone} were removed at {} before\n", from.url());
                let never = self.never_signed();
                if never > 0 {
                    text += &format!("  {never} of these never signed, by what it says\n");
                }
            }
            Before::Settled(Settled::Lost(_)) => {
                text += &format!("  {}\n", wait(self.chosen.id().network(), Layout::Plain));
            }
            Before::Settled(_) => {}
        }
        text += match ok {
            true => "Make sure that no other machine runs these keys.",
            false => "Run the same command again: what is there is left as it is.",
        };
        text
    }
}
