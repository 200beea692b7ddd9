//! Splits a key into n shares, any m of which can sign for it: Shamir's scheme over the scalars of
//! BLS12-381, as distributed validators (Obol's charon, SSV) use it. A share is the value at its x of
//! a random polynomial of degree m - 1 whose value at 0 is the key. Shares, their signatures and their
//! public keys are combined by Lagrange interpolation at 0.

use std::collections::BTreeSet;

use blst::{MultiPoint as _, min_pk};

use super::{KeyError, PublicKey, SecretKey, Signature, scalar::Scalar};
use stockade_base::secret::SecretBytes;

/// The most shares that a key can be split into.
pub const MAX_SHARES: u8 = 100;

/// A share of a key. It signs like any key.
#[derive(Debug)]
#[non_exhaustive]
pub struct KeyShare {
    /// The x at which the polynomial was evaluated: 1 or greater.
    pub x: u64,
    /// The value at x.
    pub secret: SecretKey,
}

impl KeyShare {
    /// The share at `x`.
    pub fn new(x: u64, secret: SecretKey) -> Self {
        Self { x, secret }
    }
}

/// Why a key cannot be split, or parts cannot be combined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// Not 2 <= threshold <= shares <= [`MAX_SHARES`].
    #[error(
        "cannot split a key into {threshold} of {shares}: 2 to {MAX_SHARES} shares, and a threshold from 2 to their number"
    )]
    Numbers {
        /// The number of shares.
        shares: u8,
        /// The number of shares that can sign.
        threshold: u8,
    },
    /// An x is zero or occurs twice, or there are no parts.
    #[error("each part needs a different x, 1 or greater")]
    Places,
    /// A part that is not a point in its group.
    #[error("the part at x = {0} is not valid")]
    Part(u64),
    /// A share would be zero. Try again.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The system provided no random bytes.
    #[error(transparent)]
    Random(#[from] stockade_base::secret::RandomError),
}

/// Splits `key` into `shares` shares at x = 1, 2, .., any `threshold` of which can sign for it.
pub fn split(key: &SecretKey, shares: u8, threshold: u8) -> Result<Vec<KeyShare>, ShareError> {
    split_at(key, &(1..=u64::from(shares)).collect::<Vec<_>>(), threshold)
}

/// Splits `key` into a share at each x of `places`, any `threshold` of which can sign for it.
pub fn split_at(
    key: &SecretKey,
    places: &[u64],
    threshold: u8,
) -> Result<Vec<KeyShare>, ShareError> {
    let shares = u8::try_from(places.len()).unwrap_or(u8::MAX);
    if threshold < 2 || shares < threshold || shares > MAX_SHARES {
        return Err(ShareError::Numbers { shares, threshold });
    }
    require_distinct(places)?;
    let mut coefficients = vec![Scalar::of_key(key)];
    for _ in 1..threshold {
        coefficients.push(random()?);
    }
    let share = |x: &u64| {
        let at = Scalar::number(*x);
        let value =
            coefficients.iter().rev().fold(Scalar::small(0), |sum, c| sum.times(&at).plus(c));
        Ok(KeyShare { x: *x, secret: value.to_key()? })
    };
    places.iter().map(share).collect()
}

/// A random number below the order. EIP-2333 reduces 48 bytes derived from 32 random bytes.
fn random() -> Result<Scalar, ShareError> {
    let seed = SecretBytes::<32>::random().map_err(ShareError::Random)?;
    Ok(Scalar::of_key(&SecretKey::derive_master(seed.expose())?))
}

/// Combines shares, each with its x, into the key. The result is the key only if there are as many as the threshold, and
/// all of them are of one split: compare its public key.
pub fn combine_keys(parts: &[(u64, &SecretKey)]) -> Result<SecretKey, ShareError> {
    let factors = factors(parts.iter().map(|(x, _)| *x))?;
    let terms = parts.iter().zip(&factors).map(|((_, part), by)| Scalar::of_key(part).times(by));
    Ok(terms.fold(Scalar::small(0), |sum, term| sum.plus(&term)).to_key()?)
}

