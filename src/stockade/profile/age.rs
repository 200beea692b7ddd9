//! How old the result of a check may be.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::CheckKind;
use crate::attest::parse_age;

/// The greatest age of a check's result. Written as `30d`, `12h`, or `off` if the check is not
/// asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age(Option<i64>);

/// A text is not an age.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an age: write it like 30d, 12h or off")]
#[non_exhaustive]
pub struct AgeError;

const DAY: i64 = 86_400;

impl Age {
    /// A number of days.
    pub const fn days(days: u32) -> Self {
        Self(Some(days as i64 * DAY))
    }

    /// In seconds; `None` if the check is not asked for.
    pub fn seconds(self) -> Option<i64> {
        self.0
    }
}

impl FromStr for Age {
    type Err = AgeError;

    fn from_str(text: &str) -> Result<Self, AgeError> {
        if text == "off" {
            return Ok(Self(None));
        }
        match parse_age(text) {
            Ok(seconds @ 1..) => Ok(Self(Some(seconds))),
            _ => Err(AgeError),
        }
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("off"),
            Some(seconds) if seconds % DAY == 0 => write!(f, "{}d", seconds / DAY),
            Some(seconds) => write!(f, "{}h", seconds / 3_600),
        }
    }
}

impl Serialize for Age {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Age {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// The greatest age of each check's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ages {
    /// Of a scrub.
    pub scrub: Age,
    /// Of a drill.
    pub drill: Age,
    /// Of an attestation.
    pub attestation: Age,
}

impl Default for Ages {
    fn default() -> Self {
        let half_a_year = Age::days(180);
        Self { scrub: Age::days(30), drill: half_a_year, attestation: half_a_year }
    }
}

impl Ages {
    /// That of one check.
    pub fn of(&self, kind: CheckKind) -> Age {
        match kind {
            CheckKind::Scrub => self.scrub,
            CheckKind::Drill => self.drill,
            CheckKind::Attestation => self.attestation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_written_as_it_is_read() {
        for text in ["30d", "12h", "1h", "off"] {
            assert_eq!(text.parse::<Age>().unwrap().to_string(), text);
        }
        assert_eq!("48h".parse::<Age>().unwrap().to_string(), "2d");
        for bad in ["", "0d", "-1d", "30", "1w", "Off", "99999999999d"] {
            assert_eq!(bad.parse::<Age>(), Err(AgeError), "{bad}");
        }
    }
}
