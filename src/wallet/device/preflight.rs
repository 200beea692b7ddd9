//! Requests that a wallet is known to refuse, reported before the user is asked to press anything.
//! Each vendor's module has a table of [`Fact`]s; `docs/guides/refusals.md` lists all of them.

use stockade_base::{eth::Transaction, path::DerivationPath};

/// A request to a wallet.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Request<'a> {
    /// An Ethereum address.
    Address {
        /// The key's path.
        path: &'a DerivationPath,
    },
    /// EIP-191 `personal_sign`.
    Message {
        /// The key's path.
        path: &'a DerivationPath,
        /// The text to sign.
        message: &'a str,
    },
    /// A transaction.
    Transaction {
        /// The key's path.
        path: &'a DerivationPath,
        /// The transaction to sign.
        transaction: &'a Transaction,
    },
    /// A validator's deposit at a later time: a transaction to the deposit contract of mainnet and
    /// Hoodi.
    Deposit {
        /// The first byte of its withdrawal credentials.
        credentials: u8,
    },
    /// SLIP-0011 CipherKeyValue.
    CipherKeyValue {
        /// The text that the device shows.
        key: &'a str,
    },
    /// A signature with a BLS withdrawal key of its seed.
    BlsSignature,
}

/// Why a wallet will refuse a request, and what its user can do instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
#[non_exhaustive]
pub struct Refusal {
    /// A sentence that names the device.
    pub why: String,
    /// What its user can do instead.
    pub advice: &'static str,
}

impl Refusal {
    /// `why` is a sentence that names the device, `advice` what its user can do instead.
    pub fn new(why: impl Into<String>, advice: &'static str) -> Self {
        Self { why: why.into(), advice }
    }
}

/// A kind of request that wallets refuse in some of their states `S`.
pub(crate) struct Fact<S> {
    /// Whether a wallet in this state refuses this request for this reason.
    pub(crate) refuses: fn(&S, &Request<'_>) -> bool,
    /// The reason: a predicate whose subject is the device's name.
    pub(crate) why: &'static str,
    /// What its user can do instead.
    pub(crate) advice: &'static str,
}

/// The first of `facts` for which the device named `device` will refuse `request`.
pub(crate) fn refusal<S>(
    facts: &[Fact<S>],
    device: &str,
    state: &S,
    request: &Request<'_>,
) -> Option<Refusal> {
    let fact = facts.iter().find(|fact| (fact.refuses)(state, request))?;
    let details = request.details();
    Some(Refusal::new(format!("the {device} {}{details}", fact.why), fact.advice))
}

impl<'a> Request<'a> {
    /// The key's path, if the request has one.
    pub(crate) fn path(&self) -> Option<&'a DerivationPath> {
        match self {
            Self::Address { path }
            | Self::Message { path, .. }
            | Self::Transaction { path, .. } => Some(path),
            Self::Deposit { .. } | Self::CipherKeyValue { .. } | Self::BlsSignature => None,
        }
    }

    /// The properties for which it may be refused, in brackets.
    fn details(&self) -> String {
        match self {
            Self::Address { path } => format!(" ({path})"),
            Self::Message { path, message } => format!(" ({path}, {} bytes)", message.len()),
            Self::Transaction { path, transaction } => format!(" ({path}, to {})", transaction.to),
            Self::CipherKeyValue { key } => format!(" ({} bytes)", key.len()),
            Self::Deposit { .. } | Self::BlsSignature => String::new(),
        }
    }
}
