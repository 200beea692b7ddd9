//! BIP-39 mnemonics, for machines without a network: reads and checks the words, and derives the
//! same keys as deposit tools. The words are never shown, not even in errors.
//! <https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki>

mod language;
mod seed;
mod words;

pub use language::{Language, UnknownLanguage};
pub use seed::Seed;
pub use words::{MAX_MNEMONIC_BYTES, Mnemonic, MnemonicError};
