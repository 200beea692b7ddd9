//! How each validator client answers the keymanager API, as one table, and a stand-in that follows it.
//! "Run": recorded from the client's own code; "read": taken from its source. The dates are in
//! `docs/testing.md`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::{Value, json};
use stockade::eth2_keystore::Keystore;

use super::{
    server::{Reply, Request, serve},
    validator_client::{TOKEN, interchange},
};

/// What an `error` for a key that was found means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorMeans {
    /// Out of memory and of the list; the files stay, and start it again.
    BackAtTheNextStart,
    /// Nothing happened.
    StillThere,
    /// Disabled for good, and not listed.
    OffForGood,
}

/// When a history of a removal has the chain's root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    Always,
    /// Only with records.
    WithRecords,
}

/// How one client answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manners {
    pub(crate) name: &'static str,
    /// The status for a wrong token; `None` where it has no token.
    wrong_token: Option<u16>,
    /// It repeats a wrong token in its answer.
    repeats_token: bool,
    has_remote_keys: bool,
    /// The word for a key of which files are left over, and that it does not run.
    left_over: &'static str,
    /// The word for a removed key that never signed, asked for again.
    never_signed: &'static str,
    root: Root,
    pub(crate) error_means: ErrorMeans,
    /// What it answers to an import of nothing.
    nothing: Option<&'static str>,
}

pub(crate) const CLIENTS: [Manners; 6] = [
    // Run: commit 3522fc87d.
    Manners {
        name: "Web3signer",
        wrong_token: None,
        repeats_token: false,
        has_remote_keys: false,
        left_over: "imported",
        never_signed: "not_found",
        root: Root::Always,
        error_means: ErrorMeans::BackAtTheNextStart,
        nothing: None,
    },
    // Run: commit 90ed09bbc6.
    Manners {
        name: "Teku",
        wrong_token: Some(401),
        repeats_token: false,
        has_remote_keys: true,
        left_over: "duplicate",
        never_signed: "not_found",
        root: Root::WithRecords,
        error_means: ErrorMeans::BackAtTheNextStart,
        nothing: None,
    },
    // Read: commit f54a0366a.
    Manners {
        name: "Nimbus",
        wrong_token: Some(403),
        repeats_token: false,
        has_remote_keys: true,
        left_over: "duplicate",
        never_signed: "not_found",
        root: Root::Always,
        error_means: ErrorMeans::StillThere,
        nothing: None,
    },
    // Run: 5.3.0.
    Manners {
        name: "Lighthouse",
        wrong_token: Some(403),
        repeats_token: true,
        has_remote_keys: true,
        left_over: "duplicate",
        never_signed: "not_active",
        root: Root::Always,
        error_means: ErrorMeans::OffForGood,
        nothing: None,
    },
    // Read: commit 6de0736274; 1.5.1 itself runs in CI.
    Manners {
        name: "Lodestar",
        wrong_token: Some(401),
        repeats_token: false,
        has_remote_keys: true,
        left_over: "imported",
        never_signed: "not_active",
        root: Root::Always,
        error_means: ErrorMeans::BackAtTheNextStart,
        nothing: None,
    },
    // Run: 7.1.1.
    Manners {
        name: "Prysm",
        wrong_token: Some(403),
        repeats_token: false,
        has_remote_keys: true,
        left_over: "imported",
        never_signed: "not_found",
        root: Root::Always,
        error_means: ErrorMeans::OffForGood,
        nothing: Some("null"),
    },
];

/// What is out of the ordinary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oddity {
    Nothing,
    /// It cannot delete its key files.
    FilesStay,
    /// Its keys come from a source that this API does not change.
    ReadOnly,
    /// It takes keys, and looks for doppelgangers before it lists them.
    Later,
    /// The same, and it drops them without a word.
    Drops,
    /// Files of the keys are left over from before.
    LeftOver,
    /// It removes keys, and its export comes to `null`.
    NullHistory,
    /// It has a limit of so many bytes for a request.
    Limit(usize),
}

/// Its keys, by where they are.
#[derive(Default)]
pub(crate) struct Inside {
    /// What each key signed that it signs with now.
    pub(crate) memory: BTreeMap<String, Value>,
    /// What each key signed that it starts with.
    pub(crate) disk: BTreeMap<String, Value>,
    later: BTreeMap<String, Value>,
    gone: BTreeMap<String, Value>,
    left_over: BTreeSet<String>,
}

#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) url: String,
    inside: Arc<Mutex<Inside>>,
    watcher: Watcher,
}

/// What is called before and after each request.
pub(crate) type Watcher = Arc<Mutex<Option<Box<dyn FnMut() + Send>>>>;

impl Client {
    /// One that runs these keys, with what they signed.
    pub(crate) fn new(manners: Manners, oddity: Oddity, keys: &[(String, Value)]) -> Self {
        let mut inside = Inside::default();
        for (key, record) in keys {
            inside.memory.insert(key.clone(), record.clone());
            inside.disk.insert(key.clone(), record.clone());
        }
        let inside = Arc::new(Mutex::new(inside));
        let served = inside.clone();
        let watcher = Watcher::default();
        let watched = watcher.clone();
        let tell = move || {
            if let Some(watch) = watched.lock().unwrap().as_mut() {
                watch();
            }
        };
        let url = serve(move |request| {
            tell();
            let reply = answer(manners, oddity, &mut served.lock().unwrap(), &request);
            tell();
            reply
        });
        Self { url, inside, watcher }
    }

    /// Has `watch` called before and after each request.
    pub(crate) fn watched_by(&self, watch: Box<dyn FnMut() + Send>) {
        *self.watcher.lock().unwrap() = Some(watch);
    }

