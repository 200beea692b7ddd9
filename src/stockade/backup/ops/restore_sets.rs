//! All sets of the copies, restored to one folder: one plan, one set of questions, all or nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    dirk_accounts,
    layout::Layout,
    not_together::require_apart,
    restore::{LostKeys, Restorable, Target, require_new, write_all},
    restore_request::{RestoreError, RestoreReport},
};
use crate::backup::{
    check::scrub::ScrubbedSet,
    copy::Copy,
    set::{error::BackupError, origin::Pins, set_id::SetId},
    sidecars::{
        history::{HistoryDecision, HistoryUser},
        room,
        whereabouts::{Clearance, Location, OtherPlaces, Permit, Record, WhereaboutsError},
    },
    unlock::{
        access::Access,
        approvals,
        error::{UnlockError, because},
        opened,
    },
};
use stockade_keystore::{bls::PublicKey, eth2_keystore::NewPassword, staking::Network};
use stockade_wallet::interact::Progress;

pub use super::not_together::NotTogether;

/// Several sets that are restored together. In this order: [`RestoreSets::require`]; the questions about
/// shares and histories, once for all keys; [`RestoreSets::require_decided`];
/// [`RestoreSets::require_openable`]; the person's approval; [`RestoreSets::open`]; and
/// [`RestoreSets::carry_out`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RestoreSets<'a> {
    /// The copies of the sets.
    pub copies: &'a [Copy],
    /// The sets, as they were read from the copies.
    pub sets: &'a [&'a ScrubbedSet],
    /// The folder to make, which must be new or empty.
    pub folder: &'a Path,
    /// How the files lie in it.
    pub layout: Layout,
    /// What is done with keys that are lost in all copies.
    pub lost: LostKeys,
}

/// What a person decided before the keys are written.
#[derive(Debug)]
pub struct ApprovedSets<'a> {
    /// What the keys signed before.
    pub history: &'a HistoryDecision,
    /// Where the keys go, for the record.
    pub to: &'a Location,
    /// What is known of other places where they may sign: one for each set.
    pub elsewhere: &'a [OtherPlaces],
    /// The password of the keystores; a random one if there is none.
    pub password: Option<NewPassword>,
}

