//! Why a key may not be released.

use std::path::PathBuf;

use super::Place;
use crate::backup::set::error::BackupError;

/// Why a key may not be released.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WhereaboutsError {
    /// The keys can sign at other places.
    #[error("{}", said(places))]
    MaySign {
        /// The places.
        places: Vec<Place>,
    },
    /// No copy could store the entry, so it would not be known where the keys went.
    #[error("{}: could not record where the keys go: {source}", stockade_base::shown(&copy))]
    NotRecorded {
        /// The first copy that could not store it.
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
