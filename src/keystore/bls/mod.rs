//! Validators' BLS12-381 keys: EIP-2333 derivation, public keys, signatures, shares of a key.

mod batch;
mod keys;
mod scalar;
mod shares;
mod signature;
mod tree;

pub use batch::expect_public_keys;
pub use keys::{KeyError, PublicKey, SecretKey, UncheckedPublicKey};
pub use shares::{
    KeyShare, MAX_SHARES, ShareError, combine_public_keys, combine_signatures, split,
};
pub use signature::Signature;
pub use tree::KeyTree;
