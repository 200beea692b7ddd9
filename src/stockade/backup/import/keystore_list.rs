//! Files with many keystores and their passwords: the request of the keymanager API, and the output
//! of Lighthouse's `validator-manager create`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::text::decode;
use stockade_base::{json, secret::SecretText};

/// Enough for some sixty thousand keystores.
const MAX_LIST: usize = 64 * 1024 * 1024;

/// Keystores with their passwords, and the slashing history that came with them.
#[derive(Debug)]
pub struct KeystoreList {
    entries: Vec<(String, SecretText)>,
    histories: Vec<Vec<u8>>,
}

/// The format of the keymanager API.
#[derive(Deserialize)]
struct Body {
    keystores: Vec<Box<RawValue>>,
    passwords: Vec<SecretText>,
    slashing_protection: Option<Box<RawValue>>,
}

/// One entry in the format of Lighthouse's validator manager.
#[derive(Deserialize)]
struct Managed {
    voting_keystore: Box<RawValue>,
    voting_keystore_password: SecretText,
    slashing_protection: Option<Box<RawValue>>,
}

impl KeystoreList {
    /// Reads such a file; `None` if it is clearly of another kind. An error repeats nothing of the
    /// file.
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

    /// Reads a file that must be in one of the two formats.
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

    /// The number of keystores.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no keystore in it.
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

/// The text of a JSON string, or the JSON itself for any other value.
fn text_of(raw: &RawValue) -> String {
    serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned())
}

/// A history; `None` for `null` and empty text.
fn history(raw: Option<&RawValue>) -> Option<Vec<u8>> {
    let text = text_of(raw?);
    (!matches!(text.trim(), "" | "null")).then(|| text.into_bytes())
}
