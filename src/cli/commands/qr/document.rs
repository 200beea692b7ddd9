use std::path::{Path, PathBuf};

use serde::Serialize;
use stockade_paper::{Payload, take::Taken};

use crate::error::CommandError;

/// A file that is carried.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CarriedFile {
    /// Its path, relative to where it is written.
    path: String,
    /// Its length in bytes.
    size: usize,
}

/// What is carried: part of several documents.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Carried {
    /// What it is: `sealed`, `keystore`, `set`, `seal_of_set`, `manifest`, `origin`, `custodian`,
    /// `attestation`, `delivery_note`, `policy`, `deposit_data`, `credential_change`, `history`,
    /// `record`, `cluster_lock`, `key_shares` or `signed_exit`. If there are several files that are not
    /// a set, what the first one is.
    kind: &'static str,
    /// Its name: that of the file, or the set's id.
    name: String,
    /// The SHA-256 of what is carried: names and contents.
    sha256: String,
    /// The files.
    files: Vec<CarriedFile>,
}

impl Carried {
    /// The fields of a payload.
    pub fn of(
        payload: &Payload,
        kind: stockade_paper::content::Kind,
    ) -> Result<Self, CommandError> {
        let file = |file: &stockade_paper::PayloadFile| CarriedFile {
            path: file.path.to_string(),
            size: file.bytes.len(),
        };
        Ok(Self {
            kind: kind.as_str(),
            name: payload.name.to_string(),
            sha256: payload.digest()?.to_string(),
            files: payload.files.iter().map(file).collect(),
        })
    }
}

/// A file that could not be read.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnreadFile {
    /// The file.
    file: String,
    /// Why, for people.
    why: String,
}

/// What was read and written.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Read {
    /// What was carried.
    #[serde(flatten)]
    carried: Carried,
    /// How many different QR codes were read; 0 if lines of text were read.
    codes: usize,
    /// How many pictures were looked at.
    pictures: usize,
    /// Files that could not be read, and were not needed.
    unread: Vec<UnreadFile>,
    /// The file or the folder that was written.
    written: String,
}

impl Read {
    /// What was taken back and written to `target`.
    pub fn of(taken: &Taken, target: &Path) -> Result<Self, CommandError> {
        let unread = |(path, why): &(PathBuf, String)| UnreadFile {
            file: path.to_string_lossy().into_owned(),
            why: why.clone(),
        };
        Ok(Self {
            carried: Carried::of(&taken.payload, taken.kind)?,
            codes: taken.codes,
            pictures: taken.pictures,
            unread: taken.unread.iter().map(unread).collect(),
            written: target.to_string_lossy().into_owned(),
        })
    }
}
