use std::path::PathBuf;

use stockade::backup::{Copy, SetId, drill, origin::Pins, scrub};

use crate::{
    CommandResult,
    commands::{report, unreachable},
    context::{Context, read_expected, read_signers},
    hands::OpenArgs,
    shell,
};

/// Open every key with its custodians, in memory only: can it all be recovered?
///
/// Puts every signing key into this computer's memory: scrub often, drill seldom, and on a machine
/// that you trust. Keys of the wallets' own batches are made again and compared. Where it takes
/// several custodians, name each wallet with --device, or have them asked for with --insert.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// This set alone
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// Who else may have made the sets: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Keys that must be there: a key a line, a deposit_data file, or a keymanager listing
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// Open sets too that neither this wallet nor a --signer made; they are still not proven
    #[arg(long)]
    accept_unknown_origin: bool,
    #[command(flatten)]
    open: OpenArgs,
}

impl Args {
    /// Drills.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let (copies, unreachable) = Copy::open_reachable(&self.copies)?;
        let expected = read_expected(self.expect.as_deref())?;
        let options = drill::Options {
            pins: Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? },
            accept_unknown_origin: self.accept_unknown_origin,
        };
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read(&copies, self.set.as_ref(), &mut progress)?;
        let mut hands = self.open.hands(context)?;
        let mut found = drill::drill(
            &copies,
            &scrubbed,
            &options,
            &mut hands,
            &mut context.terminal,
            &mut progress,
        )?;
        scrub::expect(&mut found, &expected);
        scrub::tell_unreachable(&mut found, &unreachable);
        let mut outcome = report::outcome(&found, &copies);
        if outcome.ok {
            outcome.text += &format!(
                "\nThis drill leaves no trace. To have the wallet sign what it finds: stockade attest \
                 create --check drill --copy{}",
                shell::copies(&copies)
            );
        }
        unreachable::add(&mut outcome, unreachable);
        Ok(outcome)
    }
}
