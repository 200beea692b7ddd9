//! A validator client with the keymanager API, as its specification has it, and with what can go
//! wrong in one. It opens every keystore that it is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::{Value, json};
use stockade::eth2_keystore::{KeyCache, Keystore, Password};

use super::server::{Reply, Request, serve, serve_again};

/// The token of all of them.
pub(crate) const TOKEN: &str = "api-token-0x5f2c";

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It answers with this status, and does nothing.
    Status(u16),
    /// It does what it was asked, and its answer is garbage.
    Garbage,
    /// It does what it was asked, and answers for one key fewer.
    Short,
    /// It is gone, and did nothing.
    Dies,
    /// It does what it was asked, and is gone before it answers.
    TakesAndDies,
    /// It does what it was asked, answers, and is gone.
    DiesAfter,
    /// It removes all, and its history does not speak of the first.
    Silent,
    /// It says that it did, and did not.
    Lies,
    /// It refuses the first key of the request.
    RefusesFirst,
    /// It says that it refuses the first key of the request, and takes it.
    TakesRefused,
}

/// What it has, and what it was asked.
#[derive(Default)]
pub(crate) struct Inside {
    /// What each key signed, in the order in which they came.
    pub(crate) keys: BTreeMap<String, Value>,
    /// Keys that it signs with by another's help.
    pub(crate) remote: BTreeMap<String, String>,
    /// Keys that it had, and what they signed.
    pub(crate) gone: BTreeMap<String, Value>,
    /// Methods and paths, with how many keys.
    pub(crate) asked: Vec<String>,
    /// The interchange of every import.
    pub(crate) histories: Vec<Value>,
    /// The password and the salt of every keystore that it was sent.
    pub(crate) passwords: Vec<(String, String)>,
    /// What goes wrong, at which request that changes something (from 0).
    pub(crate) faults: BTreeMap<usize, Fault>,
    /// Looked at when keys come in.
    pub(crate) on_import: Option<Box<dyn FnMut() + Send>>,
    /// Keys that it has and does not list.
    pub(crate) unlisted: BTreeSet<String>,
    /// Keys that somebody else removes as soon as it listed them.
    pub(crate) fleeting: BTreeSet<String>,
    /// What it does for a key, by the path of the request: fee recipient, gas limit, graffiti.
    pub(crate) settings: BTreeMap<String, Value>,
    /// Its token, where that is not [`TOKEN`].
    pub(crate) token: Option<String>,
    /// It lets nobody bring keys.
    pub(crate) closed: bool,
    changes: usize,
    /// It answers nobody any more.
    dead: bool,
    cache: KeyCache,
}

/// A validator client.
#[derive(Clone)]
pub(crate) struct ValidatorClient {
    pub(crate) url: String,
    inside: Arc<Mutex<Inside>>,
}

impl ValidatorClient {
    /// One that has nothing.
    pub(crate) fn new() -> Self {
        Self::with(Arc::default())
    }

    /// One with these keys, which attested up to an epoch.
    pub(crate) fn running(keys: &[String], epoch: u64) -> Self {
        let client = Self::new();
        let record = |key: &String| (key.clone(), record(key, epoch));
        client.inside().keys = keys.iter().map(record).collect();
        client
    }

    fn with(inside: Arc<Mutex<Inside>>) -> Self {
        let served = inside.clone();
        let url = serve(move |request| served.lock().unwrap().answer(&request));
        Self { url, inside }
    }

    /// The same after a restart: all it has, where it was, and nothing goes wrong any more.
    pub(crate) fn restarted(&self) -> Self {
        let mut inside = self.inside();
        inside.faults.clear();
        inside.asked.clear();
        if std::mem::take(&mut inside.dead) {
            drop(inside);
            let served = self.inside.clone();
            serve_again(&self.url, move |request| served.lock().unwrap().answer(&request));
        }
        self.clone()
    }

    /// With this going wrong at its `at`-th change.
    pub(crate) fn failing(self, at: usize, fault: Fault) -> Self {
        self.inside().faults.insert(at, fault);
        self
    }

