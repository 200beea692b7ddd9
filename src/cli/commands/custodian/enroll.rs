use std::path::PathBuf;

use serde_json::json;
use stockade::{
    custodian::{self, AnyCustodian, PlainCustodian},
    device_secret::Scheme,
    secret::SecretText,
    store::private_file,
};

use crate::{
    CommandResult,
    context::Context,
    error::{CommandError, Kind},
    hands::read_passphrase_fd,
    output::Outcome,
};

/// Make a custodian: writes the small public file that says how to seal to it
///
/// By default the wallet becomes one, and signs the file. A file of another kind is signed by
/// nobody: whoever swaps it gets what you seal next. Keep it where only you can write, and compare
/// its recipient when a set is made.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A name for your own eyes; it never leaves this file
    #[arg(long)]
    name: String,
    /// The file to write
    #[arg(long)]
    out: PathBuf,
    /// How the wallet makes its secret: eip191-v1 (every wallet) or slip11-v1 (Trezor)
    #[arg(long, default_value_t)]
    scheme: Scheme,
    #[command(flatten)]
    plain: PlainArgs,
    /// The passphrase, read from this file descriptor instead of typed twice
    #[arg(long, value_name = "N", requires = "passphrase")]
    passphrase_fd: Option<u32>,
}

/// Custodians that are no wallet.
#[derive(Debug, clap::Args)]
#[group(multiple = false, conflicts_with = "scheme")]
struct PlainArgs {
    /// Instead of a wallet: whoever has the identity of this age recipient
    #[arg(long, value_name = "age1..")]
    age_recipient: Option<String>,
    /// Instead of a wallet: an age plugin's recipient, such as a YubiKey's (age-plugin-NAME)
    #[arg(long, value_name = "age1NAME1..")]
    plugin_recipient: Option<String>,
    /// Instead of a wallet: whoever knows a passphrase
    #[arg(long)]
    passphrase: bool,
}

/// Whoever has a copy can try passphrases for as long as they like.
const MIN_PASSPHRASE: usize = 12;

impl Args {
    /// Enrols; the file is written when everything was tried.
    pub fn run(self, context: &mut Context) -> CommandResult {
        // Before anybody presses or types anything.
        private_file::require_new(&self.out)?;
        let custodian = match self.plain(context)? {
            Some(plain) => plain.into(),
            None => self.wallet(context)?,
        };
        let bytes = custodian
            .to_json()
            .map_err(|error| CommandError::new(Kind::Internal, error.to_string()))?;
        private_file::create(&self.out, &bytes)?;
        let file = crate::shown(&self.out).to_string();
        let text = format!("{}Written to     {file}\n{}", text(&custodian), remark(&custodian));
        Ok(Outcome::done(text, json!({"custodian": custodian, "file": file})))
    }

    fn wallet(&self, context: &mut Context) -> Result<AnyCustodian, CommandError> {
        let mut wallet = context.open()?;
        let name = Some(self.name.clone());
        Ok(custodian::enroll(&mut *wallet, self.scheme, name, &mut context.terminal)?.into())
    }

    fn plain(&self, context: &mut Context) -> Result<Option<PlainCustodian>, CommandError> {
        let name = Some(self.name.clone());
        let PlainArgs { age_recipient, plugin_recipient, passphrase } = &self.plain;
        let of = |option: &str, recipient: &str, error: custodian::CustodianError| {
            CommandError::usage(format!("{option} {recipient:.100}: {error}"))
        };
        if let Some(recipient) = age_recipient {
            let plain = PlainCustodian::age(recipient, name);
            return plain.map(Some).map_err(|e| of("--age-recipient", recipient, e));
        }
        if let Some(recipient) = plugin_recipient {
            let plain = PlainCustodian::plugin(recipient, name);
            return plain.map(Some).map_err(|e| of("--plugin-recipient", recipient, e));
        }
        if *passphrase {
            let passphrase = self.passphrase(context)?;
            return Ok(Some(PlainCustodian::passphrase(&passphrase, name)?));
        }
        Ok(None)
    }

    fn passphrase(&self, context: &mut Context) -> Result<SecretText, CommandError> {
        let passphrase = match self.passphrase_fd {
            Some(fd) => read_passphrase_fd(fd)?,
            None => type_twice(context)?,
        };
        match passphrase.expose().chars().count() < MIN_PASSPHRASE {
            true => Err(CommandError::input(format!(
                "the passphrase is shorter than {MIN_PASSPHRASE} characters"
            ))
            .with_hint("whoever finds a copy can guess for years: take six or more random words")),
            false => Ok(passphrase),
        }
    }
}

fn type_twice(context: &mut Context) -> Result<SecretText, CommandError> {
    context
        .terminal
        .say("Whoever finds a copy can guess for years: take six or more random words.");
    let first = context.terminal.password("Passphrase of the custodian");
    let second = context.terminal.password("Once more");
    let (Some(first), Some(second)) = (first, second) else {
        return Err(CommandError::usage("nobody here to type the passphrase")
            .with_hint("give it with --passphrase-fd"));
    };
    match first.expose() == second.expose() {
        true => Ok(first),
        false => Err(CommandError::input("the two passphrases are not the same")),
    }
}

/// What a custodian is, for people.
fn text(custodian: &AnyCustodian) -> String {
    let id = format!("Custodian      {}\n", custodian.id());
    match (custodian.wallet(), custodian.plain()) {
        (Some(wallet), _) => format!(
            "{id}Check address  {}\nPassphrase     {}\n",
            wallet.check_address, wallet.uses_passphrase
        ),
        (_, Some(plain)) => {
            format!(
                "{id}Kind           {}\nRecipient      {}\n",
                plain.kind.as_str(),
                plain.recipient
            )
        }
        _ => id,
    }
}

fn remark(custodian: &AnyCustodian) -> &'static str {
    match (custodian.is_test(), custodian.plain()) {
        (true, _) => "This is a test custodian: it must not guard real money.\n",
        (_, Some(_)) => {
            "Nobody signs this file: whoever can swap it gets what you seal next. Keep it where only \
             you can write, and compare its recipient when a set is made.\n"
        }
        _ => "",
    }
}
