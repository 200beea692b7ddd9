//! The document of `backup restore`.

use serde::Serialize;
use stockade::{
    backup::{restore::Restorable, split_mark::Marked, verdict::Reason},
    bls::PublicKey,
};

use super::{Args, split, text::Restoring};
use crate::commands::{
    backup::{
        exits::SealedExits, history_decision::HistoryDecision, next_steps::Step, other_sets::Other,
    },
    elsewhere,
    unreachable::Unreached,
};

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    #[serde(flatten)]
    pub restored: Restored,
    #[serde(flatten)]
    pub split: SplitRecord,
    /// The ids of the copies in which the given slashing history was stored.
    pub history_kept: Vec<String>,
    /// The next steps, in their order.
    pub next: Vec<Step>,
    #[serde(flatten)]
    pub unrecorded: elsewhere::Document,
    /// What the file system of the folder lacks: `modes` (permissions).
    pub lacks: Vec<&'static str>,
    /// The programs that cannot open keystores with the given password.
    pub password_misread_by: Vec<&'static str>,
    /// Other sets in the copies that hold some of these keys, or may hold some.
    pub other_sets: Vec<Other>,
    #[serde(flatten)]
    pub sealed_exits: SealedExits,
    #[serde(flatten)]
    pub unreached: Unreached,
}

/// What the layouts for programs that split keys add.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SplitRecord {
    /// The files that were written next to the folder (layouts `charon` and `ssv`).
    beside: Vec<String>,
    /// The ids of the copies that recorded that the keys are split (layouts `charon` and `ssv`).
    marked: Vec<String>,
    /// The copies that could not record it, as they were named.
    not_marked: Vec<String>,
}

impl SplitRecord {
    /// What was recorded, if anything was.
    pub fn of(marked: Option<&Marked>, args: &Args, with_history: bool) -> Self {
        let refused = marked.map_or(&[][..], Marked::refused).iter();
        Self {
            beside: split::beside(args.layout, &args.to, with_history),
            marked: marked.map_or(Vec::new(), |marked| marked.copies().to_vec()),
            not_marked: refused.map(|(dir, _)| dir.to_string_lossy().into_owned()).collect(),
        }
    }
}

/// What was restored.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Restored {
    /// The id of the set; null with --all-sets.
    set_id: Option<String>,
    /// The ids of all sets that were restored.
    sets: Vec<String>,
    /// The folder that the keystores were written to.
    to: String,
    /// The layout of the folder.
    layout: &'static str,
    /// The keys that were restored.
    keys: Vec<Key>,
    /// Keys that the wallet derived again: public keys in hex.
    made_again: Vec<String>,
    /// Keys that were not restored (--skip-bad).
    left_out: Vec<LeftOut>,
    /// What is known about the slashing history: `restored`, `never_attested` or `lost`.
    history: &'static str,
    /// Keys without a slashing history: public keys in hex.
    history_silent: Vec<String>,
}

/// A key that was restored.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Key {
    /// The public key in hex.
    pubkey: String,
}

/// A key that was not restored.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LeftOut {
    /// The public key in hex.
    pubkey: String,
    /// Why it was not restored: a reason.
    reason: &'static str,
}

impl LeftOut {
    fn of((key, reason): &(PublicKey, Reason)) -> Self {
        Self { pubkey: key.to_string(), reason: reason.as_str() }
    }
}

impl Restored {
    /// What a restore of all sets has written.
    pub fn of_sets(
        args: &Args,
        ids: Vec<String>,
        all: &[Restorable],
        settled: &HistoryDecision,
    ) -> Self {
        let keys: Vec<_> = all.iter().flat_map(Restorable::public_keys).collect();
        let made_again = all.iter().flat_map(|one| &one.made_again);
        Self {
            set_id: None,
            sets: ids,
            to: crate::shown(&args.to).to_string(),
            layout: args.layout.name(),
            made_again: made_again.map(ToString::to_string).collect(),
            left_out: all.iter().flat_map(|one| &one.left_out).map(LeftOut::of).collect(),
            history: settled.as_str(),
            history_silent: settled.silent(&keys).iter().map(ToString::to_string).collect(),
            keys: keys.iter().map(|key| Key { pubkey: key.to_string() }).collect(),
        }
    }

    /// What `restoring` has written.
    pub fn of(restoring: &Restoring<'_>) -> Self {
        let (restorable, keys) = (restoring.restorable, restoring.restorable.public_keys());
        Self {
            set_id: Some(restoring.set.to_string()),
            sets: vec![restoring.set.to_string()],
            to: crate::shown(&restoring.to).to_string(),
            layout: restoring.layout.name(),
            keys: keys.iter().map(|key| Key { pubkey: key.to_string() }).collect(),
            made_again: restorable.made_again.iter().map(ToString::to_string).collect(),
            left_out: restorable.left_out.iter().map(LeftOut::of).collect(),
            history: restoring.settled.as_str(),
            history_silent: restoring.silent().iter().map(ToString::to_string).collect(),
        }
    }
}
