//! What became of keys that a client was told of, for people and as JSON.

use serde::Serialize;
use stockade::{
    backup::{SetId, verdict::Verdict},
    bls::PublicKey,
    distributed::ShareOf,
};
use stockade_services::{delivery::Arrivals, keymanager::KeymanagerError};

use super::{arrivals, note};
use crate::{
    commands::share_rows::{self, ShareRow},
    output::Outcome,
};

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    #[serde(flatten)]
    arrivals: arrivals::Fields,
    /// The set's id.
    #[cfg_attr(test, schemars(with = "String"))]
    set_id: SetId,
    /// The client's URL.
    url: String,
    /// Those of the keys that are shares of validators' keys.
    shares: Vec<ShareRow>,
    /// The signer's URL, as the client reaches it.
    signer_url: String,
    /// How the verdicts are known: listed (the client listed its keys afterwards) or answered (its
    /// answers alone).
    level: &'static str,
    /// The folders of copies in which the delivery could not be recorded.
    unrecorded: Vec<String>,
    /// Whether the client itself said that it is on the set's network.
    network_checked: bool,
    /// The signed delivery note; null if none was made.
    note: Option<note::Document>,
}

/// What became of keys that a client was told of.
#[derive(Clone, Copy)]
pub(super) struct Report<'a> {
    pub set: &'a SetId,
    pub url: &'a str,
    pub signer: &'a str,
    pub shares: &'a [(PublicKey, ShareOf)],
    pub arrivals: &'a Arrivals,
    pub network_checked: bool,
}

impl Report<'_> {
    /// Ok if the client has every key with that signer.
    pub fn outcome(&self) -> Outcome {
        let Self { set, url, signer, shares, arrivals, network_checked } = *self;
        let (there, all) = (arrivals.count(Verdict::Proven), arrivals.keys.len());
        let mut text = format!("{url} has {there} of {all} keys of set {set} with {signer}\n");
        text += &share_rows::text(shares);
        text += &arrivals::text(arrivals);
        let answered = arrivals.failure.as_ref().is_none_or(KeymanagerError::is_answer);
        text += match there {
            there if there == all => "Make sure that no other machine runs these keys.",
            // A client that took none of them takes none the next time.
            0 if answered => {
                "The client took none of them. If it gives no other reason: Prysm and Teku take remote \
                 keys only if they were started with --validators-external-signer-url, and Prysm uses \
                 that signer alone. Start the client with it, and run the same command again."
            }
            _ => "Run the same command again: keys that are there are left unchanged.",
        };
        let document = Document {
            arrivals: arrivals::fields(arrivals),
            set_id: set.clone(),
            url: url.to_owned(),
            shares: share_rows::rows(shares),
            signer_url: signer.to_owned(),
            level: if arrivals.failure.is_some() { "answered" } else { "listed" },
            unrecorded: Vec::new(),
            network_checked,
            note: None,
        };
        Outcome::checked(there == all, text, document)
    }
}
