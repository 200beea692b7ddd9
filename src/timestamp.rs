//! Moments in UTC, in the two forms that Stockade writes.

use std::{fmt, str::FromStr};

use time::{
    OffsetDateTime, PrimitiveDateTime, format_description::BorrowedFormatItem,
    format_description::well_known::Rfc3339, macros::format_description,
};

/// FAT refuses colons in file names, so this form has none.
const COMPACT: &[BorrowedFormatItem<'static>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");

/// A moment in UTC, to the second. Prints as `20261120T101500Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(OffsetDateTime);

/// Why a text is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a time is written like 20261120T101500Z")]
pub struct TimestampError;

impl Timestamp {
    /// The moment by this machine's clock.
    pub fn now() -> Self {
        let now = OffsetDateTime::now_utc();
        Self(now.replace_nanosecond(0).unwrap_or(now))
    }

    /// Seconds since 1970.
    pub fn unix(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// From seconds since 1970.
    pub fn from_unix(seconds: i64) -> Result<Self, TimestampError> {
        OffsetDateTime::from_unix_timestamp(seconds).map(Self).map_err(|_| TimestampError)
    }

    /// `2026-11-20T10:15:00Z`.
    pub fn rfc3339(self) -> String {
        self.0.format(&Rfc3339).unwrap_or_default()
    }

    /// `20261120`.
    pub fn date(self) -> String {
        self.to_string().chars().take(8).collect()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(COMPACT).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let time = PrimitiveDateTime::parse(text, COMPACT).map_err(|_| TimestampError)?;
        Ok(Self(time.assume_utc()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let time: Timestamp = "20261120T101500Z".parse().unwrap();
        assert_eq!(time.to_string(), "20261120T101500Z");
        assert_eq!(time.rfc3339(), "2026-11-20T10:15:00Z");
        assert_eq!(time.date(), "20261120");
        assert_eq!(time, Timestamp::from_unix(time.unix()).unwrap());
        assert!("2026-11-20T10:15:00Z".parse::<Timestamp>().is_err());
    }
}
