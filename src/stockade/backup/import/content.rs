//! What a file can be, by its content.

use std::path::PathBuf;

use super::{definitions::Definitions, keystore_list::KeystoreList};
use stockade_keystore::{
    distributed::ShareOf,
    eth2_keystore::{Keystore, UnnamedKeystore},
};

/// What a file is.
#[derive(Debug)]
pub enum Content {
    /// A keystore.
    Keystore(Box<Keystore>),
    /// An account of dirk's distributed wallet: the keystore of a share, and what belongs to it.
    Share(Box<Keystore>, Box<DirkShare>),
    /// A keystore that does not name its public key.
    Unnamed(Box<UnnamedKeystore>),
    /// A list of keystores with their passwords.
    List(KeystoreList),
    /// Lighthouse's list of its validators, which tells where their passwords are.
    Definitions(Definitions),
    /// An archive with files that are keystores or may be.
    Archive(Archive),
    /// Something else, with a description.
    Other(String),
    /// Something that may hold a key but cannot be imported, with the reason.
    Bad(String),
}

impl Content {
    pub(crate) fn other(what: &str) -> Self {
        Self::Other(what.to_owned())
    }

    pub(crate) fn bad(why: impl Into<String>) -> Self {
        Self::Bad(why.into())
    }

    pub(crate) fn is_taken(&self) -> bool {
        matches!(
            self,
            Self::Keystore(_)
                | Self::Share(..)
                | Self::Unnamed(_)
                | Self::List(_)
                | Self::Archive(_)
        )
    }
}

/// What belongs to the share of a distributed account of dirk.
#[derive(Debug)]
#[non_exhaustive]
pub struct DirkShare {
    /// Which share it is.
    pub share: ShareOf,
    /// The account's file without the encrypted key: what dirk needs beside the key.
    pub rest: Vec<u8>,
}

/// The files in an archive that contains keystores, or files that may be keystores.
#[derive(Debug)]
#[non_exhaustive]
pub struct Archive {
    /// How it is packed.
    pub(crate) kind: &'static str,
    /// Each file by the archive's path followed by its name in it, and what it is.
    pub files: Vec<(PathBuf, Content)>,
}

impl Archive {
    /// Describes the archive.
    pub fn what(&self) -> String {
        let keystores = self.files.iter().filter(|(_, content)| content.is_taken()).count();
        let s = |count: usize| if count == 1 { "" } else { "s" };
        let (kind, files) = (self.kind, self.files.len());
        format!(
            "an archive ({kind}) of {files} file{} with {keystores} keystore{}",
            s(files),
            s(keystores)
        )
    }
}
