//! Words as a person types them, to the sentence that BIP-39 makes a seed of.

use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::Language;

/// The longest text that is read as a mnemonic: 24 words of the longest lists are a quarter of it.
pub const MAX_MNEMONIC_BYTES: usize = 4096;

/// Longer than any word, in any normal form.
const MAX_WORD_BYTES: usize = 128;

/// The words of a wallet, checked against their list and checksum. Wiped when dropped.
pub struct Mnemonic {
    /// Whole words in NFKD with one blank between them.
    sentence: Zeroizing<String>,
    language: Language,
}

/// Why words are no mnemonic. Names places and never a word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MnemonicError {
    /// BIP-39 has 12, 15, 18, 21 or 24 words.
    #[error("a mnemonic is 12, 15, 18, 21 or 24 words, and these are {0}")]
    Count(usize),
    /// Words that are in no list, counted from 1.
    #[error("{} not in the {language} word list", places(.at))]
    Unknown {
        /// Which words, counted from 1.
        at: Vec<usize>,
        /// The list that has most of the others.
        language: Language,
    },
    /// All words are in the list, and are no mnemonic together.
    #[error("the checksum of these words is wrong: one of them is another word, or the order is")]
    Checksum,
    /// Abbreviations that are different words in several languages, with a good checksum in each.
    #[error("these are a mnemonic in {}", languages(.0))]
    Ambiguous(Vec<Language>),
}

impl Mnemonic {
    /// Reads words with blanks between them, of any list, or of `language`. Upper case, any normal
    /// form and beginnings of at least four letters are taken, as deposit tools take them.
    pub fn parse(text: &str, language: Option<Language>) -> Result<Self, MnemonicError> {
        let count = text.split_whitespace().count();
        if !(12..=24).contains(&count) || !count.is_multiple_of(3) {
            return Err(MnemonicError::Count(count));
        }
        let words: Vec<_> = text.split_whitespace().map(normalized).collect();
        let candidates = Language::all().filter(|one| language.is_none_or(|only| only == *one));
        let mut found: Vec<Self> = Vec::new();
        let mut wrong: Option<MnemonicError> = None;
        for language in candidates {
            match Self::in_language(&words, language) {
                Ok(mnemonic) => found.push(mnemonic),
                Err(error) => wrong = Some(nearer(wrong, error)),
            }
        }
        let mut found = found.into_iter();
        let Some(first) = found.next() else {
            return Err(wrong.unwrap_or(MnemonicError::Checksum));
        };
        // Lists share words. Which list it is matters only where the sentence is another.
        let others: Vec<_> = found.filter(|one| one.sentence != first.sentence).collect();
        match others.is_empty() {
            true => Ok(first),
            false => {
                let others = others.iter().map(|one| one.language);
                Err(MnemonicError::Ambiguous([first.language].into_iter().chain(others).collect()))
            }
        }
    }

    /// The list that the words are from; the first of several that share them all.
    pub fn language(&self) -> Language {
        self.language
    }

    /// How many words.
    pub fn word_count(&self) -> usize {
        self.sentence.split(' ').count()
    }

    pub(super) fn sentence(&self) -> &str {
        &self.sentence
    }

    fn in_language(words: &[Zeroizing<String>], language: Language) -> Result<Self, MnemonicError> {
        let lookup = language.lookup();
        let mut indices = Zeroizing::new([0u16; 24]);
        let mut unknown = Vec::new();
        for ((place, word), to) in words.iter().enumerate().zip(indices.iter_mut()) {
            match lookup.index_of(word) {
                Some(index) => *to = index,
                None => unknown.push(place + 1),
            }
        }
        if !unknown.is_empty() {
            return Err(MnemonicError::Unknown { at: unknown, language });
        }
        let indices = indices.get(..words.len()).unwrap_or_default();
        if !checksum_is_right(indices) {
            return Err(MnemonicError::Checksum);
        }
        // Made in its final place: a text that grows leaves copies behind.
        let mut sentence = Zeroizing::new(String::with_capacity(words.len() * MAX_WORD_BYTES));
        for index in indices {
            if !sentence.is_empty() {
                sentence.push(' ');
            }
            sentence.push_str(language.words().get(usize::from(*index)).copied().unwrap_or(""));
        }
        Ok(Self { sentence, language })
    }
}

impl std::fmt::Debug for Mnemonic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mnemonic(..)")
    }
}

/// A typed word in lower case and NFKC; empty where it is longer than any word.
fn normalized(word: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(MAX_WORD_BYTES));
    for letter in word.chars().flat_map(char::to_lowercase).nfkc() {
        if text.len() + letter.len_utf8() > MAX_WORD_BYTES {
            text.zeroize();
            return text;
        }
        text.push(letter);
    }
    text
}

