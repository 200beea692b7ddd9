//! What `backup create` prints.

use serde::Serialize;
use stockade::{
    backup::{
        Copy,
        create::{Created, NewKey, Plan},
        custodians::Chosen,
        whereabouts::Location,
    },
    bls::PublicKey,
    custodian::AnyCustodian,
};

use crate::{
    commands::{
        backup::created::{
            CreatedCopy, Failed, Placed, SetKey, copies_text, created_copies, custodians_text,
            notes, warnings,
        },
        passed_over::{self, PassedOver},
        plural::count,
    },
    output::Outcome,
    shell,
};

/// A set that was made.
pub struct Made {
    /// The set.
    pub created: Created,
    /// The custodians that can open it.
    pub chosen: Chosen,
    /// What it was made of.
    pub plan: Plan,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The id of the set.
    set_id: String,
    /// The SHA-256 of its manifest, in hex.
    manifest: String,
    /// The keys of the set.
    keys: Vec<SetKey>,
    /// The custodians that can open the set, as in their files.
    #[cfg_attr(test, schemars(with = "Vec<crate::commands::custodian::CustodianFields>"))]
    custodians: Vec<AnyCustodian>,
    /// How many custodians open the set together.
    threshold: u8,
    /// Whether this command enrolled the attached wallet as a custodian.
    enrolled: bool,
    /// The copies that the set was written to.
    copies: Vec<CreatedCopy>,
    /// The paths of files that are not keystores.
    skipped: Vec<String>,
    /// The same files, each with what it is.
    passed_over: Vec<PassedOver>,
    /// Keys that could not be imported (--skip-bad).
    left_out: Vec<LeftOut>,
    /// Warnings, for people.
    warnings: Vec<String>,
    /// The places where the keys may still sign.
    may_sign_at: Vec<MaySign>,
    #[serde(flatten)]
    failed: Failed,
}

/// A key that could not be imported.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LeftOut {
    /// The keystore's file, or its place in a store.
    file: String,
    /// Why it could not be imported.
    why: String,
}

/// A place where keys may still sign.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct MaySign {
    /// The kind of location: `folder`, `web3signer`, `vault`, `aws-secrets`, `keymanager`,
    /// `remote-keys` or `shares`.
    kind: &'static str,
    /// The location, as --off names it.
    location: String,
    /// The public keys that may sign there, in hex.
    keys: Vec<String>,
}

/// The result, with the copies that `failed`, the keys that are `bad`, and the files that were
/// `skipped`.
pub fn outcome(
    made: Made,
    failed: Failed,
    (copies, placed): (&[Copy], &[Placed]),
    bad: &[(String, String)],
    skipped: &[(String, String)],
) -> Outcome {
    let Made { created, chosen, plan } = made;
    let (keys, network) = (count(plan.keys.len(), "key"), plan.network);
    let mut text = failed.text();
    text += &format!("Backed up {keys} for {network} as set {}\n", created.set_id);
    text += &custodians_text(&chosen);
    text += &copies_text(&created, copies, placed);
    for (place, why) in bad {
        text += &format!("LEFT OUT {place}: {why}\n");
    }
    text += &passed_over::text(skipped, "not a keystore, not backed up");
    text += &may_sign(&plan.places);
    let warnings = warnings(copies);
    text += &notes(&warnings);
    text += &format!(
        "The originals were not touched. Next: stockade backup drill{}",
        shell::copies(copies)
    );
    let key = |key: &NewKey| SetKey::new(&key.secret.public_key(), &key.path);
    let left_out =
        |(file, why): &(String, String)| LeftOut { file: file.clone(), why: why.clone() };
    let document = Document {
        set_id: created.set_id.to_string(),
        manifest: created.manifest.to_string(),
        keys: plan.keys.iter().map(key).collect(),
        custodians: chosen.custodians,
        threshold: chosen.threshold,
        enrolled: chosen.enrolled,
        copies: created_copies(&created, copies, placed),
        skipped: skipped.iter().map(|(place, _)| place.clone()).collect(),
        passed_over: passed_over::list(skipped),
        left_out: bad.iter().map(left_out).collect(),
        warnings,
        may_sign_at: plan.places.iter().map(MaySign::of).collect(),
        failed,
    };
    // With --skip-bad, keys that were named may be missing from the set.
    let ok = bad.is_empty() && document.failed.is_empty();
    Outcome::checked(ok, text, document)
}

/// Where the keys may still sign, and what follows.
fn may_sign(places: &[(Location, Vec<PublicKey>)]) -> String {
    let line = |(location, keys): &(Location, Vec<PublicKey>)| {
        format!("  {} may still sign at {location}\n", count(keys.len(), "key"))
    };
    let mut text: String = places.iter().map(line).collect();
    if !text.is_empty() {
        text += "  This is recorded: a restore or a delivery stops until you state that the keys are \
                 switched off there.\n";
    }
    text
}

impl MaySign {
    fn of((location, keys): &(Location, Vec<PublicKey>)) -> Self {
        Self {
            kind: location.kind.as_str(),
            location: location.label().to_string(),
            keys: keys.iter().map(PublicKey::to_string).collect(),
        }
    }
}
