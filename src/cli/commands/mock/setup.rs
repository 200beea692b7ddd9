//! What the simulated wallets have in common.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use clap::ValueEnum;
use serde::Serialize;
use stockade_mocks::{Act, Decision, Script, User};

use crate::{
    error::{CommandError, Kind},
    ui,
};

/// The longest script.
const MAX_SCRIPT: u64 = 1024 * 1024;

/// The user of a simulated wallet, and what happens to it.
#[derive(Debug, clap::Args)]
pub struct UserArgs {
    /// What the simulated user does
    ///
    /// [default: approve]
    #[arg(long, value_enum)]
    user: Option<UserArg>,
    /// A JSON file that says step by step what the simulated user does and what happens to the
    /// wallet. device-tests/README.md describes it
    #[arg(long, value_name = "FILE", conflicts_with = "user")]
    script: Option<PathBuf>,
}

impl UserArgs {
    fn user(&self) -> UserArg {
        self.user.unwrap_or(UserArg::Approve)
    }

    /// Whether --user or --script is given.
    pub fn is_given(&self) -> bool {
        self.user.is_some() || self.script.is_some()
    }

    /// The user, and what happens before the first request.
    pub fn read(&self, can: impl Fn(&Act) -> bool) -> Result<(User, Vec<Act>), CommandError> {
        let Some(path) = &self.script else { return Ok((self.user().user(), Vec::new())) };
        let text = read(path).map_err(|error| {
            CommandError::new(Kind::File, format!("{}: {error}", crate::shown(&path)))
        })?;
        let script = Script::parse(&text, can)
            .map_err(|error| CommandError::input(format!("{}: {error}", crate::shown(&path))))?;
        Ok((User::of_script(&script), script.start))
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_SCRIPT).read_to_string(&mut text)?;
    Ok(text)
}

/// What the simulated user does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UserArg {
    /// Approves everything
    Approve,
    /// Rejects everything
    Reject,
    /// Asks you, on this terminal
    Ask,
}

impl UserArg {
    /// The user of a mock.
    pub fn user(self) -> User {
        match self {
            Self::Approve => User::always(Decision::Approve),
            Self::Reject => User::always(Decision::Reject),
            Self::Ask => {
                User::asking(
                    |shown| {
                        if ui::approve(shown) { Decision::Approve } else { Decision::Reject }
                    },
                )
            }
        }
    }
}

/// Makes SIGTERM and SIGINT end the mock with exit code 0.
pub fn end_on_signals() {
    use signal_hook::{
        consts::{SIGINT, SIGTERM},
        flag,
    };

    let at_once = Arc::new(AtomicBool::new(true));
    for signal in [SIGINT, SIGTERM] {
        // If this fails, the signal still ends the process.
        let _ = flag::register_conditional_shutdown(signal, 0, Arc::clone(&at_once));
    }
}

/// The error of a socket that cannot be bound, or failed later.
pub fn socket(listen: &str, error: &std::io::Error) -> CommandError {
    let kind = match error.kind() {
        std::io::ErrorKind::AddrInUse => Kind::Busy,
        std::io::ErrorKind::PermissionDenied => Kind::Permission,
        _ => Kind::Input,
    };
    CommandError::new(kind, format!("{listen}: {error}"))
}

/// The only document, printed when the simulated wallet accepts connections.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Begun {
    /// The simulated device as `--device` takes it.
    pub device: String,
    /// The URL of the REST interface (`mock ledger --rest`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
    /// The address of the USB/IP server (`--usbip`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usbip: Option<String>,
    /// The bus id to attach (`--usbip`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bus_id: Option<&'static str>,
}

impl Begun {
    /// A simulated device that `--device` finds as `device`.
    pub fn new(device: impl Into<String>) -> Self {
        Self { device: device.into(), rest: None, usbip: None, bus_id: None }
    }
}
