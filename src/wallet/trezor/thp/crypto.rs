//! The primitives of the handshake: `Noise_XX_25519_AESGCM_SHA256`.

use trezor_noise_rust_crypto::{Aes256Gcm, Sha256, X25519};
use trezor_thp::{Backend, channel::host};

/// The backend for the vendor's crate.
pub(super) struct Primitives;

/// A channel after the handshake.
pub(super) type Channel = host::Channel<Primitives>;

impl Backend for Primitives {
    type Cipher = Aes256Gcm;
    type DH = X25519;
    type Hash = Sha256;

    fn random_bytes(dest: &mut [u8]) {
        // Only the number that identifies an answer on the broadcast channel. It is not secret, so
        // zeros are good enough if the system provides no random bytes.
        let _ = getrandom::fill(dest);
    }
}
