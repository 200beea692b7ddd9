//! Ethereum addresses (EIP-55), account keys (BIP-32), signatures, personal messages (EIP-191) and
//! transactions (EIP-155, EIP-1559).

mod account_key;
pub mod address;
pub mod personal_message;
mod rlp;
pub mod signature;
pub mod transaction;

pub use account_key::{AccountKey, NoKey};
pub use address::Address;
pub use signature::Signature;
pub use transaction::{Fee, Transaction};

/// Keccak-256, Ethereum's hash.
pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    <sha3::Keccak256 as sha3::Digest>::digest(bytes).into()
}
