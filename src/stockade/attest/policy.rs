//! The policy file: who must have signed, how recently, and what. See `docs/formats/policy.md`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{AttestedLevel, Requirements};
use stockade_base::{
    eth::Address,
    json::{self, JsonError},
};
use stockade_keystore::bls::PublicKey;

const FORMAT: &str = "stockade-policy";
const VERSION: u32 = 1;

/// The requirements of an audit.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The signers that count.
    pub signers: Vec<Address>,
    /// How many of them must have signed the same statement.
    pub threshold: usize,
    /// What that statement must say.
    pub requirements: Requirements,
    /// Whether each signer's statements must follow each other without a gap.
    pub chain: bool,
    /// Keys that must be attested, listed in the policy itself.
    pub keys: Vec<PublicKey>,
    /// A file with more such keys.
    pub keys_file: Option<PathBuf>,
}

/// Why a file is not a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Malformed, too large, or with an unknown field.
    #[error("not a policy: {0}")]
    Json(#[from] JsonError),
    /// Another format, or a later version of it.
    #[error("not a policy of version {VERSION}, but `{0}` version {1}")]
    OtherFormat(String, u32),
    /// A threshold that is zero or cannot be reached.
    #[error(
        "`threshold` {threshold} of {signers} signers: it must be at least 1, and at most the number of signers"
    )]
    Threshold {
        /// The threshold in the file.
        threshold: usize,
        /// The number of signers in the file.
        signers: usize,
    },
    /// A signer that is listed twice.
    #[error("signer {0} is listed twice, and would count twice")]
    Twice(Address),
    /// A text that is not an age.
    #[error("`{0}` is not an age: give days or hours, such as 90d or 12h")]
    Age(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    signers: Vec<Address>,
    threshold: usize,
    #[serde(default)]
    max_age: Option<String>,
    #[serde(default)]
    min_copies: usize,
    level: Level,
    #[serde(default)]
    chain: bool,
    #[serde(default)]
    keys: Vec<PublicKey>,
    #[serde(default)]
    keys_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Bytes,
    Opened,
}

impl Policy {
    /// The longest policy that is read.
    pub const MAX_LEN: u64 = 16 * 1024 * 1024;

    /// Reads a policy that is stored at `path`. `keys_file` is relative to its folder.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self, PolicyError> {
        let file: File = json::from_slice(bytes, Self::MAX_LEN as usize)?;
        if file.format != FORMAT || file.version != VERSION {
            return Err(PolicyError::OtherFormat(json::clip(&file.format, 40), file.version));
        }
        if file.threshold == 0 || file.threshold > file.signers.len() {
            let (threshold, signers) = (file.threshold, file.signers.len());
            return Err(PolicyError::Threshold { threshold, signers });
        }
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) = file.signers.iter().find(|signer| !seen.insert(signer.to_string())) {
            return Err(PolicyError::Twice(*twice));
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let requirements = Requirements {
            max_age: file.max_age.as_deref().map(parse_age).transpose()?,
            min_copies: file.min_copies,
            level: Some(match file.level {
                Level::Bytes => AttestedLevel::Bytes,
                Level::Opened => AttestedLevel::Opened,
            }),
            challenge: None,
        };
        Ok(Self {
            signers: file.signers,
            threshold: file.threshold,
            requirements,
            chain: file.chain,
            keys: file.keys,
            keys_file: file.keys_file.map(|keys| folder.join(keys)),
        })
    }
}

/// Reads `90d` or `12h` as seconds.
pub fn parse_age(text: &str) -> Result<i64, PolicyError> {
    let bad = || PolicyError::Age(json::clip(text, 40));
    let (number, unit) = match (text.strip_suffix('d'), text.strip_suffix('h')) {
        (Some(number), _) => (number, 86_400),
        (_, Some(number)) => (number, 3_600),
        _ => return Err(bad()),
    };
    let number: u32 = number.parse().map_err(|_| bad())?;
    Ok(i64::from(number) * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";
    const B: &str = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";

    fn parse(fields: &str) -> Result<Policy, PolicyError> {
        let text = format!(r#"{{"format": "stockade-policy", "version": 1, {fields}}}"#);
        Policy::parse(text.as_bytes(), Path::new("audit/policy.json"))
    }

    #[test]
    fn a_policy_names_signers_threshold_and_requirements() {
        let policy = parse(&format!(
            r#""signers": ["{A}", "{B}"], "threshold": 2, "level": "opened", "max_age": "90d",
               "min_copies": 2, "chain": true, "keys_file": "keys.txt""#
        ))
        .unwrap();
        assert_eq!((policy.signers.len(), policy.threshold, policy.chain), (2, 2, true));
        assert_eq!(policy.requirements.max_age, Some(90 * 86_400));
        assert_eq!(policy.keys_file.as_deref(), Some(Path::new("audit/keys.txt")));
    }

    #[test]
    fn ambiguous_policies_are_refused() {
        for fields in [
            format!(r#""signers": ["{A}"], "threshold": 0, "level": "bytes""#),
            format!(r#""signers": ["{A}"], "threshold": 2, "level": "bytes""#),
            format!(r#""signers": ["{A}", "{A}"], "threshold": 2, "level": "bytes""#),
            r#""signers": [], "threshold": 1, "level": "bytes""#.to_owned(),
            format!(r#""signers": ["{A}"], "threshold": 1, "level": "opened", "max-age": "90d""#),
            format!(r#""signers": ["{A}"], "threshold": 1, "level": "opened", "max_age": "90""#),
            format!(r#""signers": ["{A}"], "threshold": 1, "level": "public_key""#),
            format!(r#""signers": ["{A}"], "threshold": 1"#),
            format!(r#""signers": ["{A}"], "level": "bytes""#),
        ] {
            assert!(parse(&fields).is_err(), "{fields}");
        }
    }
}
