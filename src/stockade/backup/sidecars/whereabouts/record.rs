//! Everything that the copies know about where keys may sign.

use std::collections::BTreeSet;

use super::{
    Entry, Location, Place, State,
    files::{self, Found, Unread},
    older,
    place::Rank,
};
use crate::backup::{
    copy::{Copy, folders},
    set::{digest::Digest, error::BackupError, secret::SetSecret, set_id::SetId},
    sidecars::sets::sets_with,
};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::bls::PublicKey;

/// What the copies record about the keys of one set, no matter which set it is stored with.
#[derive(Debug)]
pub struct Record {
    pub(crate) set: SetId,
    found: Vec<Found>,
    unread: Vec<Unread>,
    /// Closing entries stored with other sets. Only the secrets of those sets authenticate them.
    others: Vec<Found>,
    /// Copies that entries name but that are not available.
    absent: BTreeSet<String>,
    /// The entries that would be closed by closing entries that do not count.
    doubted: BTreeSet<Digest>,
}

impl Record {
    /// Reads all entries of all `copies` for any set of this network, since a key may be in several
    /// sets. Closing entries of `set` count until [`Record::verify`], those of other sets never do.
    pub fn read(copies: &[Copy], set: &SetId, keys: &[PublicKey]) -> Result<Self, BackupError> {
        let (mut found, mut unread) = (Vec::new(), Vec::new());
        // Somebody may have recorded a release since the copies were listed.
        copies.iter().for_each(Copy::forget_listing);
        for id in sets_with(copies, set, &[folders::WHEREABOUTS, folders::HISTORY])? {
            files::read(copies, &id, &mut found, &mut unread)?;
            let marks = older::marks(copies, &id, &mut found)?;
            unread.extend(marks.into_iter().map(|file| Unread {
                id: Digest::of(file.as_bytes()),
                time: String::new(),
                file,
            }));
            if id == *set {
                older::notes(copies, &id, keys, &mut found)?;
            }
        }
        let here: BTreeSet<_> = copies.iter().map(Copy::id).collect();
        let known = found.iter().flat_map(|one| &one.entry.copies);
        let absent = known.filter(|id| !here.contains(id.as_str())).cloned().collect();
        let others = |one: &mut Found| one.entry.state.closes() && one.set != *set;
        let others = found.extract_if(.., others).collect();
        Ok(Self { set: set.clone(), found, unread, others, absent, doubted: BTreeSet::new() })
    }

    /// From here on, only closing entries written with the set's secret count. Those of other sets
    /// do not: their secrets are not available.
    pub fn verify(&mut self, secret: Option<&SetSecret>) {
        let vouched = |one: &Found| secret.is_some_and(|secret| one.entry.is_by(secret));
        let unvouched = self.found.extract_if(.., |one| one.entry.state.closes() && !vouched(one));
        self.doubted = unvouched.flat_map(|one| one.entry.closes).collect();
        self.found.extend(self.others.extract_if(.., |one| vouched(one)));
    }

    /// The places where any of `keys` can sign, according to the open entries.
    pub fn places(&self, keys: &[PublicKey]) -> Vec<Place> {
        let asked: BTreeSet<_> = keys.iter().copied().collect();
        let closed = self.closed();
        let now = Timestamp::now();
        let mut places: Vec<Place> = Vec::new();
        for one in self.found.iter().filter(|one| !one.entry.state.closes()) {
            let open = |key: &&PublicKey| asked.contains(key) && !closed.contains(&(one.id, **key));
            let open: Vec<_> = one.entry.keys.iter().filter(open).copied().collect();
            if open.is_empty() {
                continue;
            }
            let same = |place: &&mut Place| {
                place.location.as_ref().is_some_and(|known| known.is(&one.entry.location))
            };
            match places.iter_mut().find(same) {
                Some(place) => place.add(one, &open),
                None => places.push(Place::of(one, open)),
            }
        }
        for one in &self.unread {
            if keys.iter().any(|key| !closed.contains(&(one.id, *key))) {
                places.push(Place::unread(one, keys));
            }
        }
        for place in &mut places {
            place.keys.sort();
            place.keys.dedup();
            place.date(now);
            place.doubted = place.ids.iter().any(|id| self.doubted.contains(id));
            let closes = |one: &&Found| one.entry.closes.iter().any(|id| place.ids.contains(id));
            place.closed_by = self.others.iter().find(closes).map(|one| one.set.clone());
        }
        places
    }

    /// Those of `keys` that were removed from `location`, by its own answer or the user's
    /// declaration, and for which no entry has been open there since.
    pub fn removed_at(&self, location: &Location, keys: &[PublicKey]) -> BTreeSet<PublicKey> {
        let here = |place: &Place| place.location.as_ref().is_none_or(|at| at.is(location));
        let open = self.places(keys).into_iter().filter(here);
        let open: BTreeSet<_> = open.flat_map(|place| place.keys).collect();
        let closing = self.found.iter().filter(|one| {
            matches!(one.entry.state, State::Removed | State::DeclaredOff)
                && one.entry.location.is(location)
        });
        let closed: BTreeSet<_> = closing.flat_map(|one| &one.entry.keys).collect();
        keys.iter().filter(|key| closed.contains(key) && !open.contains(key)).copied().collect()
    }

