//! A restore in its safe order: what is refused before anybody is asked, and what is recorded before a key
//! is written.

use std::path::{Path, PathBuf};

use super::{
    charon_node, dirk_accounts,
    layout::Layout,
    not_together::NotTogether,
    restore::{LostKeys, Restorable, Target, require_new},
    splittable::{NotSplittable, require_quiet, require_whole},
};
use crate::{
    backup::{
        check::scrub::ScrubbedSet,
        copy::Copy,
        set::{error::BackupError, set_id::SetId},
        sidecars::{
            history::{HistoryDecision, HistoryUser},
            room,
            split_mark::{Marked, SplitMark},
            whereabouts::{Location, OtherPlaces, Record, Recorded, WhereaboutsError},
        },
        unlock::access::Access,
    },
    store::private_file,
};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::{bls::PublicKey, eth2_keystore::NewPassword};
use stockade_wallet::interact::Progress;

/// What is restored, and where to. In this order: [`RestoreRequest::require`]; the questions about shares
/// and histories; [`RestoreRequest::require_decided`]; [`RestoreRequest::open`]; the person's approval; and
/// [`RestoreRequest::carry_out`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RestoreRequest<'a> {
    /// The copies of the set.
    pub copies: &'a [Copy],
    /// The set, as it was read from the copies.
    pub set: &'a ScrubbedSet,
    /// Only these keys, in this order; all of them if it is empty.
    pub only: &'a [PublicKey],
    /// The folder to make, which must be new or empty.
    pub folder: &'a Path,
    /// How the files lie in it.
    pub layout: Layout,
    /// What is done with keys that are lost in all copies.
    pub lost: LostKeys,
    /// Go on even if no copy can record where the keys go.
    pub unrecorded: bool,
}

/// What a person decided before the keys are written.
#[derive(Debug)]
pub struct Approved<'a> {
    /// What the keys signed before.
    pub history: &'a HistoryDecision,
    /// Where the keys go, for the record.
    pub to: &'a Location,
    /// What is known of other places where they may sign.
    pub elsewhere: &'a OtherPlaces,
    /// The password of the keystores; a random one if there is none.
    pub password: Option<NewPassword>,
}

/// What a restore did.
#[derive(Debug)]
#[non_exhaustive]
pub struct RestoreReport {
    /// The record that the keys are split from now on; only for layouts of programs that split keys.
    pub split: Option<Marked>,
    /// The entry about where the keys went, if no copy could store it. The caller keeps it.
    pub entry: Option<Vec<u8>>,
    /// The copies that could not record where the keys went, each with the reason.
    pub unrecorded: Vec<(PathBuf, String)>,
    /// The ids of the copies in which a given history is stored now.
    pub history_kept: Vec<String>,
}

