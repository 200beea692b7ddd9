//! READ ME FIRST.txt: tells anybody who finds a stick what it is. It is next to the folder
//! `stockade`, is not part of the copy, and proves nothing.

use std::{fmt, str::FromStr};

use super::Copy;
use crate::store::{StoreError, public_file};
use stockade_base::shown::is_harmful;
use stockade_keystore::mnemonic::Mnemonic;

/// The name of the file.
pub const READ_ME: &str = "READ ME FIRST.txt";

/// More is not a text of ours.
const MAX_READ_ME: u64 = 16 * 1024;

/// The most characters of a contact. The words of most mnemonics are longer.
const MAX_CONTACT: usize = 120;

/// Whom to ask about a copy: one line that the owner leaves for a finder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact(String);

/// Why a text cannot be a contact.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAContact {
    /// Empty, or more than one short line.
    #[error("a contact is one line of 1 to {MAX_CONTACT} characters, without control characters")]
    NotALine,
    /// A secret, which would lie on every copy in the clear.
    #[error("this is a secret: a contact can be read by anybody who finds the copy")]
    Secret,
}

impl FromStr for Contact {
    type Err = NotAContact;

    fn from_str(text: &str) -> Result<Self, NotAContact> {
        let line = text.trim();
        let count = line.chars().count();
        if count == 0 || count > MAX_CONTACT || line.chars().any(is_harmful) {
            return Err(NotAContact::NotALine);
        }
        if is_secret(line) { Err(NotAContact::Secret) } else { Ok(Self(line.to_owned())) }
    }
}

impl fmt::Display for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the text contains a mnemonic or an age identity.
fn is_secret(line: &str) -> bool {
    let words: Vec<_> = line.split_whitespace().collect();
    let is_mnemonic = |words: &[&str]| Mnemonic::parse(&words.join(" "), None).is_ok();
    [12, 15, 18, 21, 24].into_iter().any(|count| words.windows(count).any(is_mnemonic))
        || line.to_ascii_uppercase().contains("AGE-SECRET-KEY-")
}

/// What a copy has of this name.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// A text of Stockade, with the contact in it.
    Ours(Option<Contact>),
    /// A text of Stockade that somebody changed, perhaps its owner.
    Changed,
    /// Something else.
    Foreign,
}

fn find(copy: &Copy) -> Result<Found, StoreError> {
    if !copy.is_folder() || !copy.exists() {
        return Ok(Found::Nothing);
    }
    Ok(match public_file::read(copy.dir(), READ_ME, MAX_READ_ME) {
        Ok(None) => Found::Nothing,
        Ok(Some(bytes)) => recognise(&bytes),
        Err(StoreError::TooLong { .. } | StoreError::NotAFile(_)) => Found::Foreign,
        Err(error) => return Err(error),
    })
}

fn recognise(bytes: &[u8]) -> Found {
    let Ok(text) = std::str::from_utf8(bytes) else { return Found::Foreign };
    let line = text.lines().find_map(|line| line.strip_prefix(CONTACT));
    let contact = line.and_then(|line| line.parse::<Contact>().ok());
    if TEXTS.iter().any(|template| render(template, contact.as_ref()) == text) {
        Found::Ours(contact)
    } else if text.starts_with(TITLE) {
        Found::Changed
    } else {
        Found::Foreign
    }
}

fn render(template: &str, contact: Option<&Contact>) -> String {
    let line =
        contact.map_or_else(|| NO_CONTACT.to_owned(), |contact| format!("{CONTACT}{contact}"));
    template.replace("{contact}", &line)
}

/// The contact that was named for these copies, or else the first that one of them has.
pub(crate) fn contact_of(copies: &[Copy]) -> Option<Contact> {
    let kept = |copy: &Copy| match find(copy) {
        Ok(Found::Ours(contact)) => contact,
        _ => None,
    };
    let named = copies.iter().find_map(|copy| copy.contact.clone());
    named.or_else(|| copies.iter().find_map(kept))
}

