//! Opens a keystore. If it does not open, finds out why, as far as that is possible.

use std::collections::VecDeque;

use super::{
    DecryptionKey, Kdf, KdfError, Keystore, KeystoreError, Part, Password, PasswordError,
    PasswordForm, damage, derive_all,
    password_forms::{Candidate, TakenBy, forms},
};
use crate::bls::{PublicKey, SecretKey};

/// The number of decryption keys that are remembered, for folders that mix keystores with different
/// salts.
const REMEMBERED: usize = 32;

/// The result of opening a keystore.
#[derive(Debug)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The form of the given password that the keystore was encrypted under.
    pub form: PasswordForm,
    /// What the keystore contains.
    pub found: Found,
    /// Which clients accept a keystore under that form of the password.
    pub(super) taken_by: TakenBy,
}

/// What a keystore contains.
#[derive(Debug)]
pub enum Found {
    /// The key that the keystore names.
    Key(SecretKey),
    /// The password is right, and one byte of `part` is damaged. Once that is corrected, the keystore
    /// contains the key that it names.
    Rotten {
        /// The damaged part.
        part: Part,
        /// The key.
        secret: SecretKey,
    },
    /// Another key: the public key in the file is wrong, or more than one byte of the IV is.
    OtherKey(PublicKey),
    /// The password is right, but the content is not a key.
    NoKey,
    /// The password opened another keystore with the same salt, so this one is damaged.
    Damaged,
    /// The password is wrong or the file is damaged. These cannot be told apart.
    Nothing,
}

/// Opens keystores with one password. Keystores that share a salt cost one key derivation. Only the
/// last few decryption keys are remembered, however many keystores are opened.
#[derive(Debug)]
pub struct Examiner {
    forms: Vec<Candidate>,
    remembered: VecDeque<Remembered>,
}

#[derive(Debug)]
struct Remembered {
    form: PasswordForm,
    key: DecryptionKey,
    /// Whether some keystore opened with it, so that the password is right for this salt.
    proven: bool,
}

impl Examiner {
    /// Takes a password as typed, or the content of a password file.
    pub fn new(given: &[u8]) -> Result<Self, PasswordError> {
        Ok(Self { forms: forms(given)?, remembered: VecDeque::new() })
    }

    /// The password as EIP-2335 normalises it; `None` if it is not UTF-8 text.
    pub fn password(&self) -> Option<&Password> {
        let standard = self.forms.iter().find(|one| one.form == PasswordForm::Standard);
        standard.map(|one| &one.password)
    }

    /// Derives what opening these keystores begins with, several at a time, within `budget` bytes of
    /// memory. What fails now fails again when the keystore is opened.
    pub fn derive_ahead(all: &mut [(&mut Self, Vec<&Keystore>)], budget: u64) {
        let lacking: Vec<Vec<&Kdf>> =
            all.iter().map(|(examiner, keystores)| examiner.lacking(keystores)).collect();
        let jobs = all.iter().zip(&lacking).flat_map(|((examiner, _), kdfs)| {
            let password = examiner.forms.first().map(|one| &one.password);
            kdfs.iter().filter_map(move |kdf| Some((password?, *kdf)))
        });
        let mut derived = derive_all(&jobs.collect::<Vec<_>>(), budget, &mut |_| ()).into_iter();
        for ((examiner, _), kdfs) in all.iter_mut().zip(lacking) {
            let Some(form) = examiner.forms.first().map(|one| one.form) else { continue };
            for key in derived.by_ref().take(kdfs.len()).flatten() {
                examiner.remembered.truncate(REMEMBERED - 1);
                examiner.remembered.push_front(Remembered { form, key, proven: false });
            }
        }
    }

    /// The derivations that opening `keystores` begins with and that are not remembered.
    fn lacking<'a>(&self, keystores: &[&'a Keystore]) -> Vec<&'a Kdf> {
        let first = self.forms.first().map(|one| one.form);
        let mut lacking: Vec<&Kdf> = Vec::new();
        for kdf in keystores.iter().map(|keystore| keystore.kdf()) {
            let is_it = |known: &Remembered| Some(known.form) == first && known.key.kdf() == kdf;
            let is_known = self.remembered.iter().any(is_it) || lacking.contains(&kdf);
            if first.is_some() && !is_known {
                lacking.push(kdf);
            }
        }
        lacking
    }

    /// Opens `keystore`, or finds out why it does not open.
    pub fn examine(&mut self, keystore: &Keystore) -> Result<Diagnosis, KdfError> {
        for i in 0..self.forms.len() {
            let Some(mut known) = self.recall(i, keystore.kdf())? else { continue };
            let found = match look(keystore, &known.key) {
                None if known.proven => Some(Found::Damaged),
                found => found,
            };
            known.proven |= found.is_some();
            let form = known.form;
            self.remembered.push_front(known);
            if let Some(found) = found {
                return Ok(self.diagnosis(form, found));
            }
        }
        Ok(self.diagnosis(PasswordForm::Standard, Found::Nothing))
    }

    fn diagnosis(&self, form: PasswordForm, found: Found) -> Diagnosis {
        let tried = self.forms.iter().find(|one| one.form == form);
        let taken_by = tried.map(|one| one.taken_by).unwrap_or_default();
        Diagnosis { form, found, taken_by }
    }

    /// The decryption key of form `i`, derived unless it is remembered.
    fn recall(&mut self, i: usize, kdf: &Kdf) -> Result<Option<Remembered>, KdfError> {
        let Some(Candidate { form, password, .. }) = self.forms.get(i) else { return Ok(None) };
        let is_it = |known: &Remembered| known.form == *form && known.key.kdf() == kdf;
        let place = self.remembered.iter().position(is_it);
        if let Some(known) = place.and_then(|place| self.remembered.remove(place)) {
            return Ok(Some(known));
        }
        let key = DecryptionKey::derive(password, kdf)?;
        self.remembered.truncate(REMEMBERED - 1);
        Ok(Some(Remembered { form: *form, key, proven: false }))
    }
}

