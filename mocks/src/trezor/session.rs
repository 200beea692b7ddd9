//! Sessions: an id with which the host resumes, and the seed for its passphrase.

use super::random;
use crate::Seed;

/// The number of sessions that both firmwares keep; the least recently used one is replaced.
const MOST: usize = 10;

struct Session {
    id: [u8; 32],
    seed: Option<Seed>,
}

/// The sessions of a device, the most recently used last.
#[derive(Default)]
pub(super) struct Sessions {
    kept: Vec<Session>,
    active: bool,
}

impl Sessions {
    /// Resumes the session `id`, or begins a new one if it is unknown. Returns its id.
    pub(super) fn start(&mut self, id: Option<&[u8]>) -> [u8; 32] {
        let known = self.kept.iter().position(|session| Some(&session.id[..]) == id);
        let session = match known {
            Some(index) => self.kept.remove(index),
            None => Session { id: random(), seed: None },
        };
        if self.kept.len() >= MOST {
            self.kept.remove(0);
        }
        let id = session.id;
        self.kept.push(session);
        self.active = true;
        id
    }

    /// Makes `id` the active session if it is known; otherwise no session is active.
    pub(super) fn choose(&mut self, id: [u8; 32]) {
        let known = self.kept.iter().position(|session| session.id == id);
        self.active = known.is_some();
        if let Some(index) = known {
            let session = self.kept.remove(index);
            self.kept.push(session);
        }
    }

    /// Begins the session `id`, replacing an earlier one with this id.
    pub(super) fn begin(&mut self, id: [u8; 32]) {
        self.kept.retain(|session| session.id != id);
        if self.kept.len() >= MOST {
            self.kept.remove(0);
        }
        self.kept.push(Session { id, seed: None });
        self.active = true;
    }

    /// Changes the ids of sessions.
    pub(super) fn rename(&mut self, rename: impl Fn(&[u8; 32]) -> Option<[u8; 32]>) {
        for session in &mut self.kept {
            session.id = rename(&session.id).unwrap_or(session.id);
        }
    }

    /// Ends the active session.
    pub(super) fn end(&mut self) {
        if self.active {
            self.kept.pop();
        }
        self.active = false;
    }

    /// Ends all sessions.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_active(&self) -> bool {
        self.active
    }

    /// The seed of the active session, once it is open.
    pub(super) fn seed(&self) -> Option<&Seed> {
        if !self.active {
            return None;
        }
        self.kept.last()?.seed.as_ref()
    }

    pub(super) fn open(&mut self, seed: Seed) {
        if let (true, Some(session)) = (self.active, self.kept.last_mut()) {
            session.seed = Some(seed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_session_is_replaced() {
        let mut sessions = Sessions::default();
        let ids: Vec<_> = (0..MOST).map(|_| sessions.start(None)).collect();
        assert_eq!(sessions.start(Some(&ids[0])), ids[0]);
        sessions.start(None);
        assert_eq!(sessions.start(Some(&ids[0])), ids[0]);
        assert_ne!(sessions.start(Some(&ids[1])), ids[1]);
    }

    #[test]
    fn an_ended_session_cannot_be_resumed() {
        let mut sessions = Sessions::default();
        let id = sessions.start(None);
        sessions.open(Seed::from_mnemonic("all all", ""));
        assert!(sessions.seed().is_some());
        sessions.end();
        assert!(sessions.seed().is_none());
        assert_ne!(sessions.start(Some(&id)), id);
    }
}
