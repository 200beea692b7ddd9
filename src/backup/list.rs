//! What copies hold, by their manifests, without reading the keystores.

use super::{BackupError, Copy, SetId, manifest::Manifest};
use crate::store::StorePath;

/// A set that a copy holds.
#[derive(Debug, Clone)]
pub struct ListedSet {
    /// Which.
    pub id: SetId,
    /// The copy's id.
    pub copy: String,
    /// What it lists; `None` where the manifest cannot be read: scrub says more.
    pub manifest: Option<Manifest>,
}

/// The sets of `copies`, by what their manifests say.
pub fn list(copies: &[Copy]) -> Result<Vec<ListedSet>, BackupError> {
    let mut listed = Vec::new();
    for copy in copies.iter().filter(|copy| copy.exists()) {
        for id in copy.set_ids()?.0 {
            let path: StorePath = format!("{id}/manifest.json").parse()?;
            let manifest = copy.read(&path, Manifest::MAX_LEN).ok();
            let manifest = manifest.and_then(|bytes| Manifest::parse(&bytes).ok());
            let manifest = manifest.filter(|manifest| manifest.set_id == id);
            listed.push(ListedSet { id, copy: copy.id().to_owned(), manifest });
        }
    }
    Ok(listed)
}