    pub(crate) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    /// The keys that it has.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.inside().keys.keys().cloned().collect()
    }

    /// What it was asked.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.inside().asked.clone()
    }
}

/// A record of EIP-3076 of a key that attested up to `epoch`.
pub(crate) fn record(key: &str, epoch: u64) -> Value {
    json!({
        "pubkey": format!("0x{key}"),
        "signed_blocks": [],
        "signed_attestations": [
            {"source_epoch": (epoch - 1).to_string(), "target_epoch": epoch.to_string()},
        ],
    })
}

impl Inside {
    fn answer(&mut self, request: &Request) -> Reply {
        if self.dead {
            return (0, String::new());
        }
        let reply = self.answer_alive(request);
        self.dead |= reply.0 == 0;
        reply
    }

    fn answer_alive(&mut self, request: &Request) -> Reply {
        let token = self.token.as_deref().unwrap_or(TOKEN);
        if request.token.as_deref() != Some(&format!("Bearer {token}")) {
            return (401, json!({"message": "invalid token"}).to_string());
        }
        let count = |field| request.body[field].as_array().map_or(0, Vec::len);
        let (method, path) = (request.method.as_str(), request.path.as_str());
        let keys = count("keystores") + count("pubkeys") + count("remote_keys");
        self.asked.push(match keys {
            0 => format!("{method} {path}"),
            keys => format!("{method} {path} {keys}"),
        });
        match (method, path) {
            ("POST", _) if self.closed => (403, json!({"message": "forbidden"}).to_string()),
            ("POST", "/eth/v1/keystores") if keys == 0 => (200, json!({"data": []}).to_string()),
            ("DELETE", "/eth/v1/keystores") if keys == 0 => {
                let history = interchange(&[]).to_string();
                (200, json!({"data": [], "slashing_protection": history}).to_string())
            }
            ("GET", "/eth/v1/keystores") => {
                let row = |key: &String| json!({"validating_pubkey": format!("0x{key}")});
                let listed = self.keys.keys().filter(|key| !self.unlisted.contains(*key));
                (200, json!({"data": listed.map(row).collect::<Vec<_>>()}).to_string())
            }
            ("GET", "/eth/v1/remotekeys") => {
                let row = |(key, url): (&String, &String)| json!({"pubkey": format!("0x{key}"), "url": url});
                (200, json!({"data": self.remote.iter().map(row).collect::<Vec<_>>()}).to_string())
            }
            ("GET", path) if path.starts_with("/eth/v1/validator/") => {
                match self.settings.get(path) {
                    Some(data) => (200, json!({ "data": data }).to_string()),
                    None => (404, json!({"message": "not set"}).to_string()),
                }
            }
            ("POST", path) if path.starts_with("/eth/v1/validator/") => {
                self.settings.insert(path.to_owned(), request.body.clone());
                (202, String::new())
            }
            ("POST" | "DELETE", "/eth/v1/keystores" | "/eth/v1/remotekeys") => {
                let fault = self.faults.get(&self.changes).cloned();
                self.changes += 1;
                self.change(request, fault)
            }
            _ => (404, String::new()),
        }
    }

