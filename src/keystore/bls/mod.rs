//! Validators' BLS12-381 keys: EIP-2333 derivation, public keys, signatures, shares of a key.

mod batch;
mod error;
mod polynomial;
mod public_key;
mod recover;
mod scalar;
mod secret_key;
mod shares;
mod signature;
mod tree;

pub use batch::expect_public_keys;
pub use error::KeyError;
pub use polynomial::public_share;
pub use public_key::{PublicKey, UncheckedPublicKey};
pub use recover::{Fit, fit};
pub use secret_key::SecretKey;
pub use shares::{
    KeyShare, MAX_SHARES, ShareError, combine_keys, combine_public_keys, combine_signatures, split,
    split_at,
};
pub use signature::Signature;
pub use tree::KeyTree;
