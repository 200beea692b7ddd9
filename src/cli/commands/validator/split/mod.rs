mod before;
mod report;

use std::path::PathBuf;

use stockade::{
    backup::{
        Access, Copy, SetId, Trust, marks,
        origin::Pins,
        restore::{LostKeys, Restorable, require_new},
        scrub,
        split_mark::SplitMark,
        whereabouts::{LocationKind, Record},
    },
    bls::PublicKey,
    timestamp::Timestamp,
    validator::{Splitting, ValidatorError, default_threshold},
};

#[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
pub use self::report::Document;
use crate::{
    CommandResult,
    commands::{
        elsewhere::{ElsewhereArgs, Said, Unrecorded},
        shares::SharesArgs,
    },
    context::{Context, read_signers},
    error::{CommandError, Kind},
    host,
    output::value,
    unlockers::OpenArgs,
};

/// Split signing keys into shares for a distributed validator: any M of N shares sign together
///
/// Opens a set and writes, for each machine, keystores of its shares in the layout that charon (Obol)
/// loads: node<i>/validator_keys/keystore-<k>.json, with the password in keystore-<k>.txt. Node i has
/// the share at x = i + 1. Before anything is written, the shares are tested: they must sign for their
/// key together. Every copy records the split: `stockade validator list` shows it, and a restore asks
/// about it. NEVER run a whole key and its shares at the same time, nor two splits of one key: the
/// validator would be slashed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies that hold the set. A file that is damaged in one is read from another
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    copy: Vec<PathBuf>,
    /// The set, if the copies hold several
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// The keys to split, in the order of the cluster's validators
    #[arg(long, required = true, num_args = 1.., value_name = "PUBKEY")]
    pubkey: Vec<PublicKey>,
    /// The number of shares, one for each machine
    #[arg(long, value_name = "N")]
    shares: u8,
    /// The number of shares that sign together: more than half [default: two thirds, rounded up]
    #[arg(long, value_name = "M")]
    threshold: Option<u8>,
    /// The folder to create; it must not exist, or be empty
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// The whole keys are switched off on every machine, for good
    #[arg(long)]
    whole_keys_are_off: bool,
    #[command(flatten)]
    shares_args: SharesArgs,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    #[command(flatten)]
    open: OpenArgs,
    /// Also trust sets that this signer made: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
}

impl Args {
    /// Opens the set, splits the keys, tests the shares, and writes them.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let threshold = self.threshold.unwrap_or(default_threshold(self.shares));
        let splitting = Splitting::new(self.shares, threshold)?;
        require_new(&self.to, &[])?;
        self.require_each_once()?;
        let copies = Copy::open_all(&self.copy)?;
        let pins = Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? };
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read(&copies, self.set.as_ref(), &mut progress)?;
        let set = self.set_of_all(&scrubbed.sets)?;
        // All questions come before the first approval on a wallet: nobody presses in vain.
        before::require_quiet(&copies, &set.id, &self.pubkey)?;
        before::confirm_off(self.whole_keys_are_off, context)?;
        self.shares_args.settle(context, &copies, &set.id, &self.pubkey)?;
        let to = host::folder(LocationKind::Shares, &self.to);
        let (place, off) = ((copies.as_slice(), &set.id), self.whole_keys_are_off);
        let elsewhere = self.elsewhere.settle(
            context,
            place,
            &self.pubkey,
            (&to, None),
            Said::not_running(off),
        )?;
        let mut unlockers = self.open.unlockers(context)?;
        let trust = Trust { pins, accept_unknown_origin: false };
        let mut access = Access::new(&mut unlockers, &trust, &mut context.terminal, &mut progress);
        let opened = Restorable::open(&copies, set, LostKeys::Refuse, &mut access)?;
        let known = opened.public_keys();
        if let Some(key) = self.pubkey.iter().find(|key| !known.contains(key)) {
            return Err(ValidatorError::NoSuchKey(*key).into());
        }
        // Recorded first: unrecorded shares would look as if there were none.
        let marked = self.record(&copies, &set.id, threshold, context)?;
        // Read again: a person may have looked at the plan for a long time.
        let record = Record::read(&copies, &set.id, &self.pubkey)?;
        let mut clearance =
            opened.clear(record, &elsewhere.release(&to, &self.pubkey, None), &copies)?;
        let permit = clearance.send(&self.pubkey)?;
        let secret = |key| opened.secret(key, &permit).ok_or(ValidatorError::NoSuchKey(*key));
        let keys = self.pubkey.iter().map(secret).collect::<Result<Vec<_>, _>>()?;
        context.terminal.tell_leftover(&self.to);
        context.terminal.take_endings();
        let split = splitting.write(&permit, &keys, &self.to, &mut progress)?;
        let unrecorded = Unrecorded::of(&clearance, context);
        let mut outcome = report::outcome(&split, &set.id, splitting, self.shares, &self.to);
        outcome.ok &= marked.len() == copies.len();
        outcome.json.insert("marked".to_owned(), value(marked));
        unrecorded.add_to(&mut outcome);
        Ok(outcome)
    }

    /// Records the split in every copy that can be written to, and returns the ids of those. If there
    /// are none, nothing is split.
    fn record(
        &self,
        copies: &[Copy],
        set: &SetId,
        threshold: u8,
        context: &mut Context,
    ) -> Result<Vec<String>, CommandError> {
        let mark = SplitMark::new(&self.pubkey, self.shares, threshold, Timestamp::now());
        let mut marked = Vec::new();
        for copy in copies {
            match marks::leave(&mark, copy, set) {
                Ok(()) => marked.push(copy.id().to_owned()),
                Err(error) => context.terminal.say(&format!(
                    "warning: {} could not record that these keys were split: {error}",
                    crate::shown(copy.dir())
                )),
            }
        }
        if marked.is_empty() {
            let message = "nothing was split: no copy could record the split, so a later restore would \
                           hand out the whole keys without a question";
            return Err(CommandError::new(Kind::File, message).with_hint("make a copy writable"));
        }
        Ok(marked)
    }
}
