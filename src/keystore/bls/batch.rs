//! Checks in a batch that many secret keys have the public keys that they should have.

use blst::{MultiPoint as _, min_pk};

use super::{PublicKey, SecretKey, scalar::Scalar};
use stockade_base::parallel;

/// The number of keys checked by one equation. If it fails, this many are computed one by one.
const PART: usize = 1024;

/// Computes the public key of each secret key, given the public key that it should have. If all are
/// right, this takes a fraction of the usual time. In any case [`SecretKey::public_key`] returns the
/// key's true public key afterwards.
pub fn expect_public_keys(keys: &[(&SecretKey, PublicKey)]) {
    for part in keys.chunks(PART) {
        match all_fit(part) {
            Some(true) => part.iter().for_each(|(secret, public)| secret.remember(*public)),
            _ => drop(parallel::map(part, |(secret, _)| secret.public_key())),
        }
    }
}

/// Whether every secret key belongs to its public key; `None` if that could not be checked.
///
/// For random factors r, the sum of all r·public is the public key of the sum of all r·secret. A
/// pair that does not fit is hidden by only one value of its factor: 1 in 2¹²⁸. Every [`PublicKey`]
/// is known to be in the group.
fn all_fit(keys: &[(&SecretKey, PublicKey)]) -> Option<bool> {
    let mut factors = vec![[0; FACTOR_BYTES]; keys.len()];
    stockade_base::secret::fill_random(factors.as_flattened_mut()).ok()?;
    let points = parallel::map(keys, |(_, public)| public.point());
    let points = points.into_iter().collect::<Option<Vec<min_pk::PublicKey>>>()?;
    let public = points.as_slice().mult(factors.as_flattened(), 8 * FACTOR_BYTES).to_public_key();

    let terms = keys.iter().zip(&factors);
    let terms =
        terms.map(|((secret, _), r)| Scalar::of_key(secret).times(&Scalar::from_le_bytes(*r)));
    let secret = terms.fold(Scalar::small(0), |sum, term| sum.plus(&term)).to_key().ok()?;
    Some(*secret.public_key().as_bytes() == public.compress())
}

const FACTOR_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(count: u32) -> Vec<SecretKey> {
        let root = SecretKey::derive_master(&[5; 32]).unwrap();
        (0..count).map(|i| root.derive_child(i)).collect()
    }

    fn fresh(secret: &SecretKey) -> SecretKey {
        SecretKey::from_bytes(secret.to_bytes().expose()).unwrap()
    }

    /// Checks pairs of secret keys whose public keys are not computed yet.
    fn fit(secrets: &[SecretKey], publics: &[PublicKey]) -> Option<bool> {
        let fresh: Vec<_> = secrets.iter().map(fresh).collect();
        all_fit(&fresh.iter().zip(publics.iter().copied()).collect::<Vec<_>>())
    }

    #[test]
    fn one_wrong_key_is_found_at_any_position() {
        for count in [1, 2, 31, 33, 100] {
            let secrets = secrets(count);
            let publics: Vec<_> = secrets.iter().map(SecretKey::public_key).collect();
            assert_eq!(fit(&secrets, &publics), Some(true), "{count}");
            let other = secrets[0].derive_child(9).public_key();
            for place in (0..publics.len()).step_by(7) {
                let mut wrong = publics.clone();
                wrong[place] = other;
                assert_eq!(fit(&secrets, &wrong), Some(false), "{place} of {count}");
            }
        }
    }

    #[test]
    fn swapped_keys_are_found_though_their_sum_is_the_same() {
        let secrets = secrets(40);
        let mut publics: Vec<_> = secrets.iter().map(SecretKey::public_key).collect();
        publics.swap(3, 30);
        assert_eq!(fit(&secrets, &publics), Some(false));
    }

    #[test]
    fn each_key_returns_its_own_public_key_whatever_was_expected() {
        let secrets = secrets(PART as u32 + 40);
        let right: Vec<_> = secrets.iter().map(|secret| fresh(secret).public_key()).collect();
        let mut expected = right.clone();
        expected.swap(PART + 1, PART + 2);
        let pairs: Vec<_> = secrets.iter().zip(expected).collect();
        expect_public_keys(&pairs);
        assert!(secrets.iter().map(SecretKey::public_key).eq(right));
        expect_public_keys(&[]);
    }
}
