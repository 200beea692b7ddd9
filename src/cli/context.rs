//! What every command needs: which device, how to print, and the person at the terminal.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::Arc,
};

use stockade::{
    backup::custodians::Given,
    bls::PublicKey,
    custodian::{AnyCustodian, Custodian},
    device::{BlsSigner, DeviceError, Found, Timeouts, Wallet},
    discovery::{self, MockSetup, Spec},
    eth::Address,
    staking::parse_deposit_file,
    store::private_file,
    timestamp::Timestamp,
};

use crate::{
    cli::Global,
    error::{CommandError, Kind},
    pairing_files::PairingFiles,
    ui::{self, Terminal},
};

/// The longest `--expect` file.
const MAX_EXPECT: u64 = 64 * 1024 * 1024;

/// What every command needs.
pub struct Context {
    /// Devices named with `--device`.
    named: Vec<Spec>,
    /// The device of STOCKADE_DEVICE.
    from_env: Option<Spec>,
    devices: Devices,
    /// Whether to print JSON: for commands that print as they go.
    pub json: bool,
    /// The person at the terminal.
    pub terminal: Terminal,
}

/// Finds devices by their names. Each mock that is found holds the next words.
#[derive(Clone)]
pub struct Devices {
    mock: MockSetup,
    words: VecDeque<String>,
}

impl Devices {
    /// The device that `spec` names.
    pub fn find(&mut self, spec: &Spec) -> Result<Box<dyn Found>, DeviceError> {
        let mut setup = self.mock.clone();
        if matches!(spec, Spec::MockLedger | Spec::MockTrezor(_)) {
            setup.mnemonic = self.words.pop_front().unwrap_or(setup.mnemonic);
        }
        let pairings = Arc::new(PairingFiles);
        discovery::find_paired(spec, Timeouts::default(), &setup, pairings)
    }
}

