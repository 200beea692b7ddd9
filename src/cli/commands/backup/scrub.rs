use std::path::PathBuf;

use stockade::{
    backup::{Copy, SetId, origin::Pins, scrub},
    device_secret::check_address,
    eth::Address,
};

use crate::{
    CommandResult,
    commands::{report, unreachable},
    context::{Context, read_expected, read_signers},
    error::CommandError,
};

/// Read every byte of every copy: did anything rot, or change? Needs no wallet
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// This set alone
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// Who must have made the sets: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Keys that must be there: a key a line, a deposit_data file, or a keymanager listing
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
}

impl Args {
    /// Scrubs. Wallets named with --device vouch for their own sets; they are asked for nothing.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let (copies, unreachable) = Copy::open_reachable(&self.copies)?;
        let expected = read_expected(self.expect.as_deref())?;
        let pins = Pins { wallets: wallet_pins(context)?, signers: read_signers(&self.signer)? };
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read(&copies, self.set.as_ref(), &mut progress)?;
        let mut found = scrubbed.report(&copies, &pins);
        scrub::expect(&mut found, &expected);
        scrub::tell_unreachable(&mut found, &unreachable);
        let mut outcome = report::outcome(&found, &copies);
        unreachable::add(&mut outcome, unreachable);
        Ok(outcome)
    }
}

/// The check addresses of the wallets that are named.
pub fn wallet_pins(context: &mut Context) -> Result<Vec<Address>, CommandError> {
    let mut pins = Vec::new();
    for mut wallet in context.open_named()? {
        pins.push(check_address(&mut *wallet, &mut context.terminal)?);
    }
    Ok(pins)
}
