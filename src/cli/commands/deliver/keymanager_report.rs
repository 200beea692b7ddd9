//! What is said of a delivery over the keymanager API.

use serde_json::{Value, json};
use stockade::{
    backup::{Sealing, restore::Restorable, verdict::Verdict},
    bls::PublicKey,
    staking::{Interchange, Newest},
};
use stockade_services::cloud::{
    delivery::{Arrival, Arrivals, HandedOver, settings::KeySettings},
    keymanager::{KeymanagerError, Settings},
};

use super::{arrivals, chosen::Chosen, keymanager::Before};
use crate::{
    commands::{backup::settle_history::Settled, shares::wait_minutes},
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
    /// What the other client did for the keys besides signing.
    pub settings: &'a KeySettings,
    /// What the new client did not take of that; `None` where it was not asked.
    pub unset: Option<&'a [(PublicKey, String)]>,
    /// How many keys the other client does not list, so that it cannot be asked for their settings.
    pub unasked: usize,
    /// A history was given, and no key went with it.
    pub unsent_history: bool,
    /// How it is known: `answered`, or `listed` afterwards.
    pub level: &'static str,
}

impl Report<'_> {
    /// Everything, and a verdict a key.
    pub fn outcome(&self, context: &mut Context) -> Outcome {
        let (chosen, arrivals) = (self.chosen, self.arrivals);
        let history = match self.before {
            Before::Settled(settled) => settled.as_str(),
            Before::From(..) => "taken_over",
        };
        let kept = match self.before {
            Before::Settled(settled) => settled.keep(&chosen.copies, chosen.id(), context),
            Before::From(..) => chosen.copies.iter().map(|copy| copy.id().to_owned()).collect(),
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
                "never_signed": self.never_signed().len(),
                "never_signed_keys": self.never_signed(),
                "settings": self.settings_json(),
                "settings_taken": self.settings_taken(),
                "settings_not_set": self.unset.map(|unset| unset.iter()
                    .map(|(key, why)| json!({"pubkey": key, "message": why}))
                    .collect::<Vec<_>>()),
            })),
        });
        json.extend(more.as_object().cloned().unwrap_or_default());
        let all = arrivals.count(Verdict::Proven) == arrivals.keys.len();
        let never = self.never_signed().is_empty();
        let set = self.unset.is_none() || self.settings_taken() == Some(true);
        let whole = self.restorable.left_out.is_empty() && self.handed.kept.is_empty();
        let ok = all && whole && set && never && self.level == "listed";
        Outcome::checked(ok, self.text(ok), Value::Object(json))
    }

    /// Of the keys that were removed, those of which nothing says that they signed.
    fn never_signed(&self) -> Vec<&PublicKey> {
        let signed = self.history.newest();
        let gone = self.handed.removed.iter().chain(&self.handed.before);
        let silent = |key: &&PublicKey| !signed.get(key).is_some_and(Newest::signed);
        gone.filter(silent).filter(|key| !self.handed.held.contains_key(key)).collect()
    }

    /// Whether the new client does for every key what the other did; `None` where that is not known.
    fn settings_taken(&self) -> Option<bool> {
        let refused = self.unset.map(|unset| !unset.is_empty())?;
        if refused { Some(false) } else { (self.unasked == 0).then_some(true) }
    }

    fn settings_json(&self) -> Value {
        let of = |(key, of): (&PublicKey, &Settings)| {
            json!({
                "pubkey": key,
                "fee_recipient": of.fee_recipient,
                "gas_limit": of.gas_limit,
                "graffiti": of.graffiti,
            })
        };
        self.settings.keys.iter().map(of).collect()
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
            Before::From(from, _) => text += &self.text_of_removal(from.url()),
            Before::Settled(Settled::Lost(_)) => {
                text += &self.text_of_loss();
            }
            Before::Settled(_) => {}
        }
        if self.unsent_history {
            text += "  the history that was given was NOT sent: every key was there before\n";
        }
        text += &self.way_on(ok);
        text
    }

    /// The client runs, and signs with the keys already.
    fn text_of_loss(&self) -> String {
        if self.arrivals.sent().is_empty() {
            return String::new();
        }
        let (url, minutes) = (self.url, wait_minutes(self.chosen.id().network()));
        format!(
            "  {url} signs with these keys from now on, and their history is lost. If the machine that ran \
             them was on within the last {minutes} minutes, stop {url} until it was off for so long. A \
             Prysm that runs does not look whether others sign with keys that it gets\n"
        )
    }

    fn text_of_removal(&self, url: &str) -> String {
        let gone = self.handed.removed.len() + self.handed.before.len();
        let mut text = format!("  {gone} were removed at {url} before\n");
        let never = self.never_signed();
        if !never.is_empty() {
            text += &format!("  {} of these never signed, by what it says:\n", never.len());
            text += &never.iter().map(|key| format!("    {key}\n")).collect::<String>();
        }
        let nowhere = self.handed.nowhere(&self.arrivals.arrived());
        if nowhere > 0 {
            text += &format!("  {nowhere} of the keys run NOWHERE now, as far as is known\n");
        }
        text + &self.text_of_settings(url)
    }

    fn text_of_settings(&self, from: &str) -> String {
        let Some(unset) = self.unset else {
            let sent = self.arrivals.sent();
            let left = sent.iter().filter(|key| self.settings.keys.contains_key(key)).count();
            return match left {
                0 => String::new(),
                left => format!(
                    "  fee recipient, gas limit or graffiti of {left} keys did not go along: set them at \
                     the new client\n"
                ),
            };
        };
        let line = |(key, why): &(PublicKey, String)| format!("  NOT SET for {key}: {why}\n");
        let mut text: String = unset.iter().map(line).collect();
        if self.unasked > 0 {
            text += &format!(
                "  settings NOT TAKEN for {} keys that {from} does not list any more: look at the new \
                 client for their fee recipient, gas limit and graffiti\n",
                self.unasked
            );
        }
        text
    }

    /// What to do next: only what can help.
    fn way_on(&self, ok: bool) -> String {
        let url = self.url;
        let held = |key| self.handed.held.contains_key(key);
        let refused = |key, arrival: &Arrival| matches!(arrival, Arrival::Error(_)) && !held(key);
        let refused = self.arrivals.keys.iter().any(|(key, arrival)| refused(key, arrival));
        let nowhere = self.handed.nowhere(&self.arrivals.arrived()) > 0;
        match ok {
            true => "Make sure that no other machine runs these keys.".to_owned(),
            false if !self.handed.kept.is_empty() => format!(
                "Look at {}: which of these keys does it sign with, now and after a restart? A key that it \
                 does not list after a restart is off there: run the same command again with --off {0}.",
                self.from.unwrap_or_default()
            ),
            false if self.arrivals.failure.as_ref().is_some_and(KeymanagerError::is_too_long) => {
                format!(
                    "{url} takes no request of this length: run the same command again with a smaller \
                     --batch-size. What is there is left as it is."
                )
            }
            false if self.arrivals.any_accepted() => format!(
                "Do not deliver these keys elsewhere. List them at {url} in 15 minutes, by the same \
                 command: what is there is left as it is."
            ),
            false if refused && nowhere => format!(
                "{url} refused keys that were removed before. If its words name no reason, it is most often \
                 on another network. Mend what it says, and run the same command again. Or bring them back with --url {} --not-running --off {url}, once you have seen that \
                 {url} does not list them.",
                self.from.unwrap_or_default()
            ),
            false if !self.handed.held.is_empty() => format!(
                "{0} says nothing of what it removed, and each run of this command removes one more key. A \
                 Prysm can say what a key signed that it got over this API only once it was restarted: \
                 restart {0} before you run it again. Then do what is said of each key above.",
                self.from.unwrap_or_default()
            ),
            false
                if self.arrivals.count(Verdict::Proven) == self.arrivals.keys.len()
                    && self.settings_taken() != Some(true)
                    && self.unset.is_some() =>
            {
                format!("Set at {url} what is named above: the same command cannot do it any more.")
            }
            false => "Run the same command again: what is there is left as it is.".to_owned(),
        }
    }
}
