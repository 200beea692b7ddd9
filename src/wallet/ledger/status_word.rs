//! Status words, with which apps report success or an error.

use std::fmt;

use crate::device::DeviceError;

/// The last two bytes of a reply.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusWord(pub u16);

/// The meaning of a status word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Meaning {
    /// Success.
    Ok,
    /// The PIN must be entered first.
    Locked,
    /// The user rejected the request, in the app or on the dashboard.
    Rejected,
    /// The device has no PIN and no seed yet.
    NotInitialized,
    /// The app does not know the command: it is another app, or too old.
    UnknownCommand,
    /// The app is not open, or the device is locked.
    NotOpen,
    /// The device shows its own menu instead of the app.
    Busy,
    /// The app refuses the request, for this reason.
    Refused(&'static str),
}

impl StatusWord {
    /// The command succeeded.
    pub const OK: Self = Self(0x9000);

    /// The APDU begins a message within another one, or continues none.
    pub const NOT_ALLOWED: Self = Self(0x6980);

    /// Looks up its meaning.
    pub fn meaning(self) -> Meaning {
        let known = MEANINGS.iter().find(|(codes, ..)| codes.contains(&self.0));
        known.map_or(Meaning::Refused(explain(self.0)), |(_, meaning, _)| *meaning)
    }

    /// Converts it into the error of the device named `device`. `app` is the name and version of the
    /// open app, `needed` the first version of the Ethereum app that knows the command.
    pub fn error(self, device: &str, app: &str, needed: Option<&str>) -> DeviceError {
        let device = device.to_owned();
        match self.meaning() {
            Meaning::Locked => DeviceError::Locked(device),
            Meaning::Rejected => DeviceError::Rejected(device),
            Meaning::NotInitialized => DeviceError::NotInitialized(device),
            Meaning::UnknownCommand => match (version(app), needed) {
                (Some(found), Some(needed)) if Some(&found) < version(needed).as_ref() => {
                    DeviceError::AppTooOld { found: app.to_owned(), needed: needed.to_owned() }
                }
                (Some(_), needed) => {
                    let since = needed.map(|needed| format!(" (introduced in {needed})"));
                    let since = since.unwrap_or_default();
                    DeviceError::Refused {
                        device,
                        code: self.to_string(),
                        message: format!(
                            "the {app} does not know this command{since}: reinstall the app with \
                             the vendor's software"
                        ),
                    }
                }
                (None, _) => not_open(device, app),
            },
            Meaning::NotOpen => not_open(device, app),
            Meaning::Busy => DeviceError::Busy(device),
            Meaning::Refused(why) => {
                DeviceError::Refused { device, code: self.to_string(), message: why.to_owned() }
            }
            Meaning::Ok => DeviceError::protocol(&device, "success was reported as an error"),
        }
    }
}

/// The status words of states that the user can change, with their meaning and its source. Firmware
/// versions and apps use different words for the same state.
const MEANINGS: &[(&[u16], Meaning, &str)] = &[
    (&[0x9000], Meaning::Ok, "ISO 7816-4"),
    (&[0x5515, 0x5303], Meaning::Locked, "LedgerHQ/ledger-secure-sdk, include/errors.h"),
    (&[0x6982], Meaning::Locked, "Zondax/ledger-polkadot issue 35"),
    (&[0x6b0c], Meaning::Locked, "MetaMask/metamask-extension issue 17606: a Nano X"),
    (&[0x6804], Meaning::Locked, "summa-tx/coins pull request 87: a Nano X"),
    (&[0x530c], Meaning::Locked, "MetaMask/metamask-extension issue 14504"),
    (&[0x6985, 0x5501], Meaning::Rejected, "LedgerHQ/ledger-secure-sdk, include/errors.h"),
    (&[0x5502], Meaning::NotInitialized, "LedgerHQ/ledger-secure-sdk, include/errors.h"),
    (&[0x6d00, 0x6e00], Meaning::UnknownCommand, "ISO 7816-4"),
    (&[0x6e01], Meaning::NotOpen, "Zondax/ledger-stacks issue 100: a Nano S 2.1.0"),
    (&[0x6511, 0x6d02], Meaning::NotOpen, "MetaMask/metamask-extension issue 14504"),
    // Locked or closed: unlocking the device and opening the app solves both.
    (&[0x650f], Meaning::NotOpen, "MetaMask/metamask-extension issue 14504"),
    (&[0x6601, 0x6901], Meaning::Busy, "LedgerHQ/device-sdk-ts issue 1773: a Nano X"),
];

/// The needed app is the one that was open before, or the Ethereum app if that is unknown.
fn not_open(device: String, app: &str) -> DeviceError {
    let wanted = app.split_once(" app ").map_or("Ethereum", |(name, _)| name).to_owned();
    DeviceError::WrongApp { device, open: "another app, or none".to_owned(), wanted }
}

/// The numbers of the version at the end of "Ethereum app 1.22.0-dev".
fn version(app: &str) -> Option<Vec<u32>> {
    let numbers = app.rsplit(' ').next()?.split(['-', '+']).next()?;
    numbers.split('.').map(|number| number.parse().ok()).collect()
}

/// Explains the other status words.
fn explain(code: u16) -> &'static str {
    match code {
        0x6a80 => "the data is invalid, or a setting of the app forbids it",
        0x6a15 => "the app may not use this derivation path",
        0x6a87 => "the length is wrong",
        0x6b00 => "a parameter is wrong",
        0x6980 => "the app was in the middle of something else",
        0x6501 => "the transaction's type is not supported",
        0x6984 => "a plugin is missing",
        0x6a84 => "the device is out of memory",
        0x6a88 => "not found",
        0x6807 => "there is no such app",
        0x670a => "no app was named",
        0x5223 => "an internal error of the system",
        0x6800..=0x6fff => "an internal error of the app",
        _ => "an unknown status word",
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: u16, app: &str) -> String {
        StatusWord(code).error("Ledger", app, Some("1.1.0")).to_string()
    }

    #[test]
    fn locked_closed_and_outdated_apps_are_distinguished() {
        for code in [0x5515, 0x6982, 0x5303, 0x6b0c, 0x6804, 0x530c] {
            assert_eq!(said(code, "Ethereum app 1.22.0"), "the Ledger is locked", "{code:04X}");
        }
        for code in [0x650f, 0x6511, 0x6d02, 0x6e01] {
            let said = said(code, "Ethereum app 1.22.0");
            assert!(said.contains("not the Ethereum app"), "{code:04X}: {said}");
        }
        assert!(said(0x6511, "BTEC app 1.0.0").contains("not the BTEC app"));
        // The version of the app that answers is unknown.
        assert!(said(0x6d00, "app").contains("not the Ethereum app"));
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        for old in ["Ethereum app 1.0.9", "Ethereum app 0.10.0", "Ethereum app 1.0.13-dev"] {
            assert!(said(0x6d00, old).contains("is too old: 1.1.0 or later"), "{old}");
        }
        for new in ["Ethereum app 1.1.0", "Ethereum app 1.2.13", "Ethereum app 1.10.0-dev"] {
            assert!(said(0x6d00, new).contains("reinstall the app"), "{new}");
        }
    }

    #[test]
    fn no_status_word_has_two_meanings() {
        let mut codes: Vec<u16> =
            MEANINGS.iter().flat_map(|(codes, ..)| codes.iter().copied()).collect();
        codes.sort_unstable();
        assert!(codes.windows(2).all(|pair| pair.first() != pair.last()), "{codes:04X?}");
    }
}
