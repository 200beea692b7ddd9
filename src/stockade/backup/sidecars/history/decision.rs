//! The decision on a slashing history: what keys signed before they move to another machine. Two
//! machines that sign with one key are slashed, and so is a machine that forgot what it signed.

use std::path::PathBuf;

use super::{History, Kept, keep, kept, read_all, says_nothing_about};
use crate::backup::{
    copy::Copy,
    set::{error::BackupError, set_id::SetId},
};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::{
    bls::PublicKey,
    staking::{Network, Newest},
};

/// How many epochs keys without a history must stay off: two, after which nothing that another
/// machine can have signed is in the future, and one for clocks that differ.
pub const WAIT_EPOCHS: u64 = 3;

/// What the user stated about the past of keys, before any question.
#[derive(Debug)]
pub struct HistoryRequest<'a> {
    /// Every copy of the set.
    pub copies: &'a [Copy],
    /// The set.
    pub set: &'a SetId,
    /// The keys that will sign.
    pub keys: &'a [PublicKey],
    /// Slashing histories (EIP-3076) exported from the machines that ran the keys.
    pub files: &'a [PathBuf],
    /// None of the keys ever signed.
    pub never_attested: bool,
    /// These keys never signed, and the history says nothing about them.
    pub never_attested_keys: &'a [PublicKey],
    /// The history is lost.
    pub lost: bool,
}

/// Answers the questions that only a person can answer.
pub trait HistoryUser {
    /// Shows a warning, or a note, on one line.
    fn tell(&mut self, line: &str);

    /// Asks whether the old machine is switched off for good. The history is lost.
    fn old_machine_is_off(&mut self) -> bool;

    /// Asks whether the keys signed after the history that `description` names, or may still run;
    /// `None` if there is no answer.
    fn signed_since(&mut self, description: &str) -> Option<bool>;
}

/// The slashing history that goes with keys.
#[derive(Debug)]
pub enum HistoryDecision {
    /// A history that the user gave, and the names of its files.
    Given(History, String),
    /// The history stored with the set, and when it was stored.
    Kept(History, Timestamp),
    /// The keys never signed.
    Never,
    /// The newest history is lost. What is stored with the set goes along.
    Lost(Option<History>),
}

/// Why no history could be decided on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// A key that was named is not in the set.
    #[error("{key} is not one of these {keys} keys")]
    NotInSet {
        /// The key.
        key: Box<PublicKey>,
        /// How many keys the set has.
        keys: usize,
    },
    /// A key that is said never to have signed did sign.
    #[error("{key} did sign, according to {files}")]
    Signed {
        /// The key.
        key: Box<PublicKey>,
        /// The files that say so.
        files: String,
    },
    /// A given history does not cover all keys.
    #[error("{0}")]
    SaysNothing(String),
    /// A given history says that no key ever signed.
    #[error("{0} says that these keys never signed anything")]
    NothingSigned(String),
    /// A key signed according to the stored history, and the given one does not cover it.
    #[error(
        "{files} says nothing about {key}, which signed according to the slashing history from \
         {time} that is stored with the set"
    )]
    LacksSigned {
        /// The given files.
        files: String,
        /// The key.
        key: Box<PublicKey>,
        /// When the stored history was stored.
        time: Timestamp,
    },
    /// A given history is older than the stored one.
    #[error(
        "{files} is older than the slashing history from {time} that is stored with the set: {key} \
         signed later"
    )]
    Older {
        /// The given files.
        files: String,
        /// A key that signed later.
        key: Box<PublicKey>,
        /// When the stored history was stored.
        time: Timestamp,
    },
    /// Keys that are said never to have signed did, according to the stored history.
    #[error(
        "these keys have attested: {key} signed according to the slashing history from {time} that is \
         stored with the set"
    )]
    Attested {
        /// The first key that did.
        key: Box<PublicKey>,
        /// When the stored history was stored.
        time: Timestamp,
    },
    /// A stored history cannot be read, and may say that the keys signed.
    #[error(
        "whether these keys ever signed is not known: a slashing history that is stored with the set \
         cannot be read: {0}"
    )]
    Unreadable(String),
    /// Nothing is known, and the user said nothing.
    #[error("{what}")]
    Undecided {
        /// What is known.
        what: String,
        /// Whether it is known of some of the keys alone.
        silent: bool,
    },
    /// The old machine may still run.
    #[error("stopped: while the old machine may run, these keys must stay where they are")]
    Declined,
    /// Sets and copies.
    #[error(transparent)]
    Backup(#[from] BackupError),
}

impl HistoryDecision {
    /// The history that goes with the keys.
    pub fn history(&self) -> Option<&History> {
        match self {
            Self::Given(history, _) | Self::Kept(history, _) => Some(history),
            Self::Never => None,
            Self::Lost(history) => history.as_ref(),
        }
    }

