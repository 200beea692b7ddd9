//! The configuration of a simulated Ledger.

use std::fmt;

use crate::{Decision, User, seed::DEFAULT_MNEMONIC};

/// The Ledger to simulate. The default is an unlocked Nano S Plus, with the Ethereum app 1.22.0
/// open and [`DEFAULT_MNEMONIC`], whose user approves everything.
pub struct Config {
    /// The model.
    pub model: Model,
    /// The app that is open.
    pub app: App,
    /// The apps that can be opened from the dashboard.
    pub installed: Vec<App>,
    /// The mnemonic.
    pub mnemonic: String,
    /// The passphrase, empty for none.
    pub passphrase: String,
    /// The user.
    pub user: User,
    /// Whether it is locked with its PIN.
    pub locked: bool,
    /// The settings of the Ethereum app.
    pub settings: Settings,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            model: Model::NanoSPlus,
            app: App::default(),
            installed: vec![App::default(), App::Btec],
            mnemonic: DEFAULT_MNEMONIC.into(),
            passphrase: String::new(),
            user: User::always(Decision::Approve),
            locked: false,
            settings: Settings::default(),
        }
    }
}

/// The settings in the Ethereum app's menu. All are off by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// "Blind signing": requests that the app cannot explain may be signed.
    pub blind_signing: bool,
    /// "Debug contracts": call data is confirmed word by word, and never explained.
    pub debug_contracts: bool,
    /// "Raw messages": every field of typed data is shown.
    pub raw_messages: bool,
}

/// The software on the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum App {
    /// The Ethereum app. It behaves like 1.22.0; an older version differs only where a recording of
    /// it does.
    Ethereum {
        /// Its version.
        version: Version,
    },
    /// The BTEC app 1.0.0, which signs with BLS withdrawal keys.
    Btec,
    /// An app that knows only the system's commands.
    Other {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
    },
    /// No app: the menu, which calls itself BOLOS.
    Dashboard,
}

impl Default for App {
    fn default() -> Self {
        Self::Ethereum { version: Version(1, 22, 0) }
    }
}

impl App {
    /// The name by which the dashboard opens it; `None` for the dashboard itself.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Ethereum { .. } => Some("Ethereum"),
            Self::Btec => Some("BTEC"),
            Self::Other { name, .. } => Some(name),
            Self::Dashboard => None,
        }
    }
}

/// A version of an app: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u8, pub u8, pub u8);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// A model of Ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Nano X.
    NanoX,
    /// Nano S Plus.
    NanoSPlus,
    /// Stax.
    Stax,
    /// Flex.
    Flex,
    /// Nano Gen5.
    NanoGen5,
}

impl Model {
    /// Looks up Speculos's name for a model: nanox, nanosp, stax, flex or apex_p.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "nanox" => Self::NanoX,
            "nanosp" => Self::NanoSPlus,
            "stax" => Self::Stax,
            "flex" => Self::Flex,
            "apex_p" => Self::NanoGen5,
            _ => return None,
        })
    }

    /// The target id, which the dashboard reports.
    pub(super) fn target_id(self) -> u32 {
        match self {
            Self::NanoX => 0x3300_0004,
            Self::NanoSPlus => 0x3310_0004,
            Self::Stax => 0x3320_0004,
            Self::Flex => 0x3330_0004,
            Self::NanoGen5 => 0x3340_0004,
        }
    }

    /// The version of the system for which the Ethereum app 1.22.0 was released.
    pub(super) fn system_version(self) -> &'static str {
        match self {
            Self::NanoX => "2.6.1",
            Self::NanoSPlus => "1.5.1",
            Self::Stax => "1.9.1",
            Self::Flex => "1.5.1",
            Self::NanoGen5 => "1.0.5",
        }
    }

    /// Whether it has two buttons and a few lines of text, and no touch screen.
    pub(super) fn has_buttons(self) -> bool {
        matches!(self, Self::NanoX | Self::NanoSPlus)
    }
}
