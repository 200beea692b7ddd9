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
};

use super::setup::{Begun, UserArgs, end_on_signals, mnemonic, socket};
use crate::{
    CommandResult,
    context::Context,
    error::CommandError,
    output::{self, Outcome},
};

/// Simulate a Ledger on Speculos' TCP socket until stopped
///
/// Its mnemonic is that of STOCKADE_MOCK_MNEMONIC, or `abandon abandon .. about`. Commands that only
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
    #[command(flatten)]
    user: UserArgs,
    /// Serve Speculos' REST interface on this address, too: /apdu, /events, /button, /finger,
    /// /automation. Its clients press the buttons unless --user or --script is given
    #[arg(long, value_name = "HOST:PORT")]
    rest: Option<String>,
}

/// The app that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AppArg {
    Ethereum,
    Btec,
    Dashboard,
}

impl Args {
    /// Serves until the process is stopped.
    pub fn run(self, context: &mut Context) -> CommandResult {
        end_on_signals();
        let model = Model::from_name(&self.model).ok_or_else(|| {
            CommandError::usage(format!(
                "--model {}: nanox, nanosp, stax, flex or apex_p",
                self.model
            ))
        })?;
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
                AppArg::Dashboard => App::Dashboard,
            },
            mnemonic: mnemonic()?,
            user,
            locked: self.locked,
            settings: Settings { blind_signing: self.blind_signing, ..Settings::default() },
            ..Config::default()
        };
        let listener = TcpListener::bind(&self.listen).map_err(|e| socket(&self.listen, &e))?;
        let at = listener.local_addr().map_err(|e| socket(&self.listen, &e))?;
        let mut ledger = Ledger::new(config);
        start.into_iter().for_each(|act| ledger.happen(act));
        let ledger = Arc::new(Mutex::new(ledger));
        let mut announcement = format!("A simulated Ledger: use --device speculos:{at}");
        let mut begun = Begun { device: format!("speculos:{at}"), rest: None };
        if let (Some(rest), Some(buttons)) = (&self.rest, &buttons) {
            let spawned = speculos_rest::spawn(&**rest, &ledger, buttons);
            let rest = spawned.map_err(|e| socket(rest, &e))?;
            announcement += &format!(" and http://{rest}");
            begun.rest = Some(format!("http://{rest}"));
        }
        context.terminal.say(&announcement);
        if context.json {
            output::begun(begun);
        }
        speculos::serve_shared(listener, &ledger).map_err(|e| socket(&self.listen, &e))?;
        Ok(Outcome::empty())
    }
}
