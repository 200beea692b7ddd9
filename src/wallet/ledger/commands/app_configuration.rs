use crate::ledger::{
    apdu::{Apdu, TooLong},
    command::{Command, ReplyError},
};
use stockade_base::reader::Reader;

/// `E0 06`: gets the Ethereum app's settings and version.
///
/// Specification: [GET APP CONFIGURATION](https://github.com/LedgerHQ/app-ethereum/blob/develop/doc/ethapp.adoc#get-app-configuration).
#[derive(Debug, Clone, Copy)]
pub struct GetAppConfiguration;

/// The Ethereum app's settings and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppConfiguration {
    /// Whether the user allows requests that the app cannot explain.
    pub blind_signing: bool,
    /// Major, minor, patch.
    pub version: [u8; 3],
}

impl Command for GetAppConfiguration {
    type Response = AppConfiguration;

    const SINCE: Option<&'static str> = Some("1.1.0");

    fn apdus(&self) -> Result<Vec<Apdu>, TooLong> {
        Ok(vec![Apdu::new([0xe0, 0x06, 0x00, 0x00], Vec::new())?])
    }

    fn parse(&self, data: &[u8]) -> Result<AppConfiguration, ReplyError> {
        let mut reader = Reader::new(data);
        let (flags, version) = (reader.u8()?, reader.array()?);
        reader.finish()?;
        Ok(AppConfiguration { blind_signing: flags & 1 != 0, version })
    }
}
