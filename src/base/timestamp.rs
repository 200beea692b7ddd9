//! Times in UTC, in the two forms that Stockade writes.

use std::{
    fmt,
    str::FromStr,
    time::{SystemTime, UNIX_EPOCH},
};

use time::{
    OffsetDateTime, PrimitiveDateTime, format_description::BorrowedFormatItem,
    format_description::well_known::Rfc3339, macros::format_description,
};

/// FAT does not allow colons in file names, so this form has none.
const COMPACT: &[BorrowedFormatItem<'static>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");

/// A time in UTC, to the second. Prints as `20261120T101500Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(OffsetDateTime);

/// A text is not a time, or its year is beyond those that can be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a time: write it like 20261120T101500Z")]
#[non_exhaustive]
pub struct TimestampError;

/// The clock shows a year that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this computer's clock shows a year before 0 or after 9999: set the clock")]
#[non_exhaustive]
pub struct ClockError;

impl Timestamp {
    /// The current time, or 1970 if the clock's year cannot be written. Programs check that first,
    /// with [`Timestamp::try_now`].
    pub fn now() -> Self {
        Self::try_now().unwrap_or(Self(OffsetDateTime::UNIX_EPOCH))
    }

    /// The current time.
    pub fn try_now() -> Result<Self, ClockError> {
        Self::at(SystemTime::now())
    }

    fn at(clock: SystemTime) -> Result<Self, ClockError> {
        let seconds = match clock.duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).ok(),
            Err(before) => i64::try_from(before.duration().as_secs()).ok().map(|s| -s),
        };
        let time = seconds.and_then(|seconds| Self::from_unix(seconds).ok());
        time.filter(|time| time.0.year() >= 0).ok_or(ClockError)
    }

    /// Seconds since 1970.
    pub fn unix(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// Converts seconds since 1970.
    pub fn from_unix(seconds: i64) -> Result<Self, TimestampError> {
        OffsetDateTime::from_unix_timestamp(seconds).map(Self).map_err(|_| TimestampError)
    }

    /// `2026-11-20T10:15:00Z`.
    pub fn rfc3339(self) -> String {
        self.0.format(&Rfc3339).unwrap_or_default()
    }

    /// `2026-11-20 10:15 UTC`, for texts that people read.
    pub fn to_minute(self) -> String {
        let text = self.rfc3339();
        format!("{} UTC", text.replace('T', " ").chars().take(16).collect::<String>())
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

impl Timestamp {
    /// How long ago it was, in the largest unit that fits: `3 days ago`.
    pub fn ago(self, now: Self) -> String {
        let seconds = now.unix().saturating_sub(self.unix());
        let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
        let fits = units.iter().find(|(unit, _)| seconds >= *unit);
        fits.map_or_else(
            || "just now".to_owned(),
            |(unit, name)| match seconds / unit {
                1 => format!("1 {name} ago"),
                number => format!("{number} {name}s ago"),
            },
        )
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
    fn a_clock_beyond_the_years_that_can_be_written_is_an_error() {
        use std::time::Duration;

        let year = Duration::from_secs(31_556_952);
        assert_eq!(Timestamp::at(UNIX_EPOCH).unwrap().date(), "19700101");
        for clock in [UNIX_EPOCH + year * 8031, UNIX_EPOCH + year * 100_000] {
            assert_eq!(Timestamp::at(clock), Err(ClockError));
        }
        for years in [1971, 12_000, 100_000] {
            assert_eq!(Timestamp::at(UNIX_EPOCH - year * years), Err(ClockError));
        }
    }

    #[test]
    fn a_time_is_written_in_each_form() {
        let time: Timestamp = "20261120T101500Z".parse().unwrap();
        assert_eq!(time.to_string(), "20261120T101500Z");
        assert_eq!(time.rfc3339(), "2026-11-20T10:15:00Z");
        assert_eq!(time.date(), "20261120");
        assert_eq!(time.to_minute(), "2026-11-20 10:15 UTC");
        assert_eq!(time, Timestamp::from_unix(time.unix()).unwrap());
        assert!("2026-11-20T10:15:00Z".parse::<Timestamp>().is_err());
    }
}
