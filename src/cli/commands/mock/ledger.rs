use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
};

use clap::ValueEnum;
use stockade_mocks::{
    ledger::{App, Config, Ledger, Model, Settings},
    server::{
        speculos,
        speculos_rest::{self, Buttons},
    },
    usbip::LedgerGadget,
};

use super::{
    beside::BesideArgs,
    log::LogArgs,
    setup::{Begun, UserArgs, socket},
    usbip::{self, Beside},
    words::WordsArgs,
};
use crate::{
    CommandResult,
    context::Context,
    error::CommandError,
    output::{self, Outcome},
};

/// Simulate a Ledger on Speculos' TCP socket until stopped
///
/// Its mnemonic is that of --words or STOCKADE_MOCK_MNEMONIC, or `abandon abandon .. about`. Commands that only
/// add explanations to the screen (names, tokens, descriptors) are answered as unknown.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// nanox, nanosp, stax, flex or apex_p
    #[arg(long, default_value = "nanosp")]
    model: String,
    /// The app that is open; from the dashboard, the apps Ethereum and BTEC can be opened
    #[arg(long, value_enum, default_value_t = AppArg::Ethereum)]
    app: AppArg,
    /// Let the Ethereum app sign what it cannot explain
    #[arg(long)]
    blind_signing: bool,
    /// Start locked, waiting for the PIN
    #[arg(long)]
    locked: bool,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1:9999", value_name = "HOST:PORT")]
    listen: String,
    /// Serve a USB device over USB/IP instead, which Linux attaches with `usbip attach`
    #[arg(long, value_name = "HOST:PORT", num_args = 0..=1, default_missing_value = usbip::DEFAULT, conflicts_with = "listen")]
    usbip: Option<String>,
    #[command(flatten)]
    user: UserArgs,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    words: WordsArgs,
    /// Serve Speculos' REST interface on this address, too: /apdu, /events, /button, /finger,
    /// /automation. Its clients press the buttons unless --user or --script is given
    #[arg(long, value_name = "HOST:PORT")]
    rest: Option<String>,
    #[command(flatten)]
    beside: BesideArgs,
}

/// The app that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AppArg {
    Ethereum,
    Btec,
    Dashboard,
    /// The bootloader, which answers nothing (with --usbip)
    Bootloader,
}

impl Args {
    /// Serves until the process is stopped.
    pub fn run(self, context: &mut Context) -> CommandResult {
        self.beside.end_on_signals();
        let model = Model::from_name(&self.model).ok_or_else(|| {
            CommandError::usage(format!(
                "--model {}: nanox, nanosp, stax, flex or apex_p",
                self.model
            ))
        })?;
        let bootloader = self.app == AppArg::Bootloader;
        if bootloader && self.usbip.is_none() {
            return Err(CommandError::usage("--app bootloader: only with --usbip"));
        }
        let (user, start) = self.user.read(Ledger::can)?;
        let buttons = self.rest.as_ref().map(|_| Buttons::of(model));
        let user = match &buttons {
            Some(buttons) if self.user.is_given() => buttons.watching(user),
            Some(buttons) => buttons.user(),
            None => user,
        };
        let config = Config {
            model,
            app: match self.app {
                AppArg::Ethereum => App::default(),
                AppArg::Btec => App::Btec,
                AppArg::Dashboard | AppArg::Bootloader => App::Dashboard,
            },
            mnemonic: self.words.mnemonic()?,
            user: self.log.watch(user)?,
            locked: self.locked,
            settings: Settings { blind_signing: self.blind_signing, ..Settings::default() },
            ..Config::default()
        };
        let mut ledger = Ledger::new(config);
        start.into_iter().for_each(|act| ledger.happen(act));
        let ledger = Arc::new(Mutex::new(ledger));
        let rest = match (&self.rest, &buttons) {
            (Some(rest), Some(buttons)) => {
                let spawned = speculos_rest::spawn(&**rest, &ledger, buttons);
                Some(spawned.map_err(|e| socket(rest, &e))?)
            }
            _ => None,
        };
        if let Some(listen) = &self.usbip {
            let gadget = if bootloader { LedgerGadget::in_bootloader } else { LedgerGadget::new };
            let beside = Beside { rest, command: &self.beside };
            return usbip::serve(listen, "Ledger", gadget(ledger), beside, context);
        }
        let listener = TcpListener::bind(&self.listen).map_err(|e| socket(&self.listen, &e))?;
        let at = listener.local_addr().map_err(|e| socket(&self.listen, &e))?;
        let mut announcement = format!("A simulated Ledger: use --device speculos:{at}");
        let mut begun = Begun::new(format!("speculos:{at}"));
        if let Some(rest) = rest {
            announcement += &format!(" and http://{rest}");
            begun.rest = Some(format!("http://{rest}"));
        }
        context.terminal.say(&announcement);
        if context.json {
            output::begun(begun);
        }
        self.beside.start(&format!("speculos:{at}"))?;
        speculos::serve_shared(listener, &ledger).map_err(|e| socket(&self.listen, &e))?;
        Ok(Outcome::empty())
    }
}
