//! Other forms of a password than EIP-2335's. They are tried only to explain what is wrong with a
//! password or its file, and are never used in its place.

use unicode_normalization::UnicodeNormalization;

use super::{Password, PasswordError, keystorev4, password::MAX_BYTES};
use stockade_base::secret::SecretText;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The form of a password that a keystore was encrypted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordForm {
    /// The password as EIP-2335 normalises it.
    Standard,
    /// Without the byte-order mark that an editor added.
    WithoutByteOrderMark,
    /// Without white space at its end.
    WithoutTrailingSpace,
    /// Without white space and byte-order mark around it.
    WithoutSurroundingSpace,
    /// The file is UTF-16 text; the password is the same text in UTF-8.
    Utf16,
    /// The file is Latin-1 text; the password is the same text in UTF-8.
    Latin1,
    /// The writing program kept control codes, such as a newline at the end.
    ControlCodesKept,
    /// The writing program kept a newline that is not in the given password.
    NewlineKept,
    /// The writing program kept C1 control codes and removed ASCII ones, as keystorev4 does.
    C1Kept,
    /// The writing program did not normalise it.
    NotNormalised,
    /// The writing program used NFC.
    Composed,
    /// The writing program used NFD, which keeps compatibility characters.
    Decomposed,
    /// The writing program kept only the first code point of each letter, as wealdtech's keystorev4 1.1.3
    /// does.
    MarksDropped,
    /// The writing program inserted U+034F after each 30 combining marks, as keystorev4 does.
    MarksSeparated,
    /// The file is not UTF-8, and the writing program read U+FFFD for each invalid byte, as Go programs
    /// do.
    BytesReplaced,
}

/// Which programs accept a keystore under one form of a password, as far as the password decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TakenBy {
    /// The programs that follow EIP-2335.
    pub(super) standard: bool,
    /// Prysm, with keystorev4 1.1.3.
    pub(super) prysm: bool,
    /// ethdo and dirk, with keystorev4 1.4.1.
    pub(super) ethdo: bool,
    /// Whether the password is empty, which Prysm and ethdo refuse.
    pub(super) is_empty: bool,
    /// Whether the password has C1 control codes, which keystorev4 keeps.
    pub(super) has_c1: bool,
}

/// One form of a given password.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) form: PasswordForm,
    pub(super) password: Password,
    pub(super) taken_by: TakenBy,
}

impl PasswordForm {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::WithoutByteOrderMark => "without_byte_order_mark",
            Self::WithoutTrailingSpace => "without_trailing_space",
            Self::WithoutSurroundingSpace => "without_surrounding_space",
            Self::Utf16 => "utf16",
            Self::Latin1 => "latin1",
            Self::ControlCodesKept => "control_codes_kept",
            Self::NewlineKept => "newline_kept",
            Self::C1Kept => "c1_kept",
            Self::NotNormalised => "not_normalised",
            Self::Composed => "composed",
            Self::Decomposed => "decomposed",
            Self::MarksDropped => "marks_dropped",
            Self::MarksSeparated => "marks_separated",
            Self::BytesReplaced => "bytes_replaced",
        }
    }

    /// Describes the form, to continue "it opens with ..".
    pub fn explain(self) -> &'static str {
        match self {
            Self::Standard => "the password",
            Self::WithoutByteOrderMark => "the password without its byte-order mark",
            Self::WithoutTrailingSpace => "the password without its trailing space",
            Self::WithoutSurroundingSpace => "the password without the space around it",
            Self::Utf16 => "the password once its file is UTF-8 (it is UTF-16)",
            Self::Latin1 => "the password once its file is UTF-8 (it is Latin-1)",
            Self::ControlCodesKept => {
                "the password with its control characters (such as a newline at the end), which the \
                program that wrote it should have removed"
            }
            Self::NewlineKept => {
                "the password and a newline, which the program that wrote it should have removed"
            }
            Self::C1Kept => {
                "the password with its C1 control characters, which the program that wrote it \
                (keystorev4: Prysm, ethdo) should have removed"
            }
            Self::NotNormalised => "the password in another normal form: unchanged, not NFKD",
            Self::Composed => "the password in another normal form: NFC, not NFKD",
            Self::Decomposed => "the password in another normal form: NFD, not NFKD",
            Self::MarksDropped => {
                "the password without its combining marks (or the later parts of its syllables), \
                as wealdtech's keystorev4 1.1.3 (Prysm) writes it"
            }
            Self::MarksSeparated => {
                "the password with U+034F after each 30 combining marks, as keystorev4 (ethdo) writes it"
            }
            Self::BytesReplaced => {
                "the password once its file is UTF-8 (it is not): U+FFFD stands for each byte that \
                 is not text, as Prysm and ethdo read it"
            }
        }
    }

    /// Whether the keystore is right and the given password is wrong. Otherwise the program that wrote the
    /// keystore did not normalise the password correctly.
    pub fn blames_the_password(self) -> bool {
        matches!(
            self,
            Self::WithoutByteOrderMark
                | Self::WithoutTrailingSpace
                | Self::WithoutSurroundingSpace
                | Self::Utf16
                | Self::Latin1
                | Self::BytesReplaced
        )
    }
}

