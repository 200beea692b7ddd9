use std::{
    io,
    net::{SocketAddr, ToSocketAddrs as _, UdpSocket},
};

use stockade_mocks::{
    server::{trezor_debug, trezor_udp},
    trezor::{Config, Model, Trezor},
    usbip::TrezorGadget,
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
    ui,
};

/// Simulate a Trezor on the UDP socket of Trezor's emulator until stopped
///
/// Its mnemonic is that of --words or STOCKADE_MOCK_MNEMONIC, or `abandon abandon .. about`. Messages and fields
/// that are not simulated are refused.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// one, t, safe3, safe5 or safe7
    #[arg(long, default_value = "one")]
    model: String,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1:21324", value_name = "HOST:PORT")]
    listen: String,
    /// Serve a USB device over USB/IP instead, which Linux attaches with `usbip attach`
    #[arg(long, value_name = "HOST:PORT", num_args = 0..=1, default_missing_value = usbip::DEFAULT, conflicts_with_all = ["listen", "debug_link"])]
    usbip: Option<String>,
    /// Protect it with this PIN. On models with a PIN pad of their own, the simulated user enters it
    #[arg(long, value_name = "DIGITS")]
    pin: Option<String>,
    /// Ask for a passphrase in each session
    #[arg(long)]
    passphrase: bool,
    #[command(flatten)]
    user: UserArgs,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    words: WordsArgs,
    /// Let clients of the emulator's debug link press the buttons, on the port after that of --listen
    /// (not for safe7)
    #[arg(long, conflicts_with_all = ["user", "script"])]
    debug_link: bool,
    #[command(flatten)]
    beside: BesideArgs,
}

impl Args {
    /// Serves until the process is stopped.
    pub fn run(self, context: &mut Context) -> CommandResult {
        self.beside.end_on_signals();
        let model = self.model()?;
        let (user, start) = self.user.read(Trezor::can)?;
        let config = Config {
            mnemonic: Some(self.words.mnemonic()?),
            pin: self.pin,
            passphrase_protection: self.passphrase,
            ..Config::new(model, self.log.watch(user)?)
        };
        let socket_error = |error: std::io::Error| socket(&self.listen, &error);
        let mut trezor = Trezor::new(config);
        start.into_iter().for_each(|act| trezor.happen(act));
        trezor.pairing_code().watch(|code| {
            ui::show_screen(&format!("Enter this one-time security code: {code}"));
        });
        if let Some(listen) = &self.usbip {
            let beside = Beside { rest: None, command: &self.beside };
            return usbip::serve(listen, "Trezor", TrezorGadget::new(trezor), beside, context);
        }
        let mut ready = |socket: &UdpSocket| -> Result<(), CommandError> {
            let at = socket.local_addr().map_err(socket_error)?;
            context.terminal.say(&format!("A simulated Trezor: use --device trezor-udp:{at}"));
            if context.json {
                output::begun(Begun::new(format!("trezor-udp:{at}")));
            }
            self.beside.start(&format!("trezor-udp:{at}"))
        };
        let served = if self.debug_link {
            let bound = resolved(&self.listen).and_then(trezor_debug::bind);
            let (wire, debug) = bound.map_err(socket_error)?;
            ready(&wire)?;
            trezor_debug::serve(wire, debug, trezor)
        } else {
            let wire = UdpSocket::bind(&self.listen).map_err(socket_error)?;
            ready(&wire)?;
            trezor_udp::serve(wire, trezor)
        };
        served.map_err(socket_error)?;
        Ok(Outcome::empty())
    }

    fn model(&self) -> Result<Model, CommandError> {
        Ok(match self.model.as_str() {
            "one" => Model::One,
            "t" => Model::T,
            "safe3" => Model::Safe3,
            "safe5" => Model::Safe5,
            "safe7" if self.debug_link => {
                return Err(CommandError::usage("--debug-link does not work with --model safe7"));
            }
            "safe7" => Model::Safe7,
            other => {
                let message = format!("--model {other}: one, t, safe3, safe5 or safe7");
                return Err(CommandError::usage(message));
            }
        })
    }
}

fn resolved(address: &str) -> io::Result<SocketAddr> {
    let mut found = address.to_socket_addrs()?;
    found.next().ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
}
