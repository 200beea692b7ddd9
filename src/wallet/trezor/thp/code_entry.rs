//! Pairing with the six digits that the device shows. Each side proves that it knows them without
//! revealing them to a man in the middle (CPace), and the device commits itself to them before it knows
//! this computer's challenge.
//!
//! CPace for X25519 and SHA-512: [draft-irtf-cfrg-cpace](https://datatracker.ietf.org/doc/draft-irtf-cfrg-cpace/).

use curve25519_dalek::edwards::EdwardsPoint;
use sha2::{Digest, Sha256, Sha512, digest::Update as _};
use x25519_dalek::x25519;
use zeroize::Zeroizing;

use stockade_base::secret::SecretBytes;

/// ThpPairingMethod.CodeEntry.
pub(super) const CODE_ENTRY: u8 = 2;

/// The number of codes with six digits.
const CODES: u32 = 1_000_000;

/// The draft's name for this group and hash.
const DSI: &[u8] = b"CPace255";

/// The block length of SHA-512. The code is padded to fill the first block.
const BLOCK: usize = 128;

/// This computer's part of CPace: its public key and its proof.
pub(super) struct Proof {
    pub(super) public_key: [u8; 32],
    pub(super) tag: [u8; 32],
}

/// Proves that `code` was read from the screen of the device that sent `device_public_key`. `None` if
/// that is not a valid key.
pub(super) fn prove(
    code: &str,
    handshake_hash: &[u8; 32],
    device_public_key: &[u8; 32],
    private_key: &SecretBytes<32>,
) -> Option<Proof> {
    let generator = eightfold_generator(&generator_string(code.as_bytes(), handshake_hash));
    let public_key = multiply_by_eighth(private_key, &generator);
    let shared = Zeroizing::new(x25519(*private_key.expose(), *device_public_key));
    // With a key of small order, everybody would know the shared secret.
    if *shared == [0; 32] {
        return None;
    }
    Some(Proof { public_key, tag: <Sha256 as Digest>::digest(*shared).into() })
}

/// Whether the device's `secret` matches its `commitment` and leads to `code`.
pub(super) fn is_commitment_kept(
    code: &str,
    handshake_hash: &[u8; 32],
    commitment: &[u8],
    challenge: &[u8],
    secret: &[u8],
) -> bool {
    let committed = <Sha256 as Digest>::digest(secret);
    committed.as_slice() == commitment && code_of(handshake_hash, secret, challenge) == code
}

/// The six digits that the device shows.
fn code_of(handshake_hash: &[u8; 32], secret: &[u8], challenge: &[u8]) -> String {
    let digest =
        Sha256::new().chain([CODE_ENTRY]).chain(handshake_hash).chain(secret).chain(challenge);
    let number =
        digest.finalize().iter().fold(0, |rest: u32, byte| (rest * 256 + u32::from(*byte)) % CODES);
    format!("{number:06}")
}

/// `lv_cat(DSI, code, padding, channel, no session id)`.
fn generator_string(code: &[u8], channel: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    let padding = BLOCK.saturating_sub(1 + DSI.len() + 1 + code.len() + 1);
    let padding = vec![0; padding];
    let mut string = Zeroizing::new(Vec::with_capacity(2 * BLOCK));
    for part in [DSI, code, &padding, channel, &[]] {
        // All are shorter than 128 bytes, whose length takes one.
        string.push(u8::try_from(part.len()).unwrap_or_default());
        string.extend_from_slice(part);
    }
    string
}

/// Eight times the generator, to which Elligator 2 maps the first half of the hash.
fn eightfold_generator(string: &[u8]) -> EdwardsPoint {
    #[allow(deprecated, reason = "it is Elligator 2 of the hash's first half, as CPace requires")]
    EdwardsPoint::nonspec_map_to_curve::<Sha512>(string)
}

/// X25519 of `scalar` and the generator, which is given times eight. A clamped scalar is a multiple of
/// eight, so an eighth of it leads to the same result.
fn multiply_by_eighth(scalar: &SecretBytes<32>, eightfold: &EdwardsPoint) -> [u8; 32] {
    let clamped = Zeroizing::new(curve25519_dalek::scalar::clamp_integer(*scalar.expose()));
    let bits =
        clamped.iter().rev().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
    // The three lowest bits, which come last, are zero.
    eightfold.to_montgomery().mul_bits_be(bits.take(253)).to_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "ee09675eb595b27c1e64dad78040ca777a9afdf7403435916f69728523e0e0d7";
    const DEVICE_KEY: &str = "c314f0a5bae742692c1fa345dc178fa7603450ae556b1781d538b0c69f763a34";

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    fn counting() -> SecretBytes<32> {
        SecretBytes::new(|key| key.iter_mut().zip(1..).for_each(|(byte, n)| *byte = n))
    }

    /// The recorded handshake, code and device key. The proof was made with the vendor's library,
    /// trezorlib 0.20.2, from the private key 1, 2, 3 and so on.
    #[test]
    fn the_proof_equals_that_of_the_vendors_library() {
        let proof = prove("061616", &bytes(HASH), &bytes(DEVICE_KEY), &counting()).unwrap();
        let public_key = "6f3665116f0dd37c6620b05022184722ace9e803e39d62a78b75ab272ea85843";
        let tag = "599d8c6256541646edbc3d59b4e69e625e37cbfbfeb5969548f3a1e991291bb9";
        assert_eq!(hex::encode(proof.public_key), public_key);
        assert_eq!(hex::encode(proof.tag), tag);
        let other = prove("061617", &bytes(HASH), &bytes(DEVICE_KEY), &counting()).unwrap();
        assert_ne!(other.public_key, proof.public_key);
    }

    #[test]
    fn a_key_of_small_order_is_rejected() {
        assert!(prove("061616", &bytes(HASH), &[0; 32], &counting()).is_none());
    }

    /// The values of the recorded device, whose screen showed 061 616; then one wrong value at a time.
    #[test]
    fn every_part_of_the_commitment_is_checked() {
        let secret: [u8; 16] = bytes("4691bc1ced37ba0368385115a7403030");
        let challenge: [u8; 16] = bytes("bcd941b8643c7599252e3278989455e5");
        let commitment: [u8; 32] =
            bytes("f8d2fcb603af6855c0ca26e062fe6cd4a2b4c0c03187ca1dd5079e6b8b5a5f0d");
        let hash = bytes(HASH);
        assert!(is_commitment_kept("061616", &hash, &commitment, &challenge, &secret));
        assert!(!is_commitment_kept("061617", &hash, &commitment, &challenge, &secret));
        assert!(!is_commitment_kept("061616", &[0; 32], &commitment, &challenge, &secret));
        assert!(!is_commitment_kept("061616", &hash, &[0; 32], &challenge, &secret));
        assert!(!is_commitment_kept("061616", &hash, &commitment, &challenge, &[0; 16]));
    }
}
