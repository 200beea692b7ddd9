//! The JSON document of a delivery to a secret store.

use serde::Serialize;
use stockade::{backup::SetId, bls::PublicKey};

use super::{left_out::LeftOut, note};
use crate::commands::{share_rows::ShareRow, verdicts::Verdicts};

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The set's id.
    #[cfg_attr(test, schemars(with = "String"))]
    pub set_id: SetId,
    /// The store, and the place in it.
    pub to: String,
    /// How the verdicts are known: read_back, for every secret was read again and compared.
    pub level: &'static str,
    /// How many keys have each verdict.
    pub verdicts: Verdicts,
    /// What became of each key, in the order of the set.
    pub keys: Vec<Key>,
    /// Those of the keys that are shares of validators' keys.
    pub shares: Vec<ShareRow>,
    /// Keys of the set that are lost in these copies and were left out.
    pub left_out: Vec<LeftOut>,
    /// What ended the delivery early; null if nothing did.
    pub failure: Option<String>,
    /// The folders of copies in which the delivery could not be recorded.
    pub unrecorded: Vec<String>,
    /// The signed delivery note; null if none was made.
    pub note: Option<note::Document>,
}

/// What became of one key.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Key {
    /// The public key, in hex without 0x.
    #[cfg_attr(test, schemars(with = "String"))]
    pub pubkey: PublicKey,
    /// proven, contradicted or inconclusive.
    pub verdict: &'static str,
    /// written, same (it was there before), refused, expires, unknown or not_sent.
    pub status: &'static str,
    /// The store's own words; null if it has none.
    pub message: Option<String>,
    /// The name of the secret that holds it.
    pub secret: String,
}
