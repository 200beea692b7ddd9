//! One entry of the record: what happened to some keys at one location.

use serde::{Deserialize, Serialize};

use super::Location;
use crate::backup::set::{digest::Digest, secret::SetSecret};
use stockade_base::{json, timestamp::Timestamp};
use stockade_keystore::bls::PublicKey;

const FORMAT: &str = "stockade-whereabouts";
const VERSION: u32 = 1;

/// The longest entry: ten thousand keys take a megabyte.
pub(crate) const MAX_LEN: usize = 4 * 1024 * 1024;

/// What happened. After the first five, the key can sign at the location; the others close entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// Written before a request is sent, or a file is written.
    Sent,
    /// The location accepted the key, but does not list it as its own.
    Accepted,
    /// The location listed the key after the last request.
    Listed,
    /// Written before the request to remove the key is sent.
    RemovalRequested,
    /// The answer to a removal was not `deleted`, or there was none, or the key is still listed.
    Stuck,
    /// The whole request failed, so nothing was accepted.
    Rejected,
    /// The location answered `deleted` for this key, and no longer lists it.
    Removed,
    /// The user declared that the key does not sign there.
    DeclaredOff,
}

impl State {
    /// Whether an entry in this state closes others.
    pub fn closes(self) -> bool {
        matches!(self, Self::Rejected | Self::Removed | Self::DeclaredOff)
    }

    /// The word for it in the files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Listed => "listed",
            Self::RemovalRequested => "removal_requested",
            Self::Stuck => "stuck",
            Self::Rejected => "rejected",
            Self::Removed => "removed",
            Self::DeclaredOff => "declared_off",
        }
    }
}

/// What happened to some keys at one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    format: String,
    version: u32,
    /// When, by the clock of the host. For people only: clocks can be wrong, so this does not order
    /// entries.
    pub time: String,
    /// One more than the order of every entry that its writer knew. This orders entries.
    pub order: u64,
    /// What happened.
    pub state: State,
    /// The location.
    pub location: Location,
    /// The keys.
    pub keys: Vec<PublicKey>,
    /// The ids of the entries that this one closes, for its keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closes: Vec<Digest>,
    /// The copies that its writer knew. Another copy may know more.
    pub copies: Vec<String>,
    /// Makes two entries of the same second different.
    nonce: String,
    /// HMAC of the entry without this field, with the set's secret. Closing entries only count with
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mac: Option<String>,
}

impl Entry {
    /// A new entry, which names no copies yet.
    pub(crate) fn new(
        order: u64,
        state: State,
        location: &Location,
        keys: Vec<PublicKey>,
        closes: Vec<Digest>,
    ) -> Result<Self, stockade_base::secret::RandomError> {
        let mut nonce = [0; 8];
        stockade_base::secret::fill_random(&mut nonce)?;
        Ok(Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            time: Timestamp::now().to_string(),
            order,
            state,
            location: location.clone(),
            keys,
            closes,
            copies: Vec::new(),
            nonce: hex::encode(nonce),
            mac: None,
        })
    }

    /// An entry that an older version of Stockade wrote in another form.
    pub(crate) fn older(
        time: &str,
        state: State,
        location: Location,
        keys: Vec<PublicKey>,
    ) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            time: time.to_owned(),
            order: 0,
            state,
            location,
            keys,
            closes: Vec::new(),
            copies: Vec::new(),
            nonce: String::new(),
            mac: None,
        }
    }

    /// Reads an entry. One with an unknown field is not read, since it may say more.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let entry: Self = json::from_slice(bytes, MAX_LEN).ok()?;
        let known = entry.format == FORMAT && entry.version == VERSION;
        let dated = entry.time.parse::<Timestamp>().is_ok();
        (known && dated && !entry.keys.is_empty()).then_some(entry)
    }

    /// Adds the MAC that shows that it was written with the set's secret.
    #[must_use]
    pub(crate) fn sealed(mut self, secret: &SetSecret) -> Self {
        self.mac = None;
        self.mac = self.unsealed_bytes().map(|bytes| secret.whereabouts_mac(&bytes));
        self
    }

    /// Whether it was written with the set's secret.
    pub(crate) fn is_by(&self, secret: &SetSecret) -> bool {
        let mac = self.mac.as_deref().unwrap_or_default();
        let bytes = Self { mac: None, ..self.clone() }.unsealed_bytes();
        bytes.is_some_and(|bytes| secret.verify_whereabouts(&bytes, mac))
    }

    fn unsealed_bytes(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }

    /// The content of the file.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}
