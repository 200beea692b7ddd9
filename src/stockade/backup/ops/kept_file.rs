//! A sealed file that a set keeps beside its keys, in the clear.

use zeroize::Zeroizing;

use crate::backup::{check::scrub::ScrubbedSet, copy::Copy, unlock::opened::OpenedSet};

/// The content of the sealed file at `path` of the opened set. Why it cannot be had is the error.
pub(super) fn read(
    opened: &OpenedSet<'_>,
    set: &ScrubbedSet,
    copies: &[Copy],
    path: &str,
) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut files = opened.read.manifest.files.iter();
    let entry = files.find(|entry| entry.path.as_str() == path);
    let entry = entry.ok_or_else(|| format!("{path} is not in the set"))?;
    let bytes = set.file(copies, &entry.path, &entry.sha256);
    let bytes = bytes.ok_or_else(|| format!("{path} is in no copy whole"))?;
    let identity = opened.secret.files_identity();
    identity.open(&bytes, bytes.len() as u64).map_err(|error| format!("{path}: {error}"))
}
