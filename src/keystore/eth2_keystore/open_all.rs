//! Opens many keystores in parallel, with keys that were derived for them.

use super::{DecryptionKey, Keystore, KeystoreError};
use crate::bls::{SecretKey, expect_public_keys};
use stockade_base::parallel;

/// Opens each keystore like [`Keystore::open_with`], and returns the results in order. Runs on all
/// cores, and takes a fraction of the time if the keystores contain the keys that they name.
pub fn open_all(
    keystores: &[(&Keystore, &DecryptionKey)],
) -> Vec<Result<SecretKey, KeystoreError>> {
    let decrypted = parallel::map(keystores, |(keystore, key)| keystore.decrypt(key));
    let named = keystores.iter().map(|(keystore, _)| *keystore.pubkey());
    let pairs = decrypted
        .iter()
        .zip(named)
        .filter_map(|(secret, public)| Some((secret.as_ref().ok()?, public)));
    expect_public_keys(&pairs.collect::<Vec<_>>());
    let opened = keystores.iter().zip(decrypted);
    opened.map(|((keystore, _), secret)| keystore.require_own(secret?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eth2_keystore::{Kdf, KdfFunction, Password};

    #[test]
    fn every_keystore_opens_as_it_does_alone_whatever_is_wrong_with_the_others() {
        let kdf = |salt| Kdf::new(KdfFunction::Pbkdf2 { c: 2 }, vec![salt; 32]).unwrap();
        let password = Password::new("password").unwrap();
        let [key, other] = [1, 2].map(|s| DecryptionKey::derive(&password, &kdf(s)).unwrap());
        let root = SecretKey::derive_master(&[1; 32]).unwrap();
        let seal = |i| Keystore::seal(&root.derive_child(i), "", "", &key).unwrap();
        let mut keystores: Vec<_> = (0..40).map(seal).collect();
        keystores[3].checksum[0] ^= 1;
        keystores[7].iv[15] ^= 1;
        keystores[9].pubkey = *keystores[8].pubkey();
        let mut jobs: Vec<_> = keystores.iter().map(|keystore| (keystore, &key)).collect();
        jobs[20].1 = &other;
        let opened = open_all(&jobs);
        assert_eq!(opened.len(), 40);
        for (i, (opened, (keystore, key))) in opened.iter().zip(&jobs).enumerate() {
            assert_eq!(opened.is_err(), [3, 7, 9, 20].contains(&i), "{i}");
            match (opened, keystore.open_with(key)) {
                (Ok(together), Ok(alone)) => {
                    assert_eq!(together.to_bytes().expose(), alone.to_bytes().expose());
                }
                (together, alone) => assert_eq!(together.as_ref().err(), alone.as_ref().err()),
            }
        }
    }
}
