//! `/eth/v1/keystores`: the keys that a client signs with itself.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{Keymanager, KeymanagerError, prefixed, unprefixed};
use crate::cloud::HttpError;
use stockade::backup::whereabouts::RemovalPermit;
use stockade_base::json::clip;
use stockade_keystore::bls::{PublicKey, SecretKey};

const PATH: &str = "/eth/v1/keystores";

/// A key that a client holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub pubkey: PublicKey,
    /// It is there, and cannot be changed by this API.
    pub readonly: bool,
}

/// Keystores to import, each with its password, and what they signed elsewhere.
#[derive(Debug, Default)]
pub struct Import<'a> {
    /// EIP-2335 keystores, as JSON.
    pub keystores: Vec<&'a str>,
    /// The password of each.
    pub passwords: Vec<&'a str>,
    /// EIP-3076, as JSON.
    pub slashing_protection: Option<&'a str>,
}

/// What became of one key, in the API's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyStatus {
    /// It is there now.
    Imported,
    /// It was there already.
    Duplicate,
    /// It was there, and is no more.
    Deleted,
    /// It was not active, and its slashing history is given.
    NotActive,
    /// Nothing is known of it.
    NotFound,
    /// It failed; the client's words.
    Error(String),
}

/// What a client removed.
#[derive(Debug)]
pub struct Deleted {
    /// What became of each key, in the order in which they were named.
    pub statuses: Vec<KeyStatus>,
    /// What they signed there: EIP-3076, as JSON.
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
                .ok_or_else(|| self.endpoint.answer("a key that is none in its listing"))?;
            Ok(Listed { pubkey, readonly: row.readonly.unwrap_or(false) })
        });
        listed.collect()
    }

    /// Imports keystores. One status a keystore, in their order; none stands for another.
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

    /// Makes sure that it takes imports from who holds this token, by one of nothing. A client may
    /// find fault with that one itself; only what speaks of the way to it, or of leave, is an error.
    pub fn require_import(&self) -> Result<(), KeymanagerError> {
        match self.import(&Import::default()) {
            Err(KeymanagerError::Http(error)) if closes(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Removes keys, and says what they signed.
    pub fn delete(&self, permit: &RemovalPermit) -> Result<Deleted, KeymanagerError> {
        self.delete_keys(permit.keys())
    }

    /// The chain that the client is on, where its answer to a removal of nothing says so, or to one of a
    /// key that nobody has: Lighthouse and Lodestar say it at once, Web3signer for a key. Teku says
    /// nothing of a key that it does not have.
    pub fn genesis_root(&self) -> Option<[u8; 32]> {
        let nothing = match self.delete_keys(&[]) {
            Err(KeymanagerError::Http(error)) if closes(&error) => return None,
            answer => answer.ok().and_then(|answer| answer.root()),
        };
        nothing.or_else(|| self.delete_keys(&[nobodys_key()?]).ok()?.root())
    }

    fn delete_keys(&self, keys: &[PublicKey]) -> Result<Deleted, KeymanagerError> {
        let body = DeleteBody { pubkeys: keys.iter().map(prefixed).collect() };
        let answer: DeleteAnswer = self.endpoint.delete(PATH, &body)?;
        self.require_count(keys.len(), answer.data.len())?;
        // A string that holds JSON by the API's text; an object from some clients.
        let raw = answer.slashing_protection.get();
        let slashing_protection = serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned());
        let statuses = answer.data.into_iter().map(KeyStatus::from).collect();
        Ok(Deleted { statuses, slashing_protection })
    }
}

/// The public key of a signing key that is made here, and forgotten.
fn nobodys_key() -> Option<PublicKey> {
    let mut seed = Zeroizing::new([0; 32]);
    stockade_base::secret::fill_random(seed.as_mut()).ok()?;
    Some(SecretKey::derive_master(seed.as_ref()).ok()?.public_key())
}

impl Deleted {
    /// The chain of its history, where that is named.
    fn root(&self) -> Option<[u8; 32]> {
        let value: serde_json::Value = serde_json::from_str(&self.slashing_protection).ok()?;
        let root = value.pointer("/metadata/genesis_validators_root")?.as_str()?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(root.strip_prefix("0x").unwrap_or(root), &mut bytes).ok()?;
        Some(bytes)
    }
}

/// Whether the next import can come to nothing but the same.
fn closes(error: &HttpError) -> bool {
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
            // A word that the API does not have is no success.
            other => {
                let message = status.message.filter(|message| !message.is_empty());
                Self::Error(clip(&message.unwrap_or_else(|| format!("status `{other}`")), 300))
            }
        }
    }
}
