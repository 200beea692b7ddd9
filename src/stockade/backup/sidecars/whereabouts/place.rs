//! A location where some of the keys can sign, and what the entries say of it.

use std::collections::BTreeSet;

use super::{
    Entry, Location, State,
    files::{Found, Unread},
};
use crate::backup::set::{digest::Digest, set_id::SetId};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::bls::PublicKey;

/// A location counts as running if an entry for it is no older than this, in seconds.
pub const RECENT_SECONDS: i64 = 3600;

/// A location where some of the keys can sign.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Place {
    /// The location; `None` if the entry cannot be read.
    pub location: Option<Location>,
    /// Its name for `--off`.
    pub label: String,
    /// The keys.
    pub keys: Vec<PublicKey>,
    /// The state according to the last entry, by the order of the entries.
    pub state: State,
    /// The latest time of any entry.
    pub time: String,
    /// Whether that was within the last hour, or may have been: its time cannot be read, or is in the
    /// future.
    pub recent: bool,
    /// Whether that is in the future: this computer's clock or another one is wrong.
    pub future: bool,
    /// Whether an entry closes it that does not count, because it was not written with this set's
    /// secret.
    pub doubted: bool,
    /// A set with the same keys that has an entry which closes it. The entry does not count here.
    pub closed_by: Option<SetId>,
    pub(crate) ids: BTreeSet<Digest>,
    /// The rank of the last entry.
    last: Rank,
}

/// What orders entries. Clocks can be wrong, and several entries are written within a second, so the
/// time decides only between two writers that did not know of each other, or older versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    order: u64,
    time: String,
    state: State,
}

impl Rank {
    pub(super) fn of(entry: &Entry) -> Self {
        Self { order: entry.order, time: entry.time.clone(), state: entry.state }
    }
}

impl Place {
    pub(super) fn of(one: &Found, keys: Vec<PublicKey>) -> Self {
        let Entry { location, state, time, .. } = &one.entry;
        Self {
            label: location.label().to_owned(),
            location: Some(location.clone()),
            keys,
            state: *state,
            time: time.clone(),
            recent: false,
            future: false,
            doubted: false,
            closed_by: None,
            ids: BTreeSet::from([one.id]),
            last: Rank::of(&one.entry),
        }
    }

    pub(super) fn unread(one: &Unread, keys: &[PublicKey]) -> Self {
        Self {
            label: one.file.clone(),
            location: None,
            keys: keys.to_vec(),
            state: State::Stuck,
            time: one.time.clone(),
            recent: false,
            future: false,
            doubted: false,
            closed_by: None,
            ids: BTreeSet::from([one.id]),
            last: Rank { order: 0, time: one.time.clone(), state: State::Stuck },
        }
    }

    pub(super) fn add(&mut self, one: &Found, keys: &[PublicKey]) {
        self.keys.extend(keys);
        self.ids.insert(one.id);
        self.time = one.entry.time.clone().max(std::mem::take(&mut self.time));
        let rank = Rank::of(&one.entry);
        if self.last < rank {
            self.state = rank.state;
            self.last = rank;
        }
    }

    /// Says whether its time is recent, and whether it is in the future.
    pub(super) fn date(&mut self, now: Timestamp) {
        let age = self.time.parse::<Timestamp>().map(|time| now.unix() - time.unix());
        // This computer's clock may have been set back a moment after the entry was written.
        self.recent = age.as_ref().map_or(true, |age| *age < RECENT_SECONDS);
        self.future = age.is_ok_and(|age| age < 0);
    }

    /// Whether the user means this place by `text` on a command line.
    pub fn is_called(&self, text: &str) -> bool {
        match &self.location {
            Some(location) => location.is_called(text),
            None => self.label == text || self.label.ends_with(&format!("/{text}")),
        }
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        let keys = match self.keys.len() {
            1 => "1 of the keys".to_owned(),
            several => format!("{several} of the keys"),
        };
        let Some(location) = &self.location else {
            return format!(
                "{} cannot be read: any of the keys may be able to sign somewhere else",
                self.label
            );
        };
        let what = match self.state {
            State::Sent => "was sent to",
            State::Accepted => "was accepted by",
            State::RemovalRequested => "was to be removed at",
            State::Stuck => "may not have been removed at",
            _ => "is at",
        };
        let what = if self.keys.len() == 1 { what.to_owned() } else { plural(what) };
        let future = if self.future {
            ", according to a clock that is ahead of this computer's"
        } else {
            ""
        };
        let doubted = match (&self.closed_by, self.doubted) {
            (Some(set), _) => {
                format!("; set {set} says otherwise, but that only counts for set {set} itself")
            }
            (None, true) => {
                "; the entry that says otherwise was not written with this set's secret".to_owned()
            }
            (None, false) => String::new(),
        };
        format!("{keys} {what} {location} ({}{future}{doubted})", for_people(&self.time))
    }
}

fn plural(what: &str) -> String {
    what.replacen("was ", "were ", 1).replacen("is ", "are ", 1)
}

/// `20261129T043812Z` as `2026-11-29 04:38 UTC`.
fn for_people(time: &str) -> String {
    let Ok(time) = time.parse::<Timestamp>() else { return time.to_owned() };
    let text = time.rfc3339();
    format!("{} UTC", text.replace('T', " ").chars().take(16).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::{super::LocationKind, *};

    fn found(order: u64, time: &str, state: State) -> Found {
        let location = Location::new(LocationKind::Keymanager, "http://127.0.0.1:5062");
        let mut entry = Entry::older(time, state, location, Vec::new());
        entry.order = order;
        Found {
            id: Digest::of(format!("{order} {time}").as_bytes()),
            entry,
            set: "20261120-hoodi-7f3a19c2".parse().unwrap(),
        }
    }

    /// Files of the same second are read in the order of their digests, which is random.
    #[test]
    fn the_last_entry_decides_in_whatever_order_they_are_read() {
        let sent = found(1, "20261120T101500Z", State::Sent);
        let listed = found(2, "20261120T101500Z", State::Listed);
        // Written last, by a computer whose clock is behind.
        let asked = found(3, "20261120T090000Z", State::RemovalRequested);
        for [first, second] in [[&sent, &listed], [&listed, &sent]] {
            let mut place = Place::of(first, Vec::new());
            place.add(second, &[]);
            assert_eq!(place.state, State::Listed);
            place.add(&asked, &[]);
            assert_eq!(place.state, State::RemovalRequested);
            assert_eq!(place.time, "20261120T101500Z");
        }
    }

    #[test]
    fn a_clock_that_was_set_back_makes_nothing_look_old() {
        let now = "20261120T101500Z".parse().unwrap();
        for (time, recent, future) in [
            ("20261120T091500Z", false, false),
            ("20261120T091501Z", true, false),
            ("20261120T101500Z", true, false),
            ("20261120T101501Z", true, true),
            ("20361120T101500Z", true, true),
            ("yesterday", true, false),
            ("", true, false),
        ] {
            let mut place = Place::of(&found(1, time, State::Listed), Vec::new());
            place.date(now);
            assert_eq!((place.recent, place.future), (recent, future), "{time}");
        }
    }
}
