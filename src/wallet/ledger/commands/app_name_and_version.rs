use crate::ledger::{
    apdu::{Apdu, TooLong},
    command::{Command, ReplyError},
};
use stockade_base::reader::Reader;

/// `B0 01`: which app is open. Every app answers it, and so does the dashboard.
///
/// Specification: [default APDUs of the Secure SDK](https://github.com/LedgerHQ/ledger-secure-sdk/blob/master/src/os_io_default_apdu.c).
#[derive(Debug, Clone, Copy)]
pub struct GetAppNameAndVersion;

/// The app that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppNameAndVersion {
    /// "Ethereum"; on the dashboard "BOLOS", or "OLOS" and a NUL.
    pub name: String,
    /// "1.22.0", "1.23.0-dev".
    pub version: String,
}

impl AppNameAndVersion {
    /// Whether this is no app but the dashboard; the version is the firmware's then.
    pub fn is_dashboard(&self) -> bool {
        matches!(self.name.as_str(), "BOLOS" | "OLOS" | "OLOS\0")
    }
}

impl Command for GetAppNameAndVersion {
    type Response = AppNameAndVersion;

    const SINCE: Option<&'static str> = None;

    fn apdus(&self) -> Result<Vec<Apdu>, TooLong> {
        Ok(vec![Apdu::new([0xb0, 0x01, 0x00, 0x00], Vec::new())?])
    }

    fn parse(&self, data: &[u8]) -> Result<AppNameAndVersion, ReplyError> {
        let mut reader = Reader::new(data);
        if reader.u8()? != 1 {
            return Err(ReplyError::Invalid("the app's name comes in an unknown format"));
        }
        let response = AppNameAndVersion {
            name: text(reader.bytes_u8_len()?)?,
            version: text(reader.bytes_u8_len()?)?,
        };
        // The flags; firmware differs in whether and how many it sends.
        reader.remaining();
        Ok(response)
    }
}

/// Printable text of a device.
pub(super) fn text(bytes: &[u8]) -> Result<String, ReplyError> {
    match bytes.iter().all(|b| matches!(b, b' '..=b'~' | 0)) {
        true => Ok(bytes.iter().copied().map(char::from).collect()),
        false => Err(ReplyError::Invalid("the app's name or version is not printable")),
    }
}
