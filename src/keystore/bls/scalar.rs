//! Numbers modulo the order of BLS12-381's groups, in constant time.

use k256::elliptic_curve::bigint::{
    ArrayEncoding as _, Encoding as _, U256, impl_modulus,
    modular::constant_mod::{Residue, ResidueParams as _},
};
use zeroize::{Zeroize as _, Zeroizing};

use super::{KeyError, SecretKey};
use stockade_base::secret::SecretBytes;

impl_modulus!(Order, U256, "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");

type Element = Residue<Order, { Order::LIMBS }>;

/// A number modulo the groups' order. It is wiped when dropped and has no Debug.
pub(super) struct Scalar(Zeroizing<Element>);

impl Scalar {
    /// A small number, which is not secret.
    pub(super) fn small(number: u8) -> Self {
        Self(Zeroizing::new(Element::new(&U256::from(number))))
    }

    /// A number that is not secret. Every u64 is below the order.
    pub(super) fn number(number: u64) -> Self {
        Self(Zeroizing::new(Element::new(&U256::from(number))))
    }

    /// A number of 16 bytes, little-endian, which is not secret.
    pub(super) fn from_le_bytes(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(Element::new(&U256::from(u128::from_le_bytes(bytes)))))
    }

    /// The number of a secret key.
    pub(super) fn of_key(key: &SecretKey) -> Self {
        let bytes = key.to_bytes();
        let number = Zeroizing::new(U256::from_be_slice(bytes.expose()));
        Self(Zeroizing::new(Element::new(&number)))
    }

    /// The secret key with this number. Zero is an error.
    pub(super) fn to_key(&self) -> Result<SecretKey, KeyError> {
        let number = Zeroizing::new(self.0.retrieve());
        let mut array = number.to_be_byte_array();
        let bytes = SecretBytes::new(|out: &mut [u8; 32]| out.copy_from_slice(&array));
        array.as_mut_slice().zeroize();
        SecretKey::from_bytes(bytes.expose())
    }

    /// A number that is not secret as 32 bytes, little-endian.
    pub(super) fn to_le_bytes(&self) -> [u8; 32] {
        self.0.retrieve().to_le_bytes()
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        Self(Zeroizing::new(self.0.add(&other.0)))
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        Self(Zeroizing::new(self.0.sub(&other.0)))
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        Self(Zeroizing::new(self.0.mul(&other.0)))
    }

    /// The multiplicative inverse; `None` for zero.
    pub(super) fn inverse(&self) -> Option<Self> {
        let (inverse, exists) = self.0.invert();
        bool::from(exists).then(|| Self(Zeroizing::new(inverse)))
    }
}