/// The given password and all different forms of it. [`PasswordForm::Standard`] comes first, if the
/// password has that form.
pub(super) fn forms(given: &[u8]) -> Result<Vec<Candidate>, PasswordError> {
    if given.len() > MAX_BYTES {
        return Err(PasswordError::TooLong);
    }
    let (text, forms) = match str::from_utf8(given) {
        Ok(text) => (SecretText::new(text.to_owned()), forms_of_text(text)?),
        Err(_) => (keystorev4::lossy(given), other_encodings(given)?),
    };
    let standard = forms.iter().position(|(form, _)| *form == PasswordForm::Standard);
    let (old, new) = (keystorev4::v1_1_3(text.expose()), keystorev4::v1_4_1(text.expose()));
    let mut candidates: Vec<Candidate> = Vec::new();
    for (place, (form, password)) in forms.into_iter().enumerate() {
        let bytes = password.as_bytes();
        if candidates.iter().any(|other| other.password.as_bytes() == bytes) {
            continue;
        }
        let by_old = bytes == old.as_bytes();
        let taken_by = TakenBy {
            standard: standard == Some(place),
            prysm: by_old,
            ethdo: by_old || bytes == new.as_bytes(),
            is_empty: bytes.is_empty(),
            has_c1: text.expose().contains(is_c1),
        };
        candidates.push(Candidate { form, password, taken_by });
    }
    Ok(candidates)
}

/// In the order in which they are tried. Of two that are equal, the first counts.
fn forms_of_text(text: &str) -> Result<Vec<(PasswordForm, Password)>, PasswordError> {
    use PasswordForm as Form;

    let is_around = |c: char| c.is_whitespace() || c == BYTE_ORDER_MARK;
    let no_controls = || text.chars().filter(|c| !c.is_control());
    let newline = text.trim_end_matches(['\r', '\n']);
    let by_keystorev4 = if text.contains(is_c1) { Form::C1Kept } else { Form::MarksSeparated };
    Ok(vec![
        (Form::Standard, Password::new(text)?),
        (
            Form::WithoutByteOrderMark,
            Password::new(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text))?,
        ),
        (Form::WithoutTrailingSpace, Password::new(text.trim_end())?),
        (Form::WithoutSurroundingSpace, Password::new(text.trim_matches(is_around))?),
        (by_keystorev4, keystorev4::v1_4_1(text)),
        (Form::MarksDropped, keystorev4::v1_1_3(text)),
        (Form::ControlCodesKept, Password::as_is(text, text.nfkd())),
        (Form::NewlineKept, Password::as_is(text, newline.nfkd().chain(['\n']))),
        (Form::NotNormalised, Password::as_is(text, no_controls())),
        (Form::Composed, Password::as_is(text, no_controls().nfc())),
        (Form::Decomposed, Password::as_is(text, no_controls().nfd())),
    ])
}