    /// The word for it in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Given(..) | Self::Kept(..) => "restored",
            Self::Never => "never_attested",
            Self::Lost(_) => "lost",
        }
    }

    /// The keys of `keys` for which no history goes along that says what they signed.
    pub fn silent(&self, keys: &[PublicKey]) -> Vec<PublicKey> {
        self.history().map_or_else(|| keys.to_vec(), |history| history.silent(keys))
    }

    /// A description for people, as part of a plan.
    pub fn describe(&self) -> String {
        match self {
            Self::Given(_, files) => format!("from {files}"),
            Self::Kept(_, time) => format!("as stored with the set at {time}"),
            Self::Never => "none: you stated that these keys never signed".to_owned(),
            Self::Lost(None) => "LOST".to_owned(),
            Self::Lost(Some(_)) => "LOST; what is stored with the set goes along".to_owned(),
        }
    }

    /// Stores a history that the user gave with the set, in every copy that takes it. Gives the ids
    /// of those copies, and warns about the others.
    pub fn keep(&self, copies: &[Copy], set: &SetId, user: &mut dyn HistoryUser) -> Vec<String> {
        let Self::Given(given, _) = self else { return Vec::new() };
        // One time for all: the same file has the same name in every copy, however slow one of them is.
        keep_in(copies, (set, given.to_keep()), Timestamp::now(), user)
    }

    /// The same for several sets: with each is stored what the history says about its own keys. Gives the
    /// ids of the copies that took all of it.
    pub fn keep_parts(
        &self,
        copies: &[Copy],
        sets: &[(&SetId, Vec<PublicKey>)],
        user: &mut dyn HistoryUser,
    ) -> Result<Vec<String>, BackupError> {
        let Self::Given(given, _) = self else { return Ok(Vec::new()) };
        let mut stored: Vec<_> = copies.iter().map(|copy| copy.id().to_owned()).collect();
        let now = Timestamp::now();
        for (set, keys) in sets {
            let part = given.part(keys, set.network())?;
            let took = keep_in(copies, (set, &part), now, user);
            stored.retain(|id| took.contains(id));
        }
        Ok(stored)
    }
}

fn keep_in(
    copies: &[Copy],
    (set, bytes): (&SetId, &[u8]),
    now: Timestamp,
    user: &mut dyn HistoryUser,
) -> Vec<String> {
    let mut stored = Vec::new();
    for copy in copies {
        match keep(copy, set, bytes, now) {
            Ok(()) => stored.push(copy.id().to_owned()),
            Err(error) => user.tell(&format!(
                "warning: the slashing history is not kept in {}: {error}",
                stockade_base::shown(copy.dir())
            )),
        }
    }
    stored
}

