//! A mnemonic that is typed, or read from a pipe. It is never an argument, never in the environment,
//! never in a file, and never on the screen.

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
    /// Use the keys of a mnemonic, which is asked for without echo. For machines without a network
    #[arg(long)]
    pub from_mnemonic: bool,
    /// Read the mnemonic from this file descriptor, which must be a pipe
    #[arg(long, value_name = "N", requires = "from_mnemonic")]
    mnemonic_fd: Option<u32>,
    /// The language of the mnemonic, if its abbreviations fit several (english, spanish, ..)
    #[arg(long, value_name = "NAME", requires = "from_mnemonic")]
    mnemonic_language: Option<Language>,
    /// The mnemonic has a passphrase (a 25th word), which is asked for, or is the pipe's second line
    #[arg(long, requires = "from_mnemonic")]
    mnemonic_passphrase: bool,
}

impl MnemonicArgs {
    /// The seed of the mnemonic; `None` without --from-mnemonic.
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
            "A mnemonic of {} {} words {with} a passphrase; its check address is {address}",
            mnemonic.word_count(),
            mnemonic.language()
        ));
        Ok(Some(seed))
    }

    fn typed(
        &self,
        context: &mut Context,
    ) -> Result<(SecretText, Option<SecretText>), CommandError> {
        let no_terminal = || {
            CommandError::usage("no mnemonic given, and no terminal to ask for it on")
                .with_hint("run the command on a terminal, or pass a pipe with --mnemonic-fd")
        };
        let words = context.terminal.password("Mnemonic (not shown)").ok_or_else(no_terminal)?;
        if !self.mnemonic_passphrase {
            return Ok((words, None));
        }
        let first = context.terminal.password("Its passphrase").ok_or_else(no_terminal)?;
        let again = context.terminal.password("The passphrase again").ok_or_else(no_terminal)?;
        if first.expose() != again.expose() {
            return Err(CommandError::input("the two passphrases differ").with_hint(
                "every passphrase gives other keys, so it is asked for twice: try again",
            ));
        }
        if first.expose().is_empty() { Err(no_passphrase()) } else { Ok((words, Some(first))) }
    }

    fn piped(&self, fd: u32) -> Result<(SecretText, Option<SecretText>), CommandError> {
        let bytes = private_file::read_pipe(fd, MAX_MNEMONIC_BYTES)?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| CommandError::input("--mnemonic-fd: not UTF-8 text"))?;
        let mut lines = text.lines();
        let words = SecretText::new(lines.next().unwrap_or_default().to_owned());
        let passphrase = lines.next().filter(|line| !line.is_empty());
        if lines.any(|line| !line.is_empty()) {
            return Err(CommandError::input("--mnemonic-fd: more than two lines")
                .with_hint("write all words in the first line, and the passphrase in the second"));
        }
        match (self.mnemonic_passphrase, passphrase) {
            (true, Some(passphrase)) => Ok((words, Some(SecretText::new(passphrase.to_owned())))),
            (true, None) => Err(no_passphrase()),
            (false, None) => Ok((words, None)),
            (false, Some(_)) => Err(CommandError::usage("--mnemonic-fd: there is a second line")
                .with_hint("if it is the passphrase, add --mnemonic-passphrase")),
        }
    }
}

/// Refuses a well-known mnemonic on a network of real money, unless `allow`.
pub fn require_real_seed(seed: &Seed, network: Network, allow: bool) -> Result<(), CommandError> {
    let key = seed.check_key().map_err(|error| CommandError::input(error.to_string()))?;
    require_real_words(network, &key.address(), &[], allow)?;
    Ok(())
}

fn no_passphrase() -> CommandError {
    CommandError::input("the passphrase is empty")
        .with_hint("if there is none, leave out --mnemonic-passphrase")
}

fn refused(error: MnemonicError) -> CommandError {
    let hint = match &error {
        MnemonicError::Unknown { .. } => {
            "compare the words with your paper; type whole words, or the first four letters of each"
        }
        MnemonicError::Ambiguous(_) => {
            "name the language with --mnemonic-language, or type whole words"
        }
        _ => "compare the words and their order with your paper",
    };
    CommandError::input(error.to_string()).with_hint(hint)
}
