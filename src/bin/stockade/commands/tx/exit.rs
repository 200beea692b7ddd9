use std::num::NonZeroU64;

use stockade::{bls::PublicKey, staking::ExecutionRequest};

use super::{build, options::Options};
use crate::{CommandResult, commands::decimal, context::Context, error::CommandError};

/// Have a validator exit, or pay some of its balance out (EIP-7002)
///
/// The wallet signs it with the key of the withdrawal address; the signing key is not needed. An
/// exit cannot be undone.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The validator's public key
    #[arg(long, value_name = "PUBKEY")]
    validator: PublicKey,
    /// Pay out this much, in ETH, and go on validating: for 0x02 credentials, from what is above 32
    /// (on gnosis and chiado 32 stand for 1 GNO) [default: exit, and pay out everything]
    #[arg(long, value_name = "ETH")]
    amount: Option<String>,
    #[command(flatten)]
    options: Options,
}

impl Args {
    /// Builds, shows and signs.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let Self { validator, amount, options } = self;
        let request = match amount {
            None => ExecutionRequest::Exit { validator },
            Some(text) => ExecutionRequest::Withdrawal { validator, gwei: gwei(&text)? },
        };
        build::run(&request, &options, context)
    }
}

/// Zero would be an exit: whoever asks for nothing must not get that.
fn gwei(text: &str) -> Result<NonZeroU64, CommandError> {
    let gwei = decimal::parse("--amount", text, 9)?;
    u64::try_from(gwei).ok().and_then(NonZeroU64::new).ok_or_else(|| {
        CommandError::usage(format!("--amount {text}: more than nothing must be paid out"))
            .with_hint("without --amount the validator exits")
    })
}