impl HistoryRequest<'_> {
    /// Decides by what the user stated, what is stored with the set, and a question.
    pub fn decide(&self, user: &mut dyn HistoryUser) -> Result<HistoryDecision, HistoryError> {
        let kept = kept(self.copies, self.set, self.keys)?;
        for unread in &kept.unread {
            user.tell(&format!("warning: not a usable slashing history: {unread}"));
        }
        for file in &kept.passed_over {
            user.tell(&format!("note: passed over: {file}"));
        }
        let never = self.never_attested_keys;
        require_in_set(never, self.keys)?;
        if !self.files.is_empty() {
            return self.given(&kept, user);
        }
        if self.never_attested {
            require_never(&kept, self.keys)?;
            return Ok(HistoryDecision::Never);
        }
        if self.lost {
            if !user.old_machine_is_off() {
                return Err(HistoryError::Declined);
            }
            // What is known is better than nothing: the client will not sign before it.
            return Ok(HistoryDecision::Lost(kept.found.map(|(_, history)| history)));
        }
        require_never(&kept, never)?;
        self.ask(kept, user)
    }

    /// Decides by the histories that were given. A key that they do not cover must be known, or
    /// stated, never to have signed.
    fn given(
        &self,
        kept: &Kept,
        user: &mut dyn HistoryUser,
    ) -> Result<HistoryDecision, HistoryError> {
        let (keys, network, never) = (self.keys, self.set.network(), self.never_attested_keys);
        let names = self.files.iter().map(|file| stockade_base::shown(file).to_string());
        let files = names.collect::<Vec<_>>().join(", ");
        let read = read_all(self.files, network, keys)?;
        if let Some(note) = read.note() {
            user.tell(&note);
        }
        let super::Given { history: given, silent, .. } = read;
        require_unsigned(never, keys, &given, &files)?;
        require_newest(&given, kept, &silent, &files)?;
        require_never(kept, never)?;
        // The stored history says that these never signed; require_newest refuses all others.
        let known = |key: &PublicKey| {
            kept.found.is_some() && kept.unread.is_empty() && !kept.silent.contains(key)
        };
        let unknown: Vec<_> =
            silent.iter().filter(|key| !never.contains(key) && !known(key)).copied().collect();
        if !unknown.is_empty() {
            let what = says_nothing_about(&files, &unknown, keys.len());
            return Err(HistoryError::SaysNothing(what));
        }
        if !given.signed() {
            return Err(HistoryError::NothingSigned(files));
        }
        Ok(HistoryDecision::Given(given.covering(&silent, network)?, files))
    }

    /// A stored history is shown with its date, and counts only when the user states that the keys
    /// signed nothing since. No history counts by itself: one that is recent comes from a machine that
    /// ran until just now, and nothing in it says that it stopped.
    fn ask(&self, kept: Kept, user: &mut dyn HistoryUser) -> Result<HistoryDecision, HistoryError> {
        let undecided = |what, silent| HistoryError::Undecided { what, silent };
        let network = self.set.network();
        let Some((time, history)) = kept.found else {
            let what = "there is no slashing history for these keys".to_owned();
            return Err(undecided(what, false));
        };
        let what = describe(&history, time, network);
        let never = self.never_attested_keys;
        let silent: Vec<_> =
            kept.silent.iter().filter(|key| !never.contains(key)).copied().collect();
        if !silent.is_empty() {
            let what = says_nothing_about(&format!("{what}, but it"), &silent, self.keys.len());
            return Err(undecided(what, true));
        }
        match user.signed_since(&what) {
            Some(false) => {
                Ok(HistoryDecision::Kept(history.covering(&kept.silent, network)?, time))
            }
            Some(true) => Err(undecided(format!("{what}, and it is not their newest"), false)),
            None => Err(undecided(
                format!("{what}; whether it is complete cannot be asked without a terminal"),
                false,
            )),
        }
    }
}

fn describe(history: &History, time: Timestamp, network: Network) -> String {
    let epoch = history.oldest_epoch().map_or("none".to_owned(), |epoch| epoch.to_string());
    let recent = if history.is_recent(network, Timestamp::now()) {
        ", according to which they signed within the last hour"
    } else {
        ""
    };
    let time = time.to_minute();
    format!("a slashing history from {time} is stored with the set (up to epoch {epoch}){recent}")
}

fn require_in_set(never: &[PublicKey], keys: &[PublicKey]) -> Result<(), HistoryError> {
    match never.iter().find(|key| !keys.contains(key)) {
        None => Ok(()),
        Some(key) => Err(HistoryError::NotInSet { key: Box::new(*key), keys: keys.len() }),
    }
}

/// Refuses keys of `never`, stated never to have signed, that did according to the history `given`
/// in `files`, or that are not among `keys`.
pub fn require_unsigned(
    never: &[PublicKey],
    keys: &[PublicKey],
    given: &History,
    files: &str,
) -> Result<(), HistoryError> {
    require_in_set(never, keys)?;
    match signed(never, given) {
        None => Ok(()),
        Some(key) => Err(HistoryError::Signed { key, files: files.to_owned() }),
    }
}

/// The first of `keys` that signed according to `history`.
fn signed(keys: &[PublicKey], history: &History) -> Option<Box<PublicKey>> {
    let signed = |key: &&PublicKey| history.newest.get(key).is_some_and(Newest::signed);
    keys.iter().find(signed).map(|key| Box::new(*key))
}

/// A history that the user gives must not be older than the stored one.
fn require_newest(
    given: &History,
    kept: &Kept,
    silent: &[PublicKey],
    files: &str,
) -> Result<(), HistoryError> {
    let later = kept.found.as_ref().and_then(|(time, kept)| Some((*time, given.older_than(kept)?)));
    let Some((time, key)) = later else { return Ok(()) };
    let (files, lacks) = (files.to_owned(), silent.contains(&key));
    let key = Box::new(key);
    Err(if lacks {
        HistoryError::LacksSigned { files, key, time }
    } else {
        HistoryError::Older { files, key, time }
    })
}

/// Refuses keys of `never` that have signed, or may have.
fn require_never(kept: &Kept, never: &[PublicKey]) -> Result<(), HistoryError> {
    if never.is_empty() {
        return Ok(());
    }
    let found = kept.found.as_ref();
    match found.and_then(|(time, history)| Some((*time, signed(never, history)?))) {
        Some((time, key)) => Err(HistoryError::Attested { key, time }),
        None if !kept.unread.is_empty() => Err(HistoryError::Unreadable(kept.unread.join("; "))),
        None => Ok(()),
    }
}
