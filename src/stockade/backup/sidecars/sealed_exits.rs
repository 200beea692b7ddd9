//! Exits that were signed in advance and are stored with a set. Each is an age file that is sealed
//! to the set's files identity, so that only somebody who opens the set can open them.
//! `docs/decisions/0007-exits-beside-sets.md` explains why they are not part of the set.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    backup::{
        copy::{Copy, folders::EXITS},
        set::{
            digest::Digest,
            error::BackupError,
            set_id::SetId,
            verdict::{FileProblem, Reason},
        },
    },
    custodian::{Recipient, seal_to_recipient},
    store::{EntryKind, StorePath},
};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::{
    bls::PublicKey,
    distributed::ShareOf,
    staking::{MAX_EXIT_BYTES, SignedExit},
};

/// The longest sealed exit. age adds less than this.
pub(crate) const MAX_SEALED: u64 = MAX_EXIT_BYTES as u64 + 4096;

/// The parts of the name of a sealed exit: `<utc>-<key>-<sum>.age`.
pub(crate) struct Name<'a> {
    /// When it was signed.
    pub(crate) time: Timestamp,
    /// The first 12 digits of the public key.
    pub(crate) key: &'a str,
    /// The first 16 digits of the file's SHA-256, which reveal damage without opening the file.
    sum: &'a str,
}

/// A sealed exit in one copy.
#[derive(Debug)]
#[non_exhaustive]
pub struct SealedExit {
    /// The copy's id.
    pub copy: String,
    /// The file, below the copy's `stockade/`.
    pub file: String,
    /// What is wrong with it, as far as it was checked.
    pub reason: Reason,
    /// Its content, if it was opened.
    pub opened: Option<OpenedExit>,
}

/// An exit, and the key of the set that signed it for the set's network.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OpenedExit {
    /// The exit.
    pub exit: SignedExit,
    /// The key.
    pub pubkey: PublicKey,
    /// Which share it is, if it is one: the exit is partial then.
    pub share: Option<ShareOf>,
}

/// An exit that is about to be stored: when it was signed, and by which key.
#[derive(Debug)]
pub struct NewExit {
    /// When it was signed.
    pub time: Timestamp,
    /// The key.
    pub pubkey: PublicKey,
    /// The exit.
    pub exit: SignedExit,
}

/// The sealed exits of `set`: for each copy, each file that any of the copies holds. Nothing is
/// opened.
pub fn read(copies: &[Copy], set: &SetId) -> Result<Vec<SealedExit>, BackupError> {
    let room: StorePath = format!("{EXITS}/{set}").parse()?;
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut held: BTreeMap<(&str, String), Reason> = BTreeMap::new();
    let mut unreadable = Vec::new();
    for copy in copies {
        let entries = match copy.list(&room) {
            // A folder that cannot be read is damage, but what else is there is still read.
            Err(error) if error.is_damage() => {
                unreadable.push(copy.id().to_owned());
                continue;
            }
            entries => entries?,
        };
        for entry in entries {
            // A partial file that a killed process left does not count.
            if !entry.name.ends_with(".partial") {
                let reason = read_one(copy, &room, &entry.name, entry.kind).err();
                names.insert(entry.name.clone());
                held.insert((copy.id(), entry.name), reason.unwrap_or(Reason::Ok));
            }
        }
    }
    let absent = |copy: &Copy| {
        if unreadable.iter().any(|id| id == copy.id()) {
            Reason::Unreadable
        } else {
            Reason::Missing
        }
    };
    let each = names.iter().flat_map(|name| copies.iter().map(move |copy| (name, copy)));
    let each = each.map(|(name, copy)| SealedExit {
        copy: copy.id().to_owned(),
        file: format!("{room}/{name}"),
        reason: held.get(&(copy.id(), name.clone())).copied().unwrap_or_else(|| absent(copy)),
        opened: None,
    });
    let rooms = unreadable.iter().map(|copy| SealedExit {
        copy: copy.clone(),
        file: room.to_string(),
        reason: Reason::Unreadable,
        opened: None,
    });
    Ok(each.chain(rooms).collect())
}

/// The damaged sealed exits, as scrub and drill report them.
pub(crate) fn problems(copies: &[Copy], set: &SetId) -> Vec<FileProblem> {
    let unreadable = |copy: &Copy| FileProblem {
        copy: copy.id().to_owned(),
        file: format!("{EXITS}/{set}"),
        reason: Reason::Unreadable,
        detail: None,
    };
    let each = copies.iter().flat_map(|copy| match read(std::slice::from_ref(copy), set) {
        Ok(exits) => exits
            .into_iter()
            .filter(|exit| exit.reason != Reason::Ok)
            .map(|SealedExit { copy, file, reason, .. }| FileProblem {
                copy,
                file,
                reason,
                detail: None,
            })
            .collect(),
        Err(_) => vec![unreadable(copy)],
    });
    each.collect()
}

