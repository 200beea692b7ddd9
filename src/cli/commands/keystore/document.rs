//! The JSON document of `keystore inspect` and `keystore doctor`: the rows are printed as they are
//! found, and its other fields at the end.

use serde::Serialize;
use stockade::{bls::PublicKey, eth2_keystore::Evidence};

use crate::commands::{passed_over::PassedOver, verdicts::Verdicts};

/// The whole document.
#[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
#[derive(schemars::JsonSchema)]
#[allow(dead_code, reason = "its parts are printed one by one")]
pub struct Document {
    /// Every file that is a keystore, or should be one.
    keys: Vec<Key>,
    #[serde(flatten)]
    end: End,
}

/// The fields that follow the rows.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct End {
    /// How many files were examined.
    pub files: usize,
    /// How many of them every client that was measured accepts.
    pub accepted: usize,
    /// How many files were passed over.
    pub skipped: usize,
    /// These files.
    pub passed_over: Vec<PassedOver>,
    #[serde(flatten)]
    pub opened: Option<Opened>,
}

/// What is known only of keystores that were opened: `keystore doctor`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Opened {
    /// opened: the keys themselves were decrypted.
    pub level: &'static str,
    /// How many keystores have each verdict.
    pub verdicts: Verdicts,
    /// How many keystores --repair wrote.
    pub repaired: usize,
}

/// A file. What a file that is not a keystore lacks is null.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Key {
    /// The file.
    pub file: String,
    /// The public key that it states, in hex without 0x.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub pubkey: Option<PublicKey>,
    /// Its derivation path (EIP-2334), as it states it.
    pub path: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its UUID.
    pub uuid: Option<String>,
    /// How its password becomes a decryption key.
    pub kdf: Option<Kdf>,
    /// proven, contradicted or inconclusive.
    pub verdict: &'static str,
    /// Why: a reason of the list of reasons.
    pub reason: &'static str,
    /// The reason in words.
    pub detail: String,
    /// The form of the password that opened it: standard, or what has to be changed in it. Null if it
    /// was not opened.
    pub password: Option<&'static str>,
    /// Whether every client that was measured accepts it.
    pub accepted: bool,
    /// Where it differs from the form that every client accepts.
    pub deviations: Vec<Difference>,
    /// Each client, and whether it accepts the file.
    pub clients: Vec<Client>,
    /// Where --repair wrote it; null if nowhere.
    pub repaired: Option<String>,
    /// Why it was not written, or what is different in the new file.
    pub repair_note: Option<String>,
}

/// The key derivation: scrypt with `n`, `r` and `p`, or pbkdf2 with `c`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Kdf {
    /// scrypt or pbkdf2.
    pub function: &'static str,
    /// The cost of scrypt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// The block size of scrypt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r: Option<u64>,
    /// The parallelism of scrypt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p: Option<u64>,
    /// The rounds of PBKDF2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub c: Option<u64>,
    /// The length of the salt in bytes.
    pub salt_bytes: usize,
}

/// A difference from the form that every client accepts.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Difference {
    /// The rule that it breaks.
    pub id: &'static str,
    /// The difference in words.
    pub what: String,
}

/// Whether a client accepts the file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Client {
    /// Its name.
    pub client: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The month in which that version was run or read: YYYY-MM.
    pub as_of: &'static str,
    /// Whether it accepts the file; null if that is not known.
    pub accepts: Option<bool>,
    /// measured (the program was run), library (its keystore code was run) or read (its sources were).
    #[cfg_attr(test, schemars(with = "String"))]
    pub evidence: Evidence,
    /// Why it refuses the file; null if it does not.
    pub why: Option<String>,
}
