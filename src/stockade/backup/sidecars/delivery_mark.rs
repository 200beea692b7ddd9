//! Marks of deliveries. A mark is written before the first key is removed from its client or sent,
//! so that it is known where the keys may be even if the delivery is interrupted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::marks::Mark;
use stockade_base::timestamp::Timestamp;
use stockade_keystore::bls::PublicKey;

const FORMAT: &str = "stockade-delivery";
const VERSION: u32 = 1;

/// States that keys went to a client, or were about to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryMark {
    format: String,
    version: u32,
    time: String,
    /// The client's URL.
    pub to: String,
    /// The URL of the client that gave the keys up, if there was one.
    pub from: Option<String>,
    /// The keys.
    pub keys: Vec<PublicKey>,
}

impl DeliveryMark {
    /// A mark of a delivery that begins now.
    pub fn new(to: &str, from: Option<&str>, keys: &[PublicKey], now: Timestamp) -> Self {
        let (format, time) = (FORMAT.to_owned(), now.to_string());
        let (to, from) = (to.to_owned(), from.map(str::to_owned));
        Self { format, version: VERSION, time, to, from, keys: keys.to_vec() }
    }

    /// The last of `marks` for each key. They must be sorted by time.
    pub fn last(marks: &[Self]) -> BTreeMap<PublicKey, &Self> {
        marks.iter().flat_map(|mark| mark.keys.iter().map(move |key| (*key, mark))).collect()
    }
}

impl Mark for DeliveryMark {
    const ENDING: &'static str = "-delivery.json";

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