/// Why keys were not restored. Nothing was written to the folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// A program that splits keys gets them only if a copy records it.
    #[error("--unrecorded cannot be combined with --layout {0}")]
    SplitUnrecorded(Layout),
    /// The keys may not be split now.
    #[error(transparent)]
    NotSplittable(#[from] NotSplittable),
    /// The sets cannot be restored to one folder.
    #[error(transparent)]
    NotTogether(#[from] NotTogether),
    /// Where the keys can sign.
    #[error(transparent)]
    Whereabouts(#[from] WhereaboutsError),
    /// Sets and copies.
    #[error(transparent)]
    Backup(#[from] BackupError),
}

impl<'a> RestoreRequest<'a> {
    /// All keys of `set`, to the new folder `folder`.
    pub fn new(copies: &'a [Copy], set: &'a ScrubbedSet, folder: &'a Path, layout: Layout) -> Self {
        let lost = LostKeys::Refuse;
        Self { copies, set, only: &[], folder, layout, lost, unrecorded: false }
    }

    /// The keys that are restored.
    pub fn keys(&self) -> Vec<PublicKey> {
        if self.only.is_empty() { self.set.public_keys() } else { self.only.to_vec() }
    }

    /// Refuses what no answer can change, before anybody is asked anything.
    pub fn require(&self) -> Result<(), BackupError> {
        match self.layout {
            Layout::CharonNode => charon_node::require_kept(self.set)?,
            Layout::Dirk => dirk_accounts::require_kept(self.set, self.only)?,
            _ => {}
        }
        require_new(self.folder, &self.keys())
    }

    /// Refuses, once the history is decided on and before anybody presses a button, what would be refused
    /// at the end: keys that may not be split, and copies that have no room for the record.
    pub fn require_decided(&self, history: &HistoryDecision) -> Result<(), RestoreError> {
        if self.layout.splits() {
            self.require_splittable(history)?;
        }
        if !self.unrecorded {
            room::require_record(self.copies, self.keys().len(), false)?;
        }
        Ok(())
    }

    fn require_splittable(&self, history: &HistoryDecision) -> Result<(), RestoreError> {
        if self.unrecorded {
            return Err(RestoreError::SplitUnrecorded(self.layout));
        }
        let (keys, id) = (self.keys(), &self.set.id);
        require_whole(self.copies, &keys)?;
        require_quiet(self.copies, id, &keys)?;
        let given = history.history();
        if given.is_some_and(|history| history.is_recent(id.network(), Timestamp::now())) {
            return Err(NotSplittable::SignedGiven.into());
        }
        let beside = self.layout.beside(self.folder, given.is_some());
        let require_new = |path: &PathBuf| private_file::require_new(path);
        Ok(beside.iter().try_for_each(require_new).map_err(BackupError::from)?)
    }

    /// Opens the set.
    pub fn open(&self, access: &mut Access<'_>) -> Result<Restorable, BackupError> {
        Restorable::open_some(self.copies, self.set, (self.lost, self.only), access)
    }

    /// Records where the keys go, and writes them: everything or nothing.
    pub fn carry_out(
        &self,
        restorable: &Restorable,
        approved: Approved<'_>,
        user: &mut dyn HistoryUser,
        progress: &mut dyn Progress,
    ) -> Result<RestoreReport, RestoreError> {
        let Approved { history, to, elsewhere, password } = approved;
        let (keys, id) = (restorable.public_keys(), &self.set.id);
        // Recorded first: a key that another program splits must not look as if it were whole.
        let split = self.mark(&keys, id)?;
        // Read again: a person may have looked at the plan for a long time.
        let record = Record::read(self.copies, id, &keys)?;
        let release = elsewhere.release(to, &keys, None);
        let mut clearance = restorable.clear(record, &release, self.copies)?;
        let (permit, entry) = match clearance.send(&keys) {
            Ok(permit) => (permit, None),
            Err(WhereaboutsError::NotRecorded { .. }) if self.unrecorded => {
                let Recorded { bytes, permit } = clearance.send_unrecorded(&keys)?;
                (permit, Some(bytes))
            }
            Err(error) => return Err(error.into()),
        };
        let target = Target {
            folder: self.folder,
            layout: self.layout,
            password,
            history: history.history(),
            marked: split.as_ref(),
        };
        if let Err(error) = restorable.write(&permit, target, progress) {
            // Everything or nothing: the keys did not go there.
            clearance.rejected(&keys)?;
            return Err(error.into());
        }
        let unrecorded = clearance.refused().to_vec();
        let history_kept = history.keep(self.copies, id, user);
        Ok(RestoreReport { split, entry, unrecorded, history_kept })
    }

    /// Records that the keys are split from now on, if they are restored for that.
    fn mark(&self, keys: &[PublicKey], set: &SetId) -> Result<Option<Marked>, BackupError> {
        if !self.layout.splits() {
            return Ok(None);
        }
        // How many shares there will be is up to the other program.
        SplitMark::new(keys, 0, 0, Timestamp::now()).leave(self.copies, set).map(Some)
    }
}
