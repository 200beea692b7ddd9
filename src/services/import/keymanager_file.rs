//! Reads a file with an import request of the keymanager API: keystores with passwords, and their
//! slashing history. Also reads files of Lighthouse's validator manager.

use std::path::Path;

use zeroize::Zeroizing;

use super::ImportError;
use stockade::{
    backup::{intake::Intake, keystore_list::KeystoreList},
    store::private_file,
};

/// The largest file that is read: about sixty thousand keystores.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// Adds the keystores in the file at `path` to `intake`. Returns the slashing histories in it.
pub fn keymanager_file(path: &Path, intake: &mut Intake) -> Result<Vec<Vec<u8>>, ImportError> {
    let name = stockade_base::shown(&path).to_string();
    let bytes = Zeroizing::new(private_file::read(path, MAX_FILE)?);
    let list = KeystoreList::require(&bytes);
    let list = list.map_err(|why| ImportError::File { file: name.clone(), why })?;
    Ok(list.take(&name, intake)?)
}
