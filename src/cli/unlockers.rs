//! What can open a set: the wallets named with --device, wallets plugged in one after another, identity
//! files, and a passphrase.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use stockade::{
    backup::{
        origin::Pins,
        scrub::Scrubbed,
        unlockers::{Unlockers, WalletPrompt},
    },
    custodian::GivenIdentity,
    device::{DeviceError, Wallet},
    discovery::Spec,
    interact::Interact,
    secret::SecretText,
    store::private_file,
};
use zeroize::Zeroizing;

use crate::{
    commands::listed,
    context::{Context, Devices, only_one_on_usb},
    error::{CommandError, Kind},
};

/// What can open a set, besides the wallets named with --device.
#[derive(Debug, Default, clap::Args)]
pub struct OpenArgs {
    /// Ask for the custodians' wallets one after another: each is plugged in when it is needed
    #[arg(long)]
    insert: bool,
    /// An age identity file of a custodian, for machines without a wallet. Repeat it for each file
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// Read the passphrase of a passphrase custodian from this file descriptor
    #[arg(long, value_name = "N")]
    passphrase_fd: Option<u32>,
}

impl OpenArgs {
    /// Whether anything is named besides wallets.
    pub fn names_somebody(&self) -> bool {
        self.insert || !self.identity.is_empty() || self.passphrase_fd.is_some()
    }

    /// Opens the wallets and reads the files. Asks for no secret of a set yet.
    pub fn unlockers(&self, context: &mut Context) -> Result<Unlockers, CommandError> {
        if self.insert && !context.terminal.attended() {
            return Err(CommandError::usage("--insert needs a terminal to ask on")
                .with_hint("name all wallets with --device, or use --identity"));
        }
        let mut unlockers = Unlockers::new();
        for file in &self.identity {
            unlockers.add_identities(read_identities(file, context)?);
        }
        if let Some(fd) = self.passphrase_fd {
            unlockers.set_passphrase(read_passphrase_fd(fd)?);
        }
        if !self.names_somebody() || context.any_device() {
            for wallet in context.open_all()? {
                unlockers.add_wallet(wallet, &mut context.terminal)?;
            }
        }
        if self.insert {
            context.terminal.take_interrupts();
            unlockers.set_wallet_prompt(Box::new(Inserted(context.devices())));
        }
        Ok(unlockers)
    }
}

impl OpenArgs {
    /// Like [`OpenArgs::unlockers`]. If there is no wallet, says which one opens these sets.
    pub fn unlockers_of(
        &self,
        scrubbed: &Scrubbed,
        context: &mut Context,
    ) -> Result<Unlockers, CommandError> {
        self.unlockers(context).map_err(|error| {
            let (hint, who) = (error.hint().unwrap_or_default().to_owned(), openers(scrubbed));
            match (error.kind(), who) {
                (Kind::NotFound, Some(who)) => error.with_hint(format!("{who}: {hint}")),
                _ => error,
            }
        })
    }
}

/// The wallets that open sets, as their manifests say.
fn openers(scrubbed: &Scrubbed) -> Option<String> {
    let custodians = scrubbed.sets.iter().flat_map(|set| set.custodians(&Pins::default()));
    let addresses: BTreeSet<_> =
        custodians.filter_map(|c| Some(c.wallet()?.check_address)).collect();
    let what = match addresses.len() {
        0 => return None,
        1 => "these copies open with the wallet whose check address is",
        _ => "these copies open with wallets whose check addresses are",
    };
    Some(format!("{what} {}", listed::names(addresses, MANY)))
}

/// The most check addresses that a hint names.
const MANY: usize = 5;

/// Reads a passphrase from a file descriptor, without the end of its line.
pub fn read_passphrase_fd(fd: u32) -> Result<SecretText, CommandError> {
    let path = format!("/dev/fd/{fd}");
    let bytes = Zeroizing::new(private_file::read(Path::new(&path), 4096)?);
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| CommandError::input(format!("--passphrase-fd {fd}: not UTF-8 text")))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(CommandError::input(format!("--passphrase-fd {fd}: it is empty"))),
        passphrase => Ok(SecretText::new(passphrase.to_owned())),
    }
}

fn read_identities(file: &Path, context: &mut Context) -> Result<Vec<GivenIdentity>, CommandError> {
    let bytes = Zeroizing::new(private_file::read(file, GivenIdentity::MAX_LEN)?);
    warn_of_readers(file, context);
    GivenIdentity::parse(&bytes, &mut context.terminal).map_err(|error| {
        CommandError::input(format!("--identity {}: {error}", crate::shown(&file)))
    })
}

/// Warns if others can read a file with a secret, such as an identity or a token.
pub fn warn_of_readers(file: &Path, context: &mut Context) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;

        let mode = std::fs::metadata(file).map_or(0, |metadata| metadata.mode());
        if mode & 0o077 != 0 {
            context.terminal.say(&format!(
                "warning: other users of this computer can read {} (mode {:03o}): run chmod 600 on it",
                crate::shown(&file),
                mode & 0o777
            ));
        }
    }
    #[cfg(not(unix))]
    let _ = (file, context);
}

/// Wallets that the user plugs in, one after another.
struct Inserted(Devices);

impl WalletPrompt for Inserted {
    fn next_wallet(
        &mut self,
        wanted: &str,
        user: &mut dyn Interact,
    ) -> Result<Option<Box<dyn Wallet>>, DeviceError> {
        user.note(wanted);
        loop {
            let question = "Plug in the next wallet, then press Enter (or type its --device name, or \
                            `stop`)";
            let Some(answer) = user.ask(question) else { return Ok(None) };
            if answer.eq_ignore_ascii_case("stop") {
                return Ok(None);
            }
            match self.open(&answer, user) {
                Ok(wallet) => return Ok(Some(wallet)),
                Err(error) if error.kind() == Kind::Declined => return Ok(None),
                Err(error) => user.note(&error.to_string()),
            }
        }
    }
}

impl Inserted {
    fn open(
        &mut self,
        answer: &str,
        user: &mut dyn Interact,
    ) -> Result<Box<dyn Wallet>, CommandError> {
        let spec = match answer {
            "" => only_one_on_usb()?,
            name => name.parse::<Spec>().map_err(|e| CommandError::usage(e.to_string()))?,
        };
        Ok(self.0.find(&spec)?.open(user)?)
    }
}
