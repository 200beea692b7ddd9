//! Relative paths that are safe on every file system and store.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::StoreError;

/// The most levels of a path below a copy.
const MAX_LEVELS: usize = 8;

/// A relative path of names separated by `/`. No name is `.`, `..` or empty, or contains a
/// character that some file system refuses.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StorePath(String);

impl StorePath {
    /// The path with `name` appended.
    pub fn join(&self, name: &str) -> Result<Self, StoreError> {
        format!("{}/{name}", self.0).parse()
    }

    /// The path as text, separated by `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names from first to last.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The path in lower case. Two paths that are equal in lower case are the same file on a FAT
    /// stick.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    !name.is_empty()
        && name.len() <= 200
        && name.bytes().all(plain)
        && !name.bytes().all(|b| b == b'.')
}

impl FromStr for StorePath {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let safe = text.split('/').count() <= MAX_LEVELS && text.split('/').all(is_name);
        if safe {
            Ok(Self(text.to_owned()))
        } else {
            Err(StoreError::BadPath(text.chars().take(100).collect()))
        }
    }
}

impl fmt::Display for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for StorePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for StorePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_cannot_leave_the_store() {
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            "a\\b",
            "a\0b",
            "a:b",
            "ä",
        ] {
            assert!(bad.parse::<StorePath>().is_err(), "{bad:?}");
        }
        assert!(
            "keystores/keystore-m_12381_3600_0_0_0-1795220361.json".parse::<StorePath>().is_ok()
        );
        assert!(".20261120-hoodi-7f3a19c2.partial".parse::<StorePath>().is_ok());
    }
}
