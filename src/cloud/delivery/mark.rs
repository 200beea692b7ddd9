//! The mark of a delivery beside the set: where keys are on their way to, before the first goes.

use super::DeliveryError;
use crate::{
    backup::{
        BackupError, Copy, SetId,
        delivery_mark::DeliveryMark,
        marks::{self, Mark as _, Marks},
    },
    bls::PublicKey,
    timestamp::Timestamp,
};

/// How long a delivery that was interrupted can be gone on with, in seconds.
const INTERRUPTED_SECONDS: i64 = 3600;

/// The marks of deliveries of `keys`, in the order of their times. One that cannot be read may say
/// where any of them is, and is an error.
pub fn of(
    copies: &[Copy],
    set: &SetId,
    keys: &[PublicKey],
) -> Result<Vec<DeliveryMark>, DeliveryError> {
    let Marks { marks, unread } = marks::of_keys(copies, set, keys)?;
    match unread.first() {
        None => Ok(marks),
        Some(file) => Err(BackupError::History(format!(
            "{file} cannot be read, and may say where these keys are: repair the copies, or move it \
             away"
        ))
        .into()),
    }
}

/// The mark to be left before the first of `keys` goes `to` a client; none where `marks` has it from a
/// run that was interrupted just now, for that one says since when.
pub fn new(
    marks: &[DeliveryMark],
    keys: &[PublicKey],
    to: &str,
    from: Option<&str>,
) -> Option<DeliveryMark> {
    let last = DeliveryMark::last(marks);
    let marked = |key| last.get(key).is_some_and(|mark| begun(mark, to, from).is_some());
    let all = keys.iter().all(marked);
    (!all).then(|| DeliveryMark::new(to, from, keys, Timestamp::now()))
}

/// When the delivery began of which `mark` is, where it is just this one and may be gone on with.
pub(super) fn begun(mark: &DeliveryMark, to: &str, from: Option<&str>) -> Option<Timestamp> {
    let begun: Timestamp = mark.time().parse().ok()?;
    let since = Timestamp::now().unix() - INTERRUPTED_SECONDS;
    let this = mark.to == to && mark.from.as_deref() == from;
    (this && begun.unix() >= since).then_some(begun)
}
