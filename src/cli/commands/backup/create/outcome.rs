//! What `backup create` prints.

use stockade::{
    backup::{Copy, manifest::KeystoreEntry, seal_request::Sealed, whereabouts::Location},
    bls::PublicKey,
};

use super::document::{Document, LeftOut, MaySign};
use crate::{
    commands::{
        backup::created::{
            Failed, Placed, SetKey, copies_text, created_copies, custodians_text, notes, warnings,
        },
        key_share, listed, passed_over,
        plural::count,
    },
    output::Outcome,
    shell,
};

/// The result, with the copies that `failed`, the keys that are `bad`, and the files that were
/// `skipped`.
pub fn outcome(
    made: Sealed,
    failed: Failed,
    (copies, placed): (&[Copy], &[Placed]),
    bad: &[(String, String)],
    skipped: &[(String, String)],
) -> Outcome {
    let Sealed { mut created, chosen, network, places, share_warnings: of_shares, .. } = made;
    let keys = count(created.keys.len(), "key");
    let mut text = failed.text();
    text += &format!("Backed up {keys} for {network} as set {}\n", created.set_id);
    text += &custodians_text(&chosen);
    text += &copies_text(&created, copies, placed);
    text += &shares(&created.keys);
    for (place, why) in bad {
        text += &format!("LEFT OUT {place}: {why}\n");
    }
    text += &passed_over::text(skipped, "not a keystore, not backed up");
    text += &may_sign(&places);
    let mut warnings = warnings(copies);
    warnings.extend(of_shares);
    warnings.append(&mut created.warnings);
    text += &notes(&warnings);
    text += &format!(
        "The originals were not touched. Next: stockade backup drill{}",
        shell::copies(copies)
    );
    let key = |key: &KeystoreEntry| SetKey::new(&key.pubkey, &key.path, key.share);
    let left_out =
        |(file, why): &(String, String)| LeftOut { file: file.clone(), why: why.clone() };
    let document = Document {
        set_id: created.set_id.to_string(),
        manifest: created.manifest.to_string(),
        keys: created.keys.iter().map(key).collect(),
        custodians: chosen.custodians,
        threshold: chosen.threshold,
        enrolled: chosen.enrolled,
        copies: created_copies(&created, copies, placed),
        skipped: skipped.iter().map(|(place, _)| place.clone()).collect(),
        passed_over: passed_over::list(skipped),
        left_out: bad.iter().map(left_out).collect(),
        warnings,
        may_sign_at: places.iter().map(MaySign::of).collect(),
        failed,
    };
    // With --skip-bad, keys that were named may be missing from the set.
    let ok = bad.is_empty() && document.failed.is_empty();
    Outcome::checked(ok, text, document)
}

/// The keys that are shares.
fn shares(keys: &[KeystoreEntry]) -> String {
    let shares: Vec<_> = keys.iter().filter_map(|key| key.share).collect();
    let text = listed::lines(shares.iter().map(key_share::short), "  ");
    match shares.len() {
        0 => String::new(),
        number => format!("{number} of them SHARES of validators' keys:\n{text}"),
    }
}

/// Where the keys may still sign, and what follows.
fn may_sign(places: &[(Location, Vec<PublicKey>)]) -> String {
    let line = |(location, keys): &(Location, Vec<PublicKey>)| {
        format!("{} may still sign at {location}\n", count(keys.len(), "key"))
    };
    let mut text: String = places.iter().map(line).collect();
    if !text.is_empty() {
        text += "This is recorded: a restore or a delivery stops until you state that the keys are \
                 switched off there.\n";
    }
    text
}
