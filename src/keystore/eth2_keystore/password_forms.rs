//! A password in other forms than EIP-2335's. They are tried to say what is wrong with a
//! password or its file, and never in its place.

use unicode_normalization::UnicodeNormalization;

use super::{Password, PasswordError, keystorev4, password::MAX_BYTES};
use stockade_base::secret::SecretText;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// What a keystore was encrypted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordForm {
    /// The password as EIP-2335 has it.
    Standard,
    /// Without the byte-order mark that an editor put before it.
    WithoutByteOrderMark,
    /// Without white space at its end.
    WithoutTrailingSpace,
    /// Without white space (and a byte-order mark) around it.
    WithoutSurroundingSpace,
    /// The file is UTF-16 text; the password is the same text in UTF-8.
    Utf16,
    /// The file is Latin-1 text; the password is the same text in UTF-8.
    Latin1,
    /// The maker kept control codes, a newline at the end among them.
    ControlCodesKept,
    /// The maker kept a newline that is not in the password given.
    NewlineKept,
    /// The maker kept C1 control codes and dropped the ASCII ones, as keystorev4 does.
    C1Kept,
    /// The maker did not normalise it.
    NotNormalised,
    /// The maker composed it (NFC).
    Composed,
    /// The maker decomposed it, but kept compatibility characters (NFD).
    Decomposed,
    /// The maker kept the first code point of each letter and dropped its combining marks, as
    /// wealdtech's keystorev4 1.1.3 does.
    MarksDropped,
    /// The maker put U+034F after each 30 combining marks, as keystorev4 does.
    MarksSeparated,
    /// The file is not UTF-8; the maker read U+FFFD for each byte that fits nowhere, as Go's
    /// programs do.
    BytesReplaced,
}

/// Who takes a keystore under one form of a password, as far as the password decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TakenBy {
    /// Those that do as EIP-2335 says.
    pub(super) standard: bool,
    /// Prysm, by keystorev4 1.1.3.
    pub(super) prysm: bool,
    /// ethdo and dirk, by keystorev4 1.4.1.
    pub(super) ethdo: bool,
    /// The password is empty, which Prysm and ethdo refuse.
    pub(super) is_empty: bool,
    /// The password has C1 control codes, which keystorev4 keeps.
    pub(super) has_c1: bool,
}

/// One form of a password given.
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

    /// What it opens with, continuing "it opens with ..".
    pub fn explain(self) -> &'static str {
        match self {
            Self::Standard => "the password",
            Self::WithoutByteOrderMark => "the password without its byte-order mark",
            Self::WithoutTrailingSpace => "the password without its trailing space",
            Self::WithoutSurroundingSpace => "the password without the space around it",
            Self::Utf16 => "the password once its file is UTF-8 (it is UTF-16)",
            Self::Latin1 => "the password once its file is UTF-8 (it is Latin-1)",
            Self::ControlCodesKept => {
                "the password with its control characters (a newline at the end, perhaps), which \
                 its maker should have dropped"
            }
            Self::NewlineKept => "the password and a newline, which its maker should have dropped",
            Self::C1Kept => {
                "the password with its C1 control characters, which its maker (keystorev4: Prysm, \
                 ethdo) should have dropped"
            }
            Self::NotNormalised => "the password in another normal form: as it is, not NFKD",
            Self::Composed => "the password in another normal form: NFC, not NFKD",
            Self::Decomposed => "the password in another normal form: NFD, not NFKD",
            Self::MarksDropped => {
                "the password without its combining marks (or the later parts of its syllables), \
                 as wealdtech's keystorev4 1.1.3 (Prysm) has it"
            }
            Self::MarksSeparated => {
                "the password with U+034F after each 30 combining marks, as keystorev4 (ethdo) has it"
            }
            Self::BytesReplaced => {
                "the password once its file is UTF-8 (it is not): U+FFFD stands for each byte that \
                 is not text, as Prysm and ethdo read it"
            }
        }
    }

    /// Whether the keystore is in order and the password given is not. Otherwise its maker had
    /// another idea of the same password.
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

/// A password given, and the other forms of it that differ; [`PasswordForm::Standard`] first,
/// where there is one.
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

/// In the order in which they are tried; of two that are equal the first one counts.
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

/// No client takes a password file that is not UTF-8 for what it is; Go's programs replace its
/// bytes.
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
    fn what_could_be_wrong_with_a_password_is_tried() {
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
    fn of_equal_forms_the_one_of_a_known_program_counts() {
        let other = other_forms("sec\u{85}ret".as_bytes());
        assert!(other.contains(&PasswordForm::C1Kept), "{other:?}");
        assert!(!other.contains(&PasswordForm::ControlCodesKept), "{other:?}");
    }

    #[test]
    fn each_program_takes_the_form_that_it_makes() {
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
