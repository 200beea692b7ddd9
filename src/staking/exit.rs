//! Voluntary exits: signed by a validator's key, now or long before they are needed.
//! <https://github.com/ethereum/consensus-specs/blob/master/specs/phase0/beacon-chain.md#voluntaryexit>

use serde::{Deserialize, Serialize};

use super::{
    Network, quoted,
    signing::{exit_domain, signing_root},
    ssz::{container_root, u64_root},
};
use crate::{
    bls::{PublicKey, SecretKey, Signature},
    json::{JsonError, from_slice, to_string_indented},
};

/// The largest file that is read.
pub const MAX_EXIT_BYTES: usize = 64 * 1024;

/// What a validator's key signs to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// The first epoch in which it may be included.
    #[serde(with = "quoted")]
    pub epoch: u64,
    /// The validator's number on its chain, which it has from its deposit on.
    #[serde(with = "quoted")]
    pub validator_index: u64,
}

/// An exit in the form that beacon nodes take (`POST /eth/v1/beacon/pool/voluntary_exits`). It
/// names neither its network nor its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedExit {
    /// What was signed.
    pub message: Exit,
    signature: String,
}

/// Why a file is no exit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExitError {
    /// Malformed, or too large.
    #[error("not a signed voluntary exit: {0}")]
    Json(#[from] JsonError),
    /// The signature is not 0x and 192 hex digits.
    #[error("the exit's signature is not 0x and 192 hex digits")]
    Signature,
}

impl Exit {
    /// The root that the validator's key signs, for one network and every later fork of it.
    pub fn signing_root(&self, network: Network) -> [u8; 32] {
        let root = container_root(&[u64_root(self.epoch), u64_root(self.validator_index)]);
        signing_root(root, exit_domain(network))
    }

    /// The exit with a signature by whoever holds the key.
    pub fn with_signature(self, signature: &Signature) -> SignedExit {
        SignedExit { message: self, signature: format!("0x{signature}") }
    }

    /// The exit, signed.
    pub fn sign(self, network: Network, key: &SecretKey) -> SignedExit {
        self.with_signature(&key.sign(&self.signing_root(network)))
    }
}

impl SignedExit {
    /// Reads a file of at most [`MAX_EXIT_BYTES`].
    pub fn parse(content: &[u8]) -> Result<Self, ExitError> {
        let exit: Self = from_slice(content, MAX_EXIT_BYTES)?;
        exit.signature()?;
        Ok(exit)
    }

    /// The file's text.
    pub fn to_json(&self) -> Result<String, ExitError> {
        Ok(to_string_indented(self)?)
    }

    /// Whether `key` signed it for `network`.
    pub fn verify(&self, network: Network, key: &PublicKey) -> Result<bool, ExitError> {
        Ok(self.signature()?.verify(&self.message.signing_root(network), key))
    }

    fn signature(&self) -> Result<Signature, ExitError> {
        let prefixed = self.signature.starts_with("0x");
        self.signature.parse().ok().filter(|_| prefixed).ok_or(ExitError::Signature)
    }
}
