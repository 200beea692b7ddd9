//! From the record to a permit: what prevents a release, and the entries that are written before
//! and after a key goes somewhere.

use std::path::PathBuf;

use super::{
    Entry, Location, LocationKind, Permit, Place, Record, RemovalPermit, State, WhereaboutsError,
    files,
};
use crate::backup::{
    copy::Copy,
    set::{digest::Digest, error::BackupError, secret::SetSecret, set_id::SetId},
};
use stockade_keystore::bls::PublicKey;

/// What is to be released, and the user's statements about it.
#[derive(Debug, Clone, Copy)]
pub struct Release<'a> {
    /// The location that receives the keys.
    pub to: &'a Location,
    /// The keys.
    pub keys: &'a [PublicKey],
    /// The client that gives them up first.
    pub from: Option<&'a Location>,
    /// The names of locations where, the user stated, none of the keys signs any more (`--off`).
    pub off: &'a [String],
    /// Whether the user stated the same of every location that was shown and is not recent.
    pub shown_are_off: bool,
    /// Keys that `from` lists: it signs with them, whatever the user states.
    pub running: &'a [PublicKey],
}

/// What prevents a release.
#[derive(Debug, Default)]
pub struct Standing {
    /// Places where the keys can sign, which the user has to declare off.
    pub ask: Vec<Place>,
    /// Places so recent that only their own answer, or `--off` with their name, is accepted.
    pub stop: Vec<Place>,
}

impl Release<'_> {
    /// Whether a place does not prevent the release: the keys go there, come from there, are on the
    /// same signing path, or the user declared it off.
    fn passes(&self, place: &Place) -> bool {
        if self.off.iter().any(|name| place.is_called(name)) {
            return true;
        }
        let Some(at) = &place.location else { return false };
        // Splits have a mark and a question of their own, whenever they were made.
        if at.kind == LocationKind::Shares {
            return true;
        }
        let gives_up = |from: &Location| at.is(from) || from.has_part(at);
        at.is(self.to) || at.is_on_path_of(self.to) || self.from.is_some_and(gives_up)
    }
}

impl Record {
    /// What prevents a release.
    pub fn standing(&self, release: &Release<'_>) -> Standing {
        let mut standing = Standing::default();
        for place in self.places(release.keys) {
            if release.passes(&place) {
                continue;
            }
            // A doubted place was only found once the set was opened, so the user did not see it.
            let is_declared_off = release.shown_are_off && !place.doubted;
            if place.recent {
                standing.stop.push(place);
            } else if !is_declared_off {
                standing.ask.push(place);
            }
        }
        standing
    }

    /// Refuses if the keys can sign elsewhere, and records the user's statements. `secret` is that
    /// of the opened set; without it, closing entries do not count.
    pub fn clear<'a>(
        mut self,
        release: &Release<'_>,
        copies: &'a [Copy],
        secret: Option<&'a SetSecret>,
    ) -> Result<Clearance<'a>, WhereaboutsError> {
        self.verify(secret);
        let Standing { ask, stop } = self.standing(release);
        let places: Vec<_> = stop.into_iter().chain(ask).collect();
        if !places.is_empty() {
            return Err(WhereaboutsError::MaySign { places });
        }
        let (to, from) = (release.to.clone(), release.from.cloned());
        let mut clearance =
            Clearance { record: self, copies, secret, to, from, refused: Vec::new() };
        clearance.declare_off(release)?;
        Ok(clearance)
    }
}

/// A release that nothing prevents. Key bytes leave the library by the permits that it issues.
pub struct Clearance<'a> {
    record: Record,
    copies: &'a [Copy],
    secret: Option<&'a SetSecret>,
    to: Location,
    from: Option<Location>,
    refused: Vec<(PathBuf, String)>,
}

/// An entry that no copy could store.
#[derive(Debug)]
pub struct Recorded {
    /// The entry, as a file of a copy would hold it.
    pub bytes: Vec<u8>,
    /// The permit to release the keys.
    pub permit: Permit,
}

/// How many copies must store an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Every,
    One,
    /// The event has happened already, so a failure to record it is only noted.
    None,
}