/// Writes the file to a copy that lacks it, with `contact`. One with another contact is written
/// again if a contact was named for this copy. Any other file stays. Returns whether it was written,
/// and a warning: a set is not less safe without this file.
pub(crate) fn leave(copy: &Copy, contact: Option<&Contact>) -> (bool, Option<String>) {
    if !copy.is_folder() {
        return (false, None);
    }
    let path = stockade_base::shown(&copy.dir().join(READ_ME)).to_string();
    let text = |contact| TEXTS.first().map_or_else(String::new, |text| render(text, contact));
    let named = copy.contact.as_ref();
    let done = find(copy).and_then(|found| match found {
        Found::Nothing => {
            let bytes = text(named.or(contact)).into_bytes();
            public_file::create_in(copy.dir(), READ_ME, &bytes).map(|()| Ok(true))
        }
        Found::Ours(old) if named.is_some() && old.as_ref() != named => {
            public_file::replace_in(copy.dir(), READ_ME, text(named).as_bytes()).map(|()| Ok(true))
        }
        Found::Ours(_) => Ok(Ok(false)),
        Found::Changed if named.is_none() => Ok(Ok(false)),
        Found::Changed | Found::Foreign => Ok(Err(())),
    });
    match done {
        Ok(Ok(written)) => (written, None),
        Ok(Err(())) => {
            let lost = if named.is_some() { ", so it does not name your contact" } else { "" };
            let warning = format!(
                "{path} is not as Stockade wrote it, and stays{lost}. To get a new one, move it away \
                 and run `stockade backup repair`"
            );
            (false, Some(warning))
        }
        // A copy that is write-protected has what it had.
        Err(error) if error.is_read_only() => (false, None),
        Err(error) => (false, Some(format!("not written: {error}"))),
    }
}

/// A warning about a file that Stockade did not write like this: it may mislead whoever finds it.
pub(crate) fn warning(copy: &Copy) -> Option<String> {
    let changed = matches!(find(copy), Ok(Found::Changed | Found::Foreign));
    changed.then(|| {
        format!(
            "{} is not as Stockade wrote it. Nothing signs this file: read it, and make sure that you \
             want it there",
            stockade_base::shown(&copy.dir().join(READ_ME))
        )
    })
}

const TITLE: &str = "READ ME FIRST\n";

const CONTACT: &str = "  Whom to ask: ";

const NO_CONTACT: &str = "  (The owner left no name here. A paper or a wallet nearby may tell.)";

/// The text, and those that earlier versions wrote, the newest first.
const TEXTS: &[&str] = &["READ ME FIRST

This is a sealed backup. It belongs to somebody who may need it badly.

WHAT IT IS
  The folder \"stockade\" next to this file holds the keys of machines that work for the network
  Ethereum (\"validators\"). The keys are locked. Only their owner can unlock them, with a hardware
  wallet (a small device, for example of Ledger or Trezor), or the people whom the owner chose.
  Without them nobody can open anything in here. It is worthless to a thief, and cannot be sold.

IF YOU FOUND IT
  Do not throw it away: it may be the last copy. Do not format or erase it, and do not store
  anything else on it. Opening it on a computer does no harm. Please give it back.
{contact}

IF YOU ARE THE OWNER'S HEIR OR HELPER
  Nothing here has to be done today. Do not start any of these keys: while the old machine runs,
  a second one loses money. Give nobody the owner's recovery words (12 to 24 words, often on paper
  or steel), and type them into no computer: no step below needs that.
  Then read RECOVERY.txt. There is one in each folder in \"stockade\" whose name begins with a
  date, such as 20261121-hoodi-c89274fa. It says what you need, and what to type.
"];

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                         abandon abandon about";

    #[test]
    fn a_contact_is_one_short_line_without_a_secret() {
        for good in ["Ann, +41 79 555 01 01", " x ", "Zoë, 3rd floor", &"x".repeat(120)] {
            let contact: Contact = good.parse().unwrap();
            assert_eq!(contact.to_string(), good.trim());
        }
        for bad in ["", "  ", "a\nb", "a\u{1b}[2J", "a\u{202e}b", &"x".repeat(121)] {
            assert_eq!(bad.parse::<Contact>(), Err(NotAContact::NotALine), "{bad:?}");
        }
        for secret in [WORDS, &format!("ask Ann {WORDS}"), "age-secret-key-1qq"] {
            assert_eq!(secret.parse::<Contact>(), Err(NotAContact::Secret), "{secret}");
        }
    }

    #[test]
    fn its_own_text_is_known_again_with_the_contact() {
        for contact in [None, Some("Ann {contact}".parse().unwrap())] {
            let text = render(TEXTS[0], contact.as_ref());
            assert!(text.lines().all(|line| line.chars().count() <= 135), "{text}");
            assert_eq!(recognise(text.as_bytes()), Found::Ours(contact));
            assert_eq!(recognise((text.clone() + "Call me.\n").as_bytes()), Found::Changed);
            let mut other = text.into_bytes();
            other[0] = b'X';
            assert_eq!(recognise(&other), Found::Foreign);
        }
        assert_eq!(recognise(&[0xff]), Found::Foreign);
    }
}
