//! The JSON of keystores, without any crypto. For each tolerated deviation, a comment names the
//! client that accepts it.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;

use super::{
    KeystoreError,
    crypto_json::{Crypto, hex_digits},
};
use crate::bls::{PublicKey, UncheckedPublicKey};
use stockade_base::json::{JsonError, clip, from_slice};

/// The largest file that is read as a keystore. Real ones have about 800 bytes.
pub const MAX_KEYSTORE_BYTES: usize = 64 * 1024;

/// The largest file without a public key that is read: a quarter of a million keys of Prysm's wallet.
const MAX_UNNAMED_BYTES: usize = 64 * 1024 * 1024;

/// The longest path and description that are read or written, in bytes.
const MAX_PATH: usize = 256;
pub(super) const MAX_DESCRIPTION: usize = 4096;

/// A uuid has 36 characters, but nothing depends on it.
const MAX_UUID: usize = 64;

/// Unknown fields are ignored: ethdo and Prysm write `name`, and every client except Lighthouse
/// accepts any others.
#[derive(Serialize, Deserialize)]
pub(super) struct File {
    pub(super) crypto: Crypto,
    /// Every client accepts a keystore without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    /// Teku accepts 0x. Teku, Prysm and ethdo accept upper case. Required, because only Web3signer accepts
    /// a keystore without it.
    pub(super) pubkey: String,
    /// Lighthouse, Teku and keystorev4 accept a keystore without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    /// Teku and keystorev4 accept a keystore without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uuid: Option<String>,
    pub(super) version: Version,
}

/// A keystore without `pubkey`.
#[derive(Deserialize)]
pub(super) struct UnnamedFile {
    pub(super) crypto: Crypto,
    pub(super) description: Option<String>,
    pub(super) path: Option<String>,
    pub(super) version: Version,
}

#[derive(Deserialize)]
struct Versioned {
    version: Version,
}

/// Teku accepts `"4"` for `4`.
#[derive(Serialize)]
#[serde(untagged, expecting = "`version` should be the number 4")]
pub(super) enum Version {
    Number(u64),
    Text(String),
}

/// By hand, so that errors name the field. Those of an untagged enum name the enum.
impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Number(number) => {
                let number = number.as_u64();
                number.map(Self::Number).ok_or_else(|| D::Error::custom("`version` is not 4"))
            }
            Value::String(text) => Ok(Self::Text(text)),
            _ => Err(D::Error::custom("`version` is neither a number nor text")),
        }
    }
}

impl File {
    /// Reads a keystore file. The values in `crypto` and `pubkey` are still text.
    pub(super) fn parse(content: &[u8]) -> Result<Self, KeystoreError> {
        if let Some(encoding) = not_utf8_json(content) {
            return Err(KeystoreError::Json(JsonError::Invalid(encoding.to_owned())));
        }
        let file = from_slice(content, MAX_KEYSTORE_BYTES).or_else(|error| {
            // For an account's keystore (version 3), report the version.
            let Versioned { version } = from_slice(content, MAX_KEYSTORE_BYTES)?;
            version.check()?;
            Err(KeystoreError::from(error))
        });
        let file: Self = file?;
        file.version.check()?;
        file.crypto.require_functions()?;
        check_lengths(file.path.as_deref(), file.description.as_deref())?;
        check_length("uuid", file.uuid.as_deref().unwrap_or_default(), MAX_UUID)?;
        Ok(file)
    }

    /// The public key that it names. If that equals `known`, which is valid, it is not checked again.
    pub(super) fn public_key(&self, known: Option<&PublicKey>) -> Result<PublicKey, KeystoreError> {
        let bytes = hex_digits(&self.pubkey).parse::<UncheckedPublicKey>();
        bytes.and_then(|bytes| bytes.check_unless(known)).map_err(|_| KeystoreError::Field {
            field: "pubkey",
            problem: "is not a BLS public key of 96 hex digits",
        })
    }
}

impl UnnamedFile {
    /// Reads a file that names no public key. The values in `crypto` are still text.
    pub(super) fn parse(content: &[u8]) -> Result<Self, KeystoreError> {
        let file: Self = from_slice(content, MAX_UNNAMED_BYTES)?;
        file.version.check()?;
        file.crypto.require_functions()?;
        check_lengths(file.path.as_deref(), file.description.as_deref())?;
        Ok(file)
    }
}

impl Version {
    fn check(&self) -> Result<(), KeystoreError> {
        match self {
            Self::Number(4) => Ok(()),
            Self::Number(other) => Err(KeystoreError::Version(other.to_string())),
            Self::Text(text) if text == "4" => Ok(()),
            Self::Text(text) => Err(KeystoreError::Version(clip(text, 20))),
        }
    }
}

/// Why no client can read the file as JSON, if its first bytes show that.
pub(super) fn not_utf8_json(content: &[u8]) -> Option<&'static str> {
    match content {
        [0xef, 0xbb, 0xbf, ..] => {
            Some("it begins with a byte-order mark: save it as UTF-8 without one")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("it is UTF-16 text: save it as UTF-8"),
        _ => None,
    }
}

/// Refuses a text of more than `limit` bytes.
fn check_length(field: &'static str, text: &str, limit: usize) -> Result<(), KeystoreError> {
    if text.len() > limit {
        return Err(KeystoreError::Field { field, problem: "is too long" });
    }
    Ok(())
}

/// Refuses a path or a description that is too long.
pub(super) fn check_lengths(
    path: Option<&str>,
    description: Option<&str>,
) -> Result<(), KeystoreError> {
    check_length("path", path.unwrap_or_default(), MAX_PATH)?;
    check_length("description", description.unwrap_or_default(), MAX_DESCRIPTION)
}
