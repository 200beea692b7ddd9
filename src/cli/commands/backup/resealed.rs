//! What `backup reseal` made.

use serde::Serialize;
use stockade::{
    backup::{Copy, SetId, medium, reseal::Resealed},
    custodian::AnyCustodian,
};

use super::created::{CreatedCopy, Failed, SetKey, copies_text, created_copies, custodians_text};
use crate::{commands::plural::count, output::Outcome, shell};

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The id of the new set.
    set_id: String,
    /// The id of the old set.
    old_set_id: String,
    /// The SHA-256 of the new set's manifest, in hex.
    manifest: String,
    /// The keys of the set.
    keys: Vec<SetKey>,
    /// The custodians that can open the new set, as in their files.
    #[cfg_attr(test, schemars(with = "Vec<crate::commands::custodian::CustodianFields>"))]
    custodians: Vec<AnyCustodian>,
    /// How many custodians open the new set together.
    threshold: u8,
    /// The check address of the wallet that signed the new set, with the checksum of EIP-55.
    signer: String,
    /// The copies that the new set was written to.
    copies: Vec<CreatedCopy>,
    /// Warnings, for people.
    warnings: Vec<String>,
    #[serde(flatten)]
    failed: Failed,
}

/// The report on the new set, made of the set `old`.
pub fn outcome(resealed: Resealed, old: &SetId, copies: &[Copy]) -> Outcome {
    let Resealed { mut set, chosen, keys, old_threshold, signer, notes } = resealed;
    let failed = Failed::from(std::mem::take(&mut set.failed));
    let (new, dirs) = (&set.set_id, shell::copies(copies));
    let mut text = failed.text();
    text += &format!("Sealed {} of set {old} again, as set {new}\n", count(keys.len(), "key"));
    text += &custodians_text(&chosen);
    text += &format!("Signed by {signer}\n");
    text += &copies_text(&set, copies, &[]);
    let warnings = notes.into_iter().chain(std::mem::take(&mut set.warnings));
    let warnings: Vec<_> = warnings.chain(medium::shared(copies)).collect();
    text += &warnings.iter().map(|warning| format!("warning: {warning}\n")).collect::<String>();
    let old_custodians = match old_threshold {
        1 => "any one of its custodians".to_owned(),
        threshold => format!("any {threshold} of its custodians"),
    };
    text += &format!(
        "The old set {old} is still here, and in every other copy of it that exists. There, \
         {old_custodians} can still open the same keys; sealing them again does not change that. To end \
         it, find and destroy every old copy. If one is out of reach, assume that whoever has it knows \
         the keys, and exit those validators.\n\
         Next: stockade backup drill{dirs} --set {new}\n\
         Then: stockade backup retire{dirs} --set {old} --by {new}"
    );
    let document = Document {
        set_id: new.to_string(),
        old_set_id: old.to_string(),
        manifest: set.manifest.to_string(),
        keys: keys.iter().map(|(pubkey, path, share)| SetKey::new(pubkey, path, *share)).collect(),
        custodians: chosen.custodians,
        threshold: chosen.threshold,
        signer: signer.to_string(),
        copies: created_copies(&set, copies, &[]),
        warnings,
        failed,
    };
    Outcome::checked(document.failed.is_empty(), text, document)
}
