use std::path::PathBuf;

use stockade::{
    backup::{
        Access, BackupError, Copy, SetId, Trust,
        origin::Pins,
        reseal::{self, Request},
        room, scrub,
    },
    timestamp::Timestamp,
};

use super::contact::ContactArgs;
use super::resealed::outcome;
use crate::{
    CommandResult,
    context::{Context, read_custodians, read_signers},
    unlockers::OpenArgs,
};

/// Seal a set's keys again, for other custodians or another threshold
///
/// Opens the old set and makes a new one with its own secret, next to it in every copy. The old set
/// stays and still opens for its custodians, in every copy of it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// Who can open the new set: custodian files, or a set that this wallet made
    #[arg(long, required = true, num_args = 1.., value_name = "FILE|SET")]
    custodian: Vec<PathBuf>,
    #[command(flatten)]
    contact: ContactArgs,
    /// How many custodians must open the new set together [default: 1; with a set as --custodian, as
    /// many as that set needs]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    threshold: Option<u8>,
    /// The set, if the copies hold several
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// Who else may have made the set: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Reseal a set even if neither this wallet nor a --signer made it
    #[arg(long)]
    accept_unknown_origin: bool,
    #[command(flatten)]
    open: OpenArgs,
    /// Allow real money behind a publicly known seed; for tests only
    #[arg(long, hide = true)]
    allow_test_seed: bool,
}

impl Args {
    /// Opens the old set, and makes the new one.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let custodians = read_custodians(&self.custodian)?;
        let mut copies = Copy::open_all(&self.copies)?;
        self.contact.name(&mut copies)?;
        let request = Request {
            custodians: &custodians,
            threshold: self.threshold,
            time: Timestamp::now(),
            allow_test_seed: self.allow_test_seed,
        };
        let trust = Trust {
            pins: Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? },
            accept_unknown_origin: self.accept_unknown_origin,
        };
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read_to_open(&copies, self.set.as_ref(), &mut progress)?;
        let [set] = scrubbed.sets.as_slice() else {
            return Err(BackupError::SeveralSets(scrubbed.sets.len()).into());
        };
        room::require(&copies, room::of_set(set.public_keys().len()))?;
        let mut unlockers = self.open.unlockers_of(&scrubbed, context)?;
        let mut access = Access::new(&mut unlockers, &trust, &mut context.terminal, &mut progress);
        let resealed = reseal::reseal(&request, set, &mut copies, &mut access)?;
        Ok(outcome(resealed, &set.id, &copies))
    }
}
