//! The devices that the command line, the environment or USB names.

use std::{collections::VecDeque, env, sync::Arc};

use stockade::{
    device::{DeviceError, Found, Timeouts},
    discovery::{self, MockSetup, Spec},
};

use crate::{
    error::{CommandError, Kind},
    pairing_files::PairingFiles,
    ui,
};

/// Finds devices by name. Each mock that is found gets the next mnemonic of STOCKADE_MOCK_MNEMONIC.
#[derive(Clone)]
pub struct Devices {
    mock: MockSetup,
    words: VecDeque<String>,
}

impl Devices {
    /// Reads the setup of mocks from the environment; with `visible` their screens are printed. The
    /// mnemonic of a mock may be in the environment because it is public; that of a wallet never is.
    pub fn new(visible: bool) -> Result<Self, CommandError> {
        let mut mock = MockSetup::default();
        let words = env::var("STOCKADE_MOCK_MNEMONIC").unwrap_or_default();
        let words = words.split(';').map(|words| words.trim().to_owned());
        let words = words.filter(|words| !words.is_empty()).collect();
        match env::var("STOCKADE_MOCK_USER").as_deref() {
            Ok("reject") => mock.approve = false,
            Ok("approve") | Err(_) => {}
            Ok(other) => {
                return Err(CommandError::usage(format!(
                    "STOCKADE_MOCK_USER is `{other}`, but must be `approve` or `reject`"
                )));
            }
        }
        if visible {
            mock.on_screen = Some(Arc::new(ui::show_screen));
        }
        Ok(Self { mock, words })
    }

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

/// Refuses a device that is named twice: a second connection would wait for the first. Mocks are created
/// anew for each name.
pub fn require_distinct(named: &[Spec]) -> Result<(), CommandError> {
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

/// The only device on USB, for commands without --device.
pub fn only_one_on_usb() -> Result<Spec, CommandError> {
    let listing = discovery::list(Timeouts::default());
    match listing.devices.as_slice() {
        [device] => device
            .spec
            .parse()
            .map_err(|_| CommandError::new(Kind::Internal, "a listed device has no valid name")),
        [] => Err(CommandError::new(Kind::NotFound, "no wallet found on USB").with_hint(
            "plug one in and unlock it, or name a simulated one with --device mock-ledger",
        )),
        several => Err(CommandError::usage(format!(
            "{} wallets are plugged in: name one with --device",
            several.len()
        ))
        .with_hint("`stockade device list` shows their names")),
    }
}
