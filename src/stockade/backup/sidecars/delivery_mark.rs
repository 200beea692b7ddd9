//! That keys of a set went to a client, or were about to: left before the first is removed where it
//! ran, or sent, so that whatever ends the delivery, it is known where they may be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::marks::Mark;
use stockade_base::timestamp::Timestamp;
use stockade_keystore::bls::PublicKey;

const FORMAT: &str = "stockade-delivery";
const VERSION: u32 = 1;

/// That keys went to a client, or were about to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryMark {
    format: String,
    version: u32,
    time: String,
    /// The client's URL.
    pub to: String,
    /// That of the client which gave them up, where one did.
    pub from: Option<String>,
    /// Which keys.
    pub keys: Vec<PublicKey>,
}

impl DeliveryMark {
    /// A mark of a delivery that begins now.
    pub fn new(to: &str, from: Option<&str>, keys: &[PublicKey], now: Timestamp) -> Self {
        let (format, time) = (FORMAT.to_owned(), now.to_string());
        let (to, from) = (to.to_owned(), from.map(str::to_owned));
        Self { format, version: VERSION, time, to, from, keys: keys.to_vec() }
    }

    /// The last of `marks`, which are in the order of their times, for each key.
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
