//! The schemes by which a wallet derives a secret.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A scheme by which a wallet derives a secret.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
pub enum Scheme {
    /// From an EIP-191 signature over the prompt. Works with every wallet.
    #[default]
    #[serde(rename = "eip191-v1")]
    Eip191V1,
    /// From SLIP-0011's CipherKeyValue, with the prompt as the key. Trezor only.
    #[serde(rename = "slip11-v1")]
    Slip11V1,
}

/// A scheme that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a known scheme: use eip191-v1 or slip11-v1")]
pub struct UnknownScheme;

impl Scheme {
    /// Its name in files and prompts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Eip191V1 => "eip191-v1",
            Self::Slip11V1 => "slip11-v1",
        }
    }

    /// The salt of HKDF-SHA256 for this scheme.
    pub(super) fn salt(self) -> &'static [u8] {
        match self {
            Self::Eip191V1 => b"stockade/device-secret/eip191-v1",
            Self::Slip11V1 => b"stockade/device-secret/slip11-v1",
        }
    }
}

impl FromStr for Scheme {
    type Err = UnknownScheme;

    fn from_str(text: &str) -> Result<Self, UnknownScheme> {
        [Self::Eip191V1, Self::Slip11V1]
            .into_iter()
            .find(|scheme| scheme.name() == text)
            .ok_or(UnknownScheme)
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