impl Context {
    /// Reads options and environment.
    pub fn new(global: &Global) -> Result<Self, CommandError> {
        Timestamp::try_now().map_err(|error| {
            CommandError::input(error.to_string()).with_hint("set the clock, then try again")
        })?;
        let parse = |text: &String| {
            text.parse::<Spec>().map_err(|e| CommandError::usage(format!("--device: {e}")))
        };
        let named = global.device.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        require_distinct(&named)?;
        let from_env = std::env::var("STOCKADE_DEVICE").ok().filter(|text| !text.is_empty());
        let from_env = from_env.as_ref().map(parse).transpose()?;
        let terminal = Terminal::new(global.quiet, global.verbose);
        let mut devices = mock_setup()?;
        if terminal.attended() {
            devices.mock.on_screen = Some(Arc::new(ui::show_screen));
        }
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

    /// What finds the devices that are named later.
    pub fn devices(&self) -> Devices {
        self.devices.clone()
    }

    /// Makes sure that a device is named, or plugged in: before anybody types what it is for.
    pub fn require_device(&self) -> Result<(), CommandError> {
        self.specs().map(|_| ())
    }

    /// The device that the command is about.
    pub fn find(&mut self) -> Result<Box<dyn Found>, CommandError> {
        match self.specs()?.as_slice() {
            [spec] => Ok(self.devices.find(spec)?),
            _ => Err(CommandError::usage("this command takes one --device")),
        }
    }

    /// The same, opened.
    pub fn open(&mut self) -> Result<Box<dyn Wallet>, CommandError> {
        let found = self.find()?;
        self.open_found(found)
    }

    /// The same, made ready to sign with BLS withdrawal keys: no wallet meanwhile.
    pub fn open_bls_signer(&mut self) -> Result<Box<dyn BlsSigner>, CommandError> {
        let found = self.find()?;
        self.terminal.take_interrupts();
        Ok(found.open_bls_signer(&mut self.terminal)?)
    }

    /// All devices that are named, opened in that order.
    pub fn open_all(&mut self) -> Result<Vec<Box<dyn Wallet>>, CommandError> {
        let specs = self.specs()?;
        let open = |spec: &Spec| {
            let found = self.devices.find(spec)?;
            self.open_found(found)
        };
        specs.iter().map(open).collect()
    }

    /// The wallets that are named, for what they vouch for silently; none where none is named. Without
    /// one that only STOCKADE_DEVICE names the work can be done all the same: that it is not here is
    /// said.
    pub fn open_named(&mut self) -> Result<Vec<Box<dyn Wallet>>, CommandError> {
        if !self.any_device() {
            return Ok(Vec::new());
        }
        match self.open_all() {
            Err(error) if !self.device_named() && error.kind().exit_code() == 4 => {
                self.terminal.say(&format!(
                    "note: going on without the wallet of STOCKADE_DEVICE, which vouches for nothing \
                     now: {error}"
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

/// A second connection to one device waits for the first. Mocks are made anew for each name.
fn require_distinct(named: &[Spec]) -> Result<(), CommandError> {
    let is_mock = |spec: &Spec| matches!(spec, Spec::MockLedger | Spec::MockTrezor(_));
    let mut rest = named;
    while let Some((first, others)) = rest.split_first() {
        if others.contains(first) && !is_mock(first) {
            let message = format!("--device {first} is named twice");
            return Err(CommandError::usage(message).with_hint("name each device once"));
        }
        rest = others;
    }
    Ok(())
}

/// With no device named, the only one that is plugged in is meant.
pub fn only_one_on_usb() -> Result<Spec, CommandError> {
    let listing = discovery::list(Timeouts::default());
    match listing.devices.as_slice() {
        [device] => device
            .spec
            .parse()
            .map_err(|_| CommandError::new(Kind::Internal, "a listed device has no name")),
        [] => Err(CommandError::new(Kind::NotFound, "no wallet found on USB").with_hint(
            "plug one in and unlock it; or name a simulated one with --device mock-ledger",
        )),
        several => Err(CommandError::usage(format!(
            "{} wallets are plugged in: name one with --device",
            several.len()
        ))
        .with_hint("`stockade device list` shows their names")),
    }
}

/// The mock's words and user. Words of mocks are known to the world, so the environment may hold
/// them; those of a wallet never go there.
fn mock_setup() -> Result<Devices, CommandError> {
    let mut setup = MockSetup::default();
    let words = std::env::var("STOCKADE_MOCK_MNEMONIC").unwrap_or_default();
    let words = words.split(';').map(|words| words.trim().to_owned());
    let words = words.filter(|words| !words.is_empty()).collect();
    match std::env::var("STOCKADE_MOCK_USER").as_deref() {
        Ok("reject") => setup.approve = false,
        Ok("approve") | Err(_) => {}
        Ok(other) => {
            return Err(CommandError::usage(format!(
                "STOCKADE_MOCK_USER is `{other}`, and must be approve or reject"
            )));
        }
    }
    Ok(Devices { mock: setup, words })
}

/// Custodians named with `--custodian`: files that verify, or folders of sets.
pub fn read_custodians(paths: &[PathBuf]) -> Result<Vec<Given>, CommandError> {
    let given = |path: &PathBuf| match path.is_dir() {
        true => Ok(Given::Set(path.clone())),
        false => read_custodian(path).map(|custodian| Given::File(Box::new(custodian))),
    };
    paths.iter().map(given).collect()
}

/// One custodian file.
pub fn read_custodian(path: &Path) -> Result<AnyCustodian, CommandError> {
    let bytes = private_file::read(path, Custodian::MAX_LEN)?;
    AnyCustodian::parse(&bytes).map_err(|error| {
        let error = CommandError::from(error);
        let message = format!("{}: {error}", crate::shown(&path));
        let hint = error.hint().map(str::to_owned);
        let named = CommandError::new(error.kind(), message);
        hint.into_iter().fold(named, CommandError::with_hint)
    })
}

/// Addresses named with `--signer`: each an address, or a custodian file with one in it.
pub fn read_signers(texts: &[String]) -> Result<Vec<Address>, CommandError> {
    let signer = |text: &String| match text.starts_with("0x") {
        true => text.parse().map_err(|e| CommandError::usage(format!("--signer {text}: {e}"))),
        false => match read_custodian(Path::new(text))?.wallet() {
            Some(wallet) => Ok(wallet.check_address),
            None => Err(CommandError::usage(format!(
                "--signer {text}: this custodian is no wallet, and signs nothing"
            ))),
        },
    };
    texts.iter().map(signer).collect()
}

/// Public keys of `--expect`: a key a line, a deposit_data file, or a keymanager listing.
pub fn read_expected(path: Option<&Path>) -> Result<Vec<PublicKey>, CommandError> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let bytes = private_file::read(path, MAX_EXPECT)?;
    let bad = |what: &str| CommandError::input(format!("--expect {}: {what}", crate::shown(&path)));
    let texts =
        expected_texts(&bytes).ok_or_else(|| bad("neither keys nor JSON that lists any"))?;
    if texts.is_empty() {
        return Err(bad("no public key in it"));
    }
    let key = |text: &String| text.parse().map_err(|e| bad(&format!("`{text:.100}`: {e}")));
    texts.iter().map(key).collect()
}

fn expected_texts(bytes: &[u8]) -> Option<Vec<String>> {
    if let Ok(entries) = parse_deposit_file(bytes) {
        return Some(entries.into_iter().map(|entry| entry.pubkey).collect());
    }
    let text = std::str::from_utf8(bytes).ok()?;
    if let Ok(listing) = serde_json::from_str::<serde_json::Value>(text) {
        let data = listing.get("data")?.as_array()?;
        let key =
            |entry: &serde_json::Value| Some(entry.get("validating_pubkey")?.as_str()?.to_owned());
        return data.iter().map(key).collect();
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Some(lines.map(str::to_owned).collect())
}
