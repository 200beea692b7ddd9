//! Keys that are shares of validators' keys, in lists and reports.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use stockade::{bls::PublicKey, distributed::ShareOf};

use super::{key_share::ShareFields, plural::count};

/// A key that is a share of a validator's key.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShareRow {
    /// The public key of the share, in hex.
    pubkey: String,
    #[serde(flatten)]
    share: ShareFields,
}

/// A row for each.
pub fn rows(shares: &[(PublicKey, ShareOf)]) -> Vec<ShareRow> {
    let row = |(key, share): &(PublicKey, ShareOf)| ShareRow {
        pubkey: key.to_string(),
        share: (*share).into(),
    };
    shares.iter().map(row).collect()
}

/// Shares that have the same cluster, threshold and number of shares.
#[derive(Default)]
struct Alike {
    number: usize,
    validators: BTreeSet<PublicKey>,
    x: BTreeSet<u64>,
}

/// A line for all that have the same cluster, threshold and number of shares.
pub fn lines(shares: &[(PublicKey, ShareOf)]) -> Vec<String> {
    let mut groups: BTreeMap<_, Alike> = BTreeMap::new();
    for (_, share) in shares {
        let key = (share.cluster, share.threshold, share.shares);
        let alike = groups.entry(key).or_default();
        alike.number += 1;
        alike.validators.insert(share.validator);
        alike.x.insert(share.x);
    }
    let mut lines = Vec::new();
    for ((cluster, threshold, of), alike) in groups {
        let x: Vec<_> = alike.x.iter().map(u64::to_string).collect();
        let cluster = cluster.map(|hash| format!(", cluster {}", hash.short()));
        let of = of.map(|shares| format!(" of {shares}"));
        lines.push(format!(
            "{} of them SHARES of the keys of {}: number {}, any {threshold}{} sign{}",
            alike.number,
            count(alike.validators.len(), "validator"),
            x.join(", "),
            of.unwrap_or_default(),
            cluster.unwrap_or_default()
        ));
    }
    lines
}

/// The lines of [`lines`], each indented by two.
#[cfg(feature = "cloud")]
pub fn text(shares: &[(PublicKey, ShareOf)]) -> String {
    lines(shares).into_iter().map(|line| format!("  {line}\n")).collect()
}
