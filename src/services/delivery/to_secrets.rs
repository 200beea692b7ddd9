//! A delivery to a store of secrets, from the record of where keys may sign to what is there.

use std::path::PathBuf;

use super::{Parcel, Put, PutEnd, Puts, SecretStore, put_all};
use stockade::backup::{
    Copy, SetId,
    restore::Restorable,
    verdict::Verdict,
    whereabouts::{Record, Release, WhereaboutsError},
};
use stockade_keystore::bls::PublicKey;
use stockade_wallet::interact::Progress;

/// What goes to which store.
pub struct SecretsRequest<'a> {
    /// Every copy of the set.
    pub copies: &'a [Copy],
    /// The set.
    pub set: &'a SetId,
    /// The opened set.
    pub keys: &'a Restorable,
    /// The store.
    pub store: &'a dyn SecretStore,
    /// What goes under which name.
    pub parcels: Vec<Parcel>,
    /// The keys, and what was stated about other places.
    pub release: Release<'a>,
}

/// What came of it.
#[derive(Debug)]
pub struct SecretsReport {
    /// What was to be put, in order.
    pub parcels: Vec<Parcel>,
    /// What became of each parcel.
    pub puts: Vec<Put>,
    /// What ended the delivery early.
    pub end: Option<PutEnd>,
    /// The copies that do not know where the keys are now, each with the reason.
    pub unrecorded: Vec<(PathBuf, String)>,
}

impl SecretsRequest<'_> {
    /// Writes down where the keys go, then puts every parcel.
    pub fn deliver(self, progress: &mut dyn Progress) -> Result<SecretsReport, WhereaboutsError> {
        let Self { copies, set, keys, store, parcels, release } = self;
        let record = Record::read(copies, set, release.keys)?;
        let mut clearance = keys.clear(record, &release, copies)?;
        let Puts { puts, end } = put_all(store, &parcels, keys, &mut clearance, progress)?;
        let unrecorded = clearance.refused().to_vec();
        Ok(SecretsReport { parcels, puts, end, unrecorded })
    }
}

impl SecretsReport {
    /// Each key with the name of its secret, and what became of it.
    pub fn keys(&self) -> impl Iterator<Item = (&PublicKey, &str, &Put)> {
        let parcels = self.parcels.iter().zip(&self.puts);
        parcels.flat_map(|(parcel, put)| {
            parcel.keys.iter().map(move |key| (key, parcel.name.as_str(), put))
        })
    }

    /// The keys that this delivery wrote; those that were there before were not delivered now.
    pub fn written(&self) -> Vec<PublicKey> {
        self.keys().filter(|(_, _, put)| **put == Put::Written).map(|(key, ..)| *key).collect()
    }

    /// How many keys have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.keys().filter(|(_, _, put)| put.verdict() == verdict).count()
    }
}

impl Put {
    /// Whether its keys are there.
    pub fn verdict(&self) -> Verdict {
        match self {
            put if put.is_there() => Verdict::Proven,
            Self::Refused(_) => Verdict::Contradicted,
            _ => Verdict::Inconclusive,
        }
    }
}
