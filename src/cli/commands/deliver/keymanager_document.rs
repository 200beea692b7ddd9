//! The JSON document of a delivery over the keymanager API.

use serde::Serialize;
use stockade::{backup::SetId, bls::PublicKey};

use super::{arrivals, left_out::LeftOut, note};
use crate::commands::share_rows::ShareRow;

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    #[serde(flatten)]
    pub arrivals: arrivals::Fields,
    /// The set's id.
    #[cfg_attr(test, schemars(with = "String"))]
    pub set_id: SetId,
    /// The URL of the client that got the keys.
    pub url: String,
    /// How the verdicts are known: listed (the client listed its keys afterwards) or answered (its
    /// answers alone).
    pub level: &'static str,
    /// Those of the keys that are shares of validators' keys.
    pub shares: Vec<ShareRow>,
    /// Keys of the set that are lost in these copies and were left out.
    pub left_out: Vec<LeftOut>,
    /// shared (one password and salt for all keys) or per_key.
    pub passwords: &'static str,
    /// The slashing history that went along: restored, never_attested, lost, or taken_over (the other
    /// client reported it).
    pub history: &'static str,
    /// The ids of the copies in which that history is stored.
    pub history_kept: Vec<String>,
    /// The client that ran the keys before; null if none did.
    pub from: Option<From>,
    /// The folders of copies in which the delivery could not be recorded.
    pub unrecorded: Vec<String>,
    /// Whether the client itself said that it is on the set's network.
    pub network_checked: bool,
    /// The signed delivery note; null if none was made.
    pub note: Option<note::Document>,
}

/// The client that ran the keys before.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct From {
    /// Its URL.
    pub url: String,
    /// How many keys it removed now.
    pub removed: usize,
    /// How many keys it had removed before.
    pub removed_before: usize,
    /// How many keys it did not certainly remove: they may still sign there.
    pub not_removed: usize,
    /// How many of the removed keys never signed, as far as is known.
    pub never_signed: usize,
    /// Those keys, in hex without 0x.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub never_signed_keys: Vec<PublicKey>,
    /// What it did for each key besides signing.
    pub settings: Vec<Settings>,
    /// Whether the new client does the same for every key; null if that is not known.
    pub settings_taken: Option<bool>,
    /// The settings that the new client refused; null without --take-settings.
    pub settings_not_set: Option<Vec<NotSet>>,
}

/// What a client does for one key besides signing. What it does not report is null.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Settings {
    /// The public key, in hex without 0x.
    #[cfg_attr(test, schemars(with = "String"))]
    pub pubkey: PublicKey,
    /// The address that gets its fees.
    pub fee_recipient: Option<String>,
    /// The gas limit that it asks builders for.
    pub gas_limit: Option<String>,
    /// The text that it writes into its blocks.
    pub graffiti: Option<String>,
}

/// A setting that was refused.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NotSet {
    /// The public key, in hex without 0x.
    #[cfg_attr(test, schemars(with = "String"))]
    pub pubkey: PublicKey,
    /// Which setting, and the client's own words.
    pub message: String,
}
