//! Voluntary exits, signed by a validator's key when they are needed or in advance.
//! <https://github.com/ethereum/consensus-specs/blob/master/specs/phase0/beacon-chain.md#voluntaryexit>

use serde::{Deserialize, Serialize};

use super::{
    Fork, Network, json_list, quoted,
    signing::{exit_domain, signing_root},
    ssz::{container_root, u64_root},
};
use crate::bls::{PublicKey, SecretKey, Signature};
use stockade_base::json::{JsonError, from_slice, to_string_indented};

/// The largest file with one exit that is read.
pub const MAX_EXIT_BYTES: usize = 64 * 1024;

/// The largest file with several exits that is read: about 15,000 exits.
pub const MAX_EXITS_BYTES: usize = 4 * 1024 * 1024;

/// The last epoch that counts: it comes in more than 20,000 years. Clients write the greatest number
/// for a validator that never exits.
const LAST_EPOCH: u64 = u32::MAX as u64;

/// The message that a validator's key signs to exit (`VoluntaryExit`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// The first epoch in which the exit may be included.
    #[serde(with = "quoted")]
    pub epoch: u64,
    /// The validator's number on its chain, assigned when its deposit is processed.
    #[serde(with = "quoted")]
    pub validator_index: u64,
}

/// A signed exit in the form that beacon nodes accept
/// (`POST /eth/v1/beacon/pool/voluntary_exits`). It names neither its network nor its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedExit {
    /// The signed message.
    pub message: Exit,
    signature: String,
}

/// Why a file is not an exit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExitError {
    /// The file is malformed or too large.
    #[error("not a signed voluntary exit: {0}")]
    Json(#[from] JsonError),
    /// The list is empty.
    #[error("the file holds no signed voluntary exit")]
    Empty,
    /// The signature is not 0x and 192 hex digits.
    #[error("not a signed voluntary exit: its signature is not 0x and 192 hex digits")]
    Signature,
}

impl Exit {
    /// The root that the validator's key signs. It is valid on one network, in every later fork.
    pub fn signing_root(&self, network: Network) -> [u8; 32] {
        self.root_for(network, Fork::Capella)
    }

    fn root_for(&self, network: Network, fork: Fork) -> [u8; 32] {
        let root = container_root(&[u64_root(self.epoch), u64_root(self.validator_index)]);
        signing_root(root, exit_domain(network, fork))
    }

    /// Whether its epoch is so far away that the exit never takes effect.
    pub fn never_comes(&self) -> bool {
        self.epoch > LAST_EPOCH
    }

    /// Adds a signature made elsewhere.
    pub fn with_signature(self, signature: &Signature) -> SignedExit {
        SignedExit { message: self, signature: format!("0x{signature}") }
    }

    /// Signs the exit.
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

    /// The fork that `key` signed it for, if not Capella. Since Deneb no network accepts such an exit
    /// (EIP-7044).
    pub fn signed_for_fork(&self, network: Network, key: &PublicKey) -> Option<Fork> {
        let signature = self.signature().ok()?;
        let others = Fork::ALL.into_iter().filter(|fork| *fork != Fork::Capella);
        let mut others = others.map(|fork| (fork, self.message.root_for(network, fork)));
        others.find(|(_, root)| signature.verify(root, key)).map(|(fork, _)| fork)
    }

    /// Writes the file.
    pub fn to_json(&self) -> Result<String, ExitError> {
        Ok(to_string_indented(self)?)
    }

    /// Whether `key` signed it for `network`.
    pub fn verify(&self, network: Network, key: &PublicKey) -> Result<bool, ExitError> {
        Ok(self.signature()?.verify(&self.message.signing_root(network), key))
    }

    /// The signature.
    pub fn signature(&self) -> Result<Signature, ExitError> {
        let prefixed = self.signature.starts_with("0x");
        self.signature.parse().ok().filter(|_| prefixed).ok_or(ExitError::Signature)
    }
}

/// Reads a file of at most [`MAX_EXITS_BYTES`]: one exit, or a list as ethdo writes it, bare or
/// wrapped as by an API (`{"data": ..}`).
pub fn parse_exits(content: &[u8]) -> Result<Vec<SignedExit>, ExitError> {
    let exits: Vec<SignedExit> = json_list::parse_list(content, MAX_EXITS_BYTES)?;
    exits.iter().try_for_each(|exit| exit.signature().map(|_| ()))?;
    if exits.is_empty() { Err(ExitError::Empty) } else { Ok(exits) }
}
