use std::path::PathBuf;

use serde::Serialize;
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

/// Sign another deposit for an existing validator (a top-up)
///
/// Uses the credentials of the deposit data that is stored with the key, unless others are given. A
/// top-up does not change the credentials that the validator has on the chain.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    key: KeyArgs,
    /// The amount in ETH, or in GNO on gnosis and chiado
    #[arg(long, value_name = "COINS")]
    amount: String,
    /// The validator's withdrawal address with its checksum, if no deposit data is stored with the key
    #[arg(long, value_name = "0x..", requires = "credentials")]
    withdrawal_address: Option<String>,
    /// The type of the validator's credentials, if no deposit data is stored with the key
    #[arg(long, value_parser = ["0x01", "0x02"], requires = "withdrawal_address")]
    credentials: Option<String>,
    /// The tool version that the deposit data names: launchpads refuse old versions
    #[arg(long, value_name = "VERSION", default_value = DEPOSIT_CLI_VERSION, value_parser = version)]
    deposit_cli_version: String,
    /// The deposit_data file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Args {
    /// Opens the key and signs the deposit.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let given = self.given()?;
        private_file::require_new(&self.out)?;
        self.key.refuse_share(
            "a deposit to it would make another validator, whose money the cluster cannot withdraw. Top \
             up the validator itself",
        )?;
        let amount = gwei(&self.amount, self.key.network()?)?;
        if amount < MIN_DEPOSIT_GWEI {
            return Err(CommandError::input(format!(
                "--amount {}: the smallest deposit is {}",
                self.amount,
                coins(MIN_DEPOSIT_GWEI, self.key.network()?)
            )));
        }
        let SigningKey { network, secret, deposit } = self.key.open(context)?;
        let known = deposit.map(|deposit| *deposit.withdrawal_credentials());
        let credentials = given.or(known).ok_or_else(|| {
            CommandError::usage(
                "no deposit data is stored with this key, so its credentials are unknown",
            )
            .with_hint("give --withdrawal-address and --credentials as they are on the chain")
        })?;
        let input = |error: String| CommandError::input(error);
        let deposit = Deposit::sign(network, &secret, credentials, amount)
            .map_err(|error| input(error.to_string()))?;
        let text = write_deposit_file(std::slice::from_ref(&deposit), &self.deposit_cli_version)
            .map_err(|error| input(error.to_string()))?;
        private_file::create(&self.out, text.as_bytes())?;
        let text = format!(
            "Signed a deposit of {} on {network} into {}\n  {}\n  credentials {credentials}\n\
             Make sure that this validator exists: a first deposit of less than {} does not activate one.",
            coins(amount, network),
            crate::shown(&self.out),
            deposit.pubkey(),
            coins(stockade::staking::WHOLE_VALIDATOR_GWEI, network),
        );
        let document = Document {
            pubkey: deposit.pubkey().to_string(),
            network: network.name(),
            amount,
            withdrawal_credentials: credentials.to_string(),
            out: self.out.to_string_lossy().into_owned(),
        };
        Ok(Outcome::done(text, document))
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
                "--withdrawal-address must be the address that the validator has, not `device`",
            )),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The public key of the validator.
    pubkey: String,
    /// The network of the deposit.
    network: &'static str,
    /// The amount, in Gwei of the consensus layer.
    amount: u64,
    /// The withdrawal credentials in the deposit: 32 bytes in hex.
    withdrawal_credentials: String,
    /// The deposit_data file that was written.
    out: String,
}
