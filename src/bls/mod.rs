//! BLS12-381 keys of validators: EIP-2333 derivation, public keys, signatures.

mod keys;
mod signature;

pub use keys::{KeyError, PublicKey, SecretKey};
pub use signature::Signature;
