//! Keys on other curves than Ethereum's (SLIP-0010), as far as identities need them: with hardened
//! levels only.

use ed25519_dalek::Signer as _;
use k256::elliptic_curve::sec1::FromEncodedPoint as _;
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use sha2::{Digest as _, Sha256};
use x25519_dalek::x25519;

use crate::{
    Seed,
    seed::{Node, hmac_sha512},
};

/// A curve, with the vendor's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    Secp256k1,
    Nist256p1,
    Ed25519,
    Curve25519,
}

/// A key on one of the curves.
pub(super) enum Key {
    Secp256k1(Box<Node>),
    Nist256p1(p256::SecretKey),
    Ed25519([u8; 32]),
    Curve25519([u8; 32]),
}

impl Curve {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "secp256k1" => Self::Secp256k1,
            "nist256p1" => Self::Nist256p1,
            "ed25519" => Self::Ed25519,
            "curve25519" => Self::Curve25519,
            _ => return None,
        })
    }

    /// Derives the key at `path`, all levels of which are hardened.
    pub(super) fn key(self, seed: &Seed, path: &[u32]) -> Option<Key> {
        Some(match self {
            Self::Secp256k1 => Key::Secp256k1(Box::new(seed.node(path)?)),
            Self::Nist256p1 => Key::Nist256p1(nist256p1(seed, path)?),
            Self::Ed25519 => Key::Ed25519(last(seed, b"ed25519 seed", path)),
            Self::Curve25519 => Key::Curve25519(last(seed, b"curve25519 seed", path)),
        })
    }
}

/// Derives a key on a curve where parent keys are not used in arithmetic.
fn last(seed: &Seed, label: &[u8], path: &[u32]) -> [u8; 32] {
    let master = hmac_sha512(label, &[seed.as_bytes()]);
    let node = path.iter().fold(master, |node, level| {
        let (key, chain_code) = node.split_at(32);
        hmac_sha512(chain_code, &[&[0], key, &level.to_be_bytes()])
    });
    half(&node)
}

fn nist256p1(seed: &Seed, path: &[u32]) -> Option<p256::SecretKey> {
    let mut node = hmac_sha512(b"Nist256p1 seed", &[seed.as_bytes()]);
    let mut key = p256::SecretKey::from_slice(&half(&node)).ok()?;
    for level in path {
        let (_, chain_code) = node.split_at(32);
        node = hmac_sha512(chain_code, &[&[0], &key.to_bytes(), &level.to_be_bytes()]);
        let tweak = p256::SecretKey::from_slice(&half(&node)).ok()?;
        let sum = *tweak.to_nonzero_scalar() + *key.to_nonzero_scalar();
        let sum: p256::NonZeroScalar = Option::from(p256::NonZeroScalar::new(sum))?;
        key = p256::SecretKey::from(sum);
    }
    Some(key)
}

fn half(node: &[u8; 64]) -> [u8; 32] {
    let mut half = [0; 32];
    half.copy_from_slice(node.split_at(32).0);
    half
}

impl Key {
    /// 33 bytes: compressed, or a zero before the 32 of the other curves.
    pub(super) fn public(&self) -> Vec<u8> {
        match self {
            Self::Secp256k1(node) => node.compressed_public_key().to_vec(),
            Self::Nist256p1(key) => key.public_key().to_encoded_point(true).as_bytes().to_vec(),
            Self::Ed25519(key) => {
                let key = ed25519_dalek::SigningKey::from_bytes(key);
                [&[0], &key.verifying_key().to_bytes()[..]].concat()
            }
            Self::Curve25519(key) => {
                [&[0], &x25519(*key, x25519_dalek::X25519_BASEPOINT_BYTES)[..]].concat()
            }
        }
    }

    /// r, s and the parity of R's y for `digest`; `None` on curves that do not sign digests.
    pub(super) fn sign_digest(&self, digest: &[u8; 32]) -> Option<([u8; 64], bool)> {
        let (r, s, odd) = match self {
            Self::Secp256k1(node) => node.sign(digest)?,
            Self::Nist256p1(key) => {
                let key = p256::ecdsa::SigningKey::from(key);
                let (signature, id) = key.sign_prehash_recoverable(digest).ok()?;
                let (signature, flipped) = match signature.normalize_s() {
                    Some(low) => (low, true),
                    None => (signature, false),
                };
                let (r, s) = signature.split_bytes();
                (r.into(), s.into(), id.is_y_odd() != flipped)
            }
            Self::Ed25519(_) | Self::Curve25519(_) => return None,
        };
        let mut both = [0; 64];
        for (to, from) in both.iter_mut().zip(r.iter().chain(&s)) {
            *to = *from;
        }
        Some((both, odd))
    }

    /// Signs `message`. The signature has 64 bytes.
    pub(super) fn sign_message(&self, message: &[u8]) -> Option<[u8; 64]> {
        match self {
            Self::Ed25519(key) => {
                Some(ed25519_dalek::SigningKey::from_bytes(key).sign(message).to_bytes())
            }
            _ => self.sign_digest(&Sha256::digest(message).into()).map(|(both, _)| both),
        }
    }

    /// The secret shared with the owner of `peer`, in the device's format: 04 and the point.
    pub(super) fn shared(&self, peer: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Secp256k1(node) => {
                let point = k256::EncodedPoint::from_bytes(peer).ok()?;
                let point: k256::AffinePoint =
                    Option::from(k256::AffinePoint::from_encoded_point(&point))?;
                let product = k256::ProjectivePoint::from(point) * **node.key.as_nonzero_scalar();
                Some(product.to_affine().to_encoded_point(false).as_bytes().to_vec())
            }
            Self::Nist256p1(key) => {
                let peer = p256::PublicKey::from_sec1_bytes(peer).ok()?;
                let product = peer.to_projective() * *key.to_nonzero_scalar();
                Some(product.to_affine().to_encoded_point(false).as_bytes().to_vec())
            }
            Self::Curve25519(key) => {
                let point = peer.strip_prefix(&[0x40])?.try_into().ok()?;
                Some([&[4], &x25519(*key, point)[..]].concat())
            }
            Self::Ed25519(_) => None,
        }
    }
}
