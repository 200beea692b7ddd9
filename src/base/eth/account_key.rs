//! Ethereum account keys derived from a seed (BIP-32), for a mnemonic that is typed instead of held by
//! a wallet. <https://github.com/bitcoin/bips/blob/master/bip-0032.mediawiki>

use std::fmt;

use hmac::{Hmac, Mac as _};
use k256::{
    NonZeroScalar, Scalar, SecretKey, ecdsa::SigningKey, elliptic_curve::sec1::ToEncodedPoint as _,
};
use sha2::Sha512;
use zeroize::{Zeroize as _, Zeroizing};

use super::{Address, Signature, personal_message};
use crate::{
    path::{DerivationPath, HARDENED},
    secret::SecretBytes,
};

/// An account's secp256k1 key. Wiped when dropped.
pub struct AccountKey(SigningKey);

/// The seed has no key at the path, as for one path in 2^127. BIP-32 continues with the next index,
/// which would be a different account than the one requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this seed has no key at this path: use another path")]
#[non_exhaustive]
pub struct NoKey;

/// A key and its chain code, each 32 bytes.
struct Node {
    key: NonZeroScalar,
    chain: SecretBytes<32>,
}

impl AccountKey {
    /// Derives the key at `path` from a BIP-39 seed.
    pub fn derive(seed: &SecretBytes<64>, path: &DerivationPath) -> Result<Self, NoKey> {
        let node = path.levels().iter().try_fold(Node::master(seed)?, Node::child)?;
        Ok(Self(SigningKey::from(node.key)))
    }

    /// The account's address.
    pub fn address(&self) -> Address {
        Address::of_key(self.0.verifying_key())
    }

    /// Signs `message` with EIP-191 `personal_sign`. Deterministic (RFC 6979).
    pub fn sign_personal(&self, message: &str) -> Result<Signature, NoKey> {
        let digest = personal_message::digest(message.as_bytes());
        let (ecdsa, id) = self.0.sign_prehash_recoverable(&digest).map_err(|_| NoKey)?;
        let (r, s) = ecdsa.split_bytes();
        Signature::from_parts(r.into(), s.into(), 27 + u8::from(id.is_y_odd())).map_err(|_| NoKey)
    }
}

impl Node {
    fn master(seed: &SecretBytes<64>) -> Result<Self, NoKey> {
        let (left, chain) = hmac_halves(b"Bitcoin seed", &[seed.expose()])?;
        Ok(Self { key: scalar(&left)?, chain })
    }

    /// BIP-32's CKDpriv.
    fn child(self, level: &u32) -> Result<Self, NoKey> {
        let (left, chain) = if level & HARDENED != 0 {
            let key = Zeroizing::new(self.key.to_bytes());
            hmac_halves(self.chain.expose(), &[&[0], key.as_slice(), &level.to_be_bytes()])?
        } else {
            let key = SecretKey::from(self.key);
            let public = key.public_key().to_encoded_point(true);
            hmac_halves(self.chain.expose(), &[public.as_bytes(), &level.to_be_bytes()])?
        };
        let mut tweak: Scalar = *scalar(&left)?;
        let mut sum: Scalar = tweak + *self.key;
        let key = Option::from(NonZeroScalar::new(sum)).ok_or(NoKey);
        tweak.zeroize();
        sum.zeroize();
        Ok(Self { key: key?, chain })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

fn scalar(bytes: &SecretBytes<32>) -> Result<NonZeroScalar, NoKey> {
    NonZeroScalar::try_from(bytes.expose().as_slice()).map_err(|_| NoKey)
}

/// The two halves of HMAC-SHA512 over the concatenated parts.
fn hmac_halves(key: &[u8], parts: &[&[u8]]) -> Result<(SecretBytes<32>, SecretBytes<32>), NoKey> {
    let mut mac = Hmac::<Sha512>::new_from_slice(key).map_err(|_| NoKey)?;
    parts.iter().for_each(|part| mac.update(part));
    let mut tag = mac.finalize().into_bytes();
    let half = |skip: usize| {
        SecretBytes::new(|to| {
            to.iter_mut().zip(tag.iter().skip(skip)).for_each(|(to, from)| *to = *from);
        })
    };
    let halves = (half(0), half(32));
    tag.as_mut_slice().zeroize();
    Ok(halves)
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountKey({})", self.address())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mnemonic is `abandon` x11 + `about`.
    #[test]
    fn addresses_are_those_that_wallets_show_for_the_same_seed() {
        let seed = "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc1\
                    9a5ac40b389cd370d086206dec8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4";
        let seed = SecretBytes::new(|to| hex::decode_to_slice(seed, to).unwrap());
        for (path, address) in [
            ("m/44'/60'/0'/0/0", "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"),
            ("m/44'/60'/83'/0/0", "0x5C81Eade04A009301586bF5421F18F3EB5C52df4"),
        ] {
            let key = AccountKey::derive(&seed, &path.parse().unwrap()).unwrap();
            assert_eq!(key.address().to_string(), address);
            let signature = key.sign_personal("hello").unwrap();
            let signer = personal_message::recover(b"hello", &signature).unwrap();
            assert_eq!(signer.to_string(), address);
            assert_eq!(format!("{key:?}"), format!("AccountKey({address})"));
        }
    }
}
