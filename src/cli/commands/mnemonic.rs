//! Words that a person types, or a pipe brings. They are never an argument, never in the
//! environment, never in a file, and never on the screen.

use stockade::{
    backup::custodians::require_real_words,
    interact::Interact as _,
    mnemonic::{Language, MAX_MNEMONIC_BYTES, Mnemonic, MnemonicError, Seed},
    secret::SecretText,
    staking::Network,
    store::private_file,
};

use crate::{context::Context, error::CommandError};

/// Options of every command that takes a mnemonic.
#[derive(Debug, clap::Args)]
pub struct MnemonicArgs {
    /// From a mnemonic, asked for without echo: for machines without a network
    #[arg(long)]
    pub from_mnemonic: bool,
    /// Read the mnemonic from this file descriptor, which must be a pipe
    #[arg(long, value_name = "N", requires = "from_mnemonic")]
    mnemonic_fd: Option<u32>,
    /// Its words' list, where its abbreviations fit several (english, spanish, ..)
    #[arg(long, value_name = "NAME", requires = "from_mnemonic")]
    mnemonic_language: Option<Language>,
    /// It has a passphrase (a 25th word): asked for, or the second line of the pipe
    #[arg(long, requires = "from_mnemonic")]
    mnemonic_passphrase: bool,
}

impl MnemonicArgs {
    /// The seed of the words; `None` where nobody said --from-mnemonic.
    pub fn read(&self, context: &mut Context) -> Result<Option<Seed>, CommandError> {
        if !self.from_mnemonic {
            return Ok(None);
        }
        let (words, passphrase) = match self.mnemonic_fd {
            Some(fd) => self.piped(fd)?,
            None => self.typed(context)?,
        };
        let mnemonic = Mnemonic::parse(words.expose(), self.mnemonic_language).map_err(refused)?;
        drop(words);
        let seed = Seed::new(&mnemonic, passphrase.as_ref().map_or("", SecretText::expose));
        let address = seed.check_key().map_err(|e| CommandError::input(e.to_string()))?.address();
        let with = if passphrase.is_some() { "with" } else { "without" };
        context.terminal.note(&format!(
            "{} {} words {with} a passphrase; their check address is {address}",
            mnemonic.word_count(),
            mnemonic.language()
        ));
        Ok(Some(seed))
    }

    fn typed(
        &self,
        context: &mut Context,
    ) -> Result<(SecretText, Option<SecretText>), CommandError> {
        let nobody = || {
            CommandError::usage("no mnemonic given, and nobody here to type it")
                .with_hint("run it on a terminal, or give a pipe with --mnemonic-fd")
        };
        let words = context.terminal.password("Mnemonic (nothing is shown)").ok_or_else(nobody)?;
        if !self.mnemonic_passphrase {
            return Ok((words, None));
        }
        let first = context.terminal.password("Its passphrase").ok_or_else(nobody)?;
        let again = context.terminal.password("The passphrase again").ok_or_else(nobody)?;
        match first.expose() == again.expose() {
            true if first.expose().is_empty() => Err(no_passphrase()),
            true => Ok((words, Some(first))),
            false => Err(CommandError::input("the two passphrases differ")
                .with_hint("any passphrase gives keys, so it is asked for twice: try again")),
        }
    }

    fn piped(&self, fd: u32) -> Result<(SecretText, Option<SecretText>), CommandError> {
        let bytes = private_file::read_pipe(fd, MAX_MNEMONIC_BYTES)?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| CommandError::input("what --mnemonic-fd gives is not UTF-8 text"))?;
        let mut lines = text.lines();
        let words = SecretText::new(lines.next().unwrap_or_default().to_owned());
        let passphrase = lines.next().filter(|line| !line.is_empty());
        if lines.any(|line| !line.is_empty()) {
            return Err(CommandError::input("--mnemonic-fd gives more than two lines")
                .with_hint("all words belong in the first line, and a passphrase in the second"));
        }
        match (self.mnemonic_passphrase, passphrase) {
            (true, Some(passphrase)) => Ok((words, Some(SecretText::new(passphrase.to_owned())))),
            (true, None) => Err(no_passphrase()),
            (false, None) => Ok((words, None)),
            (false, Some(_)) => Err(CommandError::usage("--mnemonic-fd gives a second line")
                .with_hint("where it is the passphrase, say --mnemonic-passphrase")),
        }
    }
}

/// Refuses words that the whole world knows where they sign for real money, unless `allow`.
pub fn require_real_seed(seed: &Seed, network: Network, allow: bool) -> Result<(), CommandError> {
    let key = seed.check_key().map_err(|error| CommandError::input(error.to_string()))?;
    require_real_words(network, &key.address(), &[], allow)?;
    Ok(())
}

fn no_passphrase() -> CommandError {
    CommandError::input("the passphrase is empty")
        .with_hint("without a passphrase, leave --mnemonic-passphrase out")
}

fn refused(error: MnemonicError) -> CommandError {
    let hint = match &error {
        MnemonicError::Unknown { .. } => {
            "compare the words with your paper; whole words, or the first four letters of each"
        }
        MnemonicError::Ambiguous(_) => {
            "say which one with --mnemonic-language, or type whole words"
        }
        _ => "compare the words and their order with your paper",
    };
    CommandError::input(error.to_string()).with_hint(hint)
}
