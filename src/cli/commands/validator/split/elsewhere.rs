//! `validator split --elsewhere`: records that another tool split keys.

use stockade::{
    backup::{BackupError, Copy, scrub, split_mark::SplitMark, splittable::require_whole},
    timestamp::Timestamp,
    validator::Splitting,
};

use super::{Args, report};
use crate::{CommandResult, commands::shares, context::Context, error::CommandError};

impl Args {
    /// Leaves the mark of the split in every copy.
    pub(super) fn record_elsewhere(&self, context: &mut Context) -> CommandResult {
        let (number, threshold) = self.known_numbers()?;
        let copies = Copy::open_all(&self.copy)?;
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read_to_open(&copies, self.set.as_ref(), &mut progress)?;
        let set = shares::set_of_all(&scrubbed.sets, &self.pubkey)?;
        require_whole(&copies, &self.pubkey)?;
        let mark = SplitMark::new(&self.pubkey, number, threshold, Timestamp::now());
        let marked = mark.leave(&copies, &set.id).map_err(unmarked)?;
        shares::warn_of_unmarked(&marked, context);
        Ok(report::recorded(&mark, &set.id, &marked))
    }

    /// The number of shares and the threshold, or zeros where they are not known.
    fn known_numbers(&self) -> Result<(u8, u8), CommandError> {
        match (self.shares, self.threshold) {
            (Some(shares), Some(threshold)) => {
                // Its rules are those of every split.
                let splitting = Splitting::new(shares, threshold)?;
                Ok((splitting.shares(), splitting.threshold()))
            }
            (shares, threshold) => Ok((shares.unwrap_or(0), threshold.unwrap_or(0))),
        }
    }
}

/// Nothing was to be written but the mark.
fn unmarked(error: BackupError) -> CommandError {
    match error {
        BackupError::NotMarked(why) => CommandError::from(*why),
        error => error.into(),
    }
}