    fn change(&mut self, request: &Request, fault: Option<Fault>) -> Reply {
        match fault {
            Some(Fault::Status(status)) => {
                return (status, json!({"message": "database is locked"}).to_string());
            }
            Some(Fault::Dies) => return (0, String::new()),
            _ => {}
        }
        let before = (self.keys.clone(), self.remote.clone());
        let mut answer = match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/eth/v1/keystores") => self.import(&request.body, &fault),
            ("DELETE", "/eth/v1/keystores") => self.delete(&request.body, &fault),
            _ => self.add_remote(&request.body),
        };
        match fault {
            Some(Fault::Garbage) => (200, "garbage".to_owned()),
            Some(Fault::Short) => {
                answer["data"].as_array_mut().unwrap().pop();
                (200, answer.to_string())
            }
            Some(Fault::TakesAndDies) => (0, String::new()),
            Some(Fault::DiesAfter) => {
                self.dead = true;
                (200, answer.to_string())
            }
            Some(Fault::Lies) => {
                (self.keys, self.remote) = before;
                (200, answer.to_string())
            }
            _ => (200, answer.to_string()),
        }
    }

    fn import(&mut self, body: &Value, fault: &Option<Fault>) -> Value {
        if let Some(look) = &mut self.on_import {
            look();
        }
        let history: Value =
            serde_json::from_str(body["slashing_protection"].as_str().unwrap()).unwrap();
        let record = |key: &str| {
            let records = history["data"].as_array().unwrap();
            records.iter().find(|r| r["pubkey"] == format!("0x{key}")).cloned().unwrap_or_default()
        };
        let mut statuses = Vec::new();
        let pairs = body["keystores"].as_array().unwrap().iter();
        for (keystore, password) in pairs.zip(body["passwords"].as_array().unwrap()) {
            let keystore = Keystore::parse(keystore.as_str().unwrap().as_bytes()).unwrap();
            let password = password.as_str().unwrap();
            let normal = Password::new(password).unwrap();
            let derived = self.cache.key(&normal, keystore.kdf()).unwrap();
            let key = keystore.open_with(&derived).unwrap().public_key();
            assert_eq!(key, *keystore.pubkey());
            self.passwords.push((password.to_owned(), hex::encode(keystore.kdf().salt())));
            let key = key.to_string();
            let first = statuses.is_empty();
            let refused = *fault == Some(Fault::RefusesFirst) && first;
            let taken = *fault == Some(Fault::TakesRefused) && first;
            statuses.push(match (refused || taken, self.keys.contains_key(&key)) {
                (true, _) => json!({"status": "error", "message": "disk is full"}),
                (_, true) => json!({"status": "duplicate"}),
                (_, false) => json!({"status": "imported"}),
            });
            if !refused {
                self.keys.insert(key.clone(), record(&key));
            }
        }
        self.histories.push(history);
        json!({"data": statuses})
    }

    fn delete(&mut self, body: &Value, fault: &Option<Fault>) -> Value {
        let (mut statuses, mut records) = (Vec::new(), Vec::new());
        for key in body["pubkeys"].as_array().unwrap() {
            let key = key.as_str().unwrap().strip_prefix("0x").unwrap();
            let mut removed = self.keys.remove(key);
            if self.fleeting.contains(key) {
                self.gone.extend(removed.take().map(|record| (key.to_owned(), record)));
            }
            let status = match (&removed, self.gone.get(key)) {
                (Some(_), _) => "deleted",
                (None, Some(_)) => "not_active",
                (None, None) => "not_found",
            };
            statuses.push(json!({"status": status}));
            let record = removed.or_else(|| self.gone.get(key).cloned()).unwrap_or_default();
            if !record.is_null() {
                self.gone.insert(key.to_owned(), record.clone());
                records.push(record);
            }
        }
        if *fault == Some(Fault::Silent) {
            records.remove(0);
        }
        json!({"data": statuses, "slashing_protection": interchange(&records).to_string()})
    }

    fn add_remote(&mut self, body: &Value) -> Value {
        let mut statuses = Vec::new();
        for row in body["remote_keys"].as_array().unwrap() {
            let key = row["pubkey"].as_str().unwrap().strip_prefix("0x").unwrap().to_owned();
            let known = self.keys.contains_key(&key) || self.remote.contains_key(&key);
            statuses.push(json!({"status": if known { "duplicate" } else { "imported" }}));
            if !known {
                self.remote.insert(key, row["url"].as_str().unwrap().to_owned());
            }
        }
        json!({"data": statuses})
    }
}

/// EIP-3076 for hoodi.
pub(crate) fn interchange(records: &[Value]) -> Value {
    let root = hex::encode(stockade::staking::Network::Hoodi.genesis_validators_root());
    json!({
        "metadata": {
            "interchange_format_version": "5",
            "genesis_validators_root": format!("0x{root}"),
        },
        "data": records,
    })
}
