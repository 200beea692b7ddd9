//! The files named on the command line, and the files in folders named there, a few at a time: however
//! many there are, memory holds those and the names of the others.

use std::{io, path::PathBuf};

use serde::{Deserialize, de::IgnoredAny};
use stockade::{
    backup::{
        recognise::{self, Content},
        walk::{Step, Walk, What},
    },
    eth2_keystore::MAX_KEYSTORE_BYTES,
    store::{StoreError, private_file},
};

use crate::error::CommandError;

/// A file that may be a keystore.
pub struct File {
    /// Its path.
    pub path: PathBuf,
    /// Whether it was named itself, rather than found in a folder.
    pub named: bool,
    /// Its content.
    pub content: Result<Vec<u8>, StoreError>,
    /// What it looks like.
    pub look: Look,
}

/// What a file looks like.
pub enum Look {
    /// A keystore, or a file about which nothing else is known.
    Keystore,
    /// A container of keys that these commands do not open.
    NotOpened(String),
    /// It should be a keystore, and this is why it is not.
    Bad(String),
    /// Something else: what it is.
    Other(String),
}

/// Goes through files and folders in order.
pub struct Files(Walk);

impl Files {
    /// Every named path must exist.
    pub fn new(named: Vec<PathBuf>) -> Result<Self, CommandError> {
        match named.iter().find(|path| !path.exists()) {
            Some(path) => Err(StoreError::NotFound(path.clone()).into()),
            None => Ok(Self(Walk::new(named))),
        }
    }
}

impl Iterator for Files {
    type Item = File;

    fn next(&mut self) -> Option<File> {
        let Step { path, named, what } = self.0.next()?;
        let unread = |path: PathBuf, why: &str, look| {
            let content = Err(StoreError::Io {
                path: path.clone(),
                source: io::Error::other(why.to_owned()),
            });
            File { path, named, content, look }
        };
        Some(match what {
            What::Bad(why) => unread(path, &why, Look::Keystore),
            What::Skipped(what) => unread(path, &what, Look::Other(what.clone())),
            What::File => {
                let content = private_file::read_regular(&path, MAX_KEYSTORE_BYTES as u64);
                let look = look(recognise::look(&path), &content);
                File { path, named, content, look }
            }
        })
    }
}

/// What every keystore has.
#[derive(Deserialize)]
struct HasCrypto {
    #[serde(rename = "crypto")]
    _crypto: IgnoredAny,
}

fn look(found: Content, content: &Result<Vec<u8>, StoreError>) -> Look {
    // Clients look for it here, and nowhere else.
    let is_keystore =
        || content.as_ref().is_ok_and(|bytes| serde_json::from_slice::<HasCrypto>(bytes).is_ok());
    match found {
        Content::Keystore(_) | Content::Share(..) if !is_keystore() => Look::Bad(
            "a keystore after a byte-order mark, in UTF-16, or within an API answer: clients accept none of \
             these, `backup create --from` does"
                .to_owned(),
        ),
        Content::Keystore(_) | Content::Share(..) => Look::Keystore,
        Content::Unnamed(keystore) if keystore.holds_list() => Look::NotOpened(
            "Prysm's store of imported keys: `backup create --from` opens it".to_owned(),
        ),
        Content::Unnamed(_) => Look::Keystore,
        Content::List(list) => Look::NotOpened(format!(
            "{} keystores with their passwords: `backup create --from` opens them",
            list.len()
        )),
        Content::Archive(archive) => {
            Look::NotOpened(format!(
                "{}: `backup create --from` opens it; unpack it to have its keystores examined",
                archive.what()
            ))
        }
        Content::Bad(_) if is_keystore() => Look::Keystore,
        Content::Bad(why) => Look::Bad(why),
        Content::Other(what) => Look::Other(what),
        Content::Definitions(_) => Look::Other("Lighthouse's list of its validators".to_owned()),
    }
}
