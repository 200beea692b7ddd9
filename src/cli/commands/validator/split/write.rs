//! Splitting keys: everything is asked first, the split is recorded, then shares are written.

use std::path::Path;

use stockade::{
    backup::{
        Access, Copy, Trust,
        origin::Pins,
        restore::{LostKeys, Restorable, require_new},
        scrub,
        split_mark::SplitMark,
        splittable::{require_quiet, require_whole},
        whereabouts::{LocationKind, Record},
    },
    timestamp::Timestamp,
    validator::ValidatorError,
};

use super::{
    Args, before,
    report::{self, Report},
    threshold_warning,
};
use crate::{
    CommandResult,
    commands::{
        elsewhere::{Said, Unrecorded},
        shares,
    },
    context::{Context, read_signers},
    host,
};

impl Args {
    /// Splits the keys into the new folder `folder`.
    pub(super) fn write(&self, folder: &Path, context: &mut Context) -> CommandResult {
        let splitting = self.splitting()?;
        let warnings: Vec<_> = threshold_warning(&splitting).into_iter().collect();
        warnings.iter().for_each(|text| context.terminal.say(&format!("warning: {text}")));
        require_new(folder, &[])?;
        let copies = Copy::open_all(&self.copy)?;
        let pins = Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? };
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read_to_open(&copies, self.set.as_ref(), &mut progress)?;
        let set = shares::set_of_all(&scrubbed.sets, &self.pubkey)?;
        // All questions come before the first approval on a wallet: nobody presses in vain.
        require_whole(&copies, &self.pubkey)?;
        require_quiet(&copies, &set.id, &self.pubkey)?;
        before::confirm_off(self.whole_keys_are_off, context)?;
        self.shares_args.settle(context, &copies, &set.id, &self.pubkey)?;
        let to = host::folder(LocationKind::Shares, folder);
        let (place, off) = ((copies.as_slice(), &set.id), self.whole_keys_are_off);
        let said = Said::not_running(off);
        let elsewhere = self.elsewhere.settle(context, place, &self.pubkey, (&to, None), said)?;
        let mut unlockers = self.open.unlockers(context)?;
        let trust = Trust { pins, accept_unknown_origin: false };
        let mut access = Access::new(&mut unlockers, &trust, &mut context.terminal, &mut progress);
        let opened = Restorable::open(&copies, set, LostKeys::Refuse, &mut access)?;
        let known = opened.public_keys();
        if let Some(key) = self.pubkey.iter().find(|key| !known.contains(key)) {
            return Err(ValidatorError::NoSuchKey(*key).into());
        }
        // Recorded first: unrecorded shares would look as if there were none.
        let (number, threshold) = (splitting.shares(), splitting.threshold());
        let mark = SplitMark::new(&self.pubkey, number, threshold, Timestamp::now());
        let marked = mark.leave(&copies, &set.id)?;
        shares::warn_of_unmarked(&marked, context);
        // Read again: a person may have looked at the plan for a long time.
        let record = Record::read(&copies, &set.id, &self.pubkey)?;
        let mut clearance =
            opened.clear(record, &elsewhere.release(&to, &self.pubkey, None), &copies)?;
        let permit = clearance.send(&self.pubkey)?;
        let secret = |key| opened.secret(key, &permit).ok_or(ValidatorError::NoSuchKey(*key));
        let keys = self.pubkey.iter().map(secret).collect::<Result<Vec<_>, _>>()?;
        context.terminal.tell_leftover(folder);
        context.terminal.take_endings();
        let split = splitting.write((&permit, &marked), &keys, folder, &mut progress)?;
        let unrecorded = Unrecorded::of(&clearance, context);
        let report = Report { split: &split, set: &set.id, splitting: &splitting, to: folder };
        let mut outcome = report::outcome(&report, &marked, warnings);
        unrecorded.add_to(&mut outcome);
        Ok(outcome)
    }
}
