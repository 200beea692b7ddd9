//! Who gets the money: `device`, or an address with its checksum.

use stockade::{device::Show, eth::Address, path::DerivationPath, validator::Withdrawal};

use crate::{context::Context, error::CommandError};

/// Reads --withdrawal-address.
pub fn parse(text: &str) -> Result<Withdrawal, CommandError> {
    match text {
        "device" => Ok(Withdrawal::Device),
        text => {
            let address = Address::parse_checksummed(text).map_err(|error| {
                CommandError::usage(format!("--withdrawal-address {text}: {error}"))
                    .with_hint("copy it from where it is shown in mixed case, and compare it there")
            })?;
            match address == Address::from_bytes([0; 20]) {
                true => Err(CommandError::usage(
                    "--withdrawal-address: nobody has the zero address; whatever it is paid is lost",
                )),
                false => Ok(Withdrawal::To(address)),
            }
        }
    }
}

/// Who should get it, for a check: the wallet is asked silently.
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