/// What the keystore contains; `None` if the checksum does not match and nothing explains why.
fn look(keystore: &Keystore, key: &DecryptionKey) -> Option<Found> {
    let repair_iv = |opens, otherwise| match damage::repair_iv(keystore, key) {
        Some(secret) => Found::Rotten { part: Part::Iv { opens }, secret },
        None => otherwise,
    };
    match keystore.open_with(key) {
        Ok(secret) => Some(Found::Key(secret)),
        Err(KeystoreError::PubkeyMismatch { opened, .. }) => {
            Some(repair_iv(true, Found::OtherKey(opened)))
        }
        Err(KeystoreError::NotAKey) => Some(repair_iv(false, Found::NoKey)),
        Err(_) => {
            let (part, secret) = damage::repair_checksum_or_ciphertext(keystore, key)?;
            Some(Found::Rotten { part, secret })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eth2_keystore::KdfFunction;

    fn kdf(salt: u8) -> Kdf {
        Kdf::new(KdfFunction::Pbkdf2 { c: 2 }, vec![salt; 32]).unwrap()
    }

    fn sealed(password: &Password, salt: u8) -> Keystore {
        let secret = SecretKey::derive_master(&[1; 32]).unwrap();
        let key = DecryptionKey::derive(password, &kdf(salt)).unwrap();
        Keystore::seal(&secret, "m/0/0", "", &key).unwrap()
    }

    fn examine(given: &str, keystore: &Keystore) -> Diagnosis {
        Examiner::new(given.as_bytes()).unwrap().examine(keystore).unwrap()
    }

    fn standard(text: &str) -> Password {
        Password::new(text).unwrap()
    }

    fn raw(text: &str) -> Password {
        Password::as_is(text, text.chars())
    }

    #[test]
    fn every_form_of_a_password_is_diagnosed() {
        for (sealed_under, given, form) in [
            (standard("secret"), "secret\r\n", PasswordForm::Standard),
            (standard("secret"), "\u{feff}secret", PasswordForm::WithoutByteOrderMark),
            (standard("secret"), "secret \n", PasswordForm::WithoutTrailingSpace),
            (standard("secret"), " secret", PasswordForm::WithoutSurroundingSpace),
            (standard("secret"), "\u{feff}secret ", PasswordForm::WithoutSurroundingSpace),
            (raw("secret\n"), "secret\n", PasswordForm::ControlCodesKept),
            (raw("secret\r\n"), "secret\r\n", PasswordForm::ControlCodesKept),
            (raw("secret\n"), "secret", PasswordForm::NewlineKept),
            (raw("sec\u{85}ret"), "sec\u{85}ret\n", PasswordForm::C1Kept),
            (raw("M\u{fc}hsam"), "M\u{fc}hsam", PasswordForm::NotNormalised),
            (raw("M\u{fc}hsam"), "Mu\u{308}hsam", PasswordForm::Composed),
            (raw("Mu\u{308}hsam\u{b2}"), "M\u{fc}hsam\u{b2}", PasswordForm::Decomposed),
            (raw("Muhsam"), "M\u{fc}hsam", PasswordForm::MarksDropped),
            (raw("\u{1112}\u{1100}"), "\u{d55c}\u{ae00}", PasswordForm::MarksDropped),
        ] {
            let diagnosis = examine(given, &sealed(&sealed_under, 1));
            assert_eq!(diagnosis.form, form, "{given:?}");
            assert!(matches!(diagnosis.found, Found::Key(_)), "{given:?}: {diagnosis:?}");
        }
    }

    #[test]
    fn the_encoding_of_a_password_file_is_diagnosed() {
        let keystore = sealed(&standard("M\u{fc}hsam"), 1);
        for (given, form) in [
            (&b"M\xfchsam\n"[..], PasswordForm::Latin1),
            (b"\xff\xfeM\0\xfc\0h\0s\0a\0m\0", PasswordForm::Utf16),
        ] {
            let mut examiner = Examiner::new(given).unwrap();
            assert!(examiner.password().is_none());
            assert_eq!(examiner.examine(&keystore).unwrap().form, form);
        }
    }

    /// How Go programs read a Latin-1 file: the keystore is valid, but the password file is not.
    #[test]
    fn replaced_bytes_of_a_password_file_are_diagnosed() {
        let keystore = sealed(&standard("M\u{fffd}hsam"), 1);
        let diagnosis = Examiner::new(b"M\xfchsam\n").unwrap().examine(&keystore).unwrap();
        assert_eq!(diagnosis.form, PasswordForm::BytesReplaced);
        assert!(matches!(diagnosis.found, Found::Key(_)));
    }

    #[test]
    fn one_damaged_byte_is_distinguished_from_a_wrong_password() {
        let good = sealed(&standard("secret"), 1);
        let secret = SecretKey::derive_master(&[1; 32]).unwrap();
        type Damage = fn(&mut Keystore);
        let damages: [(Damage, Part); 3] = [
            (|keystore| keystore.checksum = [0; 32], Part::Checksum),
            (|keystore| keystore.ciphertext[31] ^= 0xa5, Part::CipherText),
            (|keystore| keystore.ciphertext[0] ^= 1, Part::CipherText),
        ];
        for (damage, expected) in damages {
            let mut keystore = good.clone();
            damage(&mut keystore);
            let Found::Rotten { part, secret: found } = examine("secret", &keystore).found else {
                panic!("{expected:?}");
            };
            assert_eq!(part, expected);
            assert_eq!(found.public_key(), secret.public_key());
            assert!(matches!(examine("other", &keystore).found, Found::Nothing));
        }
    }

    #[test]
    fn a_damaged_iv_is_distinguished_from_a_wrong_public_key() {
        for place in [0, 15] {
            let mut keystore = sealed(&standard("secret"), 1);
            keystore.iv[place] ^= 0x10;
            let found = examine("secret", &keystore).found;
            assert!(matches!(found, Found::Rotten { part: Part::Iv { .. }, .. }), "{found:?}");
        }
        let mut keystore = sealed(&standard("secret"), 1);
        let inside = *keystore.pubkey();
        keystore.pubkey = SecretKey::derive_master(&[2; 32]).unwrap().public_key();
        let found = examine("secret", &keystore).found;
        assert!(matches!(found, Found::OtherKey(key) if key == inside), "{found:?}");
    }

    #[test]
    fn a_keystore_that_a_proven_password_does_not_open_is_damaged() {
        let good = sealed(&standard("secret"), 1);
        let mut bad = good.clone();
        bad.ciphertext = [7; 32];
        let mut examiner = Examiner::new(b"secret").unwrap();
        assert!(matches!(examiner.examine(&bad).unwrap().found, Found::Nothing));
        assert!(matches!(examiner.examine(&good).unwrap().found, Found::Key(_)));
        assert!(matches!(examiner.examine(&bad).unwrap().found, Found::Damaged));
        // With another salt it cannot be told: the salt itself may be damaged.
        let mut other = sealed(&standard("secret"), 2);
        other.ciphertext = [7; 32];
        assert!(matches!(examiner.examine(&other).unwrap().found, Found::Nothing));
    }

    #[test]
    fn what_is_derived_ahead_is_not_derived_again() {
        let keystores: Vec<_> = (0..3).map(|salt| sealed(&standard("secret"), salt)).collect();
        let all = || keystores.iter().chain(&keystores).collect::<Vec<_>>();
        let mut right = Examiner::new(b"secret").unwrap();
        let mut wrong = Examiner::new(b"other").unwrap();
        Examiner::derive_ahead(&mut [(&mut right, all()), (&mut wrong, all())], 0);
        assert_eq!((right.remembered.len(), wrong.remembered.len()), (3, 3));
        assert!(right.lacking(&all()).is_empty());
        for keystore in &keystores {
            assert!(matches!(right.examine(keystore).unwrap().found, Found::Key(_)));
            assert!(matches!(wrong.examine(keystore).unwrap().found, Found::Nothing));
        }
        assert_eq!(right.remembered.len(), 3);
        let many: Vec<_> = (0..100).map(|salt| sealed(&standard("secret"), salt)).collect();
        Examiner::derive_ahead(&mut [(&mut right, many.iter().collect())], 0);
        assert_eq!(right.remembered.len(), REMEMBERED);
    }

    #[test]
    fn only_a_few_keys_are_remembered() {
        let mut examiner = Examiner::new(b"secret").unwrap();
        for salt in 0..=100 {
            examiner.examine(&sealed(&standard("secret"), salt)).unwrap();
        }
        assert_eq!(examiner.remembered.len(), REMEMBERED);
    }
}
