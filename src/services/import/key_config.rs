//! Web3signer's key configuration: YAML files with one key, or with several separated by `---`.

use serde::Deserialize;
use serde_saphyr::DuplicateKeyPolicy;

use stockade_base::{json, secret::SecretText};

/// The largest number of keys that is imported from one place.
const MAX_KEYS: usize = 100_000;

/// The configuration of one key. `type` decides which fields are used.
#[cfg_attr(not(feature = "aws"), allow(dead_code, reason = "fields for AWS are not used"))]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyConfig {
    #[serde(rename = "type")]
    pub kind: String,
    /// BLS if absent.
    pub key_type: Option<String>,

    /// `file-raw`
    pub private_key: Option<SecretText>,

    /// `file-keystore`
    pub keystore_file: Option<String>,
    pub keystore_password_file: Option<String>,

    /// `hashicorp`
    pub server_host: Option<String>,
    pub server_port: Option<u16>,
    pub tls_enabled: Option<bool>,
    pub key_path: Option<String>,
    pub key_name: Option<String>,
    pub token: Option<SecretText>,

    /// `aws-secret`
    pub authentication_mode: Option<String>,
    pub region: Option<String>,
    pub secret_name: Option<String>,
    pub access_key_id: Option<String>,
    pub secret_access_key: Option<SecretText>,
    pub endpoint_override: Option<String>,
}

impl KeyConfig {
    /// Reads all keys in a file. Errors give the line, but not its content, which may be a key.
    pub(super) fn parse(text: &str) -> Result<Vec<Self>, String> {
        // Web3signer writes `type` twice into its own files. The last of several values counts, as for
        // Web3signer.
        let options = serde_saphyr::options! {
            duplicate_keys: DuplicateKeyPolicy::LastWins,
            budget: serde_saphyr::budget! {
                max_documents: MAX_KEYS,
                max_nodes: MAX_KEYS * 32,
                max_events: MAX_KEYS * 40,
            },
        };
        let parsed = serde_saphyr::from_multiple_with_options(text, options);
        let parsed: Vec<Self> = parsed.map_err(|error| {
            let line = error.location().map_or(0, |location| location.line());
            format!("not a key configuration of Web3signer: the error is in line {line}")
        })?;
        if parsed.is_empty() {
            return Err("the file holds no key configuration".to_owned());
        }
        Ok(parsed)
    }

    /// Whether it is a validator's key. The other type is a key for transactions. Web3signer has no more.
    pub(super) fn is_bls(&self) -> Result<bool, String> {
        let is = |word: &str| {
            self.key_type.as_ref().is_some_and(|key_type| key_type.eq_ignore_ascii_case(word))
        };
        match &self.key_type {
            None => Ok(true),
            Some(_) if is("BLS") => Ok(true),
            Some(_) if is("SECP256K1") => Ok(false),
            Some(other) => Err(format!("unknown keyType `{}`", json::clip(other, 40))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: &str = "1111111111111111111111111111111111111111111111111111111111111111";

    #[test]
    fn a_key_is_read_as_text_with_and_without_quotes() {
        for written in [
            DIGITS.to_owned(),
            format!("0x{DIGITS}"),
            format!("\"0x{DIGITS}\""),
            format!("'{DIGITS}'"),
        ] {
            let text = format!("type: file-raw\nprivateKey: {written}\nkeyType: BLS\n");
            let config = KeyConfig::parse(&text).unwrap().pop().unwrap();
            let key = config.private_key.unwrap();
            assert_eq!(key.expose(), written.trim_matches(['"', '\'']));
        }
    }

    #[test]
    fn a_file_may_hold_several_keys() {
        let text =
            "---\ntype: file-raw\nprivateKey: a\n---\ntype: \"hashicorp\"\nserverPort: 8200\n";
        let kinds: Vec<_> = KeyConfig::parse(text).unwrap().into_iter().map(|c| c.kind).collect();
        assert_eq!(kinds, ["file-raw", "hashicorp"]);
    }

    #[test]
    fn the_last_of_two_equal_names_counts() {
        let text = "type: \"file-keystore\"\nkeyType: \"BLS\"\ntype: \"file-keystore\"\n";
        assert_eq!(KeyConfig::parse(text).unwrap()[0].kind, "file-keystore");
        let text = "type: file-keystore\ntype: file-raw\nprivateKey: a\nprivateKey: b\n";
        let config = KeyConfig::parse(text).unwrap().pop().unwrap();
        assert_eq!((config.kind.as_str(), config.private_key.unwrap().expose()), ("file-raw", "b"));
    }

    #[test]
    fn an_unknown_key_type_is_an_error() {
        let is_bls = |key_type: &str| {
            let text = format!("type: file-raw\nkeyType: {key_type}\n");
            KeyConfig::parse(&text).unwrap()[0].is_bls()
        };
        assert_eq!(
            (is_bls("bls"), is_bls("null"), is_bls("secp256k1")),
            (Ok(true), Ok(true), Ok(false))
        );
        for key_type in ["BLS12", "\"\"", "SECP"] {
            assert!(is_bls(key_type).is_err(), "{key_type}");
        }
    }

    #[test]
    fn a_file_with_ten_thousand_keys_is_read() {
        let text = format!("type: file-raw\nprivateKey: {DIGITS}\n---\n").repeat(10_000);
        assert_eq!(KeyConfig::parse(&text).unwrap().len(), 10_000);
    }

    #[test]
    fn an_error_never_shows_a_key() {
        for text in [
            format!("type: file-raw\nprivateKey: [{DIGITS}]\n"),
            format!("type: file-raw\nprivateKey: {DIGITS}\n  x: {DIGITS}\n"),
            format!("{DIGITS}\n"),
            format!("type: hashicorp\nserverPort: {DIGITS}\n"),
        ] {
            let error = KeyConfig::parse(&text).err().unwrap();
            assert!(!error.contains("1111"), "{error}");
        }
        assert!(KeyConfig::parse("").is_err());
    }

    #[test]
    fn a_file_that_expands_without_limit_is_refused() {
        let mut text = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for (name, before) in "bcdefghi".chars().zip("abcdefgh".chars()) {
            text += &format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(","));
        }
        assert!(KeyConfig::parse(&format!("{text}type: file-raw\n")).is_err());
    }
}
