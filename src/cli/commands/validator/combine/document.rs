//! What `validator combine` prints.

use serde::Serialize;
use stockade::{
    backup::Copy,
    custodian::AnyCustodian,
    validator::combine::{CombinedSet, KnownShare, Quorum},
};

use crate::{
    commands::{
        backup::created::{
            CreatedCopy, Failed, Placed, copies_text, created_copies, custodians_text, notes,
            warnings,
        },
        plural::count,
    },
    output::Outcome,
    shell,
};

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The id of the new set.
    set_id: String,
    /// The SHA-256 of its manifest, in hex.
    manifest: String,
    /// The whole keys, which the set holds.
    keys: Vec<Key>,
    /// The custodians that can open the set, as in their files.
    #[cfg_attr(test, schemars(with = "Vec<crate::commands::custodian::CustodianFields>"))]
    custodians: Vec<AnyCustodian>,
    /// How many custodians open the set together.
    threshold: u8,
    /// Whether this command enrolled the attached wallet as a custodian.
    enrolled: bool,
    /// The copies that the set was written to, with the record that its keys may run as shares.
    copies: Vec<CreatedCopy>,
    /// Warnings, for people.
    warnings: Vec<String>,
    #[serde(flatten)]
    failed: Failed,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Key {
    /// The public key of the validator.
    pubkey: String,
    /// How many shares sign together.
    threshold: u8,
    /// The hash of the cluster's lock, or null.
    cluster: Option<String>,
    /// The shares that were found.
    shares: Vec<Share>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Share {
    /// The number of the share.
    x: u64,
    /// Its public key.
    pubkey: String,
    /// Where it was found: a file, or a set.
    place: String,
}

/// The report on keys that were combined.
pub fn outcome(
    made: CombinedSet,
    quorums: &[Quorum],
    (copies, placed): (&[Copy], &[Placed]),
) -> Outcome {
    let CombinedSet { mut created, chosen, .. } = made;
    let failed = Failed::from(std::mem::take(&mut created.failed));
    let set = &created.set_id;
    let mut text = failed.text();
    text += &format!("Combined {} into set {set}\n", count(quorums.len(), "key"));
    for quorum in quorums {
        let numbers: Vec<_> = quorum.shares.iter().map(|known| known.share.x.to_string()).collect();
        let (validator, numbers) = (quorum.validator, numbers.join(", "));
        text += &format!("  {validator}, from shares {numbers}\n");
    }
    text += &custodians_text(&chosen);
    text += &copies_text(&created, copies, placed);
    let mut warnings = warnings(copies);
    warnings.append(&mut created.warnings);
    text += &notes(&warnings);
    text += &format!(
        "Each key is the one of its validator's public key.\n\
         RECORDED: these keys may run as shares. A restore or a delivery asks whether these are switched \
         off. NEVER run a whole key and its shares at the same time.\n\
         Next: stockade backup drill{} --set {set}",
        shell::copies(copies)
    );
    let document = Document {
        set_id: set.to_string(),
        manifest: created.manifest.to_string(),
        keys: quorums.iter().map(Key::of).collect(),
        custodians: chosen.custodians,
        threshold: chosen.threshold,
        enrolled: chosen.enrolled,
        copies: created_copies(&created, copies, placed),
        warnings,
        failed,
    };
    Outcome::checked(document.failed.is_empty(), text, document)
}

impl Key {
    fn of(quorum: &Quorum) -> Self {
        let share = |known: &KnownShare| Share {
            x: known.share.x,
            pubkey: known.pubkey.to_string(),
            place: known.place.clone(),
        };
        let cluster = quorum.shares.iter().find_map(|known| known.share.cluster);
        Self {
            pubkey: quorum.validator.to_string(),
            threshold: quorum.threshold(),
            cluster: cluster.map(|hash| hash.to_string()),
            shares: quorum.shares.iter().map(share).collect(),
        }
    }
}
