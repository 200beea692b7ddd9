//! Why a key may not be released.

use std::path::PathBuf;

use super::Place;
use crate::backup::set::error::BackupError;

/// Why a key may not be released.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WhereaboutsError {
    /// Keys that can sign at other places.
    #[error("{}", said(places))]
    MaySign {
        /// Where.
        places: Vec<Place>,
    },
    /// No copy took the entry, so that nobody would know where the keys went.
    #[error("where the keys go could not be recorded in {}: {source}", stockade_base::shown(&copy))]
    NotRecorded {
        /// The first copy that refused it.
        copy: PathBuf,
        /// Why.
        source: Box<BackupError>,
    },
    /// Sets and copies.
    #[error(transparent)]
    Backup(#[from] BackupError),
}

impl From<stockade_base::secret::RandomError> for WhereaboutsError {
    fn from(error: stockade_base::secret::RandomError) -> Self {
        Self::Backup(error.into())
    }
}

impl From<serde_json::Error> for WhereaboutsError {
    fn from(error: serde_json::Error) -> Self {
        Self::Backup(error.into())
    }
}

fn said(places: &[Place]) -> String {
    let all: Vec<_> = places.iter().map(Place::describe).collect();
    all.join("; ")
}
