use stockade::{bls::PublicKey, staking::ExecutionRequest};

use super::{build, options::Options};
use crate::{CommandResult, context::Context};

/// Switch a validator from 0x01 to 0x02 credentials, so that it compounds (EIP-7251)
///
/// What exceeds 32 is then no longer paid out automatically. This cannot be undone.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The validator's public key
    #[arg(long, value_name = "PUBKEY")]
    validator: PublicKey,
    #[command(flatten)]
    options: Options,
}

impl Args {
    /// Builds, shows and signs the transaction.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let request = ExecutionRequest::Compounding { validator: self.validator };
        build::run(&request, &self.options, context)
    }
}
