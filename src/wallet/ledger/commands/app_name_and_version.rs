use crate::ledger::{
    apdu::{Apdu, TooLong},
    command::{Command, ReplyError},
};
use stockade_base::reader::Reader;

/// `B0 01`: gets the open app. Every app and the dashboard support it.
///
/// Specification: [default APDUs of the Secure SDK](https://github.com/LedgerHQ/ledger-secure-sdk/blob/master/src/os_io_default_apdu.c).
#[derive(Debug, Clone, Copy)]
pub struct GetAppNameAndVersion;

/// The open app.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppNameAndVersion {
    /// "Ethereum"; on the dashboard "BOLOS", or "OLOS" and a NUL character.
    pub name: String,
    /// "1.22.0", "1.23.0-dev".
    pub version: String,
}

impl AppNameAndVersion {
    /// Whether no app is open. The version is then that of the firmware.
    pub fn is_dashboard(&self) -> bool {
        matches!(self.name.as_str(), "BOLOS" | "OLOS" | "OLOS\0")
    }

    /// The app's name, or "dashboard".
    pub fn display_name(&self) -> String {
        if self.is_dashboard() { "dashboard" } else { &self.name }.to_owned()
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
            return Err(ReplyError::Invalid("the app's name has an unknown format"));
        }
        let response = AppNameAndVersion {
            name: text(reader.bytes_u8_len()?)?,
            version: text(reader.bytes_u8_len()?)?,
        };
        // The flags: firmware versions differ in their number, and some send none.
        reader.remaining();
        Ok(response)
    }
}

/// Reads printable ASCII text.
pub(super) fn text(bytes: &[u8]) -> Result<String, ReplyError> {
    if bytes.iter().all(|b| matches!(b, b' '..=b'~' | 0)) {
        Ok(bytes.iter().copied().map(char::from).collect())
    } else {
        Err(ReplyError::Invalid("the app's name or version is not printable"))
    }
}