/// Seals `exits` to the files identity of `set`, and stores them in every copy. Returns the files'
/// names, which are the same in all copies.
pub fn seal(
    copies: &[Copy],
    set: &SetId,
    files: &Recipient,
    exits: &[NewExit],
) -> Result<Vec<String>, BackupError> {
    let sealed = seal_all(exits, files)?;
    copies.iter().try_for_each(|copy| keep(copy, set, &sealed))?;
    Ok(sealed.into_iter().map(|(name, _)| format!("{EXITS}/{set}/{name}")).collect())
}

/// The name and content of each exit's file.
pub(crate) fn seal_all(
    exits: &[NewExit],
    files: &Recipient,
) -> Result<Vec<(String, Vec<u8>)>, BackupError> {
    let seal = |NewExit { time, pubkey, exit }: &NewExit| {
        let plain = exit.to_json()?;
        let sealed = seal_to_recipient(plain.as_bytes(), files)?;
        let key: String = pubkey.to_string().chars().take(12).collect();
        let sum: String = Digest::of(&sealed).to_string().chars().take(16).collect();
        Ok((format!("{time}-{key}-{sum}.age"), sealed))
    };
    exits.iter().map(seal).collect()
}

/// Stores sealed exits with `set` in `copy`.
pub(crate) fn keep(
    copy: &Copy,
    set: &SetId,
    sealed: &[(String, Vec<u8>)],
) -> Result<(), BackupError> {
    let mut files = sealed.iter();
    files.try_for_each(|(name, bytes)| copy.add(&format!("{EXITS}/{set}/{name}"), bytes.clone()))
}

/// The sealed exits of `set` for whose key `by` has none: they are lost with the set's secret.
pub(crate) fn lost_with(
    copies: &[Copy],
    set: &SetId,
    by: &SetId,
) -> Result<Vec<String>, BackupError> {
    let key = |exit: &SealedExit| {
        let name = exit.file.rsplit('/').next().and_then(Name::parse);
        name.filter(|_| exit.reason == Reason::Ok).map(|name| name.key.to_owned())
    };
    let stay: BTreeSet<_> = read(copies, by)?.iter().filter_map(key).collect();
    let go = read(copies, set)?.into_iter();
    let go = go.filter(|exit| key(exit).is_some_and(|key| !stay.contains(&key)));
    Ok(go.map(|exit| exit.file).collect::<BTreeSet<_>>().into_iter().collect())
}

/// Whether the content of a file fits its name, as far as can be seen without opening it.
pub(crate) fn check(name: &str, bytes: &[u8]) -> Result<(), Reason> {
    let name = Name::parse(name).ok_or(Reason::Malformed)?;
    if Digest::of(bytes).to_string().starts_with(name.sum) { Ok(()) } else { Err(Reason::BitRot) }
}

fn read_one(copy: &Copy, room: &StorePath, name: &str, kind: EntryKind) -> Result<(), Reason> {
    Name::parse(name).ok_or(Reason::Malformed)?;
    let path = room.join(name).ok().filter(|_| kind == EntryKind::File);
    let path = path.ok_or(Reason::Unreadable)?;
    let bytes = copy.read(&path, MAX_SEALED).map_err(|_| Reason::Unreadable)?;
    check(name, &bytes)
}

impl<'a> Name<'a> {
    pub(crate) fn parse(name: &'a str) -> Option<Self> {
        let mut parts = name.strip_suffix(".age")?.split('-');
        let (time, key, sum) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        let hex = |text: &str, len: usize| {
            text.len() == len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        (parts.next().is_none() && hex(key, 12) && hex(sum, 16)).then_some(Self { time, key, sum })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_time_a_key_and_a_sum() {
        assert!(Name::parse("20261120T101500Z-b1989a27bd5b-0123456789abcdef.age").is_some());
        for bad in [
            "20261120T101500Z-b1989a27bd5b-0123456789abcdef",
            "20261120T101500Z-b1989a27bd5b-0123456789abcde.age",
            "20261120T101500Z-B1989A27BD5B-0123456789abcdef.age",
            "20261120T101500Z-b1989a27bd5b.age",
            "20261120-b1989a27bd5b-0123456789abcdef.age",
            "20261120T101500Z-b1989a27bd5b-0123456789abcdef-1.age",
        ] {
            assert!(Name::parse(bad).is_none(), "{bad}");
        }
    }
}
