use std::net::TcpListener;

use clap::ValueEnum;
use serde_json::json;
use stockade_mocks::{
    ledger::{App, Config, Ledger, Model, Settings},
    server::speculos,
};

use super::setup::{UserArg, mnemonic, socket};
use crate::{CommandResult, context::Context, error::CommandError, output::Outcome};

/// Simulate a Ledger on Speculos' TCP socket, until stopped
#[derive(Debug, clap::Args)]
pub struct Args {
    /// nanox, nanosp, stax, flex or apex_p
    #[arg(long, default_value = "nanosp")]
    model: String,
    /// What is open on it; from the dashboard, Ethereum and BTEC can be opened
    #[arg(long, value_enum, default_value_t = AppArg::Ethereum)]
    app: AppArg,
    /// The Ethereum app signs what it cannot explain
    #[arg(long)]
    blind_signing: bool,
    /// It waits for its PIN
    #[arg(long)]
    locked: bool,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:9999", value_name = "HOST:PORT")]
    listen: String,
    /// What the simulated user does
    #[arg(long, value_enum, default_value_t = UserArg::Approve)]
    user: UserArg,
}

/// What is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AppArg {
    Ethereum,
    Btec,
    Dashboard,
}

impl Args {
    /// Serves until the process is stopped.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let model = Model::from_name(&self.model).ok_or_else(|| {
            CommandError::usage(format!(
                "--model {}: nanox, nanosp, stax, flex or apex_p",
                self.model
            ))
        })?;
        let config = Config {
            model,
            app: match self.app {
                AppArg::Ethereum => App::default(),
                AppArg::Btec => App::Btec,
                AppArg::Dashboard => App::Dashboard,
            },
            mnemonic: mnemonic(),
            user: self.user.user(),
            locked: self.locked,
            settings: Settings { blind_signing: self.blind_signing, ..Settings::default() },
            ..Config::default()
        };
        let listener = TcpListener::bind(&self.listen).map_err(|e| socket(&self.listen, &e))?;
        let at = listener.local_addr().map_err(|e| socket(&self.listen, &e))?;
        context.terminal.say(&format!("A simulated Ledger: use --device speculos:{at}"));
        speculos::serve(listener, Ledger::new(config)).map_err(|e| socket(&self.listen, &e))?;
        Ok(Outcome::done("", json!({})))
    }
}
