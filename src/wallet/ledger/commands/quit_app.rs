use crate::ledger::{
    apdu::{Apdu, TooLong},
    command::{Command, ReplyError},
};
use stockade_base::reader::Reader;

/// `B0 A7`: closes the open app without asking the user. The device then leaves USB and comes back with
/// its dashboard.
///
/// Specification: [default APDUs of the Secure SDK](https://github.com/LedgerHQ/ledger-secure-sdk/blob/master/src/os_io_default_apdu.c).
#[derive(Debug, Clone, Copy)]
pub struct QuitApp;

impl Command for QuitApp {
    type Response = ();

    const SINCE: Option<&'static str> = None;

    fn apdus(&self) -> Result<Vec<Apdu>, TooLong> {
        Ok(vec![Apdu::new([0xb0, 0xa7, 0x00, 0x00], Vec::new())?])
    }

    fn parse(&self, data: &[u8]) -> Result<(), ReplyError> {
        Ok(Reader::new(data).finish()?)
    }
}