/// Combines signatures by shares, each with its x. The result is valid only if there are as many as
/// the threshold and all of them are valid, so verify it.
pub fn combine_signatures(parts: &[(u64, Signature)]) -> Result<Signature, ShareError> {
    let points = parts.iter().map(|(x, part)| {
        let point = min_pk::Signature::sig_validate(part.as_bytes(), true);
        point.map_err(|_| ShareError::Part(*x))
    });
    let points = points.collect::<Result<Vec<_>, _>>()?;
    let factors = factor_bytes(parts.iter().map(|(x, _)| *x))?;
    Ok(Signature::from_point(&points.as_slice().mult(&factors, SCALAR_BITS).to_signature()))
}

/// Combines public keys of shares, each with its x.
pub fn combine_public_keys(parts: &[(u64, PublicKey)]) -> Result<PublicKey, ShareError> {
    let points = parts.iter().map(|(x, part)| part.point().ok_or(ShareError::Part(*x)));
    let points = points.collect::<Result<Vec<_>, _>>()?;
    let factors = factor_bytes(parts.iter().map(|(x, _)| *x))?;
    let combined = points.as_slice().mult(&factors, SCALAR_BITS).to_public_key();
    Ok(PublicKey::from_bytes(combined.compress())?)
}

const SCALAR_BITS: usize = 255;

fn require_distinct(places: &[u64]) -> Result<(), ShareError> {
    let distinct: BTreeSet<_> = places.iter().collect();
    if places.is_empty() || places.contains(&0) || distinct.len() != places.len() {
        return Err(ShareError::Places);
    }
    Ok(())
}

/// The factors as points are multiplied with them: 32 little-endian bytes each.
fn factor_bytes(places: impl Iterator<Item = u64>) -> Result<Vec<u8>, ShareError> {
    Ok(factors(places)?.iter().flat_map(Scalar::to_le_bytes).collect())
}

