//! Passwords as EIP-2335 normalises them: NFKD, without control codes, in UTF-8.

use unicode_normalization::UnicodeNormalization;

use stockade_base::secret::SecretText;

/// Longer than any client requires or accepts (Lodestar: 512 characters).
pub(super) const MAX_BYTES: usize = 4096;

/// No character grows more than this many times in NFKD (U+FDFA: 3 bytes become 33).
const NFKD_GROWTH: usize = 11;

/// A keystore's password, normalised for the key derivation. The same password typed on different
/// systems (NFC or NFD, with or without a newline at the end) gives the same value.
#[derive(Debug)]
pub struct Password(SecretText);

/// Why bytes are not a password. The password itself is not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// The file has another encoding, or is not a password file.
    #[error("the password is not UTF-8 text")]
    NotUtf8,
    /// It is too long.
    #[error("the password is longer than {MAX_BYTES} bytes")]
    TooLong,
}

impl Password {
    /// Normalises `text`.
    pub fn new(text: &str) -> Result<Self, PasswordError> {
        if text.len() > MAX_BYTES {
            return Err(PasswordError::TooLong);
        }
        // Allocated at full size: a string that grows leaves copies of the password behind.
        let mut normal = String::with_capacity(text.len() * NFKD_GROWTH);
        // `is_control` is Unicode's Cc: C0, DEL and C1, exactly what EIP-2335 names.
        normal.extend(text.nfkd().filter(|c| !c.is_control()));
        Ok(Self(SecretText::new(normal)))
    }

    /// Reads the content of a password file. Line ends are removed as control codes. A byte-order mark or
    /// a space at the end stays part of the password, as in every client.
    pub fn from_file(content: &[u8]) -> Result<Self, PasswordError> {
        if content.len() > MAX_BYTES {
            return Err(PasswordError::TooLong);
        }
        Self::new(str::from_utf8(content).map_err(|_| PasswordError::NotUtf8)?)
    }

    /// A form of `text` that is not EIP-2335's, made of `chars`.
    pub(super) fn as_is(text: &str, chars: impl Iterator<Item = char>) -> Self {
        // One byte more, for a newline at the end.
        let mut form = String::with_capacity(text.len() * NFKD_GROWTH + 1);
        form.extend(chars);
        Self(SecretText::new(form))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> Vec<u8> {
        Password::new(text).unwrap().as_bytes().to_vec()
    }

    #[test]
    fn control_codes_are_removed_and_nothing_else() {
        assert_eq!(normal("a\u{0}b\tc\u{7f}d\u{80}e\u{9f}f\r\n"), b"abcdef");
        assert_eq!(normal("\u{feff}a b \u{a0}"), "\u{feff}a b  ".as_bytes());
        assert_eq!(normal("\u{ad}\u{200b}"), "\u{ad}\u{200b}".as_bytes());
    }

    #[test]
    fn composed_and_decomposed_are_the_same_password() {
        assert_eq!(normal("M\u{fc}hsam"), normal("Mu\u{308}hsam"));
        assert_eq!(normal("𝔱𝔢𝔰𝔱𝔭𝔞𝔰𝔰𝔴𝔬𝔯𝔡🔑"), "testpassword🔑".as_bytes());
    }

    #[test]
    fn no_character_outgrows_its_allocation() {
        for c in '\0'..=char::MAX {
            let grown: usize = c.nfkd().map(char::len_utf8).sum();
            assert!(grown <= c.len_utf8() * NFKD_GROWTH, "{c:?}");
        }
    }

    #[test]
    fn invalid_passwords_are_refused_without_showing_them() {
        assert_eq!(Password::from_file(b"\xff\xfeh").unwrap_err(), PasswordError::NotUtf8);
        let long = "x".repeat(MAX_BYTES + 1);
        assert_eq!(Password::from_file(long.as_bytes()).unwrap_err(), PasswordError::TooLong);
        assert!(!format!("{:?}", Password::new("hunter2").unwrap()).contains("hunter2"));
    }
}
