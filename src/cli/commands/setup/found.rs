//! The copies that a profile is set up with, and what they say about their owner.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use stockade::{
    attest,
    backup::{self, BackupError, Copy},
    eth::Address,
    profile::{KnownCopy, Profile},
    staking::Network,
};

use crate::{error::CommandError, profile_file};

/// Copies, and whether each is usually not connected.
#[derive(Debug, Default)]
pub struct Found {
    pub copies: Vec<(Copy, bool)>,
}

impl Found {
    /// Opens the copies in these folders and buckets.
    pub fn read(dirs: &[PathBuf]) -> Result<Self, CommandError> {
        let mut found = Self::default();
        for copy in Copy::open_all(dirs)? {
            found.add(undamaged(copy)?, false);
        }
        Ok(found)
    }

    /// Adds a copy, once.
    pub fn add(&mut self, copy: Copy, away: bool) {
        if !self.has(copy.id()) {
            self.copies.push((copy, away));
        }
    }

    /// Whether this copy is among them.
    pub fn has(&self, id: &str) -> bool {
        self.copies.iter().any(|(copy, _)| copy.id() == id)
    }

    /// Adds the copies to a profile. One that it has already keeps its label, and gets its new place.
    pub fn add_to(&self, profile: &mut Profile) -> Result<(), CommandError> {
        for (copy, away) in &self.copies {
            let place = profile_file::place(copy.dir())?;
            let known = profile.copies.iter_mut().find(|known| known.id.as_str() == copy.id());
            match known {
                Some(known) => known.place = place,
                None => profile.copies.push(KnownCopy {
                    id: copy.id().parse().map_err(|_| CommandError::input("not a copy's id"))?,
                    label: copy.label().to_owned(),
                    place,
                    away: *away,
                }),
            }
        }
        Ok(())
    }

    /// The addresses that signed these copies' sets, and the attestations about them.
    pub fn signers(&self) -> Vec<Address> {
        let mut signers = BTreeSet::new();
        for (copy, _) in &self.copies {
            for set in backup::list(std::slice::from_ref(copy)).unwrap_or_default() {
                signers.extend(set.signer);
                let stated = attest::stated(copy, &set).unwrap_or_default();
                signers.extend(stated.into_iter().map(|(_, one)| one.by));
            }
        }
        signers.into_iter().collect()
    }

    /// The networks of these copies' sets.
    pub fn networks(&self) -> Vec<Network> {
        let sets = self.copies.iter().filter_map(|(copy, _)| Some(copy.set_ids().ok()?.0));
        let networks: BTreeSet<_> = sets.flatten().map(|set| set.network()).collect();
        networks.into_iter().collect()
    }
}

/// Opens a copy whose id is its own: a damaged one has only a substitute.
pub fn open(dir: &Path) -> Result<Copy, CommandError> {
    let copy = Copy::open_all(&[dir.to_owned()])?.pop();
    undamaged(copy.ok_or_else(|| BackupError::NoCopy(dir.to_owned()))?)
}

fn undamaged(copy: Copy) -> Result<Copy, CommandError> {
    match copy.damage() {
        None => Ok(copy),
        Some(reason) => Err(BackupError::DamagedCopy {
            path: copy.dir().join("stockade").join("copy.json"),
            reason: reason.explain().to_owned(),
        }
        .into()),
    }
}
