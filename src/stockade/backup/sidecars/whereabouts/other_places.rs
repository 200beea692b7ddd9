//! What was stated about other places, kept until the keys are released.

use super::{Location, Record, Release};
use stockade_keystore::bls::PublicKey;

/// What is known, and was stated, about other places where keys can sign.
#[derive(Debug)]
pub struct OtherPlaces {
    /// The record that the user was shown.
    pub record: Record,
    /// Locations by name where the user stated that none of the keys signs any more.
    pub off: Vec<String>,
    /// The user stated so for every location that was shown and is not recent.
    pub shown_are_off: bool,
}

impl OtherPlaces {
    /// A release of `keys` with what was stated.
    pub fn release<'a>(
        &'a self,
        to: &'a Location,
        keys: &'a [PublicKey],
        from: Option<&'a Location>,
    ) -> Release<'a> {
        let (off, shown_are_off) = (self.off.as_slice(), self.shown_are_off);
        Release { to, keys, from, off, shown_are_off, running: &[] }
    }
}