    /// Whether `location` is the only place where the key could sign last, apart from `to`: then
    /// the stored histories lack nothing but what it signed there.
    pub fn is_last_at(&self, location: &Location, to: &Location, key: &PublicKey) -> bool {
        let last = |here: bool| {
            let about = self.all().filter(|one| {
                let at = &one.entry.location;
                one.entry.keys.contains(key)
                    && one.entry.state != State::Rejected
                    && (at.is(location) == here)
                    && (here || !at.is(to))
            });
            about.map(|one| one.entry.order).max()
        };
        last(true) > last(false)
    }

    /// When `location` was last asked to remove `key`, according to the entry written before that.
    pub fn removal_asked(&self, location: &Location, key: &PublicKey) -> Option<Timestamp> {
        let asked = self.found.iter().map(|one| &one.entry).filter(|entry| {
            entry.state == State::RemovalRequested
                && entry.location.is(location)
                && entry.keys.contains(key)
        });
        asked.filter_map(|entry| entry.time.parse().ok()).max()
    }

    /// One more than the highest order that is known.
    pub(crate) fn next_order(&self) -> u64 {
        let last = self.all().map(|one| one.entry.order).max();
        last.unwrap_or(0).saturating_add(1)
    }

    /// When anything was last recorded about any of `keys`: now, if that was in the future. One of the
    /// clocks is wrong then, and it may have been a moment ago.
    pub fn last_time(&self, keys: &[PublicKey]) -> Option<Timestamp> {
        let now = Timestamp::now();
        let about = self.all().filter(|one| one.entry.keys.iter().any(|k| keys.contains(k)));
        let times = about.filter_map(|one| one.entry.time.parse::<Timestamp>().ok());
        times.map(|time| time.min(now)).max()
    }

    /// Whether any entry is about a place that the user calls `text`.
    pub fn knows(&self, text: &str) -> bool {
        self.all().any(|one| one.entry.location.is_called(text))
            || self.unread.iter().any(|one| one.is_called(text))
    }

    /// Whether any entry is certainly about `location`.
    pub fn recognises(&self, location: &Location) -> bool {
        self.all().any(|one| one.entry.location.is(location))
    }

    /// The users' names for the locations at `address`.
    pub fn names_at(&self, address: &str) -> BTreeSet<&str> {
        let at = self.all().map(|one| &one.entry.location).filter(|at| at.address == address);
        at.filter_map(|at| at.name.as_deref()).collect()
    }

    /// The ids of copies that entries name but that are not available: they may know more.
    pub fn absent_copies(&self) -> impl Iterator<Item = &str> {
        self.absent.iter().map(String::as_str)
    }

    /// Every entry that was read, whether or not it counts.
    fn all(&self) -> impl Iterator<Item = &Found> {
        self.found.iter().chain(&self.others)
    }

    /// Adds an entry that was just written.
    pub(crate) fn add(&mut self, id: Digest, entry: Entry) {
        self.found.push(Found { id, entry, set: self.set.clone() });
    }

    /// The entry by which `keys` were last sent to `location`.
    pub(crate) fn last_sent(&self, location: &Location, keys: &[PublicKey]) -> Option<Digest> {
        let sent = self.found.iter().filter(|one| {
            one.entry.state == State::Sent
                && one.entry.location.is(location)
                && one.entry.keys == keys
        });
        sent.max_by_key(|one| Rank::of(&one.entry)).map(|one| one.id)
    }

    /// The ids of the open entries of `keys` at `location` and at its parts.
    pub(crate) fn open_at(&self, location: &Location, keys: &[PublicKey]) -> Vec<Digest> {
        let places = self.places(keys).into_iter();
        let is_here = |at: &Location| at.is(location) || location.has_part(at);
        let here = places.filter(|place| place.location.as_ref().is_some_and(is_here));
        let ids: BTreeSet<_> = here.flat_map(|place| place.ids).collect();
        ids.into_iter().collect()
    }

    fn closed(&self) -> BTreeSet<(Digest, PublicKey)> {
        let closing = self.found.iter().filter(|one| one.entry.state.closes());
        let pairs = closing.flat_map(|one| {
            let keys = one.entry.keys.iter();
            keys.flat_map(|key| one.entry.closes.iter().map(move |id| (*id, *key)))
        });
        pairs.collect()
    }
}

impl Unread {
    fn is_called(&self, text: &str) -> bool {
        self.file == text || self.file.ends_with(&format!("/{text}"))
    }
}
