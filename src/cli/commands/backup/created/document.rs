//! The fields about copies in the documents of commands that make a set.

use serde::Serialize;
use stockade::{
    backup::{
        Copy,
        create::{Created, FailedCopy},
        medium,
    },
    bls::PublicKey,
    distributed::ShareOf,
};

use super::{Placed, new_copies::MountFields, written};
use crate::commands::{key_share::ShareFields, unreachable::FailedPlace};

/// A copy that the set could not be written to.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NotWritten {
    /// The id of the copy.
    copy: String,
    #[serde(flatten)]
    place: FailedPlace,
}

/// The copies that the set could not be written to, while it was written to others.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Failed {
    /// Copies that the set could not be written to.
    failed: Vec<NotWritten>,
}

impl From<Vec<FailedCopy>> for Failed {
    fn from(failed: Vec<FailedCopy>) -> Self {
        let not_written = |FailedCopy { copy, dir, error }| {
            let dir = crate::shown(&dir).to_string();
            NotWritten { copy, place: FailedPlace::new(dir, error) }
        };
        Self { failed: failed.into_iter().map(not_written).collect() }
    }
}

impl Failed {
    /// Whether every copy was written to.
    pub fn is_empty(&self) -> bool {
        self.failed.is_empty()
    }

    /// The copies, for people; empty if there are none.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for NotWritten { place, .. } in &self.failed {
            text += &format!("NOT WRITTEN to {}: {}\n", place.dir, place.message);
            text += &place.hint.iter().map(|hint| format!("  {hint}\n")).collect::<String>();
        }
        if !text.is_empty() {
            text += "  The other copies are complete. Later, complete this one with `stockade backup \
                     repair`: name all copies, and the wallet with --device\n";
        }
        text
    }
}

/// A key of the set.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SetKey {
    /// The public key in hex.
    pubkey: String,
    /// Its derivation path (EIP-2334); empty if unknown.
    path: String,
    /// Which share of a validator's key it is, or null for a validator's own key.
    share: Option<ShareFields>,
}

impl SetKey {
    /// The key with its derivation path, and which share it is.
    pub fn new(pubkey: &PublicKey, path: &str, share: Option<ShareOf>) -> Self {
        let (pubkey, path) = (pubkey.to_string(), path.to_owned());
        Self { pubkey, path, share: share.map(ShareFields::from) }
    }
}

/// A copy that the set was written to.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CreatedCopy {
    /// The id of the copy.
    copy: String,
    /// The folder or bucket.
    dir: String,
    /// How it was read back: `device` (from the medium) or `cache_possible` (possibly from this
    /// computer's memory).
    read_back: &'static str,
    /// What its file system lacks: `modes` (permissions).
    lacks: Vec<&'static str>,
    /// Whether the copy was made by this command.
    new: bool,
    /// The file system of the copy; null if it is unknown or the copy is in a bucket.
    mount: Option<MountFields>,
}

/// The copies that were written to, for a document.
pub fn created_copies(created: &Created, copies: &[Copy], placed: &[Placed]) -> Vec<CreatedCopy> {
    let copies = written(created, copies).map(|(place, copy, (id, read_back))| {
        let placed = placed.get(place);
        CreatedCopy {
            copy: id.clone(),
            dir: copy.dir().to_string_lossy().into_owned(),
            read_back: read_back.as_str(),
            lacks: medium::lacks(copy, &created.set_id),
            new: placed.is_some_and(|placed| placed.new),
            mount: placed.and_then(Placed::fields),
        }
    });
    copies.collect()
}
