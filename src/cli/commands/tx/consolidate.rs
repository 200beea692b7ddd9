use stockade::{bls::PublicKey, staking::ExecutionRequest};

use super::{build, options::Options};
use crate::{CommandResult, context::Context, error::CommandError};

/// Move a validator's whole balance to another validator (EIP-7251)
///
/// The first validator exits. The other one must have 0x02 credentials; its owner then owns the
/// balance, even if that is somebody else. This cannot be undone.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The public key of the validator that exits
    #[arg(long, value_name = "PUBKEY")]
    from: PublicKey,
    /// The public key of the validator that receives its balance
    #[arg(long, value_name = "PUBKEY")]
    to: PublicKey,
    #[command(flatten)]
    options: Options,
}

impl Args {
    /// Builds, shows and signs the transaction.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let Self { from: source, to: target, options } = self;
        if source == target {
            return Err(CommandError::usage("--from and --to name the same validator")
                .with_hint("`stockade tx compound` switches a validator to 0x02 credentials"));
        }
        build::run(&ExecutionRequest::Consolidation { source, target }, &options, context)
    }
}
