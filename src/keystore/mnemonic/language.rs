//! The word lists of BIP-39, under the names that deposit tools give them.

use std::{fmt, str::FromStr};

use unicode_normalization::UnicodeNormalization as _;

/// One of the ten word lists that deposit tools accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language(bip39::Language);

/// There is no word list with this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown BIP-39 language `{0}`: the languages are {names}", names = names())]
pub struct UnknownLanguage(String);

impl Language {
    /// All languages.
    pub fn all() -> impl Iterator<Item = Self> {
        bip39::Language::ALL.iter().copied().map(Self)
    }

    /// The name that ethstaker-deposit-cli uses.
    pub fn name(self) -> &'static str {
        match self.0 {
            bip39::Language::English => "english",
            bip39::Language::SimplifiedChinese => "chinese_simplified",
            bip39::Language::TraditionalChinese => "chinese_traditional",
            bip39::Language::Czech => "czech",
            bip39::Language::French => "french",
            bip39::Language::Italian => "italian",
            bip39::Language::Japanese => "japanese",
            bip39::Language::Korean => "korean",
            bip39::Language::Portuguese => "portuguese",
            bip39::Language::Spanish => "spanish",
        }
    }

    /// The 2048 words, in NFKD.
    pub(super) fn words(self) -> &'static [&'static str; 2048] {
        self.0.word_list()
    }

    /// The list in the form used for looking words up.
    pub(super) fn lookup(self) -> Lookup {
        Lookup(self.words().iter().map(|word| word.nfkc().collect()).collect())
    }
}

/// The words of a list in NFKC, where a letter and its accent are one character, as typed.
pub(super) struct Lookup(Vec<String>);

impl Lookup {
    /// The index of the word `typed`. Four letters or more may abbreviate a word, as on engraved
    /// plates, if only one word begins with them. `typed` is in NFKC.
    pub(super) fn index_of(&self, typed: &str) -> Option<u16> {
        let words = || (0u16..).zip(&self.0);
        let exact = words().find(|(_, word)| *word == typed);
        if exact.is_some() || typed.chars().count() < SHORTEST {
            return exact.map(|(index, _)| index);
        }
        let mut matches = words().filter(|(_, word)| word.starts_with(typed));
        match (matches.next(), matches.next()) {
            (Some((index, _)), None) => Some(index),
            _ => None,
        }
    }
}

/// The fewest letters that may abbreviate a word.
const SHORTEST: usize = 4;

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        let found = Self::all().find(|language| language.name() == text);
        found.ok_or_else(|| UnknownLanguage(stockade_base::json::clip(text, 40)))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn names() -> String {
    Language::all().map(Language::name).collect::<Vec<_>>().join(", ")
}
