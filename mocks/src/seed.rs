//! Keys derived from a mnemonic: BIP-39, BIP-32 on secp256k1, EIP-2333.

use hmac::{Hmac, Mac};
use k256::{
    NonZeroScalar, SecretKey,
    ecdsa::{RecoveryId, Signature, SigningKey, VerifyingKey},
    elliptic_curve::sec1::ToEncodedPoint,
};
use ripemd::Ripemd160;
use sha2::{Sha256, Sha512};
use sha3::{Digest, Keccak256};
use unicode_normalization::UnicodeNormalization;

type HmacSha512 = Hmac<Sha512>;

/// The default mnemonic of the mocks. It is public.
pub const DEFAULT_MNEMONIC: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

/// A 64-byte BIP-39 seed. Mocks hold no secrets, so it is not wiped.
#[derive(Clone)]
pub struct Seed([u8; 64]);

/// A node of the BIP-32 tree.
#[derive(Clone)]
pub struct Node {
    /// The private key.
    pub key: SigningKey,
    /// The chain code.
    pub chain_code: [u8; 32],
}

impl Seed {
    /// The seed of `mnemonic` and `passphrase`. The mnemonic is not validated.
    pub fn from_mnemonic(mnemonic: &str, passphrase: &str) -> Self {
        let password: String = mnemonic.nfkd().collect();
        let salt: String = "mnemonic".chars().chain(passphrase.nfkd()).collect();
        let mut seed = [0; 64];
        pbkdf2::pbkdf2_hmac::<Sha512>(password.as_bytes(), salt.as_bytes(), 2048, &mut seed);
        Self(seed)
    }

    /// Its 64 bytes.
    pub(crate) fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// The node at `path` (BIP-32; bit 31 hardens). `None` for one path in 2^127, which has no key.
    pub fn node(&self, path: &[u32]) -> Option<Node> {
        let mut node = Node::split(&hmac_sha512(b"Bitcoin seed", &[&self.0]), None)?;
        for level in path {
            node = node.child(*level)?;
        }
        Some(node)
    }

    /// The symmetric key at the path of `labels` (SLIP-0021).
    pub fn symmetric_key(&self, labels: &[&str]) -> [u8; 32] {
        let master = hmac_sha512(b"Symmetric key seed", &[&self.0]);
        let node = labels.iter().fold(master, |node, label| {
            let (parent, _) = node.split_at(32);
            hmac_sha512(parent, &[&[0], label.as_bytes()])
        });
        node.last_chunk().copied().unwrap_or_default()
    }

    /// The EIP-2333 public key at `path`, 48 bytes compressed.
    pub fn bls_public_key(&self, path: &[u32]) -> Option<[u8; 48]> {
        Some(self.bls_key(path)?.sk_to_pk().compress())
    }

    /// A BLS signature over `root` by the EIP-2333 key at `path`, 96 bytes compressed.
    pub fn bls_sign(&self, path: &[u32], root: &[u8; 32]) -> Option<[u8; 96]> {
        const PROOF_OF_POSSESSION: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
        Some(self.bls_key(path)?.sign(root, PROOF_OF_POSSESSION, &[]).compress())
    }

    fn bls_key(&self, path: &[u32]) -> Option<blst::min_pk::SecretKey> {
        let master = blst::min_pk::SecretKey::derive_master_eip2333(&self.0).ok()?;
        Some(path.iter().fold(master, |key, level| key.derive_child_eip2333(*level)))
    }
}

impl Node {
    /// Builds a node from HMAC output, adding `parent` for a child.
    fn split(output: &[u8; 64], parent: Option<&SigningKey>) -> Option<Self> {
        let (left, right) = output.split_at(32);
        let mut chain_code = [0; 32];
        chain_code.copy_from_slice(right);
        let tweak = *SecretKey::from_slice(left).ok()?.to_nonzero_scalar();
        let scalar = match parent {
            Some(parent) => tweak + **parent.as_nonzero_scalar(),
            None => tweak,
        };
        let scalar: NonZeroScalar = Option::from(NonZeroScalar::new(scalar))?;
        Some(Self { key: SigningKey::from(SecretKey::from(scalar)), chain_code })
    }

    fn child(&self, level: u32) -> Option<Self> {
        let data = match level >> 31 {
            1 => [&[0][..], &self.key.to_bytes()].concat(),
            _ => self.key.verifying_key().to_encoded_point(true).as_bytes().to_vec(),
        };
        let output = hmac_sha512(&self.chain_code, &[&data, &level.to_be_bytes()]);
        Self::split(&output, Some(&self.key))
    }

    /// The private key, 32 bytes.
    pub fn private_key(&self) -> [u8; 32] {
        self.key.to_bytes().into()
    }

