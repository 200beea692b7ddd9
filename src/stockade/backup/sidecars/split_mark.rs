//! Marks of keys that were split into shares, which can sign without the set from then on.

use serde::{Deserialize, Serialize};

use super::marks::Mark;
use stockade_base::timestamp::Timestamp;
use stockade_keystore::bls::PublicKey;

const FORMAT: &str = "stockade-split";
const VERSION: u32 = 1;

/// States that keys were split into shares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitMark {
    format: String,
    version: u32,
    time: String,
    /// The number of shares.
    pub shares: u8,
    /// How many shares sign together.
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