/// The Lagrange coefficients at 0: the product of x_j / (x_j - x_i) over all other j. They are public,
/// like every x.
fn factors(places: impl Iterator<Item = u64>) -> Result<Vec<Scalar>, ShareError> {
    let places: Vec<_> = places.collect();
    require_distinct(&places)?;
    let factor = |here: &u64| {
        let (mut above, mut below) = (Scalar::small(1), Scalar::small(1));
        for other in places.iter().filter(|other| *other != here) {
            let other = Scalar::number(*other);
            above = above.times(&other);
            below = below.times(&other.minus(&Scalar::number(*here)));
        }
        let inverse = below.inverse().ok_or(ShareError::Places)?;
        Ok(above.times(&inverse))
    };
    places.iter().map(factor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: [u8; 32] = [7; 32];

    /// The shares chosen by the bits of `subset`.
    fn chosen(shares: &[KeyShare], subset: u32) -> Vec<&KeyShare> {
        shares.iter().filter(|share| subset >> (share.x - 1) & 1 == 1).collect()
    }

    fn signed(shares: &[&KeyShare]) -> Signature {
        let parts: Vec<_> = shares.iter().map(|s| (s.x, s.secret.sign(&ROOT))).collect();
        combine_signatures(&parts).unwrap()
    }

    #[test]
    fn only_subsets_of_at_least_the_threshold_sign_for_the_key() {
        let key = SecretKey::derive_master(&[3; 32]).unwrap();
        let whole = key.sign(&ROOT);
        let mut subsets = 0;
        for n in 2..=6 {
            for m in 2..=n {
                let shares = split(&key, n, m).unwrap();
                for subset in 1_u32..1 << n {
                    let chosen = chosen(&shares, subset);
                    let enough = chosen.len() >= usize::from(m);
                    assert_eq!(signed(&chosen) == whole, enough, "{m} of {n}: {subset:b}");
                    let parts: Vec<_> =
                        chosen.iter().map(|s| (s.x, s.secret.public_key())).collect();
                    let combined = combine_public_keys(&parts).unwrap();
                    assert_eq!(combined == key.public_key(), enough, "{m} of {n}: {subset:b}");
                    subsets += 1;
                }
            }
        }
        assert_eq!(subsets, 3 + 2 * 7 + 3 * 15 + 4 * 31 + 5 * 63);
    }

    #[test]
    fn the_largest_number_of_shares_combines_too() {
        let key = SecretKey::derive_master(&[4; 32]).unwrap();
        let shares = split(&key, MAX_SHARES, 67).unwrap();
        let last: Vec<_> = shares.iter().skip(33).collect();
        assert!(signed(&last) == key.sign(&ROOT));
    }

    #[test]
    fn enough_shares_at_any_places_give_the_key_and_one_too_few_never_do() {
        // The least and the greatest x, those of Stockade, and operators' ids.
        let places = [u64::MAX, 1, 345, 12, 2, 900, 77, 3, u64::MAX - 1, 40];
        let key = SecretKey::derive_master(&[8; 32]).unwrap();
        let mut tried = 0;
        for n in 2..=places.len() {
            for m in 2..=n as u8 {
                let shares = split_at(&key, &places[..n], m).unwrap();
                for first in 0..n {
                    let group = |size: u8| -> Vec<_> {
                        let group = shares.iter().cycle().skip(first).take(size.into());
                        group.map(|share| (share.x, &share.secret)).collect()
                    };
                    let made = combine_keys(&group(m)).unwrap();
                    assert_eq!(made.public_key(), key.public_key(), "{m} of {n}");
                    let made = combine_keys(&group(m - 1)).unwrap();
                    assert_ne!(made.public_key(), key.public_key(), "{m} of {n}");
                    tried += 1;
                }
                let all: Vec<_> = shares.iter().collect();
                let parts: Vec<_> = all.iter().map(|share| (share.x, &share.secret)).collect();
                assert_eq!(combine_keys(&parts).unwrap().public_key(), key.public_key());
                assert!(signed(&all) == key.sign(&ROOT), "{m} of {n}");
            }
        }
        assert_eq!(tried, (2..=10).map(|n| n * (n - 1)).sum::<usize>());
    }

    #[test]
    fn two_splits_of_one_key_have_nothing_in_common() {
        let key = SecretKey::derive_master(&[5; 32]).unwrap();
        let (one, two) = (split(&key, 3, 2).unwrap(), split(&key, 3, 2).unwrap());
        for share in one.iter().chain(&two) {
            assert_ne!(share.secret.public_key(), key.public_key());
        }
        for (one, two) in one.iter().zip(&two) {
            assert_ne!(one.secret.public_key(), two.secret.public_key());
        }
        // Shares of different splits do not combine.
        let mixed = [one.first().unwrap(), two.last().unwrap()];
        assert!(signed(&mixed) != key.sign(&ROOT));
    }

    #[test]
    fn invalid_splits_are_refused() {
        let key = SecretKey::derive_master(&[6; 32]).unwrap();
        for (shares, threshold) in [(0, 0), (1, 1), (3, 1), (3, 0), (2, 3), (101, 67), (255, 255)] {
            let error = split(&key, shares, threshold).unwrap_err();
            assert!(matches!(error, ShareError::Numbers { .. }), "{threshold} of {shares}");
        }
        for places in [&[0, 1][..], &[7, 7], &[1, 2, 1]] {
            assert!(matches!(split_at(&key, places, 2), Err(ShareError::Places)), "{places:?}");
        }
        let part = |x| (x, key.sign(&ROOT));
        for parts in [vec![], vec![part(0), part(1)], vec![part(2), part(2)]] {
            assert!(matches!(combine_signatures(&parts), Err(ShareError::Places)));
        }
        let parts = [part(1), (2, Signature::from_bytes([1; 96]))];
        assert!(matches!(combine_signatures(&parts), Err(ShareError::Part(2))));
    }
}
