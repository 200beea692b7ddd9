//! A file with what the keymanager API takes: keystores with their passwords, and their slashing
//! history. What Lighthouse's validator manager writes is read as well.

use std::path::Path;

use zeroize::Zeroizing;

use super::ImportError;
use stockade::{
    backup::{intake::Intake, keystore_list::KeystoreList},
    store::private_file,
};

/// Some sixty thousand keystores.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// Takes the keystores of the file at `path`; gives the slashing histories in it.
pub fn keymanager_file(path: &Path, intake: &mut Intake) -> Result<Vec<Vec<u8>>, ImportError> {
    let name = stockade_base::shown(&path).to_string();
    let bytes = Zeroizing::new(private_file::read(path, MAX_FILE)?);
    let list = KeystoreList::require(&bytes);
    let list = list.map_err(|why| ImportError::File { file: name.clone(), why })?;
    Ok(list.take(&name, intake)?)
}
