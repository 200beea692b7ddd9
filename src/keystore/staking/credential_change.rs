//! The change from 0x00 to 0x01 credentials: the withdrawal key names the address that receives all
//! withdrawals from then on. It cannot be changed again.
//! <https://github.com/ethereum/consensus-specs/blob/master/specs/capella/beacon-chain.md#blstoexecutionchange>

use serde::{Deserialize, Serialize};

use super::{
    Fork, Network, UnknownNetwork, json_list, quoted,
    signing::{credential_change_domain, signing_root},
    ssz::{bytes_root, container_root, u64_root},
};
use crate::bls::{PublicKey, SecretKey, Signature};
use stockade_base::{
    eth::Address,
    json::{JsonError, clip, to_string_indented},
};

/// The largest file that is read: about 80,000 validators.
pub const MAX_CREDENTIAL_CHANGE_BYTES: usize = 64 * 1024 * 1024;

/// The change that a withdrawal key signs (`BLSToExecutionChange`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialChange {
    /// The validator's number on its chain.
    pub validator_index: u64,
    /// The withdrawal key. The 0x00 credentials are its hash.
    pub from: PublicKey,
    /// The address that receives all withdrawals from then on.
    pub to: Address,
}

/// A signed change in the form that beacon nodes accept
/// (`POST /eth/v1/beacon/pool/bls_to_execution_changes`), with the metadata that deposit tools add.
/// Only its JSON types are checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedCredentialChange {
    message: Message,
    signature: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Message {
    #[serde(with = "quoted")]
    validator_index: u64,
    from_bls_pubkey: String,
    to_execution_address: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Metadata {
    network_name: String,
    genesis_validators_root: String,
    deposit_cli_version: String,
}

/// Why a file does not hold a credential change that a network would accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialChangeError {
    /// The file is malformed or too large.
    #[error("not a file of BLS-to-execution changes: {0}")]
    Json(#[from] JsonError),
    /// The list is empty.
    #[error("the file holds no BLS-to-execution change")]
    Empty,
    /// A field is malformed.
    #[error("its `{0}` is malformed")]
    Malformed(&'static str),
    /// Its metadata names a different network than the one it is checked for.
    #[error("its metadata says that it is for {stated}, not for {asked}")]
    Network {
        /// The network that the metadata names.
        stated: String,
        /// The network that it is checked for.
        asked: Network,
    },
    /// It is signed for the wrong fork.
    #[error("it is signed for the {} fork of {network}: only a signature for Phase 0 counts", .fork.name())]
    Fork {
        /// The fork.
        fork: Fork,
        /// The network.
        network: Network,
    },
    /// It pays the zero address.
    #[error("it pays the zero address: nobody has its key, and all withdrawals would be lost")]
    ZeroAddress,
    /// The withdrawal key did not sign it for this network.
    #[error("its signature was not made by its withdrawal key for {0}")]
    Signature(Network),
}

impl CredentialChange {
    /// The root that the withdrawal key signs, on a wallet or in [`CredentialChange::sign`].
    pub fn signing_root(&self, network: Network) -> [u8; 32] {
        self.root_for(network, Fork::Phase0)
    }

    fn root_for(&self, network: Network, fork: Fork) -> [u8; 32] {
        let root = container_root(&[
            u64_root(self.validator_index),
            bytes_root(self.from.as_bytes()),
            bytes_root(self.to.as_bytes()),
        ]);
        signing_root(root, credential_change_domain(network, fork))
    }

    /// Adds a signature made elsewhere, which is verified. `version` is written as the version of the
    /// deposit tool.
    pub fn with_signature(
        &self,
        network: Network,
        signature: &Signature,
        version: &str,
    ) -> Result<SignedCredentialChange, CredentialChangeError> {
        if !signature.verify(&self.signing_root(network), &self.from) {
            return Err(CredentialChangeError::Signature(network));
        }
        Ok(SignedCredentialChange {
            message: Message {
                validator_index: self.validator_index,
                from_bls_pubkey: format!("0x{}", self.from),
                to_execution_address: format!("0x{}", hex::encode(self.to.as_bytes())),
            },
            signature: format!("0x{signature}"),
            metadata: Some(Metadata {
                network_name: network.to_string(),
                genesis_validators_root: root_text(network),
                deposit_cli_version: version.to_owned(),
            }),
        })
    }

    /// Signs the change with the withdrawal key.
    pub fn sign(
        &self,
        network: Network,
        key: &SecretKey,
        version: &str,
    ) -> Result<SignedCredentialChange, CredentialChangeError> {
        self.with_signature(network, &key.sign(&self.signing_root(network)), version)
    }
}

impl SignedCredentialChange {
    /// The network that its metadata names, if it has metadata.
    pub fn network(&self) -> Option<Result<Network, UnknownNetwork>> {
        self.metadata.as_ref().map(|metadata| metadata.network_name.parse())
    }

    /// The change, if its withdrawal key signed it for `network`.
    pub fn verify(&self, network: Network) -> Result<CredentialChange, CredentialChangeError> {
        use CredentialChangeError::Malformed;

        if let Some(metadata) = &self.metadata
            && metadata.network_name != network.name()
        {
            let stated = clip(&metadata.network_name, 40);
            return Err(CredentialChangeError::Network { stated, asked: network });
        }
        if let Some(metadata) = &self.metadata
            && metadata.genesis_validators_root != root_text(network)
        {
            return Err(Malformed("genesis_validators_root"));
        }
        let Message { validator_index, from_bls_pubkey, to_execution_address } = &self.message;
        let prefixed = |text: &str| text.starts_with("0x");
        let from = from_bls_pubkey.parse().ok().filter(|_| prefixed(from_bls_pubkey));
        let signature: Option<Signature> = self.signature.parse().ok();
        let signature = signature.filter(|_| prefixed(&self.signature));
        let change = CredentialChange {
            validator_index: *validator_index,
            from: from.ok_or(Malformed("from_bls_pubkey"))?,
            to: to_execution_address.parse().map_err(|_| Malformed("to_execution_address"))?,
        };
        let signature = signature.ok_or(Malformed("signature"))?;
        let signs = |fork: &Fork| signature.verify(&change.root_for(network, *fork), &change.from);
        match Fork::ALL.into_iter().find(signs) {
            Some(Fork::Phase0) if change.to == Address::from_bytes([0; 20]) => {
                Err(CredentialChangeError::ZeroAddress)
            }
            Some(Fork::Phase0) => Ok(change),
            Some(fork) => Err(CredentialChangeError::Fork { fork, network }),
            None => Err(CredentialChangeError::Signature(network)),
        }
    }
}

/// Reads a list of at most [`MAX_CREDENTIAL_CHANGE_BYTES`]. [Verify](SignedCredentialChange::verify)
/// each of its changes.
pub fn parse_credential_changes(
    content: &[u8],
) -> Result<Vec<SignedCredentialChange>, CredentialChangeError> {
    let changes: Vec<SignedCredentialChange> =
        json_list::parse_list(content, MAX_CREDENTIAL_CHANGE_BYTES)?;
    if changes.is_empty() { Err(CredentialChangeError::Empty) } else { Ok(changes) }
}

/// Writes a file with these changes.
pub fn write_credential_changes(
    changes: &[SignedCredentialChange],
) -> Result<String, CredentialChangeError> {
    Ok(to_string_indented(&changes)?)
}

fn root_text(network: Network) -> String {
    format!("0x{}", hex::encode(network.genesis_validators_root()))
}
