//! The cipher and the checksum of EIP-2335: AES-128-CTR under the left half of the decryption key, and
//! SHA-256 over its right half and the ciphertext.

use aes::{
    Aes128,
    cipher::{KeyIvInit, StreamCipher},
};
use sha2::{Digest, Sha256};

use stockade_base::secret::SecretBytes;

/// Encrypts or decrypts `data` in place. In counter mode both are the same operation.
pub(super) fn apply(key: &SecretBytes<32>, iv: &[u8; 16], data: &mut [u8]) {
    let (left, _) = key.expose().split_at(16);
    ctr::Ctr128BE::<Aes128>::new(left.into(), iv.into()).apply_keystream(data);
}

/// The checksum that shows whether a password is right. It does not cover the IV.
pub(super) fn checksum(key: &SecretBytes<32>, ciphertext: &[u8]) -> [u8; 32] {
    let (_, right) = key.expose().split_at(16);
    Sha256::new().chain_update(right).chain_update(ciphertext).finalize().into()
}
