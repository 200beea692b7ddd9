//! `/eth/v1/keystores`: the keys that a client holds itself.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{Keymanager, KeymanagerError, prefixed, unprefixed};
use crate::endpoint::HttpError;
use stockade::backup::whereabouts::RemovalPermit;
use stockade_base::json::clip;
use stockade_keystore::bls::{PublicKey, SecretKey};

const PATH: &str = "/eth/v1/keystores";

/// A key in a client's listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The key.
    pub pubkey: PublicKey,
    /// Whether this API cannot change it.
    pub readonly: bool,
}

/// Keystores to import, with their passwords and their slashing history.
#[derive(Debug, Default)]
pub struct Import<'a> {
    /// EIP-2335 keystores, as JSON.
    pub keystores: Vec<&'a str>,
    /// The password of each keystore.
    pub passwords: Vec<&'a str>,
    /// The EIP-3076 history, as JSON.
    pub slashing_protection: Option<&'a str>,
}

/// The API's status of a key after a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyStatus {
    /// The client imported it.
    Imported,
    /// The client already had it.
    Duplicate,
    /// The client removed it.
    Deleted,
    /// The client did not run it, but returned its history.
    NotActive,
    /// The client does not know it.
    NotFound,
    /// The request failed for this key, with the client's message.
    Error(String),
}

/// The answer to a removal.
#[derive(Debug)]
pub struct Deleted {
    /// The status of each key, in the order of the request.
    pub statuses: Vec<KeyStatus>,
    /// The keys' EIP-3076 history, as JSON.
    pub slashing_protection: String,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Data<T> {
    // Prysm answers `null` to an import of nothing.
    #[serde(deserialize_with = "null_is_empty")]
    pub(super) data: Vec<T>,
}

fn null_is_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Deserialize)]
struct Row {
    validating_pubkey: String,
    #[serde(default)]
    readonly: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Status {
    status: String,
    #[serde(default)]
    message: Option<String>,
}

#[derive(Serialize)]
struct ImportBody<'a> {
    keystores: &'a [&'a str],
    passwords: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    slashing_protection: Option<&'a str>,
}

#[derive(Serialize)]
struct DeleteBody {
    pubkeys: Vec<String>,
}

#[derive(Deserialize)]
struct DeleteAnswer {
    #[serde(deserialize_with = "null_is_empty")]
    data: Vec<Status>,
    slashing_protection: Box<RawValue>,
}

impl Keymanager {
    /// The keys that the client holds.
    pub fn list(&self) -> Result<Vec<Listed>, KeymanagerError> {
        let rows: Data<Row> = self.endpoint.get(PATH)?;
        let listed = rows.data.iter().map(|row| {
            let pubkey = unprefixed(&row.validating_pubkey)
                .ok_or_else(|| self.endpoint.answer("its listing has an invalid key"))?;
            Ok(Listed { pubkey, readonly: row.readonly.unwrap_or(false) })
        });
        listed.collect()
    }

    /// Imports keystores. Returns one status for each keystore, in order.
    pub fn import(&self, import: &Import<'_>) -> Result<Vec<KeyStatus>, KeymanagerError> {
        let body = ImportBody {
            keystores: &import.keystores,
            passwords: &import.passwords,
            slashing_protection: import.slashing_protection,
        };
        let answer: Data<Status> = self.endpoint.post(PATH, &body)?;
        self.require_count(import.keystores.len(), answer.data.len())?;
        Ok(answer.data.into_iter().map(KeyStatus::from).collect())
    }

    /// Checks that the client accepts imports with this token, by an import of nothing. The client may
    /// refuse that import for its content, so only failures that any import would meet are errors.
    pub fn require_import(&self) -> Result<(), KeymanagerError> {
        match self.import(&Import::default()) {
            Err(KeymanagerError::Http(error)) if prevents_requests(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Removes keys, and returns their history.
    pub fn delete(&self, permit: &RemovalPermit) -> Result<Deleted, KeymanagerError> {
        self.delete_keys(permit.keys())
    }

    /// The genesis validators root of the client's chain. It is in the answer to a removal of nothing
    /// (Lighthouse, Lodestar) or of a random key (Web3signer). `None` if neither answer has it, as with
    /// Teku.
    pub fn genesis_root(&self) -> Option<[u8; 32]> {
        let nothing = match self.delete_keys(&[]) {
            Err(KeymanagerError::Http(error)) if prevents_requests(&error) => return None,
            answer => answer.ok().and_then(|answer| answer.root()),
        };
        nothing.or_else(|| self.delete_keys(&[random_public_key()?]).ok()?.root())
    }

    fn delete_keys(&self, keys: &[PublicKey]) -> Result<Deleted, KeymanagerError> {
        let body = DeleteBody { pubkeys: keys.iter().map(prefixed).collect() };
        let answer: DeleteAnswer = self.endpoint.delete(PATH, &body)?;
        self.require_count(keys.len(), answer.data.len())?;
        // By the API a string that contains JSON, but some clients return an object.
        let raw = answer.slashing_protection.get();
        let slashing_protection = serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned());
        let statuses = answer.data.into_iter().map(KeyStatus::from).collect();
        Ok(Deleted { statuses, slashing_protection })
    }
}

/// The public key of a random signing key that is not kept.
fn random_public_key() -> Option<PublicKey> {
    let mut seed = Zeroizing::new([0; 32]);
    stockade_base::secret::fill_random(seed.as_mut()).ok()?;
    Some(SecretKey::derive_master(seed.as_ref()).ok()?.public_key())
}

impl Deleted {
    /// The genesis validators root in the history, if it has one.
    fn root(&self) -> Option<[u8; 32]> {
        let value: serde_json::Value = serde_json::from_str(&self.slashing_protection).ok()?;
        let root = value.pointer("/metadata/genesis_validators_root")?.as_str()?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(root.strip_prefix("0x").unwrap_or(root), &mut bytes).ok()?;
        Some(bytes)
    }
}

/// Whether the error would happen with any request.
fn prevents_requests(error: &HttpError) -> bool {
    match error {
        HttpError::Unreachable { .. } | HttpError::Untrusted { .. } | HttpError::Timeout { .. } => {
            true
        }
        error => matches!(error.status(), Some(401 | 403 | 404 | 405 | 501)),
    }
}

impl From<Status> for KeyStatus {
    fn from(status: Status) -> Self {
        match status.status.as_str() {
            "imported" => Self::Imported,
            "duplicate" => Self::Duplicate,
            "deleted" => Self::Deleted,
            "not_active" => Self::NotActive,
            "not_found" => Self::NotFound,
            // A status that the API does not define is not a success.
            other => {
                let message = status.message.filter(|message| !message.is_empty());
                Self::Error(clip(&message.unwrap_or_else(|| format!("status `{other}`")), 300))
            }
        }
    }
}
