//! Lighthouse's `validator_definitions.yml`: which validators it runs, and where their passwords
//! are.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_saphyr::DuplicateKeyPolicy;

use super::password_files::read_password;
use stockade_base::secret::SecretText;
use stockade_keystore::{bls::PublicKey, eth2_keystore::Password};

/// Lighthouse's list of its validators.
#[derive(Debug)]
pub struct Definitions(Vec<Definition>);

#[derive(Debug, Deserialize)]
struct Definition {
    voting_public_key: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    voting_keystore_path: Option<PathBuf>,
    voting_keystore_password: Option<SecretText>,
    voting_keystore_password_path: Option<PathBuf>,
}

impl Definition {
    fn pubkey(&self) -> Option<PublicKey> {
        let digits = self.voting_public_key.trim_start_matches("0x");
        digits.to_ascii_lowercase().parse().ok()
    }
}

impl Definitions {
    /// Reads the file. An error names the line but repeats nothing of it, since it may hold a
    /// password.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let text = str::from_utf8(text).map_err(|_| "not UTF-8 text".to_owned())?;
        if text.trim().is_empty() {
            return Ok(Self(Vec::new()));
        }
        let budget = serde_saphyr::budget! {
            max_events: 8_000_000,
            max_nodes: 4_000_000,
        };
        let options = serde_saphyr::options! {
            duplicate_keys: DuplicateKeyPolicy::LastWins,
            budget: budget,
        };
        let list = serde_saphyr::from_str_with_options::<Option<Vec<Definition>>>(text, options);
        let list = list.map_err(|error| {
            let line = error.location().map_or(0, |location| location.line());
            format!("not Lighthouse's list of validators: line {line} cannot be read")
        })?;
        Ok(Self(list.unwrap_or_default()))
    }

    /// The password of a key, if it is in the file or in one that the file names. `folder` is the
    /// folder of the file; the paths in the file are those of the machine that wrote it.
    pub fn password(&self, pubkey: &PublicKey, folder: &Path) -> Option<Password> {
        let definition = self.0.iter().find(|d| d.pubkey().as_ref() == Some(pubkey))?;
        if let Some(password) = &definition.voting_keystore_password {
            return Password::new(password.expose()).ok();
        }
        let path = definition.voting_keystore_password_path.as_ref()?;
        let above = folder.parent().unwrap_or(folder);
        let mut places = vec![folder.join(path), above.join(path)];
        places.extend(path.file_name().map(|name| above.join("secrets").join(name)));
        let file = places.into_iter().find(|place| place.is_file())?;
        read_password(&file).ok()
    }

    /// The keys in the file that `has` does not know: whether a keystore is missing, and a sentence
    /// about each.
    pub fn lacking(&self, has: impl Fn(&PublicKey) -> bool) -> Vec<(bool, String)> {
        let mut lacking = Vec::new();
        for definition in &self.0 {
            let key = stockade_base::json::clip(&definition.voting_public_key, 100);
            if definition.pubkey().is_some_and(|pubkey| has(&pubkey)) {
                continue;
            }
            if definition.kind.as_deref() == Some("web3signer") {
                lacking.push((false, format!("{key} is signed for elsewhere (web3signer)")));
                continue;
            }
            let path = definition.voting_keystore_path.as_deref();
            let path =
                path.map(|path| format!(": {}", stockade_base::shown(&path))).unwrap_or_default();
            lacking.push((true, format!("the keystore of {key} is not here{path}")));
        }
        lacking
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_never_repeats_a_password() {
        for text in ["- voting_public_key: [hunter2]\n", "hunter2\n", "- hunter2: {\n"] {
            let error = Definitions::parse(text.as_bytes()).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
        for text in ["", "---\n", "[]\n", "---\n[]\n"] {
            assert!(Definitions::parse(text.as_bytes()).unwrap().0.is_empty(), "{text:?}");
        }
    }
}
