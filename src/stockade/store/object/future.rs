//! Warnings about the future of an object: the service will remove it, or it must be restored from
//! an archive before it can be read. Such a copy is intact today.

use std::sync::{Mutex, PoisonError};

use object_store::HeaderMap;
use time::{PrimitiveDateTime, macros::format_description};

use crate::store::{BucketAddress, notices};
use stockade_base::{json::clip, timestamp::Timestamp};

const MAX_RULE: usize = 100;

/// Collects warnings about a bucket from the headers of all answers.
#[derive(Debug)]
pub(super) struct Future {
    place: String,
    earliest: Mutex<Option<Timestamp>>,
}

impl Future {
    pub(super) fn of(address: &BucketAddress) -> Self {
        Self { place: address.to_string(), earliest: Mutex::default() }
    }

    /// Checks the headers of an answer about an object.
    pub(super) fn look(&self, headers: &HeaderMap) {
        let header = |name: &str| headers.get(name)?.to_str().ok();
        // S3: `expiry-date="..", rule-id=".."`.
        if let Some(text) = header("x-amz-expiration") {
            let quoted = |name: &str| Some(text.split_once(name)?.1.split_once('"')?.0);
            self.expires(quoted("expiry-date=\"").unwrap_or(text), quoted("rule-id=\""));
        }
        if let Some(date) = header("x-ms-expiry-time") {
            self.expires(date, None);
        }
        let class = header("x-amz-storage-class").or_else(|| header("x-ms-access-tier"));
        let archived =
            class.filter(|class| matches!(*class, "GLACIER" | "DEEP_ARCHIVE" | "Archive"));
        if let Some(class) = archived.or_else(|| header("x-amz-archive-status")) {
            self.archived(class);
        }
    }

    /// Warns that objects of the copy are in the storage class `class`, which cannot be read
    /// directly.
    pub(super) fn archived(&self, class: &str) {
        let (place, class) = (&self.place, clip(class, MAX_RULE));
        notices::warn(
            format!("{place} archived"),
            format!(
                "{place} has objects in an archive ({class}): they must be restored with the service's \
                 own tools before anybody can read them"
            ),
        );
    }

    fn expires(&self, date: &str, rule: Option<&str>) {
        let parsed = moment(date);
        let mut earliest = self.earliest.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(parsed), Some(earliest)) = (parsed, *earliest)
            && parsed >= earliest
        {
            return;
        }
        *earliest = parsed.or(*earliest);
        let when = parsed.map_or_else(|| clip(date, MAX_RULE), Timestamp::to_minute);
        let rule = rule.map(|rule| format!(" (rule `{}`)", clip(rule, MAX_RULE)));
        let (place, rule) = (&self.place, rule.unwrap_or_default());
        notices::warn(
            format!("{place} expires"),
            format!(
                "from {when} on, the service will remove objects of {place}{rule}: exclude the copy from \
                 that rule, or it will be deleted"
            ),
        );
    }
}

/// Parses `Wed, 02 Dec 2026 00:00:00 GMT`.
fn moment(date: &str) -> Option<Timestamp> {
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let time = PrimitiveDateTime::parse(date, format).ok()?;
    Timestamp::from_unix(time.assume_utc().unix_timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_date_is_reported() {
        let address = BucketAddress::of("s3://future-of-a-bucket/v".as_ref()).unwrap().unwrap();
        let future = Future::of(&address);
        for (day, rule) in [("Fri, 04", "late"), ("Wed, 02", "gone"), ("Thu, 03", "later")] {
            let value = format!("expiry-date=\"{day} Dec 2026 00:00:00 GMT\", rule-id=\"{rule}\"");
            let mut headers = HeaderMap::new();
            headers.insert("x-amz-expiration", value.parse().unwrap());
            future.look(&headers);
        }
        let notices = notices::notices();
        let mut ours = notices.warnings().filter(|warning| warning.contains("future-of-a-bucket"));
        let told = ours.next().unwrap();
        assert!(
            told.contains("from 2026-12-02 00:00 UTC on") && told.contains("(rule `gone`)"),
            "{told}"
        );
        assert_eq!(ours.next(), None);
    }
}
