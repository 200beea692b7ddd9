//! Passwords for new keystores: every client must derive the same key from them.

use std::fmt;

use super::{KeystoreError, Password, PasswordError, keystorev4};
use stockade_base::secret::{SecretBytes, SecretText};

/// A password for new keystores. All programs derive the same key from it if it is printable ASCII.
#[derive(Debug)]
pub struct NewPassword {
    text: SecretText,
    password: Password,
    misread_by: Vec<Reader>,
}

/// A program that does not normalise every password as EIP-2335 says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reader {
    /// Prysm, with keystorev4 1.1.3.
    Prysm,
    /// ethdo and dirk, with keystorev4 1.4.1.
    Ethdo,
    /// ssv-keys, which does not normalise passwords.
    SsvKeys,
}

impl Reader {
    /// The program's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prysm => "Prysm",
            Self::Ethdo => "ethdo",
            Self::SsvKeys => "ssv-keys",
        }
    }
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl NewPassword {
    /// A random password of 256 bits that every client accepts.
    pub fn random() -> Result<Self, KeystoreError> {
        let bytes = SecretBytes::<32>::random().map_err(KeystoreError::Random)?;
        Ok(Self::chosen(SecretText::new(hex::encode(bytes.expose())))?)
    }

    /// A password chosen by a person.
    pub fn chosen(text: SecretText) -> Result<Self, PasswordError> {
        let password = Password::new(text.expose())?;
        let standard = password.as_bytes();
        let (old, new) = (keystorev4::v1_1_3(text.expose()), keystorev4::v1_4_1(text.expose()));
        let is_prysm_wrong = old.as_bytes() != standard;
        let is_empty = standard.is_empty();
        let misread = [
            (Reader::Prysm, is_prysm_wrong || is_empty),
            (Reader::Ethdo, is_prysm_wrong && new.as_bytes() != standard || is_empty),
            (Reader::SsvKeys, text.expose().as_bytes() != standard),
        ];
        let misread_by = misread.into_iter().filter(|(_, wrong)| *wrong).map(|(it, _)| it);
        Ok(Self { misread_by: misread_by.collect(), text, password })
    }

    /// The programs that could not open keystores with this password.
    pub fn misread_by(&self) -> &[Reader] {
        &self.misread_by
    }

    /// The password in the form that goes into the key derivation.
    pub fn password(&self) -> &Password {
        &self.password
    }

    /// The password as text.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// The password as text, to be stored with the keystores.
    pub fn text(&self) -> &SecretText {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misread(text: &str) -> Vec<Reader> {
        NewPassword::chosen(SecretText::new(text.to_owned())).unwrap().misread_by
    }

    #[test]
    fn printable_ascii_is_the_same_to_every_program() {
        let ascii: String = (' '..='~').collect();
        assert_eq!(misread(&ascii), []);
        assert_eq!(NewPassword::random().unwrap().misread_by(), []);
    }

    #[test]
    fn programs_that_misread_a_password_are_known() {
        use Reader::{Ethdo, Prysm, SsvKeys};
        for (text, readers) in [
            ("M\u{fc}hsam", &[Prysm, SsvKeys][..]),
            ("Mu\u{308}hsam", &[Prysm]),
            ("\u{d55c}\u{ae00}", &[Prysm, SsvKeys]),
            ("sec\u{85}ret", &[Prysm, Ethdo, SsvKeys]),
            ("sec\tret", &[SsvKeys]),
            ("\u{fb01}nal", &[SsvKeys]),
            ("\u{1f511} key", &[]),
            ("", &[Prysm, Ethdo]),
        ] {
            assert_eq!(misread(text), readers, "{text:?}");
        }
    }
}
