//! Pairing with six digits on the screen: the device's side.

use sha2::{Digest, Sha256};

use super::cpace;
use crate::trezor::random;

/// The digits, and the keys for the proof that they were typed.
pub(super) struct CodeEntry {
    secret: [u8; 16],
    private_key: [u8; 32],
    channel: [u8; 32],
    code: String,
}

impl CodeEntry {
    /// Begins on the channel with this handshake hash.
    pub(super) fn new(channel: [u8; 32]) -> Self {
        Self { secret: random(), private_key: random(), channel, code: String::new() }
    }

    /// The commitment to the secret, before the device knows the host's challenge.
    pub(super) fn commitment(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }

    /// Receives the host's challenge, and returns the device's key for the resulting digits.
    pub(super) fn challenged(&mut self, challenge: &[u8]) -> [u8; 32] {
        self.code = code(&self.channel, &self.secret, challenge);
        cpace::public_key(self.private_key, self.code.as_bytes(), &self.channel)
    }

    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// Reveals the secret if the host's proof is valid.
    pub(super) fn revealed(&self, host_key: [u8; 32], tag: &[u8]) -> Option<[u8; 16]> {
        let shared = cpace::shared_secret(self.private_key, host_key);
        let expected = Sha256::digest(shared);
        (shared != [0; 32] && expected.as_slice() == tag).then_some(self.secret)
    }
}

/// SHA-256 of method, channel, secret and challenge, as a number, modulo a million.
fn code(channel: &[u8; 32], secret: &[u8], challenge: &[u8]) -> String {
    let mut hash = Sha256::new();
    for part in [&[2], channel.as_slice(), secret, challenge] {
        hash.update(part);
    }
    let mut number: u64 = 0;
    for byte in hash.finalize() {
        number = ((number << 8) | u64::from(byte)) % 1_000_000;
    }
    format!("{number:06}")
}
