//! Reads what older versions left in copies: marks of deliveries, and signed delivery notes. Both
//! tell where keys went, and neither proves a removal. They become open entries.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Entry, Location, LocationKind, State, files::Found};
use crate::backup::{
    copy::Copy,
    set::{
        digest::{Digest, keys_digest},
        error::BackupError,
        set_id::SetId,
    },
    sidecars::{
        delivery_mark::DeliveryMark,
        marks::{self, Mark as _, Marks},
    },
};
use crate::store::{EntryKind, StorePath};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::bls::PublicKey;

/// The longest delivery note.
const MAX_NOTE: u64 = 64 * 1024;

/// The longest time between the entries and the note of a delivery, in seconds.
const ONE_DELIVERY: i64 = 24 * 3600;

/// Adds the marks of `set` as entries. Returns the marks that cannot be read.
pub(crate) fn marks(
    copies: &[Copy],
    set: &SetId,
    found: &mut Vec<Found>,
) -> Result<Vec<String>, BackupError> {
    let Marks { marks, unread } = marks::beside::<DeliveryMark>(copies, set)?;
    for mark in marks {
        let bytes = serde_json::to_vec(&mark)?;
        let to = [(State::Sent, Some(&mark.to)), (State::RemovalRequested, mark.from.as_ref())];
        for (state, address) in to {
            let Some(address) = address else { continue };
            let location = Location::new(LocationKind::Keymanager, address);
            let entry = Entry::older(mark.time(), state, location, mark.keys.clone());
            let id = Digest::of(&[state.as_str().as_bytes(), &bytes].concat());
            found.push(Found { id, entry, set: set.clone() });
        }
    }
    Ok(unread)
}

/// The fields that notes of all versions have.
#[derive(Deserialize)]
struct Note {
    statement: String,
    #[serde(default)]
    keys: Vec<PublicKey>,
}

/// Adds the delivery notes of `set` as entries about `keys`. A note is ignored if its delivery left
/// entries of its own.
pub(crate) fn notes(
    copies: &[Copy],
    set: &SetId,
    keys: &[PublicKey],
    found: &mut Vec<Found>,
) -> Result<(), BackupError> {
    let folder: StorePath = format!("attestations/{set}").parse()?;
    let mut seen = BTreeSet::new();
    for copy in copies {
        for entry in copy.list(&folder)? {
            let noted = entry.name.ends_with(".delivery.json") && entry.kind == EntryKind::File;
            if !noted || !seen.insert(entry.name.clone()) {
                continue;
            }
            // Somebody else may have given any name to a file, so an unreadable one does not stop
            // the others.
            let Ok(path) = folder.join(&entry.name) else { continue };
            let Ok(bytes) = copy.read(&path, MAX_NOTE) else { continue };
            let Ok(note) = serde_json::from_slice::<Note>(&bytes) else { continue };
            let Some(said) = Said::read(&note.statement) else { continue };
            let own = said.own_entries(set, found);
            // The statement holds the digest of its keys. In doubt it is about all keys of the set.
            let named = keys_digest(&note.keys).to_string() == said.digest;
            let about = if named { note.keys } else { keys.to_vec() };
            if about.is_empty() || about.iter().all(|key| own.contains(key)) {
                continue;
            }
            let entry = Entry::older(&said.time, State::Listed, said.location, about);
            found.push(Found { id: Digest::of(&bytes), entry, set: set.clone() });
        }
    }
    Ok(())
}

/// Undoes the %XX by which a note escapes characters.
fn unescaped(place: &str) -> String {
    let mut bytes = Vec::with_capacity(place.len());
    let mut rest = place.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, escaped) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The statement of a delivery note.
struct Said {
    location: Location,
    /// The digest of the keys that it is about.
    digest: String,
    time: String,
}

impl Said {
    fn read(statement: &str) -> Option<Self> {
        let field = |name: &str| {
            let mut fields = statement.split("; ");
            fields.find_map(|field| field.strip_prefix(name)?.strip_prefix(' '))
        };
        let (kind, place) = field("to")?.split_once(' ')?;
        let kind = LocationKind::parse(kind)?;
        let place = &unescaped(place);
        let mut places = place.split(',').map(str::to_owned);
        let location = match kind {
            // A client, and the signer that it asks.
            LocationKind::RemoteKeys => {
                Location::new(kind, &places.next()?).with_through(places.collect())
            }
            _ => Location::new(kind, place),
        };
        // Version 2 has the digest in a field of its own.
        let digest = field("keys-digest").or_else(|| Some(field("keys")?.split_once(' ')?.1));
        let digest = digest?.to_owned();
        let time = field("time")?.to_owned();
        time.parse::<Timestamp>().is_ok().then_some(Self { location, digest, time })
    }

    /// The keys in entries about the same place and time.
    fn own_entries(&self, set: &SetId, found: &[Found]) -> BTreeSet<PublicKey> {
        let unix = |time: &str| time.parse::<Timestamp>().map_or(0, Timestamp::unix);
        let time = unix(&self.time);
        let same = |one: &&Found| {
            one.set == *set
                && one.entry.location.kind == self.location.kind
                && one.entry.location.address == self.location.address
                && (unix(&one.entry.time) - time).abs() <= ONE_DELIVERY
        };
        found.iter().filter(same).flat_map(|one| one.entry.keys.iter().copied()).collect()
    }
}
