//! The primitives under the handshake: `Noise_XX_25519_AESGCM_SHA256`.

use trezor_noise_rust_crypto::{Aes256Gcm, Sha256, X25519};
use trezor_thp::{Backend, channel::host};

/// The primitives.
pub(super) struct Primitives;

/// A channel whose handshake is done.
pub(super) type Channel = host::Channel<Primitives>;

impl Backend for Primitives {
    type Cipher = Aes256Gcm;
    type DH = X25519;
    type Hash = Sha256;

    fn random_bytes(dest: &mut [u8]) {
        // Only the number by which an answer on the broadcast channel is known again: no secret,
        // and zeros where the system gives none will do.
        let _ = getrandom::fill(dest);
    }
}
