//! A validator client: what is in its memory, what is on its disk, and what it says. Each fault is one
//! that a real client was seen to have.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    panic::resume_unwind,
    rc::Rc,
};

use serde_json::json;
use stockade::{
    backup::whereabouts::RemovalPermit,
    bls::PublicKey,
    staking::{Interchange, Network},
};
use stockade_services::{
    delivery::Client,
    endpoint::HttpError,
    keymanager::{Deleted, Import, KeyStatus, KeymanagerError, Listed, RemoteKey},
};

use super::dice::Dice;

/// What ends the command in the middle of a request.
pub(super) struct Killed;

/// How often a request goes wrong: once in so many times.
const FAULTY: usize = 4;

#[derive(Default)]
pub(super) struct Inside {
    /// Keys that it signs with now.
    pub(super) memory: BTreeSet<PublicKey>,
    /// Keys that it signs with after its next start.
    pub(super) disk: BTreeSet<PublicKey>,
    /// Keys that it takes up by itself after a while (Teku that looks for doppelgangers).
    pub(super) later: BTreeSet<PublicKey>,
    /// Files of keys that it neither runs nor starts, and calls duplicates.
    left_over: BTreeSet<PublicKey>,
    /// The last epoch that it must not sign again, of each key that it ever had.
    pub(super) bounds: BTreeMap<PublicKey, u64>,
}

impl Inside {
    /// Whether it can sign with a key, now or at some time.
    pub(super) fn can_sign(&self, key: &PublicKey) -> bool {
        [&self.memory, &self.disk, &self.later].iter().any(|keys| keys.contains(key))
    }

    pub(super) fn restart(&mut self) {
        let later = std::mem::take(&mut self.later);
        self.disk.extend(later);
        self.memory = self.disk.clone();
    }
}

#[derive(Clone)]
pub(super) struct ModelClient {
    pub(super) url: String,
    pub(super) inside: Rc<RefCell<Inside>>,
    dice: Rc<RefCell<Dice>>,
    /// Whether anything goes wrong.
    pub(super) healthy: Rc<RefCell<bool>>,
    /// Requests until the command is killed.
    pub(super) fuse: Rc<RefCell<Option<usize>>>,
}

impl ModelClient {
    pub(super) fn new(
        name: &str,
        dice: &Rc<RefCell<Dice>>,
        fuse: &Rc<RefCell<Option<usize>>>,
    ) -> Self {
        Self {
            url: format!("https://{name}.example:5062"),
            inside: Rc::default(),
            dice: dice.clone(),
            healthy: Rc::default(),
            fuse: fuse.clone(),
        }
    }

    fn fault(&self, kinds: usize) -> Option<usize> {
        let mut dice = self.dice.borrow_mut();
        (!*self.healthy.borrow() && dice.once_in(FAULTY)).then(|| dice.below(kinds))
    }

    /// Before or after what a request does, the command may be killed.
    fn burn(&self) {
        let mut fuse = self.fuse.borrow_mut();
        match *fuse {
            Some(0) => {
                *fuse = None;
                drop(fuse);
                resume_unwind(Box::new(Killed));
            }
            Some(left) => *fuse = Some(left - 1),
            None => {}
        }
    }

    fn status(&self, status: u16) -> KeymanagerError {
        let (url, message) = (self.url.clone(), "no".to_owned());
        HttpError::Status { url, status, message, retry_after: None }.into()
    }

    fn lost(&self) -> KeymanagerError {
        HttpError::Unreachable { url: self.url.clone(), why: "reset".to_owned() }.into()
    }
}

impl Client for ModelClient {
    fn url(&self) -> &str {
        &self.url
    }

    fn list(&self) -> Result<Vec<Listed>, KeymanagerError> {
        self.burn();
        if self.fault(3) == Some(0) {
            return Err(self.status(500));
        }
        let memory = self.inside.borrow().memory.clone();
        Ok(memory.into_iter().map(|pubkey| Listed { pubkey, readonly: false }).collect())
    }

    fn list_remote_if_any(&self) -> Result<Option<Vec<RemoteKey>>, KeymanagerError> {
        Ok(Some(Vec::new()))
    }

