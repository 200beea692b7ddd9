//! Tells signing keys from other values of the same length.

use crate::secret_store::Fields;

/// The field that Stockade writes keys to, and that signers read by default.
pub(super) const USUAL_FIELD: &str = "value";

/// Why a store is read.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Purpose<'a> {
    /// To import. These fields hold signing keys, according to the user.
    Import(&'a [String]),
    /// To check. The field that a signer reads; `None` for `value` and fields named by their keys.
    Check(Option<&'a str>),
}

impl Purpose<'_> {
    /// Whether the field's name alone says that it holds signing keys. `exact` if the user named this very
    /// secret.
    pub(super) fn names(self, field: &str, exact: bool) -> bool {
        match self {
            Self::Import([]) => exact && field == USUAL_FIELD,
            Self::Import(fields) => fields.iter().any(|named| named == field),
            Self::Check(signers) => field == signers.unwrap_or(USUAL_FIELD),
        }
    }

    /// Whether a signer finds the key in this field.
    pub(super) fn is_usual(self, field: &str, by_name: bool) -> bool {
        match self {
            Self::Import(_) => true,
            Self::Check(Some(signers)) => field == signers,
            Self::Check(None) => by_name || field == USUAL_FIELD,
        }
    }
}

/// Whether the field's name says that it holds 32 bytes of another kind.
pub(super) fn is_other_kind(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    field.ends_with("_root")
        || matches!(
            field.as_str(),
            "withdrawal_credentials" | "withdrawalcredentials" | "root" | "salt" | "checksum"
        )
}

/// Whether an object is a keystore.
pub(super) fn is_keystore(fields: &Fields) -> bool {
    fields.contains_key("crypto") && fields.contains_key("version")
}

/// Whether a text is likely to be a keystore.
pub(super) fn looks_like_a_keystore(text: &str) -> bool {
    text.trim_start().starts_with('{') && text.contains("\"crypto\"")
}

/// The text as a public key: 96 hex digits, in lower case and without 0x.
pub(super) fn public_key(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let is_one = digits.len() == 96 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| digits.to_ascii_lowercase())
}

/// Whether a text may be a key in base64 or a similar encoding: one long word of that alphabet.
pub(super) fn may_be_encoded(text: &str) -> bool {
    let text = text.trim();
    let word = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte);
    text.len() >= 40 && text.bytes().all(word)
}
