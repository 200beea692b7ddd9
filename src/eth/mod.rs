//! Ethereum accounts: addresses (EIP-55), signatures, and personal messages (EIP-191).

pub mod address;
pub mod personal_message;
pub mod signature;

pub use address::Address;
pub use signature::Signature;
