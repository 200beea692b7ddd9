//! The JSON document of `store check`. Without copies it is that of `validator check`.

use serde::Serialize;
use stockade::{backup::SetId, bls::PublicKey};

use crate::commands::{deliver::note, share_rows::ShareRow, verdicts::Verdicts};

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The place, as the command line names it.
    pub place: String,
    /// opened if the keys themselves were read, else public_key.
    pub level: &'static str,
    /// Who made the sets, the worst of them: this_wallet, signer, unknown or forged.
    pub origin: &'static str,
    /// How many keys have each verdict.
    pub verdicts: Verdicts,
    /// The ids of the sets that the place was compared with.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub sets: Vec<SetId>,
    /// Every key that is there, and every key that should be.
    pub keys: Vec<Key>,
    /// Those keys of the sets that are shares of validators' keys.
    pub shares: Vec<ShareRow>,
    /// The signed delivery note; only with --attest, if every key is proven. Null if none was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<note::Document>,
}

/// A key that is there, or should be.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Key {
    /// The public key, in hex without 0x; null if it is not known.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub pubkey: Option<PublicKey>,
    /// proven, contradicted or inconclusive.
    pub verdict: &'static str,
    /// Why: a reason of the list of reasons.
    pub reason: &'static str,
    /// Always null: the key was not looked for in a copy.
    pub copy: Option<String>,
    /// Where in the store the key is; null if it is not there.
    pub file: Option<String>,
    /// More about the reason; null if there is nothing to add.
    pub message: Option<String>,
}

/// What `store check` prints: against copies, or against a wallet.
#[cfg(test)]
#[allow(dead_code, clippy::large_enum_variant, reason = "only its schema is used")]
#[derive(Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Check {
    /// The keys were compared with the sets of copies.
    Copies(Document),
    /// No copies were named, and the keys were compared with a wallet's own: as `validator check`.
    Wallet(crate::commands::validator::check::Report),
}
