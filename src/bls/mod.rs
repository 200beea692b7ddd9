//! BLS12-381 keys of validators: EIP-2333 derivation, public keys, signatures, shares of a key.

mod keys;
mod scalar;
mod shares;
mod signature;

pub use keys::{KeyError, PublicKey, SecretKey};
pub use shares::{
    KeyShare, MAX_SHARES, ShareError, combine_public_keys, combine_signatures, split,
};
pub use signature::Signature;
