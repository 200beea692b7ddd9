//! Errors of reading, opening and writing keystores.

use super::{PasswordError, kdf::KdfError};
use crate::bls::PublicKey;
use stockade_base::json::JsonError;

/// Why a keystore cannot be read, opened or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeystoreError {
    /// The file is not JSON or too large, or a field is missing or of another type.
    #[error("not a keystore: {0}")]
    Json(#[from] JsonError),
    /// The keystore has another version. Version 3 is for accounts, not for validators.
    #[error("a keystore of version {0}, but validators' keystores have version 4 (EIP-2335)")]
    Version(String),
    /// A field has an invalid value.
    #[error("malformed keystore: its `{field}` {problem}")]
    Field {
        /// The path of the field in the JSON.
        field: &'static str,
        /// What is wrong with it, as the predicate of a sentence.
        problem: &'static str,
    },
    /// A field names a function that EIP-2335 does not define.
    #[error("unsupported keystore: its `{field}` is `{value}`, which EIP-2335 does not define")]
    Unsupported {
        /// The path of the field in the JSON.
        field: &'static str,
        /// The beginning of its value.
        value: String,
    },
    /// The key derivation is invalid or too costly.
    #[error(transparent)]
    Kdf(#[from] KdfError),
    /// The checksum does not match. EIP-2335 cannot distinguish a wrong password from a damaged salt,
    /// ciphertext or checksum.
    #[error("wrong password (or the encrypted key in the file is damaged)")]
    WrongPassword,
    /// The password is right, but the keystore contains another key than it names. Most clients would
    /// load it without a warning.
    #[error("the keystore names public key {stated}, but holds the key of {opened}")]
    PubkeyMismatch {
        /// The public key that the file names.
        stated: PublicKey,
        /// The public key of the secret key in the file.
        opened: PublicKey,
    },
    /// The password is right, but the content is not a BLS key. The IV may be damaged, because the
    /// checksum does not cover it.
    #[error("the password is right, but the content is not a BLS key (the `iv` may be damaged)")]
    NotAKey,
    /// The key was derived with other parameters than this keystore's.
    #[error("the decryption key was derived for a keystore with another salt or cost")]
    OtherKdf,
    /// The password cannot be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The system provides no random bytes.
    #[error(transparent)]
    Random(stockade_base::secret::RandomError),
}
