use std::net::UdpSocket;

use serde_json::json;
use stockade_mocks::{
    server::trezor_udp,
    trezor::{Config, Model, Trezor},
};

use super::setup::{UserArg, mnemonic, socket};
use crate::{CommandResult, context::Context, error::CommandError, output::Outcome, ui};

/// Simulate a Trezor on its emulator's UDP socket, until stopped
#[derive(Debug, clap::Args)]
pub struct Args {
    /// one, t, safe3, safe5 or safe7
    #[arg(long, default_value = "one")]
    model: String,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:21324", value_name = "HOST:PORT")]
    listen: String,
    /// A PIN, of which the simulated user types the right one where the model takes it itself
    #[arg(long, value_name = "DIGITS")]
    pin: Option<String>,
    /// Ask each session for a passphrase
    #[arg(long)]
    passphrase: bool,
    /// What the simulated user does
    #[arg(long, value_enum, default_value_t = UserArg::Approve)]
    user: UserArg,
}

impl Args {
    /// Serves until the process is stopped.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let model = match self.model.as_str() {
            "one" => Model::One,
            "t" => Model::T,
            "safe3" => Model::Safe3,
            "safe5" => Model::Safe5,
            "safe7" => Model::Safe7,
            other => {
                let message = format!("--model {other}: one, t, safe3, safe5 or safe7");
                return Err(CommandError::usage(message));
            }
        };
        let config = Config {
            mnemonic: Some(mnemonic()),
            pin: self.pin,
            passphrase_protection: self.passphrase,
            ..Config::new(model, self.user.user())
        };
        let socket_error = |error: std::io::Error| socket(&self.listen, &error);
        let listening = UdpSocket::bind(&self.listen).map_err(socket_error)?;
        let at = listening.local_addr().map_err(socket_error)?;
        context.terminal.say(&format!("A simulated Trezor: use --device trezor-udp:{at}"));
        let trezor = Trezor::new(config);
        trezor.pairing_code().watch(|code| {
            ui::show_screen(&format!("Enter this one-time security code: {code}"));
        });
        trezor_udp::serve(listening, trezor).map_err(socket_error)?;
        Ok(Outcome::done("", json!({})))
    }
}
