//! What every command needs: the devices, the terminal, and whether to print JSON.

mod devices;
mod files;

use std::path::PathBuf;

use stockade::{
    backup::{scrub::Scrubbed, verdict::Report},
    device::{BlsSigner, Found, Wallet},
    discovery::Spec,
    profile::CheckKind,
    timestamp::Timestamp,
};

pub use self::{
    devices::{Devices, only_one_on_usb},
    files::{read_custodian, read_custodians, read_expected, read_signers},
};
use crate::{
    error::CommandError,
    global::GlobalArgs,
    profile_file::{self, ProfileFile},
    ui::Terminal,
};

/// What every command needs.
pub struct Context {
    /// Devices named with `--device`.
    named: Vec<Spec>,
    /// The device of STOCKADE_DEVICE.
    from_env: Option<Spec>,
    devices: Devices,
    /// The profile that --profile names.
    profile: Option<String>,
    /// Whether --quiet was given.
    pub quiet: bool,
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
        let profile = global.profile.clone();
        Ok(Self {
            named,
            from_env,
            devices,
            profile,
            quiet: global.quiet,
            json: global.json,
            terminal,
        })
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
            ([], None) => match self.of_profile()? {
                Some(spec) => Ok(vec![spec]),
                None => only_one_on_usb().map(|spec| vec![spec]),
            },
            (named, _) => Ok(named.to_vec()),
        }
    }

    /// The device of the profile.
    fn of_profile(&self) -> Result<Option<Spec>, CommandError> {
        let Some(file) = self.profile()? else { return Ok(None) };
        let parse = |text: &String| {
            let name = crate::shown(&file.path);
            text.parse().map_err(|error| CommandError::input(format!("{name}: device: {error}")))
        };
        file.profile.device.as_ref().map(parse).transpose()
    }

    /// The profile in use, if there is one.
    pub fn profile(&self) -> Result<Option<ProfileFile>, CommandError> {
        profile_file::load(self.profile.as_deref())
    }

    /// The path of the profile in use, which may not exist yet.
    pub fn profile_path(&self) -> Result<PathBuf, CommandError> {
        profile_file::path(self.profile.as_deref())?.ok_or_else(|| {
            CommandError::usage("there is no folder for a profile, or --profile none was given")
                .with_hint("name a file with --profile")
        })
    }

    /// Remembers the result of a scrub or drill of the profile's copies. Returns whether it did.
    pub fn record(&mut self, kind: CheckKind, read: &Scrubbed, report: &Report) -> bool {
        let recorded = self.profile().and_then(|file| match file {
            Some(file) => profile_file::record(&file.profile, kind, (read, report)),
            None => Ok(false),
        });
        recorded.unwrap_or_else(|error| {
            self.terminal.say(&format!("note: `stockade status` will not know of this: {error}"));
            false
        })
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
