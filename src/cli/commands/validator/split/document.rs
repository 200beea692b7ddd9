//! The JSON documents of `validator split`.

use serde::Serialize;
use serde_json::Value;
use stockade::{bls::PublicKey, validator::SplitKey};

/// The document of a split, or of one by another tool that was recorded.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Document {
    /// Shares were written.
    Written(Written),
    /// Only recorded (--elsewhere).
    Recorded(Recorded),
}

/// Keys that another tool split.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Recorded {
    /// The id of the set that holds the keys.
    pub set_id: String,
    /// The public keys that were split elsewhere, in hex.
    pub split_elsewhere: Vec<String>,
    /// The number of shares of each key; 0 if it is not known.
    pub shares: u8,
    /// How many shares sign together; 0 if it is not known.
    pub threshold: u8,
    /// The ids of the copies that recorded the split.
    pub marked: Vec<String>,
    /// The copies that could not record it, as they were named.
    pub not_marked: Vec<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Written {
    /// The id of the set that holds the keys.
    pub set_id: String,
    /// The folder that was written.
    pub to: String,
    /// How folders and files are named: always `charon`. See `layout_lacks`.
    pub layout: &'static str,
    /// The files that charon needs beside them, and that only charon makes.
    pub layout_lacks: Vec<&'static str>,
    /// The number of shares of each key.
    pub shares: u8,
    /// The number of shares that sign together.
    pub threshold: u8,
    /// The keys that were split, in the order of the command line.
    pub keys: Vec<Key>,
    /// How long to wait after the whole keys were switched off before a share is started.
    pub wait: Wait,
    /// The ids of the copies that recorded the split.
    pub marked: Vec<String>,
    /// The copies that could not record it, as they were named.
    pub not_marked: Vec<String>,
    /// Warnings, for people.
    pub warnings: Vec<String>,
    /// The copies that could not record where the shares went, as they were named.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub unrecorded: Value,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Key {
    /// The public key of the validator.
    pub pubkey: String,
    /// Its shares, by ascending `x`.
    pub shares: Vec<Share>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Share {
    /// The share's place on the polynomial: the number of its node, counted from 1, or as --x says.
    pub x: u64,
    /// The public key of the share.
    pub pubkey: String,
    /// Its keystore, relative to `to`.
    pub file: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Wait {
    /// The time in epochs.
    pub epochs: u64,
    /// The same time in minutes, rounded up.
    pub minutes: u64,
}

impl Key {
    pub fn new(place: usize, key: &SplitKey) -> Self {
        let share = |(node, (x, pubkey)): (usize, &(u64, PublicKey))| Share {
            x: *x,
            pubkey: pubkey.to_string(),
            file: format!("node{node}/validator_keys/keystore-{place}.json"),
        };
        Self {
            pubkey: key.pubkey.to_string(),
            shares: key.shares.iter().enumerate().map(share).collect(),
        }
    }
}
