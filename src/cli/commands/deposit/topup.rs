use std::path::PathBuf;

use serde_json::json;
use stockade::{
    staking::{
        DEPOSIT_CLI_VERSION, Deposit, MIN_DEPOSIT_GWEI, WithdrawalCredentials, write_deposit_file,
    },
    store::private_file,
    validator::Withdrawal,
};

use crate::{
    CommandResult,
    commands::{
        amount::{coins, gwei, version},
        signing_key::{KeyArgs, SigningKey},
        withdrawal,
    },
    context::Context,
    error::CommandError,
    output::Outcome,
};

/// Sign a further deposit for a validator that exists (a partial deposit)
///
/// Its credentials are those of the deposit data beside the key, unless others are given. The chain
/// keeps the credentials that the validator has, whatever a further deposit says.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    key: KeyArgs,
    /// How much, in ETH, or in GNO on gnosis and chiado
    #[arg(long, value_name = "COINS")]
    amount: String,
    /// The validator's withdrawal address with its checksum, where no deposit data says it
    #[arg(long, value_name = "0x..", requires = "credentials")]
    withdrawal_address: Option<String>,
    /// The validator's credentials now, where no deposit data says them: 0x01 (up to 32) or 0x02
    #[arg(long, value_parser = ["0x01", "0x02"], requires = "withdrawal_address")]
    credentials: Option<String>,
    /// What the deposit data says of the tool that made it: launchpads refuse old versions
    #[arg(long, value_name = "VERSION", default_value = DEPOSIT_CLI_VERSION, value_parser = version)]
    deposit_cli_version: String,
    /// The deposit_data file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Args {
    /// Opens the key and signs.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let given = self.given()?;
        // Before anybody presses anything.
        private_file::require_new(&self.out)?;
        let amount = gwei(&self.amount, self.key.network()?)?;
        if amount < MIN_DEPOSIT_GWEI {
            return Err(CommandError::input(format!(
                "--amount {}: the least deposit is {}",
                self.amount,
                coins(MIN_DEPOSIT_GWEI, self.key.network()?)
            )));
        }
        let SigningKey { network, secret, deposit } = self.key.open(context)?;
        let known = deposit.map(|deposit| *deposit.withdrawal_credentials());
        let credentials = given.or(known).ok_or_else(|| {
            CommandError::usage("no deposit data beside this key says its withdrawal credentials")
                .with_hint("give --withdrawal-address and --credentials as the chain has them")
        })?;
        let input = |error: String| CommandError::input(error);
        let deposit = Deposit::sign(network, &secret, credentials, amount)
            .map_err(|error| input(error.to_string()))?;
        let text = write_deposit_file(std::slice::from_ref(&deposit), &self.deposit_cli_version)
            .map_err(|error| input(error.to_string()))?;
        private_file::create(&self.out, text.as_bytes())?;
        let text = format!(
            "Signed a further deposit of {} on {network} into {}\n  {}\n  credentials {credentials}\n\
             Make sure that this validator exists: a first deposit of less than {} does not start one.",
            coins(amount, network),
            crate::shown(&self.out),
            deposit.pubkey(),
            coins(stockade::staking::WHOLE_VALIDATOR_GWEI, network),
        );
        let json = json!({
            "pubkey": deposit.pubkey(),
            "network": network,
            "amount": amount,
            "withdrawal_credentials": credentials.to_string(),
            "out": self.out.to_string_lossy(),
        });
        Ok(Outcome::done(text, json))
    }

    fn given(&self) -> Result<Option<WithdrawalCredentials>, CommandError> {
        let (Some(address), Some(kind)) = (&self.withdrawal_address, &self.credentials) else {
            return Ok(None);
        };
        match (withdrawal::parse(address)?, kind.as_str()) {
            (Withdrawal::To(address), "0x02") => {
                Ok(Some(WithdrawalCredentials::Compounding(address)))
            }
            (Withdrawal::To(address), _) => Ok(Some(WithdrawalCredentials::Execution(address))),
            (Withdrawal::Device, _) => Err(CommandError::usage(
                "--withdrawal-address: the address that the validator has, not `device`",
            )),
        }
    }
}