impl<'a> RestoreSets<'a> {
    /// All keys of `sets`, to the new folder `folder`.
    pub fn new(
        copies: &'a [Copy],
        sets: &'a [&'a ScrubbedSet],
        folder: &'a Path,
        layout: Layout,
    ) -> Self {
        Self { copies, sets, folder, layout, lost: LostKeys::Refuse }
    }

    /// The keys that are restored, set by set.
    pub fn keys(&self) -> Vec<PublicKey> {
        self.sets.iter().flat_map(|set| set.public_keys()).collect()
    }

    /// The network of the first set, which is that of all of them.
    pub fn require_network(&self) -> Result<Network, RestoreError> {
        let first = self.sets.first().ok_or(NotTogether::NoSet)?;
        Ok(first.id.network())
    }

    /// Refuses what no answer can change, before anybody is asked anything. Gives the first set, whose
    /// network is that of all of them.
    pub fn require(&self) -> Result<&'a SetId, RestoreError> {
        let first = self.sets.first().ok_or(NotTogether::NoSet)?;
        let networks: BTreeSet<_> = self.sets.iter().map(|set| set.id.network().name()).collect();
        if networks.len() > 1 {
            let networks: Vec<_> = networks.into_iter().collect();
            return Err(NotTogether::Networks(networks.join(", ")).into());
        }
        if self.layout.splits() || self.layout == Layout::CharonNode {
            return Err(NotTogether::Layout(self.layout).into());
        }
        let known = self.sets.iter().map(|set| {
            let read = set.manifest(&Pins::default());
            Ok((&set.id, read.ok_or_else(|| NotTogether::Unknown(set.id.clone()))?))
        });
        require_apart(&known.collect::<Result<Vec<_>, NotTogether>>()?)?;
        if self.layout == Layout::Dirk {
            for set in self.sets {
                dirk_accounts::require_kept(set, &[])?;
            }
        }
        require_new(self.folder, &self.keys())?;
        Ok(&first.id)
    }

    /// Refuses, before anybody presses a button, copies that have no room for the record.
    pub fn require_decided(&self) -> Result<(), RestoreError> {
        Ok(room::require_record(self.copies, self.keys().len(), false)?)
    }

    /// Refuses every set that nobody who is here may open, before anybody is asked to open the first.
    /// Gives the number of approvals on the wallet, if it is certain.
    pub fn require_openable(&self, access: &Access<'_>) -> Result<Option<usize>, BackupError> {
        for set in self.sets {
            opened::require_known(set, access).map_err(|closed| match closed {
                UnlockError::Verdict(reason, notes) => BackupError::NotRestorable {
                    set: set.id.clone(),
                    reason: because(reason, &notes),
                },
                UnlockError::Failed(error) => error.into(),
            })?;
        }
        Ok(approvals::of_opening(self.sets, access))
    }

    /// Opens every set.
    pub fn open(&self, access: &mut Access<'_>) -> Result<Vec<Restorable>, RestoreError> {
        let open = |set: &&ScrubbedSet| Restorable::open(self.copies, set, self.lost, access);
        let opened = self.sets.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        // Only opening shows which manifest counts.
        let mut seen = BTreeMap::new();
        for (set, key) in
            self.sets.iter().zip(&opened).flat_map(|(set, opened)| {
                opened.public_keys().into_iter().map(|key| (&set.id, key))
            })
        {
            if let Some(other) = seen.insert(key, set) {
                let sets = format!("{other}, {set}");
                return Err(NotTogether::SameKey { key: Box::new(key), sets }.into());
            }
        }
        Ok(opened)
    }

    /// Records where the keys of each set go, and writes them all: everything or nothing.
    pub fn carry_out(
        &self,
        opened: &[Restorable],
        approved: ApprovedSets<'_>,
        user: &mut dyn HistoryUser,
        progress: &mut dyn Progress,
    ) -> Result<RestoreReport, RestoreError> {
        if [opened.len(), approved.elsewhere.len()] != [self.sets.len(); 2] {
            return Err(NotTogether::Unmatched.into());
        }
        let mut cleared = Cleared::of(self, opened, &approved)?;
        let ApprovedSets { history, password, .. } = approved;
        let permitted: Vec<_> = opened.iter().zip(&cleared.permits).collect();
        let (folder, layout, history_file) = (self.folder, self.layout, history.history());
        let target = Target { folder, layout, password, history: history_file, marked: None };
        if let Err(error) = write_all(&permitted, target, progress) {
            // Everything or nothing: the keys did not go there.
            cleared.rejected(opened)?;
            return Err(error.into());
        }
        let unrecorded = cleared.refused();
        let parts: Vec<_> = self.sets.iter().zip(opened).collect();
        let parts: Vec<_> =
            parts.iter().map(|(set, opened)| (&set.id, opened.public_keys())).collect();
        let history_kept = history.keep_parts(self.copies, &parts, user)?;
        Ok(RestoreReport { split: None, entry: None, unrecorded, history_kept })
    }
}

/// The releases of all sets, recorded.
struct Cleared<'a> {
    clearances: Vec<Clearance<'a>>,
    permits: Vec<Permit>,
}

impl<'a> Cleared<'a> {
    /// Clears every set before it records the first.
    fn of(
        request: &'a RestoreSets<'a>,
        opened: &'a [Restorable],
        approved: &ApprovedSets<'_>,
    ) -> Result<Self, RestoreError> {
        let mut cleared = Self { clearances: Vec::new(), permits: Vec::new() };
        let places = approved.elsewhere.iter();
        for ((set, opened), elsewhere) in request.sets.iter().zip(opened).zip(places) {
            let keys = opened.public_keys();
            // Read again: a person may have looked at the plan for a long time.
            let record = Record::read(request.copies, &set.id, &keys)?;
            let release = elsewhere.release(approved.to, &keys, None);
            cleared.clearances.push(opened.clear(record, &release, request.copies)?);
        }
        match cleared.send(opened) {
            Ok(()) => Ok(cleared),
            Err(error) => {
                cleared.rejected(opened)?;
                Err(error.into())
            }
        }
    }

    fn send(&mut self, opened: &[Restorable]) -> Result<(), WhereaboutsError> {
        for (clearance, opened) in self.clearances.iter_mut().zip(opened) {
            self.permits.push(clearance.send(&opened.public_keys())?);
        }
        Ok(())
    }

    /// Records that none of the keys went there.
    fn rejected(&mut self, opened: &[Restorable]) -> Result<(), WhereaboutsError> {
        let sent = self.clearances.iter_mut().zip(opened).take(self.permits.len());
        for (clearance, opened) in sent {
            clearance.rejected(&opened.public_keys())?;
        }
        Ok(())
    }

    /// The copies that could not record it, each once.
    fn refused(&self) -> Vec<(PathBuf, String)> {
        let all = self.clearances.iter().flat_map(|clearance| clearance.refused().iter().cloned());
        let mut refused: Vec<(PathBuf, String)> = Vec::new();
        for (dir, why) in all {
            if !refused.iter().any(|(known, _)| *known == dir) {
                refused.push((dir, why));
            }
        }
        refused
    }
}
