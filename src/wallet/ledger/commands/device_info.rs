use crate::ledger::{
    apdu::{Apdu, TooLong},
    command::{Command, ReplyError},
};
use stockade_base::reader::Reader;

/// `E0 01`: what the device is. The dashboard alone answers it.
///
/// Specification: [the vendor's own client](https://github.com/LedgerHQ/device-sdk-ts/blob/develop/packages/device-management-kit/src/api/command/os/GetOsVersionCommand.ts).
#[derive(Debug, Clone, Copy)]
pub struct GetDeviceInfo;

/// What the device is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Which model, in its upper half.
    pub target_id: u32,
    /// The version of the firmware.
    pub firmware: String,
}

impl Command for GetDeviceInfo {
    type Response = DeviceInfo;

    const SINCE: Option<&'static str> = None;

    fn apdus(&self) -> Result<Vec<Apdu>, TooLong> {
        Ok(vec![Apdu::new([0xe0, 0x01, 0x00, 0x00], Vec::new())?])
    }

    fn parse(&self, data: &[u8]) -> Result<DeviceInfo, ReplyError> {
        let mut reader = Reader::new(data);
        let target_id = reader.u32_be()?;
        let firmware = super::app_name_and_version::text(reader.bytes_u8_len()?)?;
        // Flags, the version of the other chip, and more with every generation.
        reader.remaining();
        Ok(DeviceInfo { target_id, firmware })
    }
}
