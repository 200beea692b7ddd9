//! The result of a delivery over the keymanager API, for people.

use stockade::{
    backup::{history::HistoryDecision, verdict::Verdict},
    bls::PublicKey,
};
use stockade_services::{
    delivery::{Arrival, Past},
    keymanager::KeymanagerError,
};

use super::{arrivals, keymanager_report::Report, left_out::left_out_text};
use crate::commands::shares::wait_minutes;

impl Report<'_> {
    /// What arrived, what did not, and what to do next.
    pub(super) fn text(&self, ok: bool) -> String {
        let (arrivals, url) = (&self.delivered.arrivals, &self.args.client.url);
        let (there, all) = (arrivals.count(Verdict::Proven), arrivals.keys.len());
        let how = if self.delivered.listed { "lists" } else { "says that it has" };
        let mut text = format!("{url} {how} {there} of {all} keys of set {}\n", self.chosen.id());
        text += &arrivals::text(arrivals);
        text += &left_out_text(self.left_out);
        match &self.prepared.past {
            Past::From(from) => text += &self.removal(from.client.url()),
            Past::Decided(HistoryDecision::Lost(_)) => text += &self.loss(),
            Past::Decided(_) => {}
        }
        if self.args.history.was_given() && self.all_were_there() {
            text += "  the given history was NOT sent: every key was there before\n";
        }
        text + &self.next(ok)
    }

    /// Whether the target had every key before.
    fn all_were_there(&self) -> bool {
        self.prepared.arrivals(self.keys).lacking().is_empty()
    }

    /// The client runs, and signs with the keys already.
    fn loss(&self) -> String {
        if self.delivered.arrivals.sent().is_empty() {
            return String::new();
        }
        let url = &self.args.client.url;
        let minutes = wait_minutes(self.chosen.id().network());
        format!(
            "  {url} signs with these keys from now on, and their history is lost. If the machine that \
             ran them was on within the last {minutes} minutes, stop {url} until that much time has \
             passed. A running Prysm does not check whether another machine signs with the keys that it \
             receives\n"
        )
    }

    fn removal(&self, url: &str) -> String {
        let handed = &self.delivered.handed;
        let gone = handed.removed.len() + handed.before.len();
        let mut text = format!("  {gone} were removed at {url} before\n");
        let never = self.delivered.never_signed();
        if !never.is_empty() {
            text += &format!("  {} of these never signed, according to it:\n", never.len());
            text += &never.iter().map(|key| format!("    {key}\n")).collect::<String>();
        }
        let nowhere = self.delivered.nowhere();
        if nowhere > 0 {
            text += &format!("  {nowhere} of the keys run NOWHERE now, as far as is known\n");
        }
        text + &self.settings(url)
    }

    fn settings(&self, from: &str) -> String {
        let Some(unset) = &self.delivered.unset else {
            let sent = self.delivered.arrivals.sent();
            let settings = &self.prepared.settings.keys;
            return match sent.iter().filter(|key| settings.contains_key(key)).count() {
                0 => String::new(),
                left => format!(
                    "  fee recipient, gas limit or graffiti of {left} keys did not go along: set them at \
                     the new client\n"
                ),
            };
        };
        let line = |(key, why): &(PublicKey, String)| format!("  NOT SET for {key}: {why}\n");
        let mut text: String = unset.iter().map(line).collect();
        if self.delivered.unasked > 0 {
            text += &format!(
                "  settings NOT TAKEN for {} keys that {from} no longer lists: check their fee \
                 recipient, gas limit and graffiti at the new client\n",
                self.delivered.unasked
            );
        }
        text
    }

    /// What to do next: only what can help.
    fn next(&self, ok: bool) -> String {
        let (url, from) =
            (&self.args.client.url, self.args.giver.from.as_deref().unwrap_or_default());
        let (arrivals, handed) = (&self.delivered.arrivals, &self.delivered.handed);
        let refused = |(key, arrival): &(PublicKey, Arrival)| {
            matches!(arrival, Arrival::Error(_)) && !handed.held.contains_key(key)
        };
        if ok {
            "Make sure that no other machine runs these keys.".to_owned()
        } else if !handed.kept.is_empty() {
            format!(
                "Check {from}: which of these keys does it sign with, now and after a restart? A key that \
                 it does not list after a restart is off there: run the same command again with --off \
                 {from}."
            )
        } else if arrivals.failure.as_ref().is_some_and(KeymanagerError::is_too_long) {
            format!(
                "{url} refuses requests of this length: run the same command again with a smaller \
                 --batch-size. Keys that are there are left unchanged."
            )
        } else if arrivals.any_accepted() {
            format!(
                "Do not deliver these keys anywhere else. List them at {url} in 15 minutes, with the same \
                 command: keys that are there are left unchanged."
            )
        } else if arrivals.keys.iter().any(refused) && self.delivered.nowhere() > 0 {
            format!(
                "{url} refused keys that were removed at {from} before. If it gives no reason, it is most \
                 often on another network. Fix what it reports, and run the same command again. To return \
                 the keys instead, check that {url} does not list them, then deliver them with --url {from} \
                 --not-running --off {url}."
            )
        } else if !handed.held.is_empty() {
            format!(
                "{from} does not report what the removed keys signed, and each run of this command removes \
                 one more key. Prysm reports the history of a key that it received over this API only after \
                 a restart: restart {from} before you run the command again. Then do what is said about each \
                 key above."
            )
        } else if arrivals.count(Verdict::Proven) == arrivals.keys.len()
            && self.delivered.settings_taken() != Some(true)
            && self.delivered.unset.is_some()
        {
            format!("Set at {url} what is named above: the same command can no longer do it.")
        } else {
            "Run the same command again: keys that are there are left unchanged.".to_owned()
        }
    }
}
