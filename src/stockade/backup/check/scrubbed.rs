//! What was read of sets in several copies, and what follows for each set.

use std::collections::BTreeSet;

use super::{inspect::Inspection, read_manifest::ReadManifest};
use crate::{
    backup::{
        copy::Copy,
        set::{
            digest::Digest,
            origin::{OriginVerdict, Pins},
            set_id::SetId,
            verdict::{FileProblem, Reason},
        },
        sidecars::retired::Note,
    },
    custodian::AnyCustodian,
    store::StorePath,
};
use stockade_keystore::bls::PublicKey;

/// Everything that was read from several copies, set by set.
#[derive(Debug)]
pub struct Scrubbed {
    /// The sets, each with its inspection in every copy.
    pub sets: Vec<ScrubbedSet>,
    /// The notes in the copies about retired sets, each once.
    pub retired: Vec<Note>,
    /// Problems in a copy outside its sets.
    pub problems: Vec<FileProblem>,
    /// Warnings for people, which no verdict covers.
    pub warnings: Vec<String>,
}

/// One set, in every copy.
#[derive(Debug)]
pub struct ScrubbedSet {
    /// The set.
    pub id: SetId,
    /// One inspection for each copy, in the order of the copies; `None` if the copy lacks the set.
    pub copies: Vec<Option<Inspection>>,
}

impl ScrubbedSet {
    /// The public keys in any copy's manifest, whether or not that manifest counts. Only opening
    /// the set shows which of them it really holds.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        let read =
            self.copies.iter().flatten().filter_map(|inspection| inspection.manifest.as_ref());
        let keys = read.flat_map(|read| &read.manifest.keystores).map(|entry| entry.pubkey);
        keys.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Who can open the set, according to the manifest that counts.
    pub fn custodians(&self, pins: &Pins) -> Vec<AnyCustodian> {
        let listed = self.manifest(pins).into_iter().flat_map(|read| &read.manifest.custodians);
        listed.cloned().collect()
    }

    /// A file with this digest, from any copy that has it intact.
    pub(crate) fn file(
        &self,
        copies: &[Copy],
        path: &StorePath,
        digest: &Digest,
    ) -> Option<Vec<u8>> {
        let mut inspections = self.copies.iter().zip(copies);
        inspections.find_map(|(inspection, copy)| inspection.as_ref()?.file(copy, path, digest))
    }

    /// Why no manifest counts: the damage, or that there are several.
    pub(crate) fn why_no_manifest(&self) -> Reason {
        let present = || self.copies.iter().flatten();
        if present().any(|inspection| inspection.manifest.is_some()) {
            Reason::ManifestDisagreement
        } else {
            let damage = present().filter_map(|i| i.damage.get("manifest.json")).next();
            damage.copied().unwrap_or(Reason::Malformed)
        }
    }

    /// Who made the set, according to the worst verdict of any copy.
    pub(crate) fn worst_origin(&self, pins: &Pins) -> OriginVerdict {
        let present = self.copies.iter().flatten();
        present.map(|inspection| origin(inspection, pins)).max().unwrap_or(OriginVerdict::Unknown)
    }

    /// Who made the manifest `read`, according to the best verdict of any copy with this manifest:
    /// the origin may be damaged in another.
    pub fn origin_of(&self, read: &ReadManifest, pins: &Pins) -> OriginVerdict {
        let same = |inspection: &&Inspection| {
            inspection.manifest.as_ref().is_some_and(|own| own.digest == read.digest)
        };
        let same = self.copies.iter().flatten().filter(same);
        same.map(|inspection| origin(inspection, pins)).min().unwrap_or(OriginVerdict::Unknown)
    }

    /// The manifest that counts: the one that the pins vouch for, or else the only intact one. If
    /// the pins vouch for two, none counts: of several attached wallets, one may have signed over
    /// what another made.
    pub fn manifest(&self, pins: &Pins) -> Option<&ReadManifest> {
        let vouched = |inspection: &&Inspection| origin(inspection, pins) < OriginVerdict::Unknown;
        let pinned = self.copies.iter().flatten().filter(vouched);
        let mut pinned = pinned.filter_map(|i| i.manifest.as_deref());
        if let Some(first) = pinned.next() {
            return pinned.all(|other| other.digest == first.digest).then_some(first);
        }
        let mut intact = self.copies.iter().flatten().filter_map(|i| i.manifest.as_deref());
        let first = intact.next()?;
        intact.all(|other| other.digest == first.digest).then_some(first)
    }

    /// Whether all copies with an intact SHA256SUMS have the same one.
    pub(crate) fn sums_agree(&self) -> bool {
        let mut digests = self
            .copies
            .iter()
            .flatten()
            .filter_map(|i| i.sums.as_deref().map(|(_, digest)| digest));
        let first = digests.next();
        digests.all(|other| Some(other) == first)
    }
}

/// Who made the set, as far as this copy shows.
pub(crate) fn origin(inspection: &Inspection, pins: &Pins) -> OriginVerdict {
    match (&inspection.signer, &inspection.manifest) {
        (Some(signer), _) => pins.judge(signer),
        // Damage can explain a signature that does not fit. If every byte is unchanged, the set was
        // written like that.
        (None, Some(_)) if !inspection.damage.contains_key("origin.json") => OriginVerdict::Forged,
        _ => OriginVerdict::Unknown,
    }
}
