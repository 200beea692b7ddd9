//! What validators sign: a container's root bound to its purpose and its chain.
//! <https://github.com/ethereum/consensus-specs/blob/master/specs/phase0/beacon-chain.md#compute_domain>

use super::{
    Fork, Network,
    ssz::{Root, bytes_root, container_root},
};

const DOMAIN_DEPOSIT: [u8; 4] = [3, 0, 0, 0];
const DOMAIN_VOLUNTARY_EXIT: [u8; 4] = [4, 0, 0, 0];
const DOMAIN_BLS_TO_EXECUTION_CHANGE: [u8; 4] = [0x0a, 0, 0, 0];

/// The domain of deposits. It knows the chain by its genesis fork version alone: a deposit may be
/// signed before the chain begins.
pub(super) fn deposit_domain(genesis_fork_version: [u8; 4]) -> Root {
    compute_domain(DOMAIN_DEPOSIT, genesis_fork_version, [0; 32])
}

/// The domain of voluntary exits. That of Capella is the one for ever, so that one signed now
/// counts in any later fork (EIP-7044).
pub(super) fn exit_domain(network: Network, fork: Fork) -> Root {
    let root = network.genesis_validators_root();
    compute_domain(DOMAIN_VOLUNTARY_EXIT, network.fork_version(fork), root)
}

/// The domain of credential changes. That of genesis is the one, so that they could be signed
/// before Capella.
pub(super) fn credential_change_domain(network: Network, fork: Fork) -> Root {
    let root = network.genesis_validators_root();
    compute_domain(DOMAIN_BLS_TO_EXECUTION_CHANGE, network.fork_version(fork), root)
}

/// The root that a key signs: that of `SigningData {object_root, domain}`.
pub(super) fn signing_root(object_root: Root, domain: Root) -> Root {
    container_root(&[object_root, domain])
}

/// The domain type, and the first 28 bytes of the root of
/// `ForkData {current_version, genesis_validators_root}`.
fn compute_domain(domain_type: [u8; 4], fork_version: [u8; 4], validators_root: Root) -> Root {
    let fork_data = container_root(&[bytes_root(&fork_version), validators_root]);
    let mut domain = [0; 32];
    for (to, from) in domain.iter_mut().zip(domain_type.iter().chain(&fork_data)) {
        *to = *from;
    }
    domain
}
