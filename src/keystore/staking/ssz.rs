//! SSZ hash tree roots of containers of fixed size.
//! <https://github.com/ethereum/consensus-specs/blob/master/ssz/simple-serialize.md>

use sha2::{Digest, Sha256};

/// A node of the tree.
pub(super) type Root = [u8; 32];

/// The root of a byte vector (`BytesN`): of its 32-byte chunks, the last one padded with zeros.
pub(super) fn bytes_root(bytes: &[u8]) -> Root {
    let chunks = bytes.chunks(32).map(|chunk| {
        let mut padded = [0; 32];
        for (to, from) in padded.iter_mut().zip(chunk) {
            *to = *from;
        }
        padded
    });
    merkleize(chunks.collect())
}

/// The root of a `uint64`.
pub(super) fn u64_root(number: u64) -> Root {
    bytes_root(&number.to_le_bytes())
}

/// The root of a container, given the roots of its fields in order.
pub(super) fn container_root(fields: &[Root]) -> Root {
    merkleize(fields.to_vec())
}

/// Hashes leaves in pairs up to the root. Zero leaves are added up to a power of two.
fn merkleize(mut level: Vec<Root>) -> Root {
    level.resize(level.len().next_power_of_two(), [0; 32]);
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| Sha256::digest(pair.concat()).into()).collect();
    }
    level.first().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(left: Root, right: Root) -> Root {
        Sha256::digest([left, right].concat()).into()
    }

    #[test]
    fn small_values_are_padded_and_not_hashed() {
        let mut expected = [0; 32];
        expected[..8].copy_from_slice(&[0, 0x40, 0x59, 0x73, 0x07, 0, 0, 0]);
        assert_eq!(u64_root(32_000_000_000), expected);
    }

    #[test]
    fn three_leaves_are_padded_to_four() {
        let [a, b, c, zero] = [[1; 32], [2; 32], [3; 32], [0; 32]];
        assert_eq!(container_root(&[a, b, c]), hash(hash(a, b), hash(c, zero)));
        assert_eq!(container_root(&[a]), a);
    }

    #[test]
    fn a_public_key_fills_one_chunk_and_a_half() {
        let mut second = [0; 32];
        second[..16].fill(7);
        assert_eq!(bytes_root(&[7; 48]), hash([7; 32], second));
    }
}
