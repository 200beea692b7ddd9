use std::num::NonZeroU64;

use stockade::{
    bls::PublicKey,
    staking::{ExecutionRequest, Network},
};

use super::{build, options::Options};
use crate::{
    CommandResult,
    commands::{amount, decimal},
    context::Context,
    error::CommandError,
};

/// Exit a validator, or pay out some of its balance (EIP-7002)
///
/// The wallet signs with the key of the withdrawal address; the signing key is not needed. An exit
/// cannot be undone.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The validator's public key
    #[arg(long, value_name = "PUBKEY")]
    validator: PublicKey,
    /// Pay out this amount, in ETH, or in GNO on gnosis and chiado, and keep validating. For 0x02
    /// credentials only, from what exceeds 32 ETH or 1 GNO [default: exit, and pay out everything]
    #[arg(long, value_name = "COINS")]
    coins: Option<String>,
    /// The same in units of the consensus layer: on gnosis and chiado, 32 are 1 GNO
    #[arg(long, value_name = "AMOUNT", conflicts_with = "coins")]
    amount: Option<String>,
    #[command(flatten)]
    options: Options,
}

impl Args {
    /// Builds, shows and signs the transaction.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let Self { validator, coins, amount, options } = self;
        let request = match (coins, amount) {
            (None, None) => ExecutionRequest::Exit { validator },
            (Some(text), _) => {
                let gwei = gwei_of_coins(&text, options.network)?;
                ExecutionRequest::Withdrawal { validator, gwei }
            }
            (None, Some(text)) => ExecutionRequest::Withdrawal { validator, gwei: gwei(&text)? },
        };
        build::run(&request, &options, context)
    }
}

fn gwei(text: &str) -> Result<NonZeroU64, CommandError> {
    let gwei = decimal::parse("--amount", text, 9)?;
    u64::try_from(gwei).ok().and_then(NonZeroU64::new).ok_or_else(|| nothing("--amount", text))
}

fn gwei_of_coins(text: &str, network: Network) -> Result<NonZeroU64, CommandError> {
    let gwei = amount::gwei_of("--coins", text, network)?;
    NonZeroU64::new(gwei).ok_or_else(|| nothing("--coins", text))
}

/// Refuses zero, which would mean an exit.
fn nothing(option: &str, text: &str) -> CommandError {
    CommandError::usage(format!("{option} {text:.40}: the amount must be more than zero"))
        .with_hint(format!("leave out {option} to exit the validator"))
}
