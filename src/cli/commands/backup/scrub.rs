use std::path::PathBuf;

use serde::Serialize;
use stockade::{
    backup::{Copy, SetId, origin::Pins, scrub},
    device_secret::check_address,
    eth::Address,
};

use crate::{
    CommandResult,
    commands::{key_share::ClusterLockArgs, report, unreachable::Unreached},
    context::{Context, read_expected, read_signers},
    error::CommandError,
};

/// Read every byte of every copy, to find files that rotted or changed. Needs no wallet
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// Only this set
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// Who must have made the sets: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Keys that must be in the sets: a file with one key on each line, a deposit_data file, or a
    /// keymanager listing
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    #[command(flatten)]
    lock: ClusterLockArgs,
}

/// The document of a scrub, and of a drill.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    #[serde(flatten)]
    pub report: report::Document,
    #[serde(flatten)]
    pub unreached: Unreached,
}

impl Args {
    /// Scrubs. Wallets named with --device vouch for their own sets, without a question to the user.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let (copies, unreachable) = Copy::open_reachable(&self.copies)?;
        let expected = read_expected(self.expect.as_deref())?;
        let lock = self.lock.read()?;
        let pins = Pins { wallets: wallet_pins(context)?, signers: read_signers(&self.signer)? };
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read(&copies, self.set.as_ref(), &mut progress)?;
        let mut found = scrubbed.report(&copies, &pins);
        scrub::expect(&mut found, &expected);
        if let Some(lock) = &lock {
            scrub::expect_lock(&mut found, lock);
        }
        scrub::tell_unreachable(&mut found, &unreachable);
        let unreached = unreachable.into();
        Ok(report::outcome(&found, &copies, |report| Document { report, unreached }))
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
