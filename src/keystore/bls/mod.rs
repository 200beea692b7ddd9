//! Validators' BLS12-381 keys: EIP-2333 derivation, public keys, signatures, shares of a key.

mod batch;
mod error;
mod polynomial;
mod public_key;
mod scalar;
mod secret_key;
mod shares;
mod signature;
mod tree;

pub use batch::expect_public_keys;
pub use error::KeyError;
pub use polynomial::public_share;
pub use public_key::{PublicKey, UncheckedPublicKey};
pub use secret_key::SecretKey;
pub use shares::{
    KeyShare, MAX_SHARES, ShareError, combine_public_keys, combine_signatures, split,
};
pub use signature::Signature;
pub use tree::KeyTree;
