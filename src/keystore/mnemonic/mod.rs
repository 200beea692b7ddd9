//! BIP-39 words, for machines without a network: read, checked, and made into keys as deposit tools
//! make them. Nothing of the words is ever shown, in errors neither.
//! <https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki>

mod language;
mod seed;
mod words;

pub use language::{Language, UnknownLanguage};
pub use seed::Seed;
pub use words::{MAX_MNEMONIC_BYTES, Mnemonic, MnemonicError};
