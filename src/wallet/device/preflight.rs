//! What a wallet is known to refuse, said before anybody is asked to press anything. Each vendor's
//! module has its table of [`Fact`]s; `docs/guides/refusals.md` has all of them.

use stockade_base::{eth::Transaction, path::DerivationPath};

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
    /// A validator's deposit, some time later: a transaction to the deposit contract of mainnet and
    /// Hoodi.
    Deposit {
        /// The first byte of the withdrawal credentials that it names.
        credentials: u8,
    },
    /// SLIP-0011's CipherKeyValue.
    CipherKeyValue {
        /// The text that the device shows.
        key: &'a str,
    },
    /// A signature by the BLS withdrawal keys of its words.
    BlsSignature,
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

/// One thing that wallets in some states `S` refuse.
pub(crate) struct Fact<S> {
    /// Whether a wallet in this state refuses this request for this reason.
    pub(crate) refuses: fn(&S, &Request<'_>) -> bool,
    /// What is true of the device then, after its name.
    pub(crate) why: &'static str,
    /// What its user can do instead.
    pub(crate) advice: &'static str,
}

/// The first of `facts` by which the device named `device` will refuse `request`.
pub(crate) fn refusal<S>(
    facts: &[Fact<S>],
    device: &str,
    state: &S,
    request: &Request<'_>,
) -> Option<Refusal> {
    let fact = facts.iter().find(|fact| (fact.refuses)(state, request))?;
    let subject = request.subject();
    Some(Refusal { why: format!("the {device} {}{subject}", fact.why), advice: fact.advice })
}

impl<'a> Request<'a> {
    /// The key's path, where the request names one.
    pub(crate) fn path(&self) -> Option<&'a DerivationPath> {
        match self {
            Self::Address { path }
            | Self::Message { path, .. }
            | Self::Transaction { path, .. } => Some(path),
            Self::Deposit { .. } | Self::CipherKeyValue { .. } | Self::BlsSignature => None,
        }
    }

    /// What of it can be at fault, in brackets.
    fn subject(&self) -> String {
        match self {
            Self::Address { path } => format!(" ({path})"),
            Self::Message { path, message } => format!(" ({path}, {} bytes)", message.len()),
            Self::Transaction { path, transaction } => format!(" ({path}, to {})", transaction.to),
            Self::CipherKeyValue { key } => format!(" ({} bytes)", key.len()),
            Self::Deposit { .. } | Self::BlsSignature => String::new(),
        }
    }
}
