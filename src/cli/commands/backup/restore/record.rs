//! A restore that no copy can record.

use std::path::{Path, PathBuf};

use stockade::{
    backup::{
        SetId,
        whereabouts::{Clearance, Permit, Recorded, WhereaboutsError},
    },
    bls::PublicKey,
    store::private_file,
    timestamp::Timestamp,
};

use crate::{error::CommandError, host};

/// An entry that no copy recorded.
pub struct NotRecorded(Vec<u8>);

impl NotRecorded {
    /// Records where the keys go. If no copy can, continues only if `unrecorded`, with the entry.
    pub fn permit(
        clearance: &mut Clearance<'_>,
        keys: &[PublicKey],
        unrecorded: bool,
    ) -> Result<(Permit, Option<Self>), CommandError> {
        match clearance.send(keys) {
            Ok(permit) => Ok((permit, None)),
            Err(WhereaboutsError::NotRecorded { .. }) if unrecorded => {
                let Recorded { bytes, permit } = clearance.send_unrecorded(keys)?;
                Ok((permit, Some(Self(bytes))))
            }
            Err(error) => Err(not_recorded(error)),
        }
    }

    /// Stores the entry next to the restored folder and in this computer's state. Says where.
    pub fn keep(&self, to: &Path, set: &SetId) -> String {
        let mut name = to.to_owned().into_os_string();
        name.push("-where-these-keys-went.json");
        let state = host::state_folder().map(|folder| {
            folder.join("unrecorded").join(format!("{set}-{}.json", Timestamp::now()))
        });
        let places = [Some(PathBuf::from(name)), state].into_iter().flatten();
        let kept = places.filter(|path| private_file::create(path, &self.0).is_ok());
        let kept: Vec<_> = kept.map(|path| crate::shown(&path).to_string()).collect();
        if kept.is_empty() {
            return "\nNOT RECORDED anywhere: remember that these keys are here.".to_owned();
        }
        format!(
            "\nNOT RECORDED in any copy. The entry is in {}: as soon as a copy is writable, put it into \
             that copy's folder stockade/whereabouts/{set}/.",
            kept.join(" and ")
        )
    }
}

/// Adds what to do if no copy records the release.
pub fn not_recorded(error: WhereaboutsError) -> CommandError {
    let hinted = matches!(error, WhereaboutsError::NotRecorded { .. });
    let error = CommandError::from(error);
    if hinted {
        error.with_hint(
            "make a copy writable. In an emergency, add --unrecorded: the copies then do not record \
             where these keys are",
        )
    } else {
        error
    }
}
