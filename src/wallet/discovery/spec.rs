//! Texts that select a device: `ledger`, `trezor@1-4`, `speculos:127.0.0.1:9999`,
//! `mock-trezor:safe5`.

use std::{fmt, str::FromStr};

const SPECULOS: &str = "127.0.0.1:9999";
const TREZOR_UDP: &str = "127.0.0.1:21324";

/// Selects a device.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spec {
    /// A Ledger on USB: the one at `path`, or the only one.
    Ledger {
        /// The path, as [`list`](super::list) gives it.
        path: Option<String>,
    },
    /// A Trezor on USB: the one at `path`, or the only one.
    Trezor {
        /// The path, as [`list`](super::list) gives it.
        path: Option<String>,
    },
    /// Ledger's emulator.
    Speculos {
        /// `HOST:PORT`.
        address: String,
    },
    /// Trezor's emulator.
    TrezorUdp {
        /// `HOST:PORT`.
        address: String,
    },
    /// A simulated Ledger in this process.
    MockLedger,
    /// A simulated Trezor in this process.
    MockTrezor(MockModel),
}

/// The models of the simulated Trezor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MockModel {
    /// Trezor One.
    One,
    /// Model T.
    T,
    /// Safe 3.
    Safe3,
    /// Safe 5.
    Safe5,
    /// Safe 7.
    Safe7,
}

/// A text does not select a device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a device: use ledger[@PATH], trezor[@PATH], speculos[:HOST:PORT], \
     trezor-udp[:HOST:PORT], mock-ledger or mock-trezor[:one|t|safe3|safe5|safe7]"
)]
pub struct SpecError(String);

impl MockModel {
    const ALL: [(Self, &str); 5] = [
        (Self::One, "one"),
        (Self::T, "t"),
        (Self::Safe3, "safe3"),
        (Self::Safe5, "safe5"),
        (Self::Safe7, "safe7"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(model, _)| *model == self).map_or("one", |(_, name)| name)
    }
}

impl Spec {
    /// Whether it is a mock or an emulator, whose seed others may know.
    pub fn is_simulated(&self) -> bool {
        !matches!(self, Self::Ledger { .. } | Self::Trezor { .. })
    }
}

impl FromStr for Spec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let error = || SpecError(stockade_base::shown(text).to_string().chars().take(80).collect());
        let end = text.find([':', '@']).unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(end).ok_or_else(error)?;
        let path = || match rest.strip_prefix('@') {
            None if rest.is_empty() => Ok(None),
            Some(path) if !path.is_empty() => Ok(Some(path.to_owned())),
            _ => Err(error()),
        };
        let address = |default: &str| match rest.strip_prefix(':') {
            None if rest.is_empty() => Ok(default.to_owned()),
            Some(address) if is_address(address) => Ok(address.to_owned()),
            _ => Err(error()),
        };
        match name {
            "ledger" => Ok(Self::Ledger { path: path()? }),
            "trezor" => Ok(Self::Trezor { path: path()? }),
            "speculos" => Ok(Self::Speculos { address: address(SPECULOS)? }),
            "trezor-udp" => Ok(Self::TrezorUdp { address: address(TREZOR_UDP)? }),
            "mock-ledger" if rest.is_empty() => Ok(Self::MockLedger),
            "mock-trezor" if rest.is_empty() => Ok(Self::MockTrezor(MockModel::One)),
            "mock-trezor" => MockModel::ALL
                .iter()
                .find(|(_, name)| rest.strip_prefix(':') == Some(*name))
                .map(|(model, _)| Self::MockTrezor(*model))
                .ok_or_else(error),
            _ => Err(error()),
        }
    }
}

/// Whether `text` is `HOST:PORT`. The host is not resolved.
fn is_address(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port != 0)
    })
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger { path: None } => f.write_str("ledger"),
            Self::Ledger { path: Some(path) } => write!(f, "ledger@{path}"),
            Self::Trezor { path: None } => f.write_str("trezor"),
            Self::Trezor { path: Some(path) } => write!(f, "trezor@{path}"),
            Self::Speculos { address } => write!(f, "speculos:{address}"),
            Self::TrezorUdp { address } => write!(f, "trezor-udp:{address}"),
            Self::MockLedger => f.write_str("mock-ledger"),
            Self::MockTrezor(model) => write!(f, "mock-trezor:{}", model.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_are_parsed_as_documented_and_printed_in_full() {
        for (text, full) in [
            ("ledger", "ledger"),
            ("ledger@/dev/hidraw3", "ledger@/dev/hidraw3"),
            ("ledger@IOService:/x", "ledger@IOService:/x"),
            ("trezor", "trezor"),
            ("trezor@1-4.2", "trezor@1-4.2"),
            ("speculos", "speculos:127.0.0.1:9999"),
            ("speculos:[::1]:9998", "speculos:[::1]:9998"),
            ("trezor-udp", "trezor-udp:127.0.0.1:21324"),
            ("trezor-udp:emulator:21326", "trezor-udp:emulator:21326"),
            ("mock-ledger", "mock-ledger"),
            ("mock-trezor", "mock-trezor:one"),
            ("mock-trezor:safe5", "mock-trezor:safe5"),
        ] {
            assert_eq!(text.parse::<Spec>().map(|spec| spec.to_string()), Ok(full.to_owned()));
        }
    }

    #[test]
    fn other_texts_are_rejected() {
        for text in [
            "",
            "Ledger",
            "ledger@",
            "ledger:1",
            "speculos:9999",
            "speculos:host:0",
            "speculos:host:70000",
            "speculos@host:1",
            "mock-ledger:nanox",
            "mock-trezor:",
            "mock-trezor:safe4",
            "trezor-udp:",
        ] {
            assert!(text.parse::<Spec>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_devices_on_usb_are_real() {
        let simulated = |text: &str| text.parse::<Spec>().unwrap().is_simulated();
        assert!(!simulated("ledger") && !simulated("trezor@1-4"));
        for text in ["speculos", "trezor-udp", "mock-ledger", "mock-trezor"] {
            assert!(simulated(text), "{text}");
        }
    }
}
