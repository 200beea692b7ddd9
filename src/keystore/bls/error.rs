//! Why bytes are not a key.

/// Why bytes are not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The number is zero, or not below the group's order.
    #[error("not a BLS12-381 secret key: the number is zero or too large")]
    InvalidSecretKey,
    /// The text is not hex digits of the right length.
    #[error("a BLS public key has 96 hex digits, a signature 192")]
    Malformed,
    /// The bytes are not a point in the right group, or they are the point at infinity.
    #[error("not a BLS12-381 public key: these 48 bytes are not a valid point")]
    InvalidPublicKey,
    /// EIP-2333 requires a seed of at least 32 bytes.
    #[error("a seed of {0} bytes is too short: EIP-2333 requires 32")]
    ShortSeed(usize),
}
