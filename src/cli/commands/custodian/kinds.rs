//! Custodians that are not wallets, as `custodian enroll` makes them.

use stockade::{
    custodian::{CustodianError, PlainCustodian},
    secret::SecretText,
};

use crate::{context::Context, error::CommandError, ui, unlockers::read_passphrase_fd};

/// Anyone who has a copy can try passphrases for as long as they like.
const MIN_PASSPHRASE: usize = 12;

const ADVICE: &str =
    "anyone who finds a copy can try passphrases for years: use six or more random words";

/// Another kind of custodian instead of a wallet.
#[derive(Debug, clap::Args)]
#[group(multiple = false, conflicts_with = "scheme")]
pub struct PlainArgs {
    /// Instead of a wallet: an age recipient. Whoever has its identity can open
    #[arg(long, value_name = "age1..")]
    age_recipient: Option<String>,
    /// Instead of a wallet: the recipient of an age plugin (age-plugin-NAME), such as a YubiKey's
    #[arg(long, value_name = "age1NAME1..")]
    plugin_recipient: Option<String>,
    /// Instead of a wallet: a passphrase. Whoever knows it can open
    #[arg(long)]
    passphrase: bool,
}

impl PlainArgs {
    /// The custodian, if one of these kinds was asked for.
    pub fn custodian(
        &self,
        name: &str,
        passphrase_fd: Option<u32>,
        context: &mut Context,
    ) -> Result<Option<PlainCustodian>, CommandError> {
        let name = Some(name.to_owned());
        let refused = |option: &'static str, recipient: &str| {
            let given = format!("{option} {recipient:.100}");
            move |error: CustodianError| CommandError::usage(format!("{given}: {error}"))
        };
        if let Some(recipient) = &self.age_recipient {
            let plain = PlainCustodian::age(recipient, name);
            return plain.map(Some).map_err(refused("--age-recipient", recipient));
        }
        if let Some(recipient) = &self.plugin_recipient {
            let plain = PlainCustodian::plugin(recipient, name);
            return plain.map(Some).map_err(refused("--plugin-recipient", recipient));
        }
        if !self.passphrase {
            return Ok(None);
        }
        let passphrase = match passphrase_fd {
            Some(fd) => read_passphrase_fd(fd)?,
            None => type_twice(context)?,
        };
        if passphrase.expose().chars().count() < MIN_PASSPHRASE {
            let message = format!("the passphrase is shorter than {MIN_PASSPHRASE} characters");
            return Err(CommandError::input(message).with_hint(ADVICE));
        }
        Ok(Some(PlainCustodian::passphrase(&passphrase, name)?))
    }
}

fn type_twice(context: &mut Context) -> Result<SecretText, CommandError> {
    context.terminal.say(&format!("Choose a passphrase: {ADVICE}."));
    for _ in 0..ui::TRIES {
        let first = context.terminal.password("Passphrase of the custodian");
        let second = context.terminal.password("Type the passphrase again");
        let (Some(first), Some(second)) = (first, second) else {
            return Err(CommandError::usage("no terminal to ask for the passphrase on")
                .with_hint("give it with --passphrase-fd"));
        };
        if first.expose() == second.expose() {
            return Ok(first);
        }
        context.terminal.say("The two passphrases differ.");
    }
    Err(CommandError::input("the two passphrases differ"))
}
