//! The result of a delivery over the keymanager API, as a document, and signed.

use stockade::{
    attest::delivery::{Delivered, Destination, DestinationKind},
    backup::{
        unlockers::Unlockers,
        verdict::{Reason, Verdict},
    },
    bls::PublicKey,
};
use stockade_services::{
    delivery::{DeliveryReport, Past, Prepared},
    keymanager::Settings as KeySettings,
};

use super::{
    arrivals,
    chosen::Chosen,
    keymanager_args::Args,
    keymanager_document::{Document, From, NotSet, Settings},
    left_out::left_out,
};
use crate::{commands::share_rows, context::Context, output::Outcome};

/// A delivery and everything that it was made from.
pub(super) struct Report<'a> {
    pub args: &'a Args,
    pub chosen: &'a Chosen,
    pub keys: &'a [PublicKey],
    pub left_out: &'a [(PublicKey, Reason)],
    pub prepared: &'a Prepared<'a>,
    pub delivered: &'a DeliveryReport,
    pub passwords: &'static str,
}

impl Report<'_> {
    /// Ok if every key is listed at the target, and nothing was left open on the way.
    pub fn outcome(&self, context: &mut Context) -> Outcome {
        let Self { chosen, delivered, .. } = self;
        let arrivals = &delivered.arrivals;
        let copies = &chosen.copies;
        let (history, history_kept) = match &self.prepared.past {
            Past::Decided(decision) => {
                (decision.as_str(), decision.keep(copies, chosen.id(), context))
            }
            Past::From(_) => {
                ("taken_over", copies.iter().map(|copy| copy.id().to_owned()).collect())
            }
        };
        let document = Document {
            arrivals: arrivals::fields(arrivals),
            set_id: chosen.id().clone(),
            url: self.args.client.url.clone(),
            level: if delivered.listed { "listed" } else { "answered" },
            shares: share_rows::rows(&chosen.shares()),
            left_out: left_out(self.left_out),
            passwords: self.passwords,
            history,
            history_kept,
            from: self.args.giver.from.as_deref().map(|url| self.from(url)),
            unrecorded: Vec::new(),
            network_checked: self.prepared.tells_network,
            note: None,
        };
        let all = arrivals.count(Verdict::Proven) == arrivals.keys.len();
        let never = delivered.never_signed().is_empty();
        let set = delivered.unset.is_none() || delivered.settings_taken() == Some(true);
        let whole = self.left_out.is_empty() && delivered.handed.kept.is_empty();
        let ok = all && whole && set && never && delivered.listed;
        Outcome::checked(ok, self.text(ok), document)
    }

    fn from(&self, url: &str) -> From {
        let Self { delivered, .. } = self;
        let never_signed = delivered.never_signed();
        let settings = |(pubkey, of): (&PublicKey, &KeySettings)| Settings {
            pubkey: *pubkey,
            fee_recipient: of.fee_recipient.clone(),
            gas_limit: of.gas_limit.clone(),
            graffiti: of.graffiti.clone(),
        };
        let not_set =
            |(pubkey, why): &(PublicKey, String)| NotSet { pubkey: *pubkey, message: why.clone() };
        From {
            url: url.to_owned(),
            removed: delivered.handed.removed.len(),
            removed_before: delivered.handed.before.len(),
            not_removed: delivered.handed.kept.len(),
            never_signed: never_signed.len(),
            never_signed_keys: never_signed,
            settings: self.prepared.settings.keys.iter().map(settings).collect(),
            settings_taken: delivered.settings_taken(),
            settings_not_set: delivered
                .unset
                .as_ref()
                .map(|unset| unset.iter().map(not_set).collect()),
        }
    }
}

/// What arrived.
pub(super) struct Arrived<'a> {
    pub args: &'a Args,
    pub chosen: &'a Chosen,
    pub delivered: &'a DeliveryReport,
}

impl Arrived<'_> {
    /// Has the wallet sign it.
    pub fn sign(&self, outcome: &mut Outcome, unlockers: &mut Unlockers, context: &mut Context) {
        let Some(manifest) = self.chosen.manifest(unlockers) else { return };
        let place = |url: &str| Destination::new(DestinationKind::Keymanager, url);
        // Keys that were there before were not delivered now, nor removed anywhere.
        let keys = self.delivered.arrivals.sent();
        let history = self.delivered.history.only(&keys.iter().copied().collect());
        let history = history.to_json().ok().filter(|_| !history.records().is_empty());
        let delivered = Delivered {
            set: self.chosen.id(),
            manifest: manifest.digest,
            to: place(&self.args.client.url),
            from: self.args.giver.from.as_deref().map(place),
            keys,
            history: history.as_ref().map(String::as_bytes),
        };
        self.args.note.add(outcome, &delivered, &self.chosen.copies, unlockers, context);
    }
}
