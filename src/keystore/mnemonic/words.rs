//! From words as a person types them to the sentence that BIP-39 derives a seed from.

use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::Language;

/// The longest text that is read as a mnemonic. 24 words of the longest lists take a quarter of it.
pub const MAX_MNEMONIC_BYTES: usize = 4096;

/// Longer than any word, in any normal form.
const MAX_WORD_BYTES: usize = 128;

/// The words of a wallet, checked against their list and checksum. Wiped when dropped.
pub struct Mnemonic {
    /// Whole words in NFKD, separated by one space.
    sentence: Zeroizing<String>,
    language: Language,
}

/// Why words are not a mnemonic. Gives positions, and never a word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MnemonicError {
    /// BIP-39 has 12, 15, 18, 21 or 24 words.
    #[error("a mnemonic has 12, 15, 18, 21 or 24 words, not {0}")]
    Count(usize),
    /// Some words are not in the list.
    #[error("{} not in the {language} word list", places(.at))]
    Unknown {
        /// The positions of these words, counted from 1.
        at: Vec<usize>,
        /// The list that contains most of the other words.
        language: Language,
    },
    /// All words are in the list, but together they are not a mnemonic.
    #[error("the checksum of these words is wrong: a word or the order of the words is not right")]
    Checksum,
    /// The abbreviations stand for different words in several languages, with a valid checksum in each.
    #[error("these words are a mnemonic in {}: name the language", languages(.0))]
    Ambiguous(Vec<Language>),
}

impl Mnemonic {
    /// Reads words separated by white space, from any list or only from that of `language`. Accepts
    /// what deposit tools accept: upper case, any normal form, and abbreviations of at least four
    /// letters.
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
        // Lists share words. The list matters only if the sentence differs.
        let others = found.filter(|one| one.sentence != first.sentence).map(|one| one.language);
        let languages: Vec<_> = [first.language].into_iter().chain(others).collect();
        if languages.len() > 1 { Err(MnemonicError::Ambiguous(languages)) } else { Ok(first) }
    }

    /// The list that contains the words; the first one if several do.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The number of words.
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
        // Allocated at full size: a string that grows leaves copies behind.
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

/// A typed word in lower case and NFKC. Empty if it is longer than any word.
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

/// In n words, the last n/3 bits are the first bits of the SHA-256 of the other bits.
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

/// The more helpful error: a wrong checksum, else the list that lacks the fewest words.
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

    /// A mnemonic of all-zero entropy in `language`.
    fn of_zeros(language: Language) -> String {
        let word = |index: usize| language.words()[index];
        [[word(0); 11].as_slice(), &[word(3)]].concat().join(" ")
    }

    #[test]
    fn abbreviations_case_and_spaces_do_not_matter() {
        let whole = parse(WORDS).unwrap();
        let short = format!("  {}\tABOU\n", "Aban  ".repeat(11));
        assert_eq!(parse(&short).unwrap().sentence(), whole.sentence());
        assert_eq!(whole.word_count(), 12);
        // Three letters are too few, and letters after a whole word are a typing error.
        for slip in ["aba", "abandonn"] {
            let text = WORDS.replacen("abandon", slip, 1);
            let language = "english".parse().unwrap();
            assert_eq!(parse(&text).unwrap_err(), MnemonicError::Unknown { at: vec![1], language });
        }
    }

    #[test]
    fn every_language_is_recognised_in_every_normal_form() {
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
    fn four_letters_match_at_most_one_word() {
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
    fn errors_give_positions_and_never_words() {
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

    /// Abbreviations that stand for different words in English and in French.
    #[test]
    fn abbreviations_in_two_languages_are_ambiguous() {
        let [english, french]: [Language; 2] = ["english", "french"].map(|l| l.parse().unwrap());
        let text = format!("{}abou", "lect ".repeat(11));
        assert_eq!(parse(&text).unwrap_err(), MnemonicError::Ambiguous(vec![english, french]));
        let read = |language| Mnemonic::parse(&text, Some(language)).unwrap();
        assert_ne!(read(english).sentence(), read(french).sentence());
    }
}
