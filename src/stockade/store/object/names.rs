//! The names of all objects below the prefix, from one listing that serves a whole command. What this
//! process writes is added. The lock on the bucket forgets it, since others may have written before.

use object_store::{ObjectMeta, path::Path};
use tokio::sync::{Mutex, MutexGuard};

use super::odd_names;

/// The most memory that the names may take: those of about 500,000 objects. A bucket with more is
/// listed folder by folder.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The memory that a name takes in addition to its characters.
const OVERHEAD: usize = 48;

/// The names, as far as they are known.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<State>);

#[derive(Debug, Default)]
pub(super) enum State {
    /// The prefix was not listed yet, or has changed since.
    #[default]
    Unlisted,
    Listed(Names),
    /// There are too many to hold.
    TooMany,
}

impl Known {
    pub(super) async fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().await
    }

    /// The next question lists the prefix again.
    pub(super) async fn forget(&self) {
        *self.lock().await = State::Unlisted;
    }

    /// An object was put.
    pub(super) async fn add(&self, location: &Path, len: usize) {
        let mut state = self.lock().await;
        if let State::Listed(names) = &mut *state {
            let place = names.place(location.as_ref());
            match place {
                Ok(at) => names.plain.iter_mut().skip(at).take(1).for_each(|it| it.1 = len as u64),
                Err(at) => names.plain.insert(at, (location.to_string(), len as u64)),
            }
        }
    }

    /// The length of an object when it was listed.
    pub(super) async fn len(&self, location: &Path) -> Option<u64> {
        match &*self.lock().await {
            State::Listed(names) => {
                let at = names.place(location.as_ref()).ok()?;
                names.plain.get(at).map(|(_, len)| *len)
            }
            _ => None,
        }
    }
}

/// The names of one listing.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The names and lengths, sorted by name.
    plain: Vec<(String, u64)>,
    /// The stand-ins for names that no copy has.
    odd: Vec<String>,
    bytes: usize,
}

impl Names {
    /// Adds the next object of the listing. Returns whether there was room for it.
    pub(super) fn take(&mut self, object: &ObjectMeta) -> bool {
        let name = object.location.to_string();
        self.bytes += name.len() + OVERHEAD;
        match odd_names::decode(&name) {
            Some(_) => self.odd.push(name),
            None => self.plain.push((name, object.size)),
        }
        self.bytes <= MAX_BYTES
    }

    /// Ends the listing. Not every service sorts its names as we do.
    pub(super) fn sorted(mut self) -> Self {
        self.plain.sort();
        self
    }

    /// The names below the folder `prefix`, and all odd ones.
    pub(super) fn below(&self, prefix: &str) -> impl Iterator<Item = &str> {
        let folder = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let first = self.plain.partition_point(|(name, _)| name.as_str() < folder.as_str());
        let rest = self.plain.iter().skip(first).map(|(name, _)| name.as_str());
        let within = rest.take_while(move |name| name.starts_with(&folder));
        within.chain(self.odd.iter().map(String::as_str))
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.plain.binary_search_by(|(known, _)| known.as_str().cmp(name))
    }
}
