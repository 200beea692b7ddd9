//! What `validator split` wrote, for people and as JSON.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;
use stockade::{
    backup::SetId,
    validator::{SplitKey, Splitting},
};

use crate::{
    commands::shares::{WAIT_EPOCHS, wait_minutes},
    output::Outcome,
};

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The id of the set that holds the keys.
    set_id: String,
    /// The folder that was written.
    to: String,
    /// The layout of the folder: always `charon`.
    layout: &'static str,
    /// The number of shares that sign together.
    threshold: u8,
    /// The keys that were split, in the order of the command line.
    keys: Vec<Key>,
    /// How long to wait after the whole keys were switched off before a share is started.
    wait: Wait,
    /// The ids of the copies that recorded the split.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    marked: Value,
    /// The copies that could not record where the shares went, as they were named.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    unrecorded: Value,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Key {
    /// The public key of the validator.
    pubkey: String,
    /// Its shares, by ascending `x`.
    shares: Vec<Share>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Share {
    /// The share's place on the polynomial: the number of its node, counted from 1.
    x: u8,
    /// The public key of the share.
    pubkey: String,
    /// Its keystore, relative to `to`.
    file: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Wait {
    /// The time in epochs.
    epochs: u64,
    /// The same time in minutes, rounded up.
    minutes: u64,
}

/// The report on keys that were split into `shares` shares in the folder `to`.
pub fn outcome(
    split: &[SplitKey],
    set: &SetId,
    splitting: Splitting,
    shares: u8,
    to: &Path,
) -> Outcome {
    let (to, threshold, minutes) =
        (crate::shown(&to), splitting.threshold(), wait_minutes(set.network()));
    let keys = if split.len() == 1 { "key" } else { "keys" };
    let mut text = format!(
        "Split {} {keys} of set {set} into {shares} shares each; any {threshold} of them sign\n",
        split.len(),
    );
    for (place, key) in split.iter().enumerate() {
        text += &format!("  keystore-{place}  {}\n", key.pubkey);
    }
    text += &format!(
        "Written to {to}/node0 .. node{}, one folder for each machine. Each keystore's password is \
         stored next to it: move each folder to its machine, and remove it here\n\
         Tested: the shares, read from their keystores again, sign for their keys\n\
         Start no share until {WAIT_EPOCHS} epochs ({minutes} minutes) after the whole keys were \
         switched off; longer is safer. Shares have public keys of their own, so no client knows what \
         the whole keys signed.\n\
         NEVER run a whole key and its shares at the same time, nor two splits of one key. The set in \
         your copies still opens to the whole keys: it is their backup. Keep it off the machines of \
         the cluster.",
        shares.saturating_sub(1)
    );
    let document = Document {
        set_id: set.to_string(),
        to: to.to_string(),
        layout: "charon",
        threshold,
        keys: split.iter().enumerate().map(|(place, key)| Key::new(place, key)).collect(),
        wait: Wait { epochs: WAIT_EPOCHS, minutes },
        marked: Value::Null,
        unrecorded: Value::Null,
    };
    Outcome::done(text, document)
}

impl Key {
    fn new(place: usize, key: &SplitKey) -> Self {
        let share = |(pubkey, x): (&_, u8)| Share {
            x,
            pubkey: ToString::to_string(pubkey),
            file: format!("node{}/validator_keys/keystore-{place}.json", x - 1),
        };
        Self {
            pubkey: key.pubkey.to_string(),
            shares: key.shares.iter().zip(1..).map(share).collect(),
        }
    }
}
