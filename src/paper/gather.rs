//! Gathers the files to be shown.

use std::path::PathBuf;

use stockade::{
    backup::{BackupError, Copy, SetId},
    store::{StoreError, private_file},
};

use crate::{
    content::{self, Consent, Kind, Refused},
    payload::{MAX_CONTENT, Payload, PayloadError, PayloadFile},
    set_files::{ReadSet, SetError},
};

/// Why files are not shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatherError {
    /// A file cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A copy cannot be read.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The set cannot be shown.
    #[error(transparent)]
    Set(#[from] SetError),
    /// They cannot be packed.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// One of them is neither sealed nor public.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// What is shown.
#[derive(Debug)]
#[non_exhaustive]
pub struct Gathered {
    /// The files.
    pub payload: Payload,
    /// What they are; for several files, what the first one is.
    pub kind: Kind,
    /// The payload, packed.
    pub packed: Vec<u8>,
}

impl Gathered {
    fn new(payload: Payload, consent: Consent) -> Result<Self, GatherError> {
        let kind = content::recognise(&payload, consent)?;
        let packed = payload.pack()?;
        Ok(Self { payload, kind, packed })
    }
}

/// Reads `paths`: files; or, if the first one is a folder, copies of which the set `set`, or their only
/// set, is meant.
pub fn gather(
    paths: &[PathBuf],
    set: Option<&SetId>,
    consent: Consent,
) -> Result<Gathered, GatherError> {
    if set.is_some() || paths.first().is_some_and(|path| path.is_dir()) {
        let copies = Copy::open_all(paths)?;
        return Gathered::new(ReadSet::read(&copies, set)?.whole()?, consent);
    }
    let mut files = Vec::new();
    for path in paths {
        let bytes = private_file::read_regular(path, MAX_CONTENT as u64)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        files.extend(Payload::file(&name, bytes)?.files);
    }
    let payload = match <[PayloadFile; 1]>::try_from(files) {
        Ok([only]) => Payload { name: only.path.clone(), files: vec![only] },
        Err(files) => Payload::folder("files".parse().map_err(PayloadError::from)?, files)?,
    };
    Gathered::new(payload, consent)
}
