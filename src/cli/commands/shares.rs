//! Keys that were split into shares: if a whole key and its shares both sign, its validator is slashed.

use serde::Serialize;
pub use stockade::backup::history::WAIT_EPOCHS;
use stockade::{
    backup::{
        BackupError, Copy, SetId, list,
        marks::{self, Mark as _, Marks},
        scrub::ScrubbedSet,
        shares_of_keys,
        split_mark::{Marked, SplitMark},
    },
    bls::PublicKey,
    staking::Network,
    timestamp::Timestamp,
};

use super::{confirm, key_share, plural::count};
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
            let were = if of_them == 1 { "was" } else { "were" };
            format!("{of_them} of these keys {were} split into {}", describe(mark))
        });
        let unread = unread
            .iter()
            .map(|file| format!("{file} cannot be read, so these keys may have been split"));
        let sets = list(copies)?;
        let stored = shares_of_keys(&sets, set, keys);
        let stored = stored.iter().map(|(set, key, share)| {
            format!("set {set} holds {key}, which is {}", key_share::short(share))
        });
        let others = stored.len().saturating_sub(LISTED);
        let others = (others > 0).then(|| format!("and {}", count(others, "more share")));
        let found: Vec<_> = marks.chain(unread).chain(stored.take(LISTED)).chain(others).collect();
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

/// The set that holds all of `keys`.
pub fn set_of_all<'a>(
    sets: &'a [ScrubbedSet],
    keys: &[PublicKey],
) -> Result<&'a ScrubbedSet, CommandError> {
    let holds_all = |set: &&ScrubbedSet| {
        let held = set.public_keys();
        keys.iter().all(|key| held.contains(key))
    };
    let mut holding = sets.iter().filter(holds_all);
    match (holding.next(), holding.count()) {
        (Some(set), 0) => Ok(set),
        (Some(_), others) => Err(BackupError::SeveralSets(others + 1).into()),
        (None, _) => Err(CommandError::input("no set on these copies holds all of these keys")
            .with_hint(
                "name the keys of one set at a time; `stockade validator list` shows the set of each key",
            )),
    }
}

/// Refuses a key that is named twice.
pub fn require_each_once(keys: &[PublicKey]) -> Result<(), CommandError> {
    let mut each = keys.iter().enumerate();
    match each.find(|(i, key)| keys.iter().take(*i).any(|other| other == *key)) {
        Some((_, key)) => Err(CommandError::usage(format!("--pubkey {key} is given twice"))),
        None => Ok(()),
    }
}

/// Names the copies that could not record a split.
pub fn warn_of_unmarked(marked: &Marked, context: &mut Context) {
    for (dir, why) in marked.refused() {
        context.terminal.say(&format!(
            "warning: {} could not record that these keys were split: {why}",
            crate::shown(&dir)
        ));
    }
}

/// The same for the result.
pub fn unmarked_text(marked: &Marked) -> String {
    let names: Vec<_> =
        marked.refused().iter().map(|(dir, _)| crate::shown(&dir).to_string()).collect();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "\nNOT RECORDED IN {}: a restore from there alone would not ask about the split. Make it \
         writable, then run `stockade backup repair` with all copies.",
        names.join(", ")
    )
}

/// A split, for people.
pub fn describe(mark: &SplitMark) -> String {
    let time = mark.time().parse::<Timestamp>();
    let time = time.map_or_else(|_| mark.time().to_owned(), Timestamp::to_minute);
    match (mark.shares, mark.threshold) {
        (0, 0) => format!("shares by another tool on {time}"),
        (0, threshold) => format!("shares ({threshold} of them sign together) on {time}"),
        (shares, 0) => format!("{shares} shares on {time}"),
        (shares, threshold) => {
            format!("{shares} shares ({threshold} of them sign together) on {time}")
        }
    }
}

/// A split of keys into shares.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Split {
    /// When the keys were split, as YYYYMMDDTHHMMSSZ.
    time: String,
    /// The same time in RFC 3339.
    split_at: Option<String>,
    /// The number of shares of each key; 0 if it is not known.
    shares: u8,
    /// How many shares sign together; 0 if it is not known.
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
