//! BLS12-381 keys of validators: EIP-2333 derivation, public keys, signatures, shares of a key.

mod keys;
mod many;
mod scalar;
mod shares;
mod signature;
mod tree;

pub use keys::UncheckedPublicKey;
pub use keys::{KeyError, PublicKey, SecretKey};
pub use many::expect_public_keys;
pub use shares::{
    KeyShare, MAX_SHARES, ShareError, combine_public_keys, combine_signatures, split,
};
pub use signature::Signature;
pub use tree::KeyTree;
