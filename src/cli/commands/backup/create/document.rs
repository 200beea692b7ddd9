//! The document of `backup create`.

use serde::Serialize;
use stockade::{backup::whereabouts::Location, bls::PublicKey, custodian::AnyCustodian};

use crate::commands::{
    backup::created::{CreatedCopy, Failed, SetKey},
    passed_over::PassedOver,
};

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The id of the set.
    pub set_id: String,
    /// The SHA-256 of its manifest, in hex.
    pub manifest: String,
    /// The keys of the set.
    pub keys: Vec<SetKey>,
    /// The custodians that can open the set, as in their files.
    #[cfg_attr(test, schemars(with = "Vec<crate::commands::custodian::CustodianFields>"))]
    pub custodians: Vec<AnyCustodian>,
    /// How many custodians open the set together.
    pub threshold: u8,
    /// Whether this command enrolled the attached wallet as a custodian.
    pub enrolled: bool,
    /// The copies that the set was written to.
    pub copies: Vec<CreatedCopy>,
    /// The paths of files that are not keystores.
    pub skipped: Vec<String>,
    /// The same files, each with what it is.
    pub passed_over: Vec<PassedOver>,
    /// Keys that could not be imported (--skip-bad).
    pub left_out: Vec<LeftOut>,
    /// Warnings, for people.
    pub warnings: Vec<String>,
    /// The places where the keys may still sign.
    pub may_sign_at: Vec<MaySign>,
    #[serde(flatten)]
    pub failed: Failed,
}

/// A key that could not be imported.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LeftOut {
    /// The keystore's file, or its place in a store.
    pub file: String,
    /// Why it could not be imported.
    pub why: String,
}

/// A place where keys may still sign.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MaySign {
    /// The kind of location: `folder`, `web3signer`, `vault`, `aws-secrets`, `keymanager`,
    /// `remote-keys` or `shares`.
    kind: &'static str,
    /// The location, as --off names it.
    location: String,
    /// The public keys that may sign there, in hex.
    keys: Vec<String>,
}

impl MaySign {
    /// The place, and the keys that may sign there.
    pub fn of((location, keys): &(Location, Vec<PublicKey>)) -> Self {
        Self {
            kind: location.kind.as_str(),
            location: location.label().to_string(),
            keys: keys.iter().map(PublicKey::to_string).collect(),
        }
    }
}
