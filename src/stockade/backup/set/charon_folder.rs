//! What a set keeps of a folder of charon, beside the keys: sealed, below `sealed/charon-<n>/`.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{error::BackupError, manifest::FileEntry};
use crate::store::{NewFile, StorePath};
use stockade_base::json;
use stockade_keystore::bls::PublicKey;

const FORMAT: &str = "stockade-charon";
const VERSION: u32 = 1;

/// The longest description of a folder.
const MAX_LEN: usize = 16 * 1024 * 1024;

/// The most keystores of a folder: as many as a set has keys.
const MAX_KEYSTORES: usize = 65_536;

/// The most other files of a folder.
pub(crate) const MAX_OTHERS: usize = 64;

/// The file that describes the folder.
const FOLDER: &str = "folder.json";

/// A folder of a node of charon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CharonFolder {
    format: String,
    version: u32,
    /// The folder's name, for people.
    pub name: String,
    /// The names of the files beside the keys, which are sealed with it.
    #[serde(deserialize_with = "json::at_most::<_, _, MAX_OTHERS>")]
    pub files: Vec<String>,
    /// The keystores, in charon's order.
    #[serde(deserialize_with = "json::at_most::<_, _, MAX_KEYSTORES>")]
    pub keystores: Vec<CharonKeystore>,
}

/// A keystore in such a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CharonKeystore {
    /// The file's name without `.json`; its password's file has the same name.
    pub name: String,
    /// The share's public key.
    pub pubkey: PublicKey,
}

impl CharonFolder {
    /// A folder of this name.
    pub fn new(name: &str, files: Vec<String>, keystores: Vec<CharonKeystore>) -> Self {
        let name = json::clip(name, 100);
        Self { format: FORMAT.to_owned(), version: VERSION, name, files, keystores }
    }

    /// The sealed files of folder `number`: this description, and `contents` of the others.
    pub(crate) fn to_files(
        &self,
        number: usize,
        contents: Vec<(String, Zeroizing<Vec<u8>>)>,
    ) -> Result<Vec<NewFile>, BackupError> {
        let description = (FOLDER.to_owned(), serde_json::to_vec_pretty(self)?.into());
        let file = |(name, mut bytes): (String, Zeroizing<Vec<u8>>)| -> Result<_, BackupError> {
            // It is wiped by its new owner.
            Ok(NewFile {
                path: path_of(number, &name).parse()?,
                bytes: std::mem::take(&mut *bytes),
            })
        };
        std::iter::once(description).chain(contents).map(file).collect()
    }

    /// Reads the description.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let folder: Self = json::from_slice(bytes, MAX_LEN).map_err(|error| error.to_string())?;
        if folder.format != FORMAT || folder.version != VERSION {
            return Err("it has another format, or a later version of it".to_owned());
        }
        // The names become paths of a restore.
        let names = folder.keystores.iter().map(|keystore| &keystore.name).chain(&folder.files);
        match names.into_iter().find(|name| !is_name(name)) {
            Some(_) => Err("it names a file that charon's folders cannot have".to_owned()),
            None => Ok(folder),
        }
    }
}

/// Whether it is the name of one file.
pub(crate) fn is_name(name: &str) -> bool {
    name.parse::<StorePath>().is_ok_and(|path| path.names().count() == 1)
}

/// The sealed file `name` of folder `number`.
pub(crate) fn path_of(number: usize, name: &str) -> String {
    format!("sealed/charon-{number}/{name}.age")
}

/// The numbers of the folders that a set keeps.
pub fn folders(files: &[FileEntry]) -> Vec<usize> {
    let is_there = |number: &usize| {
        let path = path_of(*number, FOLDER);
        files.iter().any(|entry| entry.path.as_str() == path)
    };
    (0..files.len()).take_while(is_there).collect()
}

/// The description of folder `number`.
pub(crate) fn description(number: usize) -> String {
    path_of(number, FOLDER)
}
