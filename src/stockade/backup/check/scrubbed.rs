//! What was read of sets in several copies, and what that says of each set.

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
    /// What the copies say of sets that were retired, each note once.
    pub retired: Vec<Note>,
    /// What is wrong in a copy beside its sets.
    pub problems: Vec<FileProblem>,
    /// What a person should know and no verdict says.
    pub warnings: Vec<String>,
}

/// One set, in every copy.
#[derive(Debug)]
pub struct ScrubbedSet {
    /// Which.
    pub id: SetId,
    /// One inspection a copy, in the order of the copies; `None` where the set is not there.
    pub copies: Vec<Option<Inspection>>,
}

impl ScrubbedSet {
    /// The public keys that any copy's manifest lists, those of the one that counts among them;
    /// what they are worth, opening the set shows.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        let read =
            self.copies.iter().flatten().filter_map(|inspection| inspection.manifest.as_ref());
        let keys = read.flat_map(|read| &read.manifest.keystores).map(|entry| entry.pubkey);
        keys.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Who can open it, by the manifest that counts.
    pub fn custodians(&self, pins: &Pins) -> Vec<AnyCustodian> {
        let listed = self.manifest(pins).into_iter().flat_map(|read| &read.manifest.custodians);
        listed.cloned().collect()
    }

    /// A file with this digest, from any copy that holds it whole.
    pub(crate) fn file(
        &self,
        copies: &[Copy],
        path: &StorePath,
        digest: &Digest,
    ) -> Option<Vec<u8>> {
        let mut inspections = self.copies.iter().zip(copies);
        inspections.find_map(|(inspection, copy)| inspection.as_ref()?.file(copy, path, digest))
    }

    /// Why no manifest counts: what happened to it, or that there are several.
    pub(crate) fn why_no_manifest(&self) -> Reason {
        let present = || self.copies.iter().flatten();
        match present().any(|inspection| inspection.manifest.is_some()) {
            true => Reason::ManifestDisagreement,
            false => {
                let damage = present().filter_map(|i| i.damage.get("manifest.json")).next();
                damage.copied().unwrap_or(Reason::Malformed)
            }
        }
    }

    /// What is known of who made the set: the worst that any copy says.
    pub(crate) fn worst_origin(&self, pins: &Pins) -> OriginVerdict {
        let present = self.copies.iter().flatten();
        present.map(|inspection| origin(inspection, pins)).max().unwrap_or(OriginVerdict::Unknown)
    }

    /// Who made the manifest `read`: the best that a copy with this very manifest says, for the
    /// origin may have rotted in another.
    pub fn origin_of(&self, read: &ReadManifest, pins: &Pins) -> OriginVerdict {
        let same = |inspection: &&Inspection| {
            inspection.manifest.as_ref().is_some_and(|own| own.digest == read.digest)
        };
        let same = self.copies.iter().flatten().filter(same);
        same.map(|inspection| origin(inspection, pins)).min().unwrap_or(OriginVerdict::Unknown)
    }

    /// The manifest that counts: the one that pins vouch for; else, where all intact ones are the
    /// same, that one. Where pins vouch for two, none: of several wallets at hand one may have
    /// signed over what another made.
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
        // Rot explains a signature that does not fit; where every byte is as it was written, it
        // was written so.
        (None, Some(_)) if !inspection.damage.contains_key("origin.json") => OriginVerdict::Forged,
        _ => OriginVerdict::Unknown,
    }
}
