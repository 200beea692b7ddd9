//! Keys that were split into shares: if a whole key and its shares both sign, its validator is slashed.

use serde::Serialize;
pub use stockade::backup::history::WAIT_EPOCHS;
use stockade::{
    backup::{
        Copy, SetId, list,
        marks::{self, Mark as _, Marks},
        shares_of_keys,
        split_mark::SplitMark,
    },
    bls::PublicKey,
    staking::Network,
    timestamp::Timestamp,
};

use super::{confirm, key_share};
use crate::{
    context::Context,
    error::{CommandError, Kind},
};

/// The most stored shares that are named.
const LISTED: usize = 5;

/// The option for keys that were split.
#[derive(Debug, clap::Args)]
pub struct SharesArgs {
    /// For keys that were split: all of their shares are switched off for good
    #[arg(long)]
    shares_are_off: bool,
}

impl SharesArgs {
    /// Asks whether the shares of `keys` are off, where the copies record that some were split, or hold
    /// a share of one.
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
        let unread = unread
            .iter()
            .map(|file| format!("{file} cannot be read, so these keys may have been split"));
        let sets = list(copies)?;
        let stored = shares_of_keys(&sets, set, keys);
        let stored = stored.iter().map(|(set, key, share)| {
            format!("set {set} holds {key}, which is {}", key_share::short(share))
        });
        let found: Vec<_> = marks.chain(unread).chain(stored.take(LISTED)).collect();
        if found.is_empty() {
            return Ok(());
        }
        let found = found.join("; ");
        if self.shares_are_off {
            context.terminal.say(&format!("{found}. You stated that all shares are switched off."));
            return Ok(());
        }
        let question = format!(
            "{found}. If a whole key and its shares sign, or two splits of one key, its validator is \
             slashed. Are all of these shares switched off for good?"
        );
        match confirm::ask(context, &question) {
            Some(true) => Ok(()),
            Some(false) => Err(CommandError::new(
                Kind::Declined,
                "stopped: shares of these keys may still be running, so nothing else may sign with \
                 these keys",
            )),
            None => Err(CommandError::usage(format!("{found}; are the shares switched off?"))
                .with_hint("switch all of them off for good, then add --shares-are-off")),
        }
    }
}

/// A split, for people.
pub fn describe(mark: &SplitMark) -> String {
    let time = mark.time().parse::<Timestamp>();
    let time = time.map_or_else(|_| mark.time().to_owned(), Timestamp::to_minute);
    format!("{} shares ({} of them sign together) on {time}", mark.shares, mark.threshold)
}

/// A split of keys into shares.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Split {
    /// When the keys were split, as YYYYMMDDTHHMMSSZ.
    time: String,
    /// The same time in RFC 3339.
    split_at: Option<String>,
    /// The number of shares of each key.
    shares: u8,
    /// How many shares sign together.
    threshold: u8,
    /// The public keys that were split, in hex.
    keys: Vec<String>,
}

/// The splits for a document.
pub fn splits(marks: &Marks<SplitMark>) -> Vec<Split> {
    let split = |mark: &SplitMark| Split {
        time: mark.time().to_owned(),
        split_at: mark.time().parse().map(Timestamp::rfc3339).ok(),
        shares: mark.shares,
        threshold: mark.threshold,
        keys: mark.keys.iter().map(PublicKey::to_string).collect(),
    };
    marks.marks.iter().map(split).collect()
}

/// How long keys without a history must stay off, in minutes.
pub fn wait_minutes(network: Network) -> u64 {
    (WAIT_EPOCHS * network.epoch_seconds()).div_ceil(60)
}
