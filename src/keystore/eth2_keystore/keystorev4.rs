//! How the Go library keystorev4 normalises passwords, which differs from EIP-2335. Prysm is built
//! with version 1.1.3, ethdo and dirk with 1.4.1.

use unicode_normalization::{
    IsNormalized, UnicodeNormalization, char::canonical_combining_class, is_nfc_quick,
};

use super::Password;
use stockade_base::secret::SecretText;

/// Version 1.1.3 keeps only the first code point of each letter with its combining marks: `ü` becomes
/// `u`, and a Korean syllable becomes its first consonant.
pub(super) fn v1_1_3(text: &str) -> Password {
    let first_of_each = |(place, c): &(usize, char)| *place == 0 || begins_a_segment(*c);
    let chars = text.stream_safe().nfkd().enumerate().filter(first_of_each);
    Password::as_is(text, chars.map(|(_, c)| c).filter(|c| !c.is_ascii_control()))
}

/// Version 1.4.1 applies NFKD, removes only ASCII control codes, and inserts U+034F after each 30
/// combining marks, as Go does. If that does not open a keystore, it tries the form of 1.1.3.
pub(super) fn v1_4_1(text: &str) -> Password {
    Password::as_is(text, text.stream_safe().nfkd().filter(|c| !c.is_ascii_control()))
}

/// A password file that is not UTF-8, as Go reads it: with U+FFFD for each invalid byte.
pub(super) fn lossy(bytes: &[u8]) -> SecretText {
    let mut text = String::with_capacity(bytes.len() * char::REPLACEMENT_CHARACTER.len_utf8());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    SecretText::new(text)
}

/// Whether Go's normalisation begins a new segment with `c`, which is in NFKD: it is not a combining
/// mark, and it does not compose with what precedes it.
fn begins_a_segment(c: char) -> bool {
    let composes_backwards = || is_nfc_quick(std::iter::once(c)) == IsNormalized::Maybe;
    canonical_combining_class(c) == 0 && !composes_backwards()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(rule: fn(&str) -> Password, text: &str) -> String {
        String::from_utf8(rule(text).as_bytes().to_vec()).unwrap()
    }

    /// Checked against the library itself by `test_keystorev4.py`.
    #[test]
    fn version_1_1_3_keeps_the_first_code_point_of_each_segment() {
        for (given, expected) in [
            ("M\u{fc}hsam\u{f1}", "Muhsamn"),
            ("Mu\u{308}hsam", "Muhsam"),
            ("\u{d55c}\u{ae00}", "\u{1112}\u{1100}"),
            ("\u{308}abc", "\u{308}abc"),
            ("\u{fb01}n\tal\n", "final"),
            ("sec\u{85}ret", "sec\u{85}ret"),
            ("\u{1f511}", "\u{1f511}"),
        ] {
            assert_eq!(made(v1_1_3, given), expected, "{given:?}");
        }
    }

    #[test]
    fn version_1_4_1_keeps_c1_and_separates_many_marks() {
        assert_eq!(made(v1_4_1, "sec\u{85}r\u{fc}t\t"), "sec\u{85}ru\u{308}t");
        let marks = |count| format!("a{}", "\u{301}".repeat(count));
        assert_eq!(made(v1_4_1, &marks(30)), marks(30));
        assert_eq!(made(v1_4_1, &marks(31)), format!("{}\u{34f}\u{301}", marks(30)));
        assert_eq!(made(v1_1_3, &marks(31)), "a\u{34f}");
    }

    #[test]
    fn invalid_bytes_are_replaced_one_by_one() {
        assert_eq!(lossy(b"M\xfchsam").expose(), "M\u{fffd}hsam");
        assert_eq!(lossy(b"\xe4\xbd").expose(), "\u{fffd}\u{fffd}");
    }
}
