//! The system's commands, which every app answers, and the open app.

use super::{
    App, Config, Model, Settings, btec, ethereum::Ethereum, transmit_buffer::TransmitBuffer,
};
use crate::{Decision, Seed, User};

/// The class of the system's commands.
pub(super) const CLASS: u8 = 0xb0;
/// The answer to every command while the device is locked.
pub(super) const LOCKED: u16 = 0x5515;

/// The answer to every command while the device has no seed.
pub(super) const NO_PIN: u16 = 0x5502;

const OK: u16 = 0x9000;
const REFUSED: u16 = 0x5501;
const NO_NAME: u16 = 0x670a;
const NO_SUCH_APP: u16 = 0x6807;
const INVALID_INSTRUCTION: u16 = 0x6d00;
const INVALID_CLASS: u16 = 0x6e00;
const NAME_AND_VERSION: u8 = 0x01;
const QUIT: u8 = 0xa7;
const DEVICE_INFORMATION: u8 = 0x01;
const OPEN_APP: u8 = 0xd8;

/// The model, its seed and the open app.
pub(super) struct System {
    model: Model,
    seed: Seed,
    settings: Settings,
    installed: Vec<App>,
    running: Running,
    /// The device has left USB and come back since this was last checked.
    pub(super) restarted: bool,
}

/// The open app and its state.
enum Running {
    Ethereum(Box<Ethereum>),
    Btec,
    Other { name: String, version: String },
    Dashboard,
}

impl System {
    pub(super) fn new(config: &Config) -> Self {
        let mut system = Self {
            model: config.model,
            seed: Seed::from_mnemonic(&config.mnemonic, &config.passphrase),
            settings: config.settings,
            installed: config.installed.clone(),
            running: Running::Dashboard,
            restarted: false,
        };
        system.run(&config.app);
        system
    }

    pub(super) fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
        if let Running::Ethereum(app) = &mut self.running {
            app.set_settings(settings);
        }
    }

    pub(super) fn model(&self) -> Model {
        self.model
    }

    pub(super) fn is_in_app(&self) -> bool {
        !matches!(self.running, Running::Dashboard)
    }

    /// Closes the open app without a restart.
    pub(super) fn close(&mut self) {
        (self.running, self.restarted) = (Running::Dashboard, false);
    }

    /// Closes the open app, as the user does in its menu.
    pub(super) fn quit(&mut self) {
        self.restarted = !matches!(self.running, Running::Dashboard);
        self.running = Running::Dashboard;
    }

    /// Replaces the seed and closes the open app.
    pub(super) fn restore(&mut self, mnemonic: &str) {
        self.seed = Seed::from_mnemonic(mnemonic, "");
        self.close();
    }

    fn run(&mut self, app: &App) {
        self.running = match app {
            App::Ethereum { version } => Running::Ethereum(Box::new(Ethereum::new(
                self.model,
                *version,
                self.seed.clone(),
                self.settings,
            ))),
            App::Btec => Running::Btec,
            App::Other { name, version } => {
                Running::Other { name: name.clone(), version: version.clone() }
            }
            App::Dashboard => Running::Dashboard,
        };
    }

    /// Answers a command of any class.
    pub(super) fn exchange(
        &mut self,
        apdu: &[u8],
        user: &mut User,
        buffer: &TransmitBuffer,
    ) -> Vec<u8> {
        let class = apdu.first();
        if class == Some(&CLASS) {
            return self.answer(apdu);
        }
        match &mut self.running {
            Running::Ethereum(app) => app.exchange(apdu, user, buffer),
            Running::Btec => btec::exchange(apdu, &self.seed, user),
            Running::Other { .. } => status(INVALID_CLASS),
            Running::Dashboard if class == Some(&0xe0) => self.dashboard(apdu, user),
            Running::Dashboard => status(INVALID_CLASS),
        }
    }

    /// Answers a command of the system. Lc and data are ignored.
    fn answer(&mut self, apdu: &[u8]) -> Vec<u8> {
        match parameters(apdu) {
            [NAME_AND_VERSION, 0, 0] => self.name_and_version(),
            [QUIT, 0, 0] => {
                self.quit();
                status(OK)
            }
            _ => status(INVALID_CLASS),
        }
    }

    /// `01 | length, name | length, version`, and in an app also `01 | flags`. The flags are the
    /// system's: 00, as in Speculos.
    fn name_and_version(&self) -> Vec<u8> {
        let (name, version, flags): (_, _, &[u8]) = match &self.running {
            Running::Ethereum(app) => ("Ethereum", &*app.version().to_string(), &[1, 0]),
            Running::Btec => ("BTEC", &*btec::VERSION.map(|n| n.to_string()).join("."), &[1, 0]),
            Running::Other { name, version } => (&**name, &**version, &[1, 0]),
            Running::Dashboard => ("BOLOS", self.model.system_version(), &[]),
        };
        [&[1], &*with_length(name), &with_length(version), flags, &OK.to_be_bytes()].concat()
    }

    /// Answers a command that only the dashboard knows.
    fn dashboard(&mut self, apdu: &[u8], user: &mut User) -> Vec<u8> {
        match parameters(apdu) {
            [DEVICE_INFORMATION, ..] => self.device_information(),
            [OPEN_APP, ..] => self.open(apdu.get(5..).unwrap_or_default(), user),
            _ => status(INVALID_INSTRUCTION),
        }
    }

    /// `target id (4) | length, version | length, flags | length, version of the second chip`.
    fn device_information(&self) -> Vec<u8> {
        let target = self.model.target_id().to_be_bytes();
        let version = with_length(self.model.system_version());
        [&target[..], &version, &[4, 0xe6, 0, 0, 0], &with_length("5.24.0"), &OK.to_be_bytes()]
            .concat()
    }

    fn open(&mut self, name: &[u8], user: &mut User) -> Vec<u8> {
        if name.is_empty() {
            return status(NO_NAME);
        }
        let named = |app: &&App| app.name().is_some_and(|known| known.as_bytes() == name);
        let Some(app) = self.installed.iter().find(named).cloned() else {
            return status(NO_SUCH_APP);
        };
        match user.decide(&format!("Open app\nName: {}", app.name().unwrap_or_default())) {
            Decision::Reject => status(REFUSED),
            Decision::Approve => {
                self.run(&app);
                self.restarted = true;
                status(OK)
            }
        }
    }
}

/// Instruction, P1 and P2; missing ones are 0.
fn parameters(apdu: &[u8]) -> [u8; 3] {
    let mut fields = apdu.iter().skip(1).copied();
    [(); 3].map(|()| fields.next().unwrap_or_default())
}

/// `text` with its length before it. No name or version is longer than 64 bytes.
fn with_length(text: &str) -> Vec<u8> {
    let bytes = text.bytes().take(64).collect::<Vec<_>>();
    [&[bytes.len() as u8], &*bytes].concat()
}

/// An answer without data.
pub(super) fn status(word: u16) -> Vec<u8> {
    word.to_be_bytes().to_vec()
}
