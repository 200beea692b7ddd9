//! A key that is about to go into a set.

use std::borrow::Cow;

use super::manifest::Source;
use stockade_keystore::{bls::SecretKey, distributed::ShareOf};

/// A key that goes into a set.
#[derive(Debug)]
pub struct NewKey {
    /// The key.
    pub secret: SecretKey,
    /// Its EIP-2334 path; empty if it is not known.
    pub path: String,
    /// The description for the keystore.
    pub description: String,
    /// The key's source.
    pub source: Source,
    /// Which share it is, if it is one.
    pub share: Option<ShareOf>,
}

impl NewKey {
    /// The description for the keystore. A share without one says what it is, so that whoever finds
    /// its keystore can tell it from a validator's.
    pub fn described(&self) -> Cow<'_, str> {
        let share = self.share.filter(|_| self.description.is_empty());
        let sentence = share.and_then(|share| {
            let ShareOf { validator, x, shares, threshold, .. } = share;
            Some(ShareOf::description(&validator, x, shares?, threshold))
        });
        sentence.map_or(Cow::Borrowed(self.description.as_str()), Cow::Owned)
    }
}
