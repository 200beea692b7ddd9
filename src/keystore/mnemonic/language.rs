//! The word lists of BIP-39, under the names that deposit tools give them.

use std::{fmt, str::FromStr};

use unicode_normalization::UnicodeNormalization as _;

/// A word list: one of the ten that deposit tools take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language(bip39::Language);

/// No list of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no BIP-39 language `{0}`: there are {names}", names = names())]
pub struct UnknownLanguage(String);

impl Language {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        bip39::Language::ALL.iter().copied().map(Self)
    }

    /// Its name, as ethstaker-deposit-cli has it.
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

    /// The list in the form in which words are looked up.
    pub(super) fn lookup(self) -> Lookup {
        Lookup(self.words().iter().map(|word| word.nfkc().collect()).collect())
    }
}

/// The words of a list in NFKC, in which a letter and its accent are one, as they are typed.
pub(super) struct Lookup(Vec<String>);

impl Lookup {
    /// The place in the list of the word that `typed` is; or of the only word that begins with it,
    /// where it is four letters or more, for that is how words are engraved. `typed` is in NFKC.
    pub(super) fn index_of(&self, typed: &str) -> Option<u16> {
        let words = || (0u16..).zip(&self.0);
        let exact = words().find(|(_, word)| *word == typed);
        if exact.is_some() || typed.chars().count() < SHORTEST {
            return exact.map(|(index, _)| index);
        }
        let mut begun = words().filter(|(_, word)| word.starts_with(typed));
        match (begun.next(), begun.next()) {
            (Some((index, _)), None) => Some(index),
            _ => None,
        }
    }
}

/// The fewest letters that stand for a word.
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