/// No client reads the true encoding of a password file that is not UTF-8. Go programs replace its
/// invalid bytes.
fn other_encodings(given: &[u8]) -> Result<Vec<(PasswordForm, Password)>, PasswordError> {
    let utf16 = match given {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => None,
    };
    if let Some(text) = utf16 {
        return Ok(vec![(PasswordForm::Utf16, Password::new(text.expose())?)]);
    }
    let mut text = String::with_capacity(given.len() * 2);
    text.extend(given.iter().map(|byte| char::from(*byte)));
    let text = SecretText::new(text);
    Ok(vec![
        (PasswordForm::Latin1, Password::new(text.expose())?),
        (PasswordForm::BytesReplaced, keystorev4::v1_4_1(keystorev4::lossy(given).expose())),
    ])
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<SecretText> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    let mut text = String::with_capacity(bytes.len() * 2);
    for decoded in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        text.push(decoded.ok()?);
    }
    Some(SecretText::new(text))
}

fn is_c1(c: char) -> bool {
    ('\u{80}'..='\u{9f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other_forms(given: &[u8]) -> Vec<PasswordForm> {
        forms(given).unwrap().iter().skip(1).map(|candidate| candidate.form).collect()
    }

    #[test]
    fn a_plain_password_costs_one_more_derivation_and_not_ten() {
        assert_eq!(other_forms(b"MyPasswordIs12+"), [PasswordForm::NewlineKept]);
        assert_eq!(other_forms(b"MyPasswordIs12+\n"), [PasswordForm::ControlCodesKept]);
    }

    #[test]
    fn all_likely_mistakes_are_tried() {
        let tried = other_forms("\u{feff} M\u{fc}hsam\u{85} ".as_bytes());
        for form in [
            PasswordForm::WithoutByteOrderMark,
            PasswordForm::WithoutTrailingSpace,
            PasswordForm::WithoutSurroundingSpace,
            PasswordForm::C1Kept,
            PasswordForm::NewlineKept,
            PasswordForm::NotNormalised,
            PasswordForm::MarksDropped,
        ] {
            assert!(tried.contains(&form), "{form:?}");
        }
    }

    #[test]
    fn other_encodings_are_never_the_standard() {
        for (given, expected) in [
            (&b"\xff\xfeh\0i\0"[..], &[PasswordForm::Utf16][..]),
            (b"\xfe\xff\0h\0i", &[PasswordForm::Utf16]),
            (b"M\xfchsam", &[PasswordForm::Latin1, PasswordForm::BytesReplaced]),
            (b"\xff\xfeh", &[PasswordForm::Latin1, PasswordForm::BytesReplaced]),
        ] {
            let forms = forms(given).unwrap();
            assert_eq!(forms.iter().map(|one| one.form).collect::<Vec<_>>(), expected);
            assert!(forms.iter().all(|one| !one.taken_by.standard));
        }
        assert_eq!(forms(b"\xff\xfeh\0i\0").unwrap()[0].password.as_bytes(), b"hi");
    }

    #[test]
    fn among_equal_forms_the_one_of_a_known_program_is_kept() {
        let other = other_forms("sec\u{85}ret".as_bytes());
        assert!(other.contains(&PasswordForm::C1Kept), "{other:?}");
        assert!(!other.contains(&PasswordForm::ControlCodesKept), "{other:?}");
    }

    #[test]
    fn each_program_accepts_the_form_that_it_writes() {
        let taken = |given: &str, form| {
            let forms = forms(given.as_bytes()).unwrap();
            let one = forms.iter().find(|candidate| candidate.form == form).unwrap();
            let TakenBy { standard, prysm, ethdo, .. } = one.taken_by;
            [standard, prysm, ethdo]
        };
        assert_eq!(taken("plain", PasswordForm::Standard), [true, true, true]);
        assert_eq!(taken("M\u{fc}hsam", PasswordForm::Standard), [true, false, true]);
        assert_eq!(taken("M\u{fc}hsam", PasswordForm::MarksDropped), [false, true, true]);
        assert_eq!(taken("sec\u{85}ret", PasswordForm::Standard), [true, false, false]);
        assert_eq!(taken("sec\u{85}ret", PasswordForm::C1Kept), [false, true, true]);
        assert_eq!(taken("s\u{fc}c\u{85}ret", PasswordForm::C1Kept), [false, false, true]);
        let marks = format!("a{}", "\u{301}".repeat(40));
        assert_eq!(taken(&marks, PasswordForm::MarksSeparated), [false, false, true]);
        assert_eq!(taken("line\n", PasswordForm::ControlCodesKept), [false, false, false]);
    }
}
