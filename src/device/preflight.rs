//! What a wallet is known to refuse, said before anybody is asked to press anything.

use crate::{eth::Transaction, path::DerivationPath};

/// Something that a wallet may be asked.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Request<'a> {
    /// An Ethereum address.
    Address {
        /// Where its key is.
        path: &'a DerivationPath,
    },
    /// EIP-191 `personal_sign`.
    Message {
        /// Where the key is.
        path: &'a DerivationPath,
        /// What would be signed.
        message: &'a str,
    },
    /// A transaction.
    Transaction {
        /// Where the key is.
        path: &'a DerivationPath,
        /// What would be signed.
        transaction: &'a Transaction,
    },
}

/// Why a wallet will refuse, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// A sentence that names the device.
    pub why: String,
    /// What its user can do instead.
    pub advice: &'static str,
}
