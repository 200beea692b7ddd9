//! Shares of keys that were split, and the keys themselves: both signing is what slashes.

use serde_json::{Value, json};
pub use stockade::backup::history::WAIT_EPOCHS;
use stockade::{
    backup::{
        Copy, SetId,
        marks::{self, Mark as _, Marks},
        split_mark::SplitMark,
    },
    bls::PublicKey,
    interact::Interact as _,
    staking::Network,
};

use crate::{
    context::Context,
    error::{CommandError, Kind},
};

/// What is said of keys that were split.
#[derive(Debug, clap::Args)]
pub struct SharesArgs {
    /// Keys that were split: their shares run on no machine, and never will again
    #[arg(long)]
    shares_are_off: bool,
}

impl SharesArgs {
    /// Has somebody say that no share of `keys` runs, where a mark says that there are any.
    pub fn settle(
        &self,
        context: &mut Context,
        copies: &[Copy],
        set: &SetId,
        keys: &[PublicKey],
    ) -> Result<(), CommandError> {
        let Marks { marks, unread } = marks::of_keys::<SplitMark>(copies, set, keys)?;
        let marks = marks.iter().map(|mark| {
            let of_them = mark.keys.iter().filter(|key| keys.contains(key)).count();
            format!("{of_them} of these keys were split into {}", describe(mark))
        });
        let unread = unread.iter().map(|file| {
            format!("whether these keys were split is not known: {file} cannot be read")
        });
        let found: Vec<_> = marks.chain(unread).collect();
        if found.is_empty() {
            return Ok(());
        }
        let found = found.join("; ");
        if self.shares_are_off {
            context.terminal.say(&format!("{found}. You said that no share runs any more."));
            return Ok(());
        }
        let question = format!(
            "{found}. A whole key that runs beside its shares, or two splits of one key, get its \
             validator slashed. Do these shares run on no machine, and never will again? (yes or no)"
        );
        match context.terminal.ask(&question) {
            Some(answer) if answer.trim().eq_ignore_ascii_case("yes") => Ok(()),
            Some(_) => Err(CommandError::new(
                Kind::Declined,
                "stopped: while shares of these keys may run, nothing else may sign with them",
            )),
            None => Err(CommandError::usage(format!("{found}; do the shares still run?"))
                .with_hint("say that they run on no machine and never will: --shares-are-off")),
        }
    }
}

/// A split, for people.
pub fn describe(mark: &SplitMark) -> String {
    format!("{} shares ({} of them sign) at {}", mark.shares, mark.threshold, mark.time())
}

/// The same as JSON.
pub fn splits_json(marks: &Marks<SplitMark>) -> Value {
    let mark = |mark: &SplitMark| {
        json!({
            "time": mark.time(),
            "shares": mark.shares,
            "threshold": mark.threshold,
            "keys": mark.keys,
        })
    };
    marks.marks.iter().map(mark).collect()
}

/// How long keys without a history must stay off, in minutes.
pub fn wait_minutes(network: Network) -> u64 {
    (WAIT_EPOCHS * network.epoch_seconds()).div_ceil(60)
}
