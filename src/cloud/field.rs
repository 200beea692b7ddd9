//! The fields of a secret: texts, and what is somebody else's.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};

use crate::secret::SecretText;

/// The fields of a secret, wiped when dropped.
pub(super) type Fields = BTreeMap<String, Field>;

/// A text; other values are somebody else's.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Field {
    Text(SecretText),
    Other(IgnoredAny),
}

impl Field {
    pub(super) fn text(&self) -> Option<&SecretText> {
        match self {
            Self::Text(text) => Some(text),
            Self::Other(_) => None,
        }
    }
}
