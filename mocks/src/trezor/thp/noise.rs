//! The primitives of the handshake.

use trezor_noise_rust_crypto::{Aes256Gcm, Sha256, X25519};
use trezor_thp::Backend;

pub(super) struct Primitives;

impl Backend for Primitives {
    type Cipher = Aes256Gcm;
    type DH = X25519;
    type Hash = Sha256;

    fn random_bytes(dest: &mut [u8]) {
        let _ = getrandom::fill(dest);
    }
}
