//! `<yyyymmdd>-<network>-<8 hex>`: the name of a set, and of its folder.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use stockade_base::timestamp::Timestamp;
use stockade_keystore::staking::Network;

/// The name of a set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SetId {
    text: String,
    network: Network,
}

/// Why a text is not a set id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a set id: it has the form <yyyymmdd>-<network>-<8 hex>, such as 20261120-hoodi-7f3a19c2"
)]
pub struct SetIdError;

impl SetId {
    /// Makes a new id.
    pub fn random(
        network: Network,
        now: Timestamp,
    ) -> Result<Self, stockade_base::secret::RandomError> {
        let mut tail = [0; 4];
        stockade_base::secret::fill_random(&mut tail)?;
        let text = format!("{}-{}-{}", now.date(), network.name(), hex::encode(tail));
        Ok(Self { text, network })
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The network of the keys in the set.
    pub fn network(&self) -> Network {
        self.network
    }
}

impl FromStr for SetId {
    type Err = SetIdError;

    fn from_str(text: &str) -> Result<Self, SetIdError> {
        let mut parts = text.split('-');
        let (Some(date), Some(network), Some(tail), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SetIdError);
        };
        let digits = |b: u8| b.is_ascii_digit();
        let lower_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        let network: Network = network.parse().map_err(|_| SetIdError)?;
        let strict = date.len() == 8
            && date.bytes().all(digits)
            && format!("{date}T000000Z").parse::<Timestamp>().is_ok()
            && tail.len() == 8
            && tail.bytes().all(lower_hex)
            && text == format!("{date}-{}-{tail}", network.name());
        if strict { Ok(Self { text: text.to_owned(), network }) } else { Err(SetIdError) }
    }
}

impl fmt::Display for SetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for SetId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for SetId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_ids_are_matched_strictly() {
        let id: SetId = "20261120-hoodi-7f3a19c2".parse().unwrap();
        assert_eq!(id.network().name(), "hoodi");
        for bad in [
            "20261120-hoodi-7F3A19C2",
            "20261120-nowhere-7f3a19c2",
            "20261320-hoodi-7f3a19c2",
            "20261120-hoodi-7f3a19c2-x",
            ".20261120-hoodi-7f3a19c2.partial",
            "20261120-Hoodi-7f3a19c2",
        ] {
            assert!(bad.parse::<SetId>().is_err(), "{bad}");
        }
    }
}
