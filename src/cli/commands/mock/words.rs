//! The recovery words of a simulated wallet.

use std::path::PathBuf;

use stockade::{discovery::MockSetup, mnemonic::Mnemonic, store::private_file};

use crate::error::CommandError;

/// The longest file with words.
const MAX_WORDS: u64 = 4096;

/// The words.
#[derive(Debug, clap::Args)]
pub struct WordsArgs {
    /// A file with the wallet's recovery words, in one line. Never those of a real wallet: they are not
    /// protected
    #[arg(long, value_name = "FILE")]
    words: Option<PathBuf>,
}

impl WordsArgs {
    /// The words of the file, those of STOCKADE_MOCK_MNEMONIC, or well-known ones. Refuses what a wallet
    /// would refuse.
    pub fn mnemonic(&self) -> Result<String, CommandError> {
        let (from, text) = match &self.words {
            Some(path) => {
                let bytes = private_file::read(path, MAX_WORDS)?;
                (crate::shown(path).to_string(), String::from_utf8_lossy(&bytes).into_owned())
            }
            None => {
                let words = std::env::var("STOCKADE_MOCK_MNEMONIC").unwrap_or_default();
                let words = words.split(';').next().unwrap_or_default().to_owned();
                if words.trim().is_empty() {
                    return Ok(MockSetup::default().mnemonic);
                }
                ("STOCKADE_MOCK_MNEMONIC".to_owned(), words)
            }
        };
        match Mnemonic::parse(text.trim(), None) {
            Ok(_) => Ok(text.trim().to_owned()),
            Err(error) => Err(CommandError::input(format!("{from}: {error}"))),
        }
    }
}
