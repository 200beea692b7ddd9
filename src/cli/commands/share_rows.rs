//! Keys that are shares of validators' keys, in lists and reports.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use stockade::{
    bls::PublicKey,
    distributed::{LockHash, ShareOf},
};

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

/// A line for all that have the same cluster, threshold and number of shares.
pub fn lines(shares: &[(PublicKey, ShareOf)]) -> Vec<String> {
    let mut groups: BTreeMap<_, (usize, BTreeSet<_>, BTreeSet<u64>)> = BTreeMap::new();
    for (_, share) in shares {
        let (number, validators, x) =
            groups.entry((share.cluster, share.threshold, share.shares)).or_default();
        *number += 1;
        validators.insert(share.validator);
        x.insert(share.x);
    }
    let line = |((cluster, threshold, shares), (number, validators, x)): (
        (Option<LockHash>, u8, Option<u8>),
        (usize, BTreeSet<PublicKey>, BTreeSet<u64>),
    )| {
        let x: Vec<_> = x.iter().map(u64::to_string).collect();
        let cluster = cluster.map(|hash| format!(", cluster {}", hash.short()));
        let of = shares.map(|shares| format!(" of {shares}"));
        format!(
            "{number} of them SHARES of the keys of {}: number {}, any {threshold}{} sign{}",
            count(validators.len(), "validator"),
            x.join(", "),
            of.unwrap_or_default(),
            cluster.unwrap_or_default()
        )
    };
    groups.into_iter().map(line).collect()
}

/// The lines of [`lines`], each indented by two.
pub fn text(shares: &[(PublicKey, ShareOf)]) -> String {
    lines(shares).into_iter().map(|line| format!("  {line}\n")).collect()
}
