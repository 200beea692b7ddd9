use crate::ledger::{
    apdu::{Apdu, TooLong},
    command::{Command, ReplyError},
};
use stockade_base::reader::Reader;

/// `E0 01`: gets the model and the firmware's version. Only the dashboard supports it.
///
/// Specification: [the vendor's own client](https://github.com/LedgerHQ/device-sdk-ts/blob/develop/packages/device-management-kit/src/api/command/os/GetOsVersionCommand.ts).
#[derive(Debug, Clone, Copy)]
pub struct GetOsVersion;

/// The model and the firmware's version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OsVersion {
    /// The model, in the upper half.
    pub target_id: u32,
    /// The firmware's version.
    pub firmware: String,
}

impl Command for GetOsVersion {
    type Response = OsVersion;

    const SINCE: Option<&'static str> = None;

    fn apdus(&self) -> Result<Vec<Apdu>, TooLong> {
        Ok(vec![Apdu::new([0xe0, 0x01, 0x00, 0x00], Vec::new())?])
    }

    fn parse(&self, data: &[u8]) -> Result<OsVersion, ReplyError> {
        let mut reader = Reader::new(data);
        let target_id = reader.u32_be()?;
        let firmware = super::app_name_and_version::text(reader.bytes_u8_len()?)?;
        // Flags, the version of the second chip, and more fields in each generation.
        reader.remaining();
        Ok(OsVersion { target_id, firmware })
    }
}
