//! The withdrawal address: `device`, or an address with its checksum.

use stockade::{device::Show, eth::Address, path::DerivationPath, validator::Withdrawal};

use crate::{context::Context, error::CommandError};

/// Parses --withdrawal-address.
pub fn parse(text: &str) -> Result<Withdrawal, CommandError> {
    if text == "device" {
        return Ok(Withdrawal::Device);
    }
    let address = Address::parse_checksummed(text).map_err(|error| {
        CommandError::usage(format!("--withdrawal-address {text}: {error}"))
            .with_hint("copy it from a place that shows it in mixed case, and compare it")
    })?;
    if address == Address::from_bytes([0; 20]) {
        let message = "--withdrawal-address: nobody owns the zero address; what it is paid is lost";
        return Err(CommandError::usage(message));
    }
    Ok(Withdrawal::To(address))
}

/// The address that --withdrawal-address names. The wallet is asked for its own silently.
pub fn expected(text: &str, context: &mut Context) -> Result<Address, CommandError> {
    match parse(text)? {
        Withdrawal::To(address) => Ok(address),
        Withdrawal::Device => {
            let path = DerivationPath::ethereum(0, 0)
                .map_err(|error| CommandError::usage(error.to_string()))?;
            let mut wallet = context.open()?;
            Ok(wallet.address(&path, Show::Silently, &mut context.terminal)?)
        }
    }
}