    fn delete(&self, permit: &RemovalPermit) -> Result<Deleted, KeymanagerError> {
        self.burn();
        let fault = self.fault(8);
        if fault == Some(0) {
            return Err(self.status(403));
        }
        let mut inside = self.inside.borrow_mut();
        let mut statuses = Vec::new();
        let mut records = Vec::new();
        for key in permit.keys() {
            let ran = inside.memory.contains(key);
            let known = inside.bounds.get(key).copied();
            statuses.push(match (ran, fault) {
                // Out of memory and of the list; the files stay (Web3signer, Teku, Lodestar).
                (true, Some(1)) => {
                    inside.memory.remove(key);
                    KeyStatus::Error("files".to_owned())
                }
                // Its folder is elsewhere: out of memory, and there at the next start (Nimbus).
                (true, Some(7)) => {
                    inside.memory.remove(key);
                    KeyStatus::NotActive
                }
                // Nothing happened.
                (true, Some(2)) => KeyStatus::Error("locked".to_owned()),
                // It says so, and did not.
                (true, Some(3)) => KeyStatus::Deleted,
                (true, _) => {
                    inside.memory.remove(key);
                    inside.disk.remove(key);
                    inside.left_over.insert(*key);
                    KeyStatus::Deleted
                }
                // Asked again, whatever became of it the first time.
                (false, _) if known.is_some() => KeyStatus::NotActive,
                (false, _) => KeyStatus::NotFound,
            });
            records.extend(known.map(|epoch| record(key, epoch)));
        }
        drop(inside);
        self.burn();
        match fault {
            Some(4) => return Err(self.lost()),
            Some(5) => return Err(self.status(500)),
            // Prysm, of keys that came over this API.
            Some(6) => {
                return Ok(Deleted { statuses, slashing_protection: "null".to_owned() });
            }
            _ => {}
        }
        Ok(Deleted { statuses, slashing_protection: interchange(&records) })
    }

    fn import(&self, import: &Import<'_>) -> Result<Vec<KeyStatus>, KeymanagerError> {
        self.burn();
        let fault = self.fault(8);
        match fault {
            Some(0) => return Err(self.status(413)),
            Some(1) => return Err(self.lost()),
            _ => {}
        }
        let history = import.slashing_protection.unwrap_or_default();
        let newest = Interchange::parse(history.as_bytes()).unwrap().newest();
        let mut inside = self.inside.borrow_mut();
        let mut statuses = Vec::new();
        for (place, keystore) in import.keystores.iter().enumerate() {
            let key: PublicKey = keystore.parse().unwrap();
            let bound = newest.get(&key).and_then(|newest| newest.target_epoch);
            let bound = bound.max(inside.bounds.get(&key).copied());
            let take = |inside: &mut Inside| {
                inside.bounds.extend(bound.map(|epoch| (key, epoch)));
                inside.memory.insert(key);
                inside.disk.insert(key);
                // What waited for the same key waits no more.
                inside.later.remove(&key);
            };
            statuses.push(match fault {
                _ if inside.memory.contains(&key) => KeyStatus::Duplicate,
                Some(2) => {
                    inside.bounds.extend(bound.map(|epoch| (key, epoch)));
                    inside.later.insert(key);
                    KeyStatus::Imported
                }
                // Taken, and dropped without a word.
                Some(3) => KeyStatus::Imported,
                Some(4) if inside.left_over.contains(&key) => KeyStatus::Duplicate,
                Some(5) => KeyStatus::Error("wrong password".to_owned()),
                Some(6) if place == 0 => {
                    take(&mut inside);
                    KeyStatus::Error("disk is full".to_owned())
                }
                _ => {
                    take(&mut inside);
                    KeyStatus::Imported
                }
            });
        }
        drop(inside);
        self.burn();
        if fault == Some(7) {
            return Err(self.status(500));
        }
        Ok(statuses)
    }

    fn genesis_root(&self) -> Option<[u8; 32]> {
        None
    }
}

/// A record of EIP-3076 of a key that attested up to `epoch`.
pub(super) fn record(key: &PublicKey, epoch: u64) -> serde_json::Value {
    let source = epoch.saturating_sub(1).to_string();
    json!({
        "pubkey": format!("0x{key}"),
        "signed_blocks": [],
        "signed_attestations": [{"source_epoch": source, "target_epoch": epoch.to_string()}],
    })
}

/// EIP-3076 for hoodi.
pub(super) fn interchange(records: &[serde_json::Value]) -> String {
    let root = hex::encode(Network::Hoodi.genesis_validators_root());
    json!({
        "metadata": {
            "interchange_format_version": "5",
            "genesis_validators_root": format!("0x{root}"),
        },
        "data": records,
    })
    .to_string()
}