impl Clearance<'_> {
    /// Records that `keys` go to the location, before they do.
    pub fn send(&mut self, keys: &[PublicKey]) -> Result<Permit, WhereaboutsError> {
        let entry = self.entry(State::Sent, &self.to, keys, Vec::new())?;
        self.write(entry, Need::One)?;
        Ok(Permit::new(keys))
    }

    /// Like [`Clearance::send`], if no copy can store an entry and the user wants to go on. The
    /// caller keeps the entry.
    pub fn send_unrecorded(&mut self, keys: &[PublicKey]) -> Result<Recorded, WhereaboutsError> {
        let entry = self.entry(State::Sent, &self.to, keys, Vec::new())?;
        Ok(Recorded { bytes: entry.to_bytes()?, permit: Permit::new(keys) })
    }

    /// Records that the location accepted these keys but does not list them yet.
    pub fn accepted(&mut self, keys: &[PublicKey]) -> Result<(), WhereaboutsError> {
        self.note(State::Accepted, keys)
    }

    /// Records that the location lists these keys, or holds them as was read back.
    pub fn listed(&mut self, keys: &[PublicKey]) -> Result<(), WhereaboutsError> {
        self.note(State::Listed, keys)
    }

    /// Records that the whole request failed, so that none of it is there. What was there before
    /// stays open.
    pub fn rejected(&mut self, keys: &[PublicKey]) -> Result<(), WhereaboutsError> {
        let to = self.to.clone();
        // Only the newest entry, by which these keys were sent: an earlier one may have arrived.
        let last = self.record.last_sent(&to, keys);
        self.close(State::Rejected, &to, keys, last.into_iter().collect())
    }

    /// Records in every copy that `keys` are about to be removed from the client that runs them.
    pub fn request_removal(
        &mut self,
        keys: &[PublicKey],
    ) -> Result<RemovalPermit, WhereaboutsError> {
        let Some(from) = self.from.clone() else { return Ok(RemovalPermit::new(&[])) };
        let entry = self.entry(State::RemovalRequested, &from, keys, Vec::new())?;
        self.write(entry, Need::Every)?;
        Ok(RemovalPermit::new(keys))
    }

    /// A permit to ask a client again for the history of keys that it removed, according to the
    /// record. Writes nothing, since the keys cannot sign there.
    pub fn recall(&self, keys: &[PublicKey]) -> RemovalPermit {
        let gone = self.from.as_ref().map(|from| self.record.removed_at(from, keys));
        let gone = gone.unwrap_or_default();
        RemovalPermit::new(&gone.into_iter().collect::<Vec<_>>())
    }

    /// Records that the location answered `deleted` for these keys, and no longer lists them.
    pub fn removed(&mut self, keys: &[PublicKey]) -> Result<(), WhereaboutsError> {
        let Some(from) = self.from.clone() else { return Ok(()) };
        let open = self.record.open_at(&from, keys);
        self.close(State::Removed, &from, keys, open)
    }

    /// Records any other answer to a removal, or none.
    pub fn stuck(&mut self, keys: &[PublicKey]) -> Result<(), WhereaboutsError> {
        let Some(from) = self.from.clone() else { return Ok(()) };
        if keys.is_empty() {
            return Ok(());
        }
        let entry = self.entry(State::Stuck, &from, keys, Vec::new())?;
        self.write(entry, Need::None)
    }

    /// The record, with the entries that were added.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The copies that could not store an entry, each once, with the reason: they do not know where
    /// the keys are.
    pub fn refused(&self) -> &[(PathBuf, String)] {
        &self.refused
    }

    fn declare_off(&mut self, release: &Release<'_>) -> Result<(), WhereaboutsError> {
        let places = self.record.places(release.keys);
        for place in places {
            let named = release.off.iter().any(|name| place.is_called(name));
            let shown = release.shown_are_off && !release.passes(&place);
            if !named && !shown {
                continue;
            }
            // An entry that cannot be read is closed under the location that the keys go to.
            let location = place.location.unwrap_or_else(|| self.to.clone());
            let runs = release.from.is_some_and(|from| from.is(&location));
            let runs = |key: &PublicKey| runs && release.running.contains(key);
            let keys: Vec<_> = place.keys.iter().filter(|key| !runs(key)).copied().collect();
            let ids = place.ids.into_iter().collect();
            self.close(State::DeclaredOff, &location, &keys, ids)?;
        }
        Ok(())
    }

    fn note(&mut self, state: State, keys: &[PublicKey]) -> Result<(), WhereaboutsError> {
        if keys.is_empty() {
            return Ok(());
        }
        let entry = self.entry(state, &self.to, keys, Vec::new())?;
        self.write(entry, Need::None)
    }

    fn close(
        &mut self,
        state: State,
        location: &Location,
        keys: &[PublicKey],
        closes: Vec<Digest>,
    ) -> Result<(), WhereaboutsError> {
        if keys.is_empty() || closes.is_empty() {
            return Ok(());
        }
        let entry = self.entry(state, location, keys, closes)?;
        let entry = match self.secret {
            Some(secret) => entry.sealed(secret),
            // Nobody could authenticate it, so it would never count.
            None => return Ok(()),
        };
        self.write(entry, Need::None)
    }

    fn entry(
        &self,
        state: State,
        location: &Location,
        keys: &[PublicKey],
        closes: Vec<Digest>,
    ) -> Result<Entry, WhereaboutsError> {
        let copies = self.copies.iter().map(|copy| copy.id().to_owned()).collect();
        let order = self.record.next_order();
        let mut entry = Entry::new(order, state, location, keys.to_vec(), closes)?;
        entry.copies = copies;
        Ok(entry)
    }

    fn write(&mut self, entry: Entry, need: Need) -> Result<(), WhereaboutsError> {
        let set: &SetId = &self.record.set;
        let mut taken = None;
        let mut first: Option<(PathBuf, BackupError)> = None;
        for copy in self.copies {
            match files::write(copy, set, &entry) {
                Ok(id) => taken = Some(id),
                Err(error) => {
                    let dir = copy.dir().to_owned();
                    if !self.refused.iter().any(|(other, _)| *other == dir) {
                        self.refused.push((dir.clone(), error.to_string()));
                    }
                    first.get_or_insert((dir, error));
                }
            }
        }
        let lacking = match need {
            Need::Every => first.is_some() || taken.is_none(),
            Need::One => taken.is_none(),
            Need::None => false,
        };
        if let (true, Some((copy, source))) = (lacking, first) {
            return Err(WhereaboutsError::NotRecorded { copy, source: Box::new(source) });
        }
        if let Some(id) = taken {
            self.record.add(id, entry);
        }
        Ok(())
    }
}
