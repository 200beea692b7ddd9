//! From what the record says to a permit: what stands in the way of a release, and the entries that
//! are written before and after a key goes somewhere.

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

/// What is to be released, and what a person said of it.
#[derive(Debug, Clone, Copy)]
pub struct Release<'a> {
    /// The location that gets the keys.
    pub to: &'a Location,
    /// Which keys.
    pub keys: &'a [PublicKey],
    /// The client that gives them up before.
    pub from: Option<&'a Location>,
    /// Locations by name where, a person said, none of the keys signs any more (`--off`).
    pub off: &'a [String],
    /// A person said so of every location that was shown and that is not recent.
    pub shown_are_off: bool,
    /// Keys that `from` lists: it signs with them, whatever a person says.
    pub running: &'a [PublicKey],
}

/// What stands in the way.
#[derive(Debug, Default)]
pub struct Standing {
    /// Places where the keys can sign, and that a person has to say are off.
    pub ask: Vec<Place>,
    /// Places that are so recent that only their own word, or `--off` with their name, counts.
    pub stop: Vec<Place>,
}

impl Release<'_> {
    /// Whether a place does not stand in the way: the keys go there, come from there, are on the way
    /// that they are signed on, or a person said that it is off.
    fn passes(&self, place: &Place) -> bool {
        if self.off.iter().any(|name| place.is_called(name)) {
            return true;
        }
        let Some(at) = &place.location else { return false };
        // Splits have a mark and a question of their own, whenever they were.
        if at.kind == LocationKind::Shares {
            return true;
        }
        let gives_up = |from: &Location| at.is(from) || from.has_part(at);
        at.is(self.to) || at.is_on_path_of(self.to) || self.from.is_some_and(gives_up)
    }
}

impl Record {
    /// What stands in the way of a release.
    pub fn standing(&self, release: &Release<'_>) -> Standing {
        let mut standing = Standing::default();
        for place in self.places(release.keys) {
            match place.recent {
                _ if release.passes(&place) => {}
                true => standing.stop.push(place),
                // One that came to light only now was not shown.
                false if release.shown_are_off && !place.doubted => {}
                false => standing.ask.push(place),
            }
        }
        standing
    }

    /// Clears the way: refuses where the keys can sign elsewhere, and writes down what a person said.
    /// `secret` is that of the opened set; without one no closing entry counts.
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

/// A release that nothing stands in the way of. Key bytes leave by the permits that it gives.
pub struct Clearance<'a> {
    record: Record,
    copies: &'a [Copy],
    secret: Option<&'a SetSecret>,
    to: Location,
    from: Option<Location>,
    refused: Vec<(PathBuf, String)>,
}

/// How an entry was recorded that no copy took.
#[derive(Debug)]
pub struct Recorded {
    /// The entry, as a file of a copy would hold it.
    pub bytes: Vec<u8>,
    /// What lets the keys go.
    pub permit: Permit,
}

/// How many copies must take an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Every,
    One,
    /// What happened has happened.
    None,
}

impl Clearance<'_> {
    /// Writes that `keys` go to the location, before they do.
    pub fn send(&mut self, keys: &[PublicKey]) -> Result<Permit, WhereaboutsError> {
        let entry = self.entry(State::Sent, &self.to, keys, Vec::new())?;
        self.write(entry, Need::One)?;
        Ok(Permit::new(keys))
    }

    /// The same where no copy takes an entry and a person said to go on: the caller keeps the entry.
    pub fn send_unrecorded(&mut self, keys: &[PublicKey]) -> Result<Recorded, WhereaboutsError> {
        let entry = self.entry(State::Sent, &self.to, keys, Vec::new())?;
        Ok(Recorded { bytes: entry.to_bytes()?, permit: Permit::new(keys) })
    }

    /// The location took these keys and does not list them yet.
    pub fn accepted(&mut self, keys: &[PublicKey]) -> Result<(), WhereaboutsError> {
        self.note(State::Accepted, keys)
    }

    /// The location lists these keys, or holds them as was read back.
    pub fn listed(&mut self, keys: &[PublicKey]) -> Result<(), WhereaboutsError> {
        self.note(State::Listed, keys)
    }

    /// The whole request failed, so that nothing of it is there. What was there before stays open.
    pub fn rejected(&mut self, keys: &[PublicKey]) -> Result<(), WhereaboutsError> {
        let to = self.to.clone();
        // Only the newest entry, by which these keys were sent: an earlier one may have arrived.
        let last = self.record.last_sent(&to, keys);
        self.close(State::Rejected, &to, keys, last.into_iter().collect())
    }

    /// Writes in every copy that `keys` are to be removed where they run, before they are.
    pub fn request_removal(
        &mut self,
        keys: &[PublicKey],
    ) -> Result<RemovalPermit, WhereaboutsError> {
        let Some(from) = self.from.clone() else { return Ok(RemovalPermit::new(&[])) };
        let entry = self.entry(State::RemovalRequested, &from, keys, Vec::new())?;
        self.write(entry, Need::Every)?;
        Ok(RemovalPermit::new(keys))
    }

    /// To ask again what keys signed that the record says were removed there: nothing is written, for
    /// they cannot sign there.
    pub fn recall(&self, keys: &[PublicKey]) -> RemovalPermit {
        let gone = self.from.as_ref().map(|from| self.record.removed_at(from, keys));
        let gone = gone.unwrap_or_default();
        RemovalPermit::new(&gone.into_iter().collect::<Vec<_>>())
    }

    /// The location said `deleted` of these keys, and does not list them any more.
    pub fn removed(&mut self, keys: &[PublicKey]) -> Result<(), WhereaboutsError> {
        let Some(from) = self.from.clone() else { return Ok(()) };
        let open = self.record.open_at(&from, keys);
        self.close(State::Removed, &from, keys, open)
    }

    /// Any other answer to a removal, or none.
    pub fn stuck(&mut self, keys: &[PublicKey]) -> Result<(), WhereaboutsError> {
        let Some(from) = self.from.clone() else { return Ok(()) };
        if keys.is_empty() {
            return Ok(());
        }
        let entry = self.entry(State::Stuck, &from, keys, Vec::new())?;
        self.write(entry, Need::None)
    }

    /// What the record holds by now.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The copies that took no entry, each once with the reason: they do not know where the keys are.
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
            // Nobody could vouch for it, so it would never count.
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
        Ok(Entry::new(order, state, location, keys.to_vec(), closes, copies)?)
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
