use serde::Serialize;
use stockade::{
    device::{Request, Show},
    eth::Address,
    path::DerivationPath,
    staking::WithdrawalCredentials,
};

use crate::{
    CommandResult,
    context::Context,
    error::{CommandError, Kind},
    output::Outcome,
};

/// Show an Ethereum address of the wallet and the withdrawal credentials that pay to it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// INDEX in the path m/44'/60'/ACCOUNT'/0/INDEX
    #[arg(long, default_value_t = 0)]
    index: u32,
    /// ACCOUNT in the path m/44'/60'/ACCOUNT'/0/INDEX
    #[arg(long, default_value_t = 0)]
    account: u32,
    /// Also show it on the wallet, and wait for approval
    #[arg(long)]
    confirm: bool,
}

impl Args {
    /// Asks the wallet for the address.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let path = DerivationPath::ethereum(self.account, self.index)
            .map_err(|error| CommandError::usage(error.to_string()))?;
        let mut wallet = context.open()?;
        wallet.foresee(&Request::Address { path: &path })?;
        let address = wallet.address(&path, Show::Silently, &mut context.terminal)?;
        if self.confirm {
            context.terminal.say(&format!("The wallet must show this address: {address}"));
            let shown = wallet.address(&path, Show::OnDevice, &mut context.terminal)?;
            if shown != address {
                let message =
                    format!("the wallet gave the address {address} before, and now {shown}");
                return Err(CommandError::new(Kind::Protocol, message));
            }
        }
        let credentials = |credentials: WithdrawalCredentials| hex::encode(credentials.to_bytes());
        let execution = credentials(WithdrawalCredentials::Execution(address));
        let compounding = credentials(WithdrawalCredentials::Compounding(address));
        let text = format!(
            "Address                      {address}\nPath                         {path}\n\
             Withdrawal credentials 0x01  {execution}\nWithdrawal credentials 0x02  {compounding}"
        );
        let document = Document {
            address,
            path: path.to_string(),
            confirmed: self.confirm,
            withdrawal_credentials: ByPrefix { execution, compounding },
        };
        Ok(Outcome::done(text, document))
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The address, with the checksum of EIP-55.
    #[cfg_attr(test, schemars(with = "String"))]
    address: Address,
    /// Its derivation path (BIP-32).
    path: String,
    /// Whether the wallet showed the address and the user approved it.
    confirmed: bool,
    /// The withdrawal credentials that pay to this address: 32 bytes in hex, by their prefix.
    withdrawal_credentials: ByPrefix,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ByPrefix {
    /// Execution credentials: balance above 32 ETH is paid out.
    #[serde(rename = "0x01")]
    execution: String,
    /// Compounding credentials (EIP-7251): the balance may grow up to 2048 ETH.
    #[serde(rename = "0x02")]
    compounding: String,
}