    /// The public key, 65 bytes uncompressed.
    pub fn public_key(&self) -> [u8; 65] {
        let point = self.key.verifying_key().as_affine().to_encoded_point(false);
        point.as_bytes().try_into().unwrap_or([0; 65])
    }

    /// The public key, 33 bytes compressed.
    pub fn compressed_public_key(&self) -> [u8; 33] {
        let point = self.key.verifying_key().to_encoded_point(true);
        point.as_bytes().try_into().unwrap_or([0; 33])
    }

    /// BIP-32's fingerprint: the first four bytes of RIPEMD-160 of SHA-256 of the public key.
    pub fn fingerprint(&self) -> [u8; 4] {
        let hash = Ripemd160::digest(Sha256::digest(self.compressed_public_key()));
        hash.first_chunk().copied().unwrap_or_default()
    }

    /// The Ethereum address, 20 bytes.
    pub fn address_bytes(&self) -> [u8; 20] {
        address_bytes_of(self.key.verifying_key())
    }

    /// The Ethereum address in EIP-55's mixed case, without 0x.
    pub fn address(&self) -> String {
        address_of(self.key.verifying_key())
    }

    /// Signs `digest` (RFC 6979): r, s (low) and the parity of R's y.
    pub fn sign(&self, digest: &[u8; 32]) -> Option<([u8; 32], [u8; 32], bool)> {
        let (signature, id): (Signature, RecoveryId) =
            self.key.sign_prehash_recoverable(digest).ok()?;
        let (r, s) = signature.split_bytes();
        Some((r.into(), s.into(), id.is_y_odd()))
    }

    /// Signs `message` (EIP-191 version 0x45).
    pub fn sign_personal(&self, message: &[u8]) -> Option<([u8; 32], [u8; 32], bool)> {
        self.sign(&personal_digest(message))
    }
}

/// The Ethereum address of `key` in EIP-55's mixed case, without 0x.
pub fn address_of(key: &VerifyingKey) -> String {
    checksummed(&address_bytes_of(key))
}

fn address_bytes_of(key: &VerifyingKey) -> [u8; 20] {
    let point = key.as_affine().to_encoded_point(false);
    let hash = Keccak256::digest(point.as_bytes().get(1..).unwrap_or_default());
    hash.last_chunk().copied().unwrap_or_default()
}

/// An address in EIP-55's mixed case, without 0x.
pub fn checksummed(address: &[u8; 20]) -> String {
    let lower: String = address.iter().map(|byte| format!("{byte:02x}")).collect();
    let check = Keccak256::digest(lower.as_bytes());
    let nibbles = check.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    lower
        .chars()
        .zip(nibbles)
        .map(|(c, nibble)| if nibble >= 8 { c.to_ascii_uppercase() } else { c })
        .collect()
}

/// The digest that EIP-191 version 0x45 signs for `message`.
pub fn personal_digest(message: &[u8]) -> [u8; 32] {
    let mut hasher = Keccak256::new();
    hasher.update(b"\x19Ethereum Signed Message:\n");
    hasher.update(message.len().to_string());
    hasher.update(message);
    hasher.finalize().into()
}

/// HMAC-SHA-256 of the concatenated `parts`.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length, so this never fails.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// HMAC-SHA-512 of the concatenated `parts`.
pub(crate) fn hmac_sha512(key: &[u8], parts: &[&[u8]]) -> [u8; 64] {
    // HMAC takes keys of any length, so this never fails.
    let Ok(mut mac) = <HmacSha512 as Mac>::new_from_slice(key) else { return [0; 64] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const H: u32 = 1 << 31;

    #[test]
    fn addresses_of_a_well_known_mnemonic() {
        let path = [44 | H, 60 | H, H, 0, 0];
        let seed = Seed::from_mnemonic(DEFAULT_MNEMONIC, "");
        assert_eq!(seed.node(&path).unwrap().address(), "9858EfFD232B4033E47d90003D41EC34EcaEda94");
        let seed = Seed::from_mnemonic(DEFAULT_MNEMONIC, "TREZOR");
        assert_eq!(seed.node(&path).unwrap().address(), "9c32F71D4DB8Fb9e1A58B0a80dF79935e7256FA6");
    }

    /// The first vector of SLIP-0021.
    #[test]
    fn symmetric_keys() {
        let seed = Seed::from_mnemonic("all all all all all all all all all all all all", "");
        let hex = |key: [u8; 32]| key.map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(
            hex(seed.symmetric_key(&[])),
            "dbf12b44133eaab506a740f6565cc117228cbf1dd70635cfa8ddfdc9af734756"
        );
        assert_eq!(
            hex(seed.symmetric_key(&["SLIP-0021"])),
            "1d065e3ac1bbe5c7fad32cf2305f7d709dc070d672044a19e610c77cdf33de0d"
        );
    }
}
