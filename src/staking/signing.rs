//! What validators sign: a container's root bound to its purpose and its chain.
//! <https://github.com/ethereum/consensus-specs/blob/master/specs/phase0/beacon-chain.md#compute_domain>

use super::ssz::{Root, bytes_root, container_root};

const DOMAIN_DEPOSIT: [u8; 4] = [3, 0, 0, 0];

/// The domain of deposits. It knows the chain by its genesis fork version alone: a deposit may be
/// signed before the chain begins.
pub(super) fn deposit_domain(genesis_fork_version: [u8; 4]) -> Root {
    compute_domain(DOMAIN_DEPOSIT, genesis_fork_version, [0; 32])
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
