use crate::{
    interact::Attention,
    ledger::{
        apdu::{Apdu, TooLong},
        command::{Command, ReplyError},
    },
};
use stockade_base::reader::Reader;

/// `E0 D8`: opens an app from the dashboard, after the user has approved. The device then leaves USB and
/// comes back.
///
/// Specification: [the vendor's own client](https://github.com/LedgerHQ/device-sdk-ts/blob/develop/packages/device-management-kit/src/api/command/os/OpenAppCommand.ts).
#[derive(Debug, Clone, Copy)]
pub struct OpenApp<'a> {
    /// The app's name: "Ethereum".
    pub name: &'a str,
}

impl Command for OpenApp<'_> {
    type Response = ();

    const SINCE: Option<&'static str> = None;

    fn apdus(&self) -> Result<Vec<Apdu>, TooLong> {
        Ok(vec![Apdu::new([0xe0, 0xd8, 0x00, 0x00], self.name.as_bytes().to_vec())?])
    }

    fn attention(&self) -> Option<Attention<'_>> {
        Some(Attention::OpenApp(self.name))
    }

    fn parse(&self, data: &[u8]) -> Result<(), ReplyError> {
        Ok(Reader::new(data).finish()?)
    }
}