    pub(crate) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    /// It starts anew with what is on its disk, a quarter of an hour later.
    pub(crate) fn restart(&self) {
        let mut inside = self.inside();
        let later = std::mem::take(&mut inside.later);
        inside.disk.extend(later);
        inside.memory = inside.disk.clone();
    }

    /// Files of these keys lie there, and it does not run them.
    pub(crate) fn with_files_of(self, keys: &[String]) -> Self {
        self.inside().left_over.extend(keys.iter().cloned());
        self
    }

    pub(crate) fn runs(&self) -> Vec<String> {
        self.inside().memory.keys().cloned().collect()
    }
}

fn answer(manners: Manners, oddity: Oddity, inside: &mut Inside, request: &Request) -> Reply {
    let given = request.token.as_deref().unwrap_or_default();
    if let Some(status) = manners.wrong_token.filter(|_| given != format!("Bearer {TOKEN}")) {
        let said = if manners.repeats_token {
            format!("Invalid auth token: {given}")
        } else {
            "no".to_owned()
        };
        return (status, json!({"code": status, "message": said}).to_string());
    }
    let body = &request.body;
    let count = |field| body[field].as_array().map_or(0, Vec::len);
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/eth/v1/keystores") => {
            let readonly = oddity == Oddity::ReadOnly;
            let row = |key: &String| json!({"validating_pubkey": format!("0x{key}"), "readonly": readonly});
            (200, json!({"data": inside.memory.keys().map(row).collect::<Vec<_>>()}).to_string())
        }
        ("GET", "/eth/v1/remotekeys") if manners.has_remote_keys => {
            (200, json!({"data": []}).to_string())
        }
        ("POST", "/eth/v1/keystores") if count("keystores") == 0 => {
            (200, format!(r#"{{"data": {}}}"#, manners.nothing.unwrap_or("[]")))
        }
        ("POST", "/eth/v1/keystores") => import(manners, oddity, inside, body),
        ("DELETE", "/eth/v1/keystores") => delete(manners, oddity, inside, body),
        _ => (404, "<html>not found</html>".to_owned()),
    }
}

fn import(manners: Manners, oddity: Oddity, inside: &mut Inside, body: &Value) -> Reply {
    if let Oddity::Limit(bytes) = oddity
        && body.to_string().len() > bytes
    {
        return (413, "Request Entity Too Large".to_owned());
    }
    let history = body["slashing_protection"].as_str().unwrap_or("{}");
    let history: Value = serde_json::from_str(history).unwrap();
    let record = |key: &str| {
        let mut records = history["data"].as_array().into_iter().flatten();
        records.find(|record| record["pubkey"] == format!("0x{key}")).cloned().unwrap_or_default()
    };
    let keystores = body["keystores"].as_array().unwrap().iter();
    let statuses = keystores.map(|keystore| {
        let keystore = Keystore::parse(keystore.as_str().unwrap().as_bytes()).unwrap();
        let key = keystore.pubkey().to_string();
        let known = inside.memory.contains_key(&key);
        let word = match oddity {
            _ if known => "duplicate",
            Oddity::LeftOver if inside.left_over.contains(&key) => manners.left_over,
            _ => "imported",
        };
        match (word, oddity) {
            ("imported", Oddity::Later) => drop(inside.later.insert(key.clone(), record(&key))),
            ("imported", Oddity::Drops) => {}
            ("imported", _) => {
                inside.memory.insert(key.clone(), record(&key));
                inside.disk.insert(key.clone(), record(&key));
            }
            _ => {}
        }
        json!({"status": word})
    });
    (200, json!({"data": statuses.collect::<Vec<_>>()}).to_string())
}

fn delete(manners: Manners, oddity: Oddity, inside: &mut Inside, body: &Value) -> Reply {
    let (mut statuses, mut records) = (Vec::new(), Vec::new());
    for key in body["pubkeys"].as_array().unwrap() {
        let key = key.as_str().unwrap().strip_prefix("0x").unwrap().to_owned();
        let ran = inside.memory.get(&key).cloned();
        let status = match (&ran, oddity) {
            (Some(_), Oddity::ReadOnly) => json!({"status": "error", "message": "read-only"}),
            (Some(record), Oddity::FilesStay) => {
                match manners.error_means {
                    ErrorMeans::StillThere => {}
                    ErrorMeans::BackAtTheNextStart => drop(inside.memory.remove(&key)),
                    ErrorMeans::OffForGood => {
                        inside.memory.remove(&key);
                        inside.disk.remove(&key);
                    }
                }
                inside.gone.insert(key.clone(), record.clone());
                json!({"status": "error", "message": "could not delete a file"})
            }
            (Some(record), _) => {
                inside.memory.remove(&key);
                inside.disk.remove(&key);
                inside.gone.insert(key.clone(), record.clone());
                json!({"status": "deleted"})
            }
            (None, _) => match inside.gone.get(&key) {
                Some(record) if !record.is_null() => json!({"status": "not_active"}),
                _ => json!({"status": manners.never_signed}),
            },
        };
        statuses.push(status);
        let record = ran.or_else(|| inside.gone.get(&key).cloned()).unwrap_or_default();
        if !record.is_null() {
            records.push(record);
        }
    }
    let mut history = interchange(&records);
    if manners.root == Root::WithRecords && records.is_empty() {
        history["metadata"].as_object_mut().unwrap().remove("genesis_validators_root");
    }
    let history =
        if oddity == Oddity::NullHistory { "null".to_owned() } else { history.to_string() };
    (200, json!({"data": statuses, "slashing_protection": history}).to_string())
}
