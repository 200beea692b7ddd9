//! The file copy.json, by which a copy is known again.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::backup::set::{digest::Digest, error::BackupError};

pub(super) const COPY_JSON: &str = "copy.json";

/// The content of copy.json.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Description {
    pub(super) copy_id: String,
    pub(super) label: String,
}

impl Description {
    pub(super) fn new(dir: &Path) -> Result<Self, BackupError> {
        let mut id = [0; 4];
        stockade_base::secret::fill_random(&mut id)?;
        let label = dir.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Self { copy_id: hex::encode(id), label: label.unwrap_or_default() })
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let description: Self = serde_json::from_slice(bytes).ok()?;
        let id = description.copy_id.as_bytes();
        let strict = id.len() == 8 && id.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        strict.then_some(description)
    }

    /// A substitute for a copy.json that cannot be read. The id depends on the folder's name only.
    pub(super) fn stand_in(dir: &Path) -> Self {
        let digest = Digest::of(dir.as_os_str().as_encoded_bytes()).to_string();
        Self { copy_id: digest.chars().take(8).collect(), label: String::new() }
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, BackupError> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}
