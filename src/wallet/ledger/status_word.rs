//! Status words: how an app says whether it did what it was asked.

use std::fmt;

use crate::device::DeviceError;

/// The last two bytes of every reply, kept as they came.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusWord(pub u16);

/// What a status word means to whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Meaning {
    /// Done.
    Ok,
    /// The PIN must be entered first.
    Locked,
    /// The user said no, in the app or on the dashboard.
    Rejected,
    /// No PIN was ever set: the device holds no words.
    NotInitialized,
    /// The app does not know the command: another app is open, or it is too old.
    UnknownCommand,
    /// No app is open that takes the command, or it is locked.
    NotOpen,
    /// Its own menu is in front of the app.
    Busy,
    /// The app will not do this.
    Refused(&'static str),
}

impl StatusWord {
    /// The command was carried out.
    pub const OK: Self = Self(0x9000);

    /// A beginning in the midst of something else, or a continuation of nothing.
    pub const NOT_ALLOWED: Self = Self(0x6980);

    /// What it means.
    pub fn meaning(self) -> Meaning {
        let known = MEANINGS.iter().find(|(codes, ..)| codes.contains(&self.0));
        known.map_or(Meaning::Refused(explain(self.0)), |(_, meaning, _)| *meaning)
    }

    /// The error that it is, on the device named `device`; `app` and `needed` are the versions of
    /// the app that is open and of the first Ethereum app that knows the command.
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
                    let since = needed.map(|needed| format!(", which it should since {needed}"));
                    let since = since.unwrap_or_default();
                    DeviceError::Refused {
                        device,
                        code: self.to_string(),
                        message: format!(
                            "the {app} does not know this command{since}: install it anew with the \
                             vendor's program"
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
            Meaning::Ok => DeviceError::protocol(&device, "success where there was none"),
        }
    }
}

/// The status words of a state that its user can change, with the meaning and the place where it is
/// written down or was met. Firmware versions and apps differ in the word for one state.
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
    // Locked or closed: both are cured by unlocking it and opening the app.
    (&[0x650f], Meaning::NotOpen, "MetaMask/metamask-extension issue 14504"),
    (&[0x6601, 0x6901], Meaning::Busy, "LedgerHQ/device-sdk-ts issue 1773: a Nano X"),
];

/// Before it is known which app answers, the Ethereum app is the one that is needed.
fn not_open(device: String, app: &str) -> DeviceError {
    let wanted = app.split_once(" app ").map_or("Ethereum", |(name, _)| name).to_owned();
    DeviceError::WrongApp { device, open: "another app, or none".to_owned(), wanted }
}

/// The version at the end of "Ethereum app 1.22.0-dev", number by number.
fn version(app: &str) -> Option<Vec<u32>> {
    let numbers = app.rsplit(' ').next()?.split(['-', '+']).next()?;
    numbers.split('.').map(|number| number.parse().ok()).collect()
}

/// What is known about the status words that are nobody's choice.
fn explain(code: u16) -> &'static str {
    match code {
        0x6a80 => "the data is invalid, or a setting of the app forbids it",
        0x6a15 => "the app may not use this derivation path",
        0x6a87 => "the length is wrong",
        0x6b00 => "a parameter is wrong",
        0x6980 => "the app was in the midst of something else",
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
    fn locked_and_closed_apps_are_told_apart_from_old_ones() {
        for code in [0x5515, 0x6982, 0x5303, 0x6b0c, 0x6804, 0x530c] {
            assert_eq!(said(code, "Ethereum app 1.22.0"), "the Ledger is locked", "{code:04X}");
        }
        for code in [0x650f, 0x6511, 0x6d02, 0x6e01] {
            let said = said(code, "Ethereum app 1.22.0");
            assert!(said.contains("not the Ethereum app"), "{code:04X}: {said}");
        }
        assert!(said(0x6511, "BTEC app 1.0.0").contains("not the BTEC app"));
        // Whatever answers, nobody knows its version.
        assert!(said(0x6d00, "app").contains("not the Ethereum app"));
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        for old in ["Ethereum app 1.0.9", "Ethereum app 0.10.0", "Ethereum app 1.0.13-dev"] {
            assert!(said(0x6d00, old).contains("is too old: 1.1.0 or later"), "{old}");
        }
        for new in ["Ethereum app 1.1.0", "Ethereum app 1.2.13", "Ethereum app 1.10.0-dev"] {
            assert!(said(0x6d00, new).contains("install it anew"), "{new}");
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