/// Of n words, the last n/3 bits are the first ones of the SHA-256 of the others.
fn checksum_is_right(indices: &[u16]) -> bool {
    let mut bytes = Zeroizing::new([0u8; 33]);
    for (place, index) in indices.iter().enumerate() {
        for bit in 0..11 {
            let at = place * 11 + bit;
            if let Some(byte) = bytes.get_mut(at / 8)
                && index >> (10 - bit) & 1 == 1
            {
                *byte |= 0x80 >> (at % 8);
            }
        }
    }
    let checksum_bits = indices.len() / 3;
    let entropy = bytes.get(..checksum_bits * 4).unwrap_or_default();
    let rest = bytes.get(checksum_bits * 4).copied().unwrap_or_default();
    let mut hash = Sha256::digest(entropy);
    let first = hash.first().copied().unwrap_or_default();
    hash.as_mut_slice().zeroize();
    let unused = 8 - checksum_bits.min(8);
    !entropy.is_empty() && first >> unused == rest >> unused
}

/// The error that helps more: a wrong checksum, or the list that lacks the fewest words.
fn nearer(known: Option<MnemonicError>, new: MnemonicError) -> MnemonicError {
    let lacking = |error: &MnemonicError| match error {
        MnemonicError::Unknown { at, .. } => at.len(),
        _ => 0,
    };
    match known {
        Some(known) if lacking(&known) <= lacking(&new) => known,
        _ => new,
    }
}

fn places(at: &[usize]) -> String {
    let all: Vec<_> = at.iter().map(ToString::to_string).collect();
    match all.as_slice() {
        [one] => format!("word {one} is"),
        _ => format!("words {} are", all.join(", ")),
    }
}

fn languages(all: &[Language]) -> String {
    all.iter().map(|language| language.name()).collect::<Vec<_>>().join(" and in ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                         abandon abandon about";

    fn parse(text: &str) -> Result<Mnemonic, MnemonicError> {
        Mnemonic::parse(text, None)
    }

    /// A mnemonic of zeros but for its last word, in `language`.
    fn of_zeros(language: Language) -> String {
        let word = |index: usize| language.words()[index];
        [[word(0); 11].as_slice(), &[word(3)]].concat().join(" ")
    }

    #[test]
    fn abbreviations_case_and_blanks_are_taken_as_the_same_words() {
        let whole = parse(WORDS).unwrap();
        let short = format!("  {}\tABOU\n", "Aban  ".repeat(11));
        assert_eq!(parse(&short).unwrap().sentence(), whole.sentence());
        assert_eq!(whole.word_count(), 12);
        // Three letters may be several words, and letters behind the word are a slip.
        for slip in ["aba", "abandonn"] {
            let text = WORDS.replacen("abandon", slip, 1);
            let language = "english".parse().unwrap();
            assert_eq!(parse(&text).unwrap_err(), MnemonicError::Unknown { at: vec![1], language });
        }
    }

    #[test]
    fn every_language_is_read_in_every_normal_form_and_recognised() {
        for language in Language::all() {
            let text = of_zeros(language);
            for typed in
                [text.nfc().collect::<String>(), text.nfkd().collect(), text.to_uppercase()]
            {
                let read = Mnemonic::parse(&typed, Some(language));
                assert_eq!(read.unwrap().sentence(), text, "{language}");
            }
            assert_eq!(parse(&text).unwrap().sentence(), text, "{language}");
        }
        let japanese = of_zeros("japanese".parse().unwrap()).replace(' ', "\u{3000}");
        assert_eq!(parse(&japanese).unwrap().language().name(), "japanese");
    }

    #[test]
    fn four_letters_name_one_word_or_none() {
        for language in Language::all() {
            let lookup = language.lookup();
            for (index, word) in (0u16..).zip(language.words()).step_by(31) {
                let short: String = word.nfkc().take(4).collect();
                let found = lookup.index_of(&short);
                assert!(found.is_none_or(|found| found == index), "{language} word {index}");
            }
        }
    }

    #[test]
    fn errors_name_places_and_never_words() {
        let text = WORDS.replace("about", "zzzz").replacen("abandon", "hunter2", 1);
        let error = parse(&text).unwrap_err().to_string();
        assert_eq!(error, "words 1, 12 are not in the english word list");
        let error = parse(&WORDS.replace("about", "above")).unwrap_err();
        assert_eq!(error, MnemonicError::Checksum);
        assert_eq!(parse("abandon about").unwrap_err(), MnemonicError::Count(2));
        assert_eq!(parse(&format!("{WORDS} about")).unwrap_err(), MnemonicError::Count(13));
        let long = WORDS.replacen("abandon", &"a".repeat(3000), 1);
        assert!(matches!(parse(&long).unwrap_err(), MnemonicError::Unknown { .. }));
        assert_eq!(format!("{:?}", parse(WORDS).unwrap()), "Mnemonic(..)");
    }

    /// Beginnings that English and French share, which are other words in each.
    #[test]
    fn abbreviations_of_two_languages_are_asked_about() {
        let [english, french]: [Language; 2] = ["english", "french"].map(|l| l.parse().unwrap());
        let text = format!("{}abou", "lect ".repeat(11));
        assert_eq!(parse(&text).unwrap_err(), MnemonicError::Ambiguous(vec![english, french]));
        let read = |language| Mnemonic::parse(&text, Some(language)).unwrap();
        assert_ne!(read(english).sentence(), read(french).sentence());
    }
}
