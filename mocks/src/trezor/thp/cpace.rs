//! CPace for X25519 and SHA-512 (draft-irtf-cfrg-cpace), with Elligator 2 of RFC 9380 in its own
//! arithmetic.

use k256::elliptic_curve::bigint::{
    Encoding, U256,
    modular::runtime_mod::{DynResidue, DynResidueParams},
};
use sha2::{Digest, Sha512};
use x25519_dalek::x25519;

type Field = DynResidue<{ U256::LIMBS }>;

/// 2^255 - 19.
const P: U256 =
    U256::from_be_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
/// (p - 1) / 2: the exponent for which squares give 1, and other numbers -1.
const HALF: U256 =
    U256::from_be_hex("3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff6");
const P_LESS_2: U256 =
    U256::from_be_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeb");
/// The curve's coefficient.
const A: u32 = 486_662;

/// The public key of `private_key` over the generator that `code` and `channel` make.
pub(super) fn public_key(private_key: [u8; 32], code: &[u8], channel: &[u8; 32]) -> [u8; 32] {
    x25519(private_key, generator(code, channel))
}

/// The shared secret.
pub(super) fn shared_secret(private_key: [u8; 32], public_key: [u8; 32]) -> [u8; 32] {
    x25519(private_key, public_key)
}

fn generator(code: &[u8], channel: &[u8; 32]) -> [u8; 32] {
    let padding = [0; 128];
    let padding = padding.get(..128 - 9 - 1 - code.len() - 1).unwrap_or_default();
    let mut hash = Sha512::new();
    for part in [b"CPace255".as_slice(), code, padding, channel, b""] {
        hash.update([part.len() as u8]);
        hash.update(part);
    }
    let mut first = [0; 32];
    for (to, from) in first.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    elligator2(first)
}

/// The u-coordinate to which `bytes` are mapped: the first of x1 = -A / (1 + 2 r^2) and x2 = -A - x1
/// that is on the curve.
fn elligator2(mut bytes: [u8; 32]) -> [u8; 32] {
    if let Some(last) = bytes.last_mut() {
        *last &= 0x7f;
    }
    let params = DynResidueParams::new(&P);
    let field = |n: &U256| Field::new(n, params);
    let a = field(&U256::from_u32(A));
    let one = field(&U256::ONE);
    let r = field(&U256::from_le_bytes(bytes));
    let square = r.square();
    let below = one.add(&square).add(&square);
    let x1 = a.neg().mul(&below.pow(&P_LESS_2));
    let height = x1.square().mul(&x1).add(&a.mul(&x1.square())).add(&x1);
    let power = height.pow(&HALF);
    let on_curve = power == one || power == field(&U256::ZERO);
    let x = if on_curve { x1 } else { a.neg().sub(&x1) };
    x.retrieve().to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> [u8; 32] {
        let byte = |n: usize| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap();
        std::array::from_fn(byte)
    }

    /// Made with the vendor's library, trezorlib 0.20.2.
    #[test]
    fn elligator2_equals_that_of_the_vendors_library() {
        for (from, to) in [
            (
                "31bca02094eb78126a517b206a88c73cfa9ec6f704c7030d18212cace820f025",
                "baf6d88c03b144057731e90e2207f9a093df4529753e6445e052119146f55452",
            ),
            (
                "4dff4ea340f0a823f15d3f4f01ab62eae0e5da579ccb851f8db9dfe84c58b2b3",
                "b82fa6a3f455b107b5703d6e62d16bdb86ca962ad62385f560894ff2893d6b25",
            ),
            (
                "40b244112641dd78dd4f93b6c9190dd46e0099194d5a44257b7efad6ef9ff468",
                "792ed16035b4b16f72863f6b072aca8d1a86e622ae72eba898345e95a68e7f4f",
            ),
        ] {
            assert_eq!(elligator2(hex(from)), hex(to));
        }
    }

    #[test]
    fn the_generator_of_the_recorded_code_equals_that_of_the_vendors_library() {
        let channel = hex("ee09675eb595b27c1e64dad78040ca777a9afdf7403435916f69728523e0e0d7");
        let expected = hex("73cba00c0ac4f58f5badf436b1ea8e9aa7c1cd8131501978adf0646e323a0716");
        assert_eq!(generator(b"061616", &channel), expected);
    }
}
