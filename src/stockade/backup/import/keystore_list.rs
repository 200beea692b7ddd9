//! Files with many keystores and their passwords: what the keymanager API takes, and what Lighthouse's
//! `validator-manager create` writes.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::text::decode;
use stockade_base::{json, secret::SecretText};

/// Some sixty thousand keystores.
const MAX_LIST: usize = 64 * 1024 * 1024;

/// Keystores with their passwords, and the slashing history that came with them.
#[derive(Debug)]
pub struct KeystoreList {
    entries: Vec<(String, SecretText)>,
    histories: Vec<Vec<u8>>,
}

/// As the keymanager API has it.
#[derive(Deserialize)]
struct Body {
    keystores: Vec<Box<RawValue>>,
    passwords: Vec<SecretText>,
    slashing_protection: Option<Box<RawValue>>,
}

/// One of many, as Lighthouse's validator manager has it.
#[derive(Deserialize)]
struct Managed {
    voting_keystore: Box<RawValue>,
    voting_keystore_password: SecretText,
    slashing_protection: Option<Box<RawValue>>,
}

impl KeystoreList {
    /// Reads such a file; `None` if it is clearly another kind. An error repeats nothing of the file.
    pub fn parse(text: &[u8]) -> Result<Option<Self>, String> {
        let has = |part: &[u8]| text.windows(part.len()).any(|window| window == part);
        match text.trim_ascii_start().first() {
            Some(b'[') if has(b"\"voting_keystore\"") => Self::managed(text).map(Some),
            Some(b'{') if has(b"\"keystores\"") && has(b"\"passwords\"") => {
                Self::body(text).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Reads what the keymanager API takes, or what Lighthouse's validator manager writes.
    pub fn require(bytes: &[u8]) -> Result<Self, String> {
        let text = decode(bytes);
        match Self::parse(&text)? {
            Some(list) => Ok(list),
            None => Self::body(&text),
        }
    }

    fn body(text: &[u8]) -> Result<Self, String> {
        let body: Body = json::from_secret_slice(text, MAX_LIST).map_err(|e| e.to_string())?;
        let (keystores, passwords) = (body.keystores.len(), body.passwords.len());
        if keystores != passwords {
            return Err(format!("{keystores} keystores and {passwords} passwords"));
        }
        let keystores = body.keystores.iter().map(|raw| text_of(raw));
        Ok(Self {
            entries: keystores.zip(body.passwords).collect(),
            histories: history(body.slashing_protection.as_deref()).into_iter().collect(),
        })
    }

    fn managed(text: &[u8]) -> Result<Self, String> {
        let list: Vec<Managed> =
            json::from_secret_slice(text, MAX_LIST).map_err(|e| e.to_string())?;
        let histories =
            list.iter().filter_map(|m| history(m.slashing_protection.as_deref())).collect();
        let entry = |m: Managed| (text_of(&m.voting_keystore), m.voting_keystore_password);
        Ok(Self { entries: list.into_iter().map(entry).collect(), histories })
    }

    /// How many keystores are in it.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds no keystore.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The texts of the keystores with their passwords.
    pub(crate) fn entries(&self) -> &[(String, SecretText)] {
        &self.entries
    }

    /// The slashing histories that came with them.
    pub(crate) fn into_histories(self) -> Vec<Vec<u8>> {
        self.histories
    }
}

/// The text of a JSON string; of any other JSON, the JSON itself.
fn text_of(raw: &RawValue) -> String {
    serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned())
}

/// A history; `None` for `null` and empty text.
fn history(raw: Option<&RawValue>) -> Option<Vec<u8>> {
    let text = text_of(raw?);
    (!matches!(text.trim(), "" | "null")).then(|| text.into_bytes())
}
