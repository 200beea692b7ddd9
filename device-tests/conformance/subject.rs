//! A device under test: how to reach it, who is beside it, and what it offers.

use std::sync::OnceLock;

use stockade::{
    device::{DeviceError, Found, Timeouts},
    device_secret,
    discovery::{self, MockSetup},
};

use stockade_mocks::trezor::PairingCode;

use super::{automation::Automation, known};

/// A device under test.
pub(super) struct Subject {
    /// Short, for the table.
    pub(super) name: &'static str,
    /// What it is and how it is reached.
    pub(super) about: String,
    /// What `--device` would say.
    pub(super) spec: String,
    pub(super) vendor: &'static str,
    pub(super) simulated: bool,
    pub(super) offers: Offers,
    pub(super) beside: Beside,
    /// Its passphrase, where a script enters one.
    pub(super) passphrase: Option<&'static str>,
    /// What it shows to be paired, where a script types that.
    pub(super) pairing_codes: Vec<PairingCode>,
    /// Which words it holds, once that was found out.
    pub(super) words: OnceLock<Words>,
}

/// What differs between devices.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offers {
    pub(super) bls_public_keys: bool,
    pub(super) cipher_key_value: bool,
    pub(super) sessions: bool,
    pub(super) transactions: bool,
    /// Its PIN may be due when it is found, and is asked for when it is opened.
    pub(super) unlocks_when_opened: bool,
    /// A stream cannot tell one answer from another, so that after a time-out it must be opened
    /// anew.
    pub(super) usable_after_timeout: bool,
}

impl Offers {
    pub(super) const LEDGER: Self = Self {
        bls_public_keys: true,
        cipher_key_value: false,
        sessions: false,
        transactions: true,
        unlocks_when_opened: false,
        usable_after_timeout: true,
    };
    pub(super) const LEDGER_ON_A_STREAM: Self =
        Self { usable_after_timeout: false, ..Self::LEDGER };
    pub(super) const TREZOR: Self = Self {
        bls_public_keys: false,
        cipher_key_value: true,
        sessions: true,
        transactions: true,
        unlocks_when_opened: true,
        usable_after_timeout: true,
    };
}

/// Who presses its buttons.
pub(super) enum Beside {
    /// A script: the device is made anew each time, with the user who is wanted.
    InProcess,
    /// Scripts: the device stands three times, with another user each. The first approves.
    Sockets { rejects: String, away: Option<String> },
    /// Rules that Speculos follows.
    Automation(Automation),
    /// Somebody who approves whatever it shows.
    Approves,
    /// A person, who is told what to do.
    Person,
    /// Nobody; what would get it approved.
    Nobody(&'static str),
}

/// What the user is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing is shown.
    Idle,
    Approves,
    Rejects,
    /// Does nothing, whatever is shown.
    Away,
}

/// Whose words a device holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// abandon..about, without a passphrase: every answer is known beforehand.
    AbandonAbout,
    /// Others that the world knows: nothing is given away by asking.
    WellKnown,
    /// Somebody's own. They are never asked for a secret.
    Own,
}

impl Subject {
    pub(super) fn new(
        name: &'static str,
        about: impl Into<String>,
        spec: impl Into<String>,
        offers: Offers,
        beside: Beside,
    ) -> Self {
        let vendor = if offers.cipher_key_value { "Trezor" } else { "Ledger" };
        let (about, spec) = (about.into(), spec.into());
        let words = OnceLock::new();
        let simulated = true;
        let (passphrase, pairing_codes) = (None, Vec::new());
        Self {
            name,
            about,
            spec,
            vendor,
            simulated,
            offers,
            beside,
            passphrase,
            pairing_codes,
            words,
        }
    }

    /// Connects to the device with a user who does what `role` says, or says why there is none.
    pub(super) fn find(
        &self,
        role: Role,
        timeouts: Timeouts,
    ) -> Result<Result<Box<dyn Found>, DeviceError>, &'static str> {
        let mut spec = &self.spec;
        let mut setup = MockSetup::default();
        match (&self.beside, role) {
            (_, Role::Idle) | (Beside::Approves, Role::Approves) => {}
            (Beside::Person, _) | (Beside::Sockets { .. }, Role::Approves) => {}
            (Beside::InProcess, Role::Approves) => {}
            (Beside::InProcess, Role::Rejects) => setup.approve = false,
            (Beside::InProcess, Role::Away) => return Err("its user always answers"),
            (Beside::Sockets { rejects, .. }, Role::Rejects) => spec = rejects,
            (Beside::Sockets { away, .. }, Role::Away) => {
                spec = away.as_ref().ok_or("its user always answers")?;
            }
            (Beside::Automation(automation), role) => automation.play(role),
            (Beside::Approves, _) => return Err("its user approves everything"),
            (Beside::Nobody(why), _) => return Err(why),
        }
        Ok(discovery::find(&spec.parse().unwrap(), timeouts, &setup))
    }

    /// Which words it holds, told from its check address. Opens the device: to be asked before an
    /// operation opens it, for some serve one client at a time.
    pub(super) fn words(&self) -> Words {
        *self.words.get_or_init(|| {
            let mut session = self.session(Role::Idle).unwrap();
            let address = device_secret::check_address(&mut *session.wallet, &mut session.person);
            let address = address.unwrap();
            match device_secret::is_well_known(&address) {
                true if address.to_string() == known::CHECK_ADDRESS => Words::AbandonAbout,
                true => Words::WellKnown,
                false => Words::Own,
            }
        })
    }
}
