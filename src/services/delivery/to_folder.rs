//! A folder for Web3signer: keystores with their configuration, or configurations of keys that are in
//! a store. All of it is written in one step, after the copies know where the keys go.

use std::path::{Path, PathBuf};

use crate::web3signer::KeyConfig;
use stockade::{
    backup::{
        Copy, HISTORY, Layout, SetId,
        history::History,
        restore::{Restorable, Target},
        whereabouts::{Record, Release, WhereaboutsError},
    },
    store::{NewFile, StoreError, publish_folder},
};
use stockade_wallet::interact::Progress;

/// What is written where.
pub struct FolderRequest<'a> {
    /// Every copy of the set.
    pub copies: &'a [Copy],
    /// The set.
    pub set: &'a SetId,
    /// The new folder.
    pub dir: &'a Path,
    /// The slashing history that is written beside the keys.
    pub history: Option<&'a History>,
    /// The keys, and what was stated about other places.
    pub release: Release<'a>,
}

impl FolderRequest<'_> {
    /// Writes keystores. Gives the copies that do not know where the keys are, each with the reason.
    pub fn write_keystores(
        &self,
        keys: &Restorable,
        progress: &mut dyn Progress,
    ) -> Result<Vec<(PathBuf, String)>, WhereaboutsError> {
        let Self { copies, set, dir, history, release } = self;
        let record = Record::read(copies, set, release.keys)?;
        let mut clearance = keys.clear(record, release, copies)?;
        let permit = clearance.send(release.keys)?;
        let target = Target {
            folder: dir,
            layout: Layout::Web3signer,
            password: None,
            history: *history,
            marked: None,
        };
        let wrote = keys.write(&permit, target, progress);
        if let Err(error) = wrote {
            // All or nothing: the keys did not go there.
            clearance.rejected(release.keys)?;
            return Err(error.into());
        }
        Ok(clearance.refused().to_vec())
    }

    /// Writes configurations alone, under the names that a restore gives them: one can take the
    /// other's place. Gives the copies that do not know of it, each with the reason.
    pub fn write_configs(
        &self,
        config: &KeyConfig,
    ) -> Result<Vec<(PathBuf, String)>, WhereaboutsError> {
        let Self { copies, set, dir, history, release } = self;
        let record = Record::read(copies, set, release.keys)?;
        let mut clearance = record.clear(release, copies, None)?;
        let permit = clearance.send(release.keys)?;
        let name = |name: &str| name.parse().map_err(|error: StoreError| unwritten(error));
        let mut files = Vec::with_capacity(release.keys.len() + 1);
        for key in release.keys.iter().filter(|key| permit.covers(key)) {
            let path = name(&format!("keys/0x{key}.yaml"))?;
            files.push(NewFile { path, bytes: config.yaml(key) });
        }
        if let Some(history) = history {
            files.push(NewFile { path: name(HISTORY)?, bytes: history.bytes.clone() });
        }
        publish_folder(dir, &files).map_err(unwritten)?;
        Ok(clearance.refused().to_vec())
    }
}

fn unwritten(error: StoreError) -> WhereaboutsError {
    WhereaboutsError::Backup(error.into())
}
