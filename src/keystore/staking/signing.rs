//! Signing roots: the root of a message, bound to its purpose and its chain.
//! <https://github.com/ethereum/consensus-specs/blob/master/specs/phase0/beacon-chain.md#compute_domain>

use super::{
    Fork, Network,
    ssz::{Root, bytes_root, container_root},
};

const DOMAIN_DEPOSIT: [u8; 4] = [3, 0, 0, 0];
const DOMAIN_VOLUNTARY_EXIT: [u8; 4] = [4, 0, 0, 0];
const DOMAIN_BLS_TO_EXECUTION_CHANGE: [u8; 4] = [0x0a, 0, 0, 0];

/// The domain of deposits. It depends only on the genesis fork version, so that a deposit can be
/// signed before the chain starts.
pub(super) fn deposit_domain(genesis_fork_version: [u8; 4]) -> Root {
    compute_domain(DOMAIN_DEPOSIT, genesis_fork_version, [0; 32])
}

/// The domain of voluntary exits. Networks accept only Capella's, in later forks too, so an exit stays
/// valid (EIP-7044).
pub(super) fn exit_domain(network: Network, fork: Fork) -> Root {
    let root = network.genesis_validators_root();
    compute_domain(DOMAIN_VOLUNTARY_EXIT, network.fork_version(fork), root)
}

/// The domain of credential changes. Networks accept only that of the genesis fork, so that changes
/// could be signed before Capella.
pub(super) fn credential_change_domain(network: Network, fork: Fork) -> Root {
    let root = network.genesis_validators_root();
    compute_domain(DOMAIN_BLS_TO_EXECUTION_CHANGE, network.fork_version(fork), root)
}

/// The root that a key signs: the root of `SigningData {object_root, domain}`.
pub(super) fn signing_root(object_root: Root, domain: Root) -> Root {
    container_root(&[object_root, domain])
}

/// The domain type followed by the first 28 bytes of the root of
/// `ForkData {current_version, genesis_validators_root}`.
fn compute_domain(domain_type: [u8; 4], fork_version: [u8; 4], validators_root: Root) -> Root {
    let fork_data = container_root(&[bytes_root(&fork_version), validators_root]);
    let mut domain = [0; 32];
    for (to, from) in domain.iter_mut().zip(domain_type.iter().chain(&fork_data)) {
        *to = *from;
    }
    domain
}
