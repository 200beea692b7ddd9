//! What can be wrong with a keystore, and whose fault it is.

use super::{PasswordError, kdf::KdfError};
use crate::bls::PublicKey;
use stockade_base::json::JsonError;

/// Why a keystore cannot be read, opened or made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeystoreError {
    /// Malformed: no JSON, too large, or a field is missing or of another type.
    #[error("not a keystore: {0}")]
    Json(#[from] JsonError),
    /// A keystore of another standard: version 3 is an account's, not a validator's.
    #[error("a keystore of version {0}; a validator's is version 4 (EIP-2335)")]
    Version(String),
    /// Malformed: a field is there and says nothing usable.
    #[error("malformed keystore: its `{field}` {problem}")]
    Field {
        /// Which field, by its path in the JSON.
        field: &'static str,
        /// What is wrong, continuing the sentence "its field ..".
        problem: &'static str,
    },
    /// A field names a function that EIP-2335 does not have.
    #[error("its `{field}` is `{value}`, which EIP-2335 does not have")]
    Unsupported {
        /// Which field, by its path in the JSON.
        field: &'static str,
        /// The beginning of what it says.
        value: String,
    },
    /// The key derivation asks for something invalid, or for too much.
    #[error(transparent)]
    Kdf(#[from] KdfError),
    /// The checksum differs. EIP-2335 cannot tell a wrong password from a damaged salt, cipher
    /// text or checksum.
    #[error("wrong password (or the encrypted key in the file is damaged)")]
    WrongPassword,
    /// The password is right, and the key inside is not the one that the file names. Most clients
    /// would load it without a word.
    #[error("the keystore names public key {stated}, but holds the key of {opened}")]
    PubkeyMismatch {
        /// The public key that the file names.
        stated: PublicKey,
        /// The public key of the secret key inside.
        opened: PublicKey,
    },
    /// The password is right, and what is inside is no BLS key: the IV is damaged, for the
    /// checksum does not cover it.
    #[error("the password is right, but what is inside is no BLS key (the `iv` may be damaged)")]
    NotAKey,
    /// The caller derived its key with other parameters than this keystore's.
    #[error("the decryption key was derived for a keystore with another salt or cost")]
    OtherKdf,
    /// A password that is none.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The system gives no random bytes.
    #[error(transparent)]
    Random(stockade_base::secret::RandomError),
}
