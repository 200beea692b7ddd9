//! Shamir's secret sharing over GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (0x11b), byte by byte. See
//! `docs/formats/set.md`. Uses no tables and no branches that depend on secrets, and wipes
//! intermediate values. `docs/decisions/0005-own-shamir.md` explains why this is not an external
//! crate.

use std::hint::black_box;

use stockade_base::secret::SecretBytes;

/// A secret of 32 bytes, or the value of its polynomials at some x.
pub type Value = SecretBytes<32>;

/// The shares of `secret` at x = 1 to `shares`, any `threshold` of which restore it. Fewer reveal
/// nothing: the coefficients are uniform, including zero.
pub fn split(
    secret: &Value,
    threshold: u8,
    shares: u8,
) -> Result<Vec<Value>, stockade_base::secret::RandomError> {
    let coefficients: Result<Vec<Value>, _> = (1..threshold).map(|_| Value::random()).collect();
    let coefficients = coefficients?;
    let at = |x: u8| {
        Value::new(|value| {
            for higher in coefficients.iter().rev().chain([secret]) {
                add_scaled(value, x, higher);
            }
        })
    };
    Ok((1..=shares).map(at).collect())
}

/// The value at `x` of the polynomials through `shares`, each with its x; at 0 this is the secret.
/// `None` without shares, or if two have the same x.
pub fn interpolate(shares: &[(u8, &Value)], x: u8) -> Option<Value> {
    let xs: Vec<u8> = shares.iter().map(|(x, _)| *x).collect();
    let distinct = xs.iter().enumerate().all(|(i, x)| !xs.iter().take(i).any(|other| other == x));
    if shares.is_empty() || !distinct {
        return None;
    }
    Some(Value::new(|value| {
        for (own, share) in shares {
            let others = xs.iter().filter(|other| *other != own);
            let weight = others.fold(1, |weight, other| {
                multiply(weight, multiply(x ^ other, inverse(own ^ other)))
            });
            for (to, from) in value.iter_mut().zip(share.expose()) {
                *to ^= multiply(weight, *from);
            }
        }
    }))
}

/// One step of Horner's rule: `value` becomes `value` x `x` + `constant`.
fn add_scaled(value: &mut [u8; 32], x: u8, constant: &Value) {
    for (to, from) in value.iter_mut().zip(constant.expose()) {
        *to = multiply(*to, x) ^ from;
    }
}

fn multiply(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    for _ in 0..8 {
        product ^= a & mask(b & 1);
        a = (a << 1) ^ (0x1b & mask(a >> 7));
        b >>= 1;
    }
    product
}

/// All ones for 1, all zeros for 0. Hidden from the compiler, which could turn it into a branch.
fn mask(bit: u8) -> u8 {
    black_box(bit).wrapping_neg()
}

/// a^254, which is 1 / a for every a except 0.
fn inverse(a: u8) -> u8 {
    let mut power = a;
    let mut product = 1;
    for _ in 0..7 {
        power = multiply(power, power);
        product = multiply(product, power);
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(byte: u8) -> Value {
        Value::new(|bytes| bytes.fill(byte))
    }

    #[test]
    fn the_field_is_that_of_aes() {
        // FIPS 197, 4.2 and 4.2.1
        assert_eq!(multiply(0x57, 0x83), 0xc1);
        assert_eq!(multiply(0x57, 0x13), 0xfe);
        for a in 1..=255 {
            assert_eq!(multiply(a, inverse(a)), 1, "{a}");
        }
    }

    #[test]
    fn any_m_shares_restore_the_secret_and_fewer_do_not() {
        let secret = Value::random().unwrap();
        let mut subsets = 0;
        for n in 1..=5_u8 {
            for m in 1..=n {
                let shares = split(&secret, m, n).unwrap();
                for chosen in 1_u32..1 << n {
                    let chosen: Vec<_> =
                        (1..=n).zip(&shares).filter(|(x, _)| chosen >> (x - 1) & 1 == 1).collect();
                    let found = interpolate(&chosen, 0).unwrap();
                    let opens = found.expose() == secret.expose();
                    assert_eq!(opens, chosen.len() >= usize::from(m), "{m} of {n}");
                    subsets += 1;
                }
            }
        }
        assert_eq!(subsets, 243);
    }

    #[test]
    fn a_share_can_have_every_value_including_the_secret() {
        // If a coefficient were never zero, one of 2 shares could never equal the secret, and would
        // reveal something about it.
        let secret = value(7);
        let mut seen = [false; 256];
        for _ in 0..400 {
            for share in split(&secret, 2, 2).unwrap() {
                share.expose().iter().for_each(|byte| seen[usize::from(*byte)] = true);
            }
        }
        assert_eq!(seen.iter().filter(|seen| **seen).count(), 256);
    }

    #[test]
    fn invalid_shares_cannot_be_interpolated() {
        let share = value(1);
        assert!(interpolate(&[], 0).is_none());
        assert!(interpolate(&[(1, &share), (1, &share)], 0).is_none());
    }
}
