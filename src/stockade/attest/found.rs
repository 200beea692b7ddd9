//! Attestations as they were found.

use std::path::PathBuf;

use super::{Attestation, Statement};
use crate::backup::{ListedSet, SetId};
use stockade_keystore::bls::PublicKey;

/// An attestation where it was found, or a set that has none.
#[derive(Debug)]
pub struct FoundAttestation {
    pub(super) place: PathBuf,
    pub(super) attestation: Option<Attestation>,
    /// Why there is none in a file that is named as one.
    pub(super) unreadable: Option<String>,
    pub(super) beside: Option<Beside>,
    /// The copy lacks the set altogether, which others hold or attestations in it are about.
    pub(super) lacks_set: bool,
}

impl FoundAttestation {
    /// The copy, and the set that it lies beside there.
    pub(super) fn lies_in(&self) -> Option<(&str, &SetId)> {
        self.beside.as_ref().map(|beside| (beside.copy.as_str(), &beside.set.id))
    }

    /// Whether nothing is to be said but that a copy lacks a set.
    pub(super) fn only_lacks_set(&self) -> bool {
        self.lacks_set && self.attestation.is_none() && self.unreadable.is_none()
    }

    /// The set that it speaks of; the one that it lies beside, where it lies beside one.
    pub(super) fn set(&self) -> Option<SetId> {
        let beside = self.beside.as_ref().map(|beside| beside.set.id.clone());
        let said = || self.attestation.as_ref()?.statement.parse::<Statement>().ok();
        beside.or_else(|| said().map(|statement| statement.set))
    }

    /// The keys that `statement` speaks of, where its manifest lies beside this.
    pub(super) fn keys_of(&self, statement: &Statement) -> Vec<PublicKey> {
        attested_keys(statement, self.beside.as_ref())
    }
}

/// The set that an attestation lies beside, and the copy.
#[derive(Debug, Clone)]
pub(super) struct Beside {
    pub(super) copy: String,
    pub(super) set: ListedSet,
    /// It is attested there, and is not there.
    pub(super) gone: bool,
}

/// The statement names the manifest's digest: which keys it speaks of, only that very manifest says.
pub(super) fn attested_keys(statement: &Statement, beside: Option<&Beside>) -> Vec<PublicKey> {
    let set = beside.map(|beside| &beside.set);
    let set = set.filter(|set| set.digest == Some(statement.manifest));
    let entries = set.into_iter().flat_map(ListedSet::keystores);
    entries.map(|entry| entry.pubkey).collect()
}
