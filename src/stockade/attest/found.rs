//! Attestations that were found, and sets without one.

use std::path::PathBuf;

use super::{Attestation, Statement};
use crate::backup::{ListedSet, SetId};
use stockade_keystore::bls::PublicKey;

/// An attestation that was found, or a set that has none.
#[derive(Debug)]
#[non_exhaustive]
pub struct FoundAttestation {
    pub(super) place: PathBuf,
    pub(super) attestation: Option<Attestation>,
    /// Why the file, which is named as an attestation, is not one.
    pub(super) unreadable: Option<String>,
    pub(super) stored_with: Option<StoredSet>,
    /// The copy lacks the set, although other copies hold it or attestations in this copy are about
    /// it.
    pub(super) lacks_set: bool,
}

impl FoundAttestation {
    /// The copy, and the set that the attestation is stored with there.
    pub(super) fn location(&self) -> Option<(&str, &SetId)> {
        self.stored_with
            .as_ref()
            .map(|stored_with| (stored_with.copy.as_str(), &stored_with.set.id))
    }

    /// Whether this only states that a copy lacks a set.
    pub(super) fn only_lacks_set(&self) -> bool {
        self.lacks_set && self.attestation.is_none() && self.unreadable.is_none()
    }

    /// The set that the attestation is about: the one that it is stored with, if any.
    pub(super) fn set(&self) -> Option<SetId> {
        let stored_with = self.stored_with.as_ref().map(|stored_with| stored_with.set.id.clone());
        let said = || self.attestation.as_ref()?.statement.parse::<Statement>().ok();
        stored_with.or_else(|| said().map(|statement| statement.set))
    }

    /// The keys that `statement` covers, if its manifest is stored with it.
    pub(super) fn keys_of(&self, statement: &Statement) -> Vec<PublicKey> {
        attested_keys(statement, self.stored_with.as_ref())
    }
}

/// The set that an attestation is stored with, and the copy.
#[derive(Debug, Clone)]
pub(super) struct StoredSet {
    pub(super) copy: String,
    pub(super) set: ListedSet,
    /// The copy has attestations of the set, but not the set.
    pub(super) gone: bool,
}

/// The keys that a statement covers. A statement names the digest of a manifest, so only that
/// manifest tells.
pub(super) fn attested_keys(
    statement: &Statement,
    stored_with: Option<&StoredSet>,
) -> Vec<PublicKey> {
    let set = stored_with.map(|stored_with| &stored_with.set);
    let set = set.filter(|set| set.digest == Some(statement.manifest));
    let entries = set.into_iter().flat_map(ListedSet::keystores);
    entries.map(|entry| entry.pubkey).collect()
}
