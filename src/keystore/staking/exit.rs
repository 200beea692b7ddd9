//! Voluntary exits: signed by a validator's key, now or long before they are needed.
//! <https://github.com/ethereum/consensus-specs/blob/master/specs/phase0/beacon-chain.md#voluntaryexit>

use serde::{Deserialize, Serialize};

use super::{
    Fork, Network, foreign, quoted,
    signing::{exit_domain, signing_root},
    ssz::{container_root, u64_root},
};
use crate::bls::{PublicKey, SecretKey, Signature};
use stockade_base::json::{JsonError, from_slice, to_string_indented};

/// The largest file that is read.
pub const MAX_EXIT_BYTES: usize = 64 * 1024;

/// The largest file of several that is read: some 15,000 exits.
pub const MAX_EXITS_BYTES: usize = 4 * 1024 * 1024;

/// Epochs beyond this one come in more than 20,000 years. Clients write the greatest number of all
/// for a validator that never leaves.
const LAST_EPOCH: u64 = u32::MAX as u64;

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
    /// An empty list.
    #[error("this file holds no signed voluntary exit")]
    Empty,
    /// The signature is not 0x and 192 hex digits.
    #[error("the exit's signature is not 0x and 192 hex digits")]
    Signature,
}

impl Exit {
    /// The root that the validator's key signs, for one network and every later fork of it.
    pub fn signing_root(&self, network: Network) -> [u8; 32] {
        self.root_for(network, Fork::Capella)
    }

    fn root_for(&self, network: Network, fork: Fork) -> [u8; 32] {
        let root = container_root(&[u64_root(self.epoch), u64_root(self.validator_index)]);
        signing_root(root, exit_domain(network, fork))
    }

    /// Whether its epoch never comes.
    pub fn never_comes(&self) -> bool {
        self.epoch > LAST_EPOCH
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

    /// Which other fork than Capella `key` signed it for. Since Deneb no network takes such an exit
    /// (EIP-7044).
    pub fn signed_for_fork(&self, network: Network, key: &PublicKey) -> Option<Fork> {
        let signature = self.signature().ok()?;
        let others = Fork::ALL.into_iter().filter(|fork| *fork != Fork::Capella);
        let mut others = others.map(|fork| (fork, self.message.root_for(network, fork)));
        others.find(|(_, root)| signature.verify(root, key)).map(|(fork, _)| fork)
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

/// Reads a file of at most [`MAX_EXITS_BYTES`]: one exit, or several as ethdo writes them, bare or
/// as an API answers (`{"data": ..}`).
pub fn parse_exits(content: &[u8]) -> Result<Vec<SignedExit>, ExitError> {
    let exits: Vec<SignedExit> = foreign::parse_list(content, MAX_EXITS_BYTES)?;
    exits.iter().try_for_each(|exit| exit.signature().map(|_| ()))?;
    match exits.is_empty() {
        true => Err(ExitError::Empty),
        false => Ok(exits),
    }
}
