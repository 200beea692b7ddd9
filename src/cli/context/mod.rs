//! What every command needs: the devices, the terminal, and whether to print JSON.

mod devices;
mod files;

use stockade::{
    device::{BlsSigner, Found, Wallet},
    discovery::Spec,
    timestamp::Timestamp,
};

pub use self::{
    devices::{Devices, only_one_on_usb},
    files::{read_custodian, read_custodians, read_expected, read_signers},
};
use crate::{error::CommandError, global::GlobalArgs, ui::Terminal};

/// What every command needs.
pub struct Context {
    /// Devices named with `--device`.
    named: Vec<Spec>,
    /// The device of STOCKADE_DEVICE.
    from_env: Option<Spec>,
    devices: Devices,
    /// Whether to print JSON, for commands that print as they go.
    pub json: bool,
    /// The user at the terminal.
    pub terminal: Terminal,
}

impl Context {
    /// Reads the options and the environment.
    pub fn new(global: &GlobalArgs) -> Result<Self, CommandError> {
        Timestamp::try_now().map_err(|error| {
            CommandError::input(error.to_string()).with_hint("set the clock and try again")
        })?;
        let parse = |text: &String| {
            text.parse::<Spec>().map_err(|e| CommandError::usage(format!("--device: {e}")))
        };
        let named = global.device.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        devices::require_distinct(&named)?;
        let from_env = std::env::var("STOCKADE_DEVICE").ok().filter(|text| !text.is_empty());
        let from_env = from_env.as_ref().map(parse).transpose()?;
        let terminal = Terminal::new(global.quiet, global.verbose);
        let devices = Devices::new(terminal.attended())?;
        Ok(Self { named, from_env, devices, json: global.json, terminal })
    }

    /// Whether a device was named on the command line itself.
    pub fn device_named(&self) -> bool {
        !self.named.is_empty()
    }

    /// Whether a device was named anywhere.
    pub fn any_device(&self) -> bool {
        self.device_named() || self.from_env.is_some()
    }

    /// Finds devices that are named later.
    pub fn devices(&self) -> Devices {
        self.devices.clone()
    }

    /// Makes sure that a device is named or plugged in, before the user types anything.
    pub fn require_device(&self) -> Result<(), CommandError> {
        self.specs().map(|_| ())
    }

    /// The only device that is named, or plugged in.
    pub fn find(&mut self) -> Result<Box<dyn Found>, CommandError> {
        match self.specs()?.as_slice() {
            [spec] => Ok(self.devices.find(spec)?),
            _ => Err(CommandError::usage("this command takes only one --device")),
        }
    }

    /// The same, opened.
    pub fn open(&mut self) -> Result<Box<dyn Wallet>, CommandError> {
        let found = self.find()?;
        self.open_found(found)
    }

    /// The same, prepared to sign with BLS withdrawal keys instead.
    pub fn open_bls_signer(&mut self) -> Result<Box<dyn BlsSigner>, CommandError> {
        let found = self.find()?;
        self.terminal.take_interrupts();
        Ok(found.open_bls_signer(&mut self.terminal)?)
    }

    /// Opens all devices that are named, in that order.
    pub fn open_all(&mut self) -> Result<Vec<Box<dyn Wallet>>, CommandError> {
        let specs = self.specs()?;
        let open = |spec: &Spec| {
            let found = self.devices.find(spec)?;
            self.open_found(found)
        };
        specs.iter().map(open).collect()
    }

    /// Opens the wallets that are named, if any, for addresses that they give silently. If a wallet that
    /// only STOCKADE_DEVICE names is not there, continues without it and says so.
    pub fn open_named(&mut self) -> Result<Vec<Box<dyn Wallet>>, CommandError> {
        if !self.any_device() {
            return Ok(Vec::new());
        }
        match self.open_all() {
            Err(error) if !self.device_named() && error.kind().exit_code() == 4 => {
                self.terminal.say(&format!(
                    "note: continuing without the wallet of STOCKADE_DEVICE, so its sets and \
                     attestations are not trusted now: {error}"
                ));
                Ok(Vec::new())
            }
            wallets => wallets,
        }
    }

    fn specs(&self) -> Result<Vec<Spec>, CommandError> {
        match (self.named.as_slice(), &self.from_env) {
            ([], Some(spec)) => Ok(vec![spec.clone()]),
            ([], None) => only_one_on_usb().map(|spec| vec![spec]),
            (named, _) => Ok(named.to_vec()),
        }
    }

    fn open_found(&mut self, found: Box<dyn Found>) -> Result<Box<dyn Wallet>, CommandError> {
        self.terminal.take_interrupts();
        let spec = found.spec().to_owned();
        let wallet = found.open(&mut self.terminal)?;
        let identity = wallet.identity();
        let app = identity.app.as_ref().map(|(name, version)| format!(", {name} {version}"));
        self.terminal.detail(&format!("{spec}: {}{}", identity.name(), app.unwrap_or_default()));
        Ok(wallet)
    }
}
