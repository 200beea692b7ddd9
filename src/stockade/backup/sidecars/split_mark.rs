//! Marks of keys that were split into shares, which can sign without the set from then on.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::marks::{self, Mark};
use crate::backup::{
    copy::Copy,
    set::{error::BackupError, set_id::SetId},
};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::bls::PublicKey;

const FORMAT: &str = "stockade-split";
const VERSION: u32 = 1;

/// States that keys were split into shares, or are about to be, by this or another program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitMark {
    format: String,
    version: u32,
    time: String,
    /// The number of shares; 0 if it is not known.
    pub shares: u8,
    /// How many shares sign together; 0 if it is not known.
    pub threshold: u8,
    /// The keys.
    pub keys: Vec<PublicKey>,
}

impl SplitMark {
    /// A mark of a split that was done now.
    pub fn new(keys: &[PublicKey], shares: u8, threshold: u8, now: Timestamp) -> Self {
        let (format, time) = (FORMAT.to_owned(), now.to_string());
        Self { format, version: VERSION, time, shares, threshold, keys: keys.to_vec() }
    }

    /// Stores the mark with `set` in every copy that can be written to. If none can, it is an error:
    /// without a mark, a later restore would release the whole keys without a question.
    pub fn leave(&self, copies: &[Copy], set: &SetId) -> Result<Marked, BackupError> {
        let mut marked =
            Marked { keys: self.keys.clone(), copies: Vec::new(), refused: Vec::new() };
        let mut last = None;
        for copy in copies {
            match marks::leave(self, copy, set) {
                Ok(()) => marked.copies.push(copy.id().to_owned()),
                Err(error) => {
                    marked.refused.push((copy.dir().to_owned(), error.to_string()));
                    last = Some(error);
                }
            }
        }
        match last {
            Some(error) if marked.copies.is_empty() => Err(BackupError::NotMarked(Box::new(error))),
            _ => Ok(marked),
        }
    }
}

/// Keys whose split is recorded. Without it the library writes neither shares, nor whole keys in a
/// layout for a program that splits them.
#[derive(Debug)]
pub struct Marked {
    keys: Vec<PublicKey>,
    copies: Vec<String>,
    refused: Vec<(PathBuf, String)>,
}

impl Marked {
    /// Whether the split of `key` is recorded.
    pub fn covers(&self, key: &PublicKey) -> bool {
        self.keys.contains(key)
    }

    /// The ids of the copies that recorded it.
    pub fn copies(&self) -> &[String] {
        &self.copies
    }

    /// The copies that could not record it, each with the reason.
    pub fn refused(&self) -> &[(PathBuf, String)] {
        &self.refused
    }
}

impl Mark for SplitMark {
    const ENDING: &'static str = "-split.json";

    fn is_known(&self) -> bool {
        self.format == FORMAT && self.version == VERSION
    }

    fn time(&self) -> &str {
        &self.time
    }

    fn keys(&self) -> &[PublicKey] {
        &self.keys
    }
}
