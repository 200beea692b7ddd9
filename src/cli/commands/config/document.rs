//! The document of a profile.

use std::path::Path;

use serde::Serialize;
use stockade::profile::{KnownCopy, Profile};

/// A profile.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The file of the profile.
    path: String,
    /// The network of new keys, or null.
    network: Option<&'static str>,
    /// The wallet, as --device names it, or null.
    device: Option<String>,
    /// The layout of restored folders, or null.
    layout: Option<String>,
    /// The URL of an Ethereum node, or null.
    node: Option<String>,
    /// The owner's addresses, with the checksum of EIP-55.
    signers: Vec<String>,
    /// The ids of the custodians that every set should have; empty if that is not checked.
    custodians: Vec<String>,
    /// The threshold that every set should have, or null.
    threshold: Option<u8>,
    /// How old the results of checks may be.
    max_age: MaxAge,
    /// The copies.
    copies: Vec<ProfileCopy>,
}

/// Ages, such as `30d` or `12h`, or `off`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MaxAge {
    /// Of a scrub.
    scrub: String,
    /// Of a drill.
    drill: String,
    /// Of an attestation.
    attestation: String,
}

/// A copy of the profile.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ProfileCopy {
    /// The id of the copy.
    copy: String,
    /// Its label; empty if it has none.
    label: String,
    /// The folder or bucket where it was last.
    place: String,
    /// Whether it is usually not connected.
    away: bool,
}

impl Document {
    /// The profile in `path`.
    pub fn of(path: &Path, profile: &Profile) -> Self {
        Self {
            path: path.to_string_lossy().into_owned(),
            network: profile.network.map(stockade::staking::Network::name),
            device: profile.device.clone(),
            layout: profile.layout.clone(),
            node: profile.node.clone(),
            signers: profile.signers.iter().map(ToString::to_string).collect(),
            custodians: profile.custodians.iter().map(ToString::to_string).collect(),
            threshold: profile.threshold,
            max_age: MaxAge::of(&profile.max_age),
            copies: profile.copies.iter().map(ProfileCopy::of).collect(),
        }
    }
}

impl MaxAge {
    /// These ages.
    pub fn of(ages: &stockade::profile::Ages) -> Self {
        Self {
            scrub: ages.scrub.to_string(),
            drill: ages.drill.to_string(),
            attestation: ages.attestation.to_string(),
        }
    }
}

impl ProfileCopy {
    fn of(copy: &KnownCopy) -> Self {
        let KnownCopy { id, label, place, away } = copy.clone();
        Self { copy: id.to_string(), label, place, away }
    }
}
