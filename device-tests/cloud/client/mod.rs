//! A stand-in of a validator client: what is in its memory and on its disk, and the answers that the
//! table gives it.

mod changes;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use changes::{History, sent};

use super::{
    cell::{Answer, Asked, Effect, Forced, drops_root},
    manners::{Manners, Remote},
    server::{Reply, Request, Serving},
    validator_client::{TOKEN, interchange, record},
};

/// What is out of the ordinary for as long as nobody mends it.
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
    /// It removes keys for good, and says `error`.
    RemovesWithError,
    /// The files of its keys are elsewhere: out of memory, and it says this word.
    FilesElsewhere(&'static str),
    /// It signs with a remote signer.
    Remote,
    /// The same, and it holds the keys as well.
    RemoteToo,
    /// It runs without slashing protection: it keeps no history, and has none to give.
    ProtectionOff,
    /// It lists keys at once, and signs with them after its next start.
    Waits,
    /// It is on another network.
    OtherChain,
    /// Its keys are a remote signer's: it imports none.
    RemoteWallet,
    /// It gives the history of all its keys, whichever it is asked for.
    TellsAll,
    /// Prysm's ordinary database: a vote that comes twice stops the key, and keys that came since its
    /// start have no history to give.
    Bolt,
    /// Prysm's minimal database: it keeps no signing roots.
    Minimal,
}

/// Its keys, by where they are.
#[derive(Default)]
pub(crate) struct Inside {
    /// What each key signed that it signs with now.
    pub(crate) memory: BTreeMap<String, Value>,
    /// What each key signed that it starts with.
    pub(crate) disk: BTreeMap<String, Value>,
    /// Keys that it takes up by itself.
    pub(crate) later: BTreeMap<String, Value>,
    /// Keys that it signs with by another's help.
    pub(crate) remote: BTreeMap<String, String>,
    /// Keys that it lists and never signs with again.
    pub(crate) stopped: BTreeSet<String>,
    /// Keys that it was sent, and that it was asked to remove.
    pub(crate) sent: BTreeSet<String>,
    pub(crate) to_be_removed: BTreeSet<String>,
    /// How many answers of its cell it gave.
    pub(crate) given: usize,
    gone: BTreeMap<String, Value>,
    left_over: BTreeSet<String>,
    waiting: BTreeSet<String>,
    came: BTreeSet<String>,
    doomed: BTreeSet<String>,
    votes: BTreeMap<String, Vec<Value>>,
    oddity: Option<Oddity>,
    forced: Option<Forced>,
    seen: usize,
}

#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) url: String,
    manners: Manners,
    inside: Arc<Mutex<Inside>>,
    watcher: Watcher,
    _serving: Arc<Serving>,
}

/// What is called before and after each request.
pub(crate) type Watcher = Arc<Mutex<Option<Box<dyn FnMut() + Send>>>>;

impl Client {
    /// One that runs these keys, with what they signed.
    pub(crate) fn new(manners: Manners, oddity: Oddity, keys: &[(String, Value)]) -> Self {
        let mut inside = Inside { oddity: Some(oddity), ..Inside::default() };
        for (key, record) in keys {
            if matches!(oddity, Oddity::Remote | Oddity::RemoteToo) {
                inside.remote.insert(key.clone(), "http://10.0.0.9:9000".to_owned());
            }
            if oddity == Oddity::Remote {
                continue;
            }
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
        let serving = Serving::new(move |request| {
            tell();
            let (reply, wait) = served.lock().unwrap().answer(&manners, &request);
            thread::sleep(wait);
            tell();
            reply
        });
        Self { url: serving.url.clone(), manners, inside, watcher, _serving: Arc::new(serving) }
    }

    /// What it answers to a request with its token.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Value) -> Reply {
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            token: Some(format!("Bearer {TOKEN}")),
            target: None,
            is_vault_request: false,
            body,
        };
        self.inside().answer(&self.manners, &request).0
    }

    /// Has it give an answer of a cell.
    pub(crate) fn force(&self, forced: Forced) {
        self.inside().forced = Some(forced);
    }

    /// Nothing is out of the ordinary any more.
    pub(crate) fn mend(&self) {
        let mut inside = self.inside();
        inside.forced = None;
        inside.oddity = None;
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
        let doomed = std::mem::take(&mut inside.doomed);
        inside.stopped.extend(doomed);
        inside.waiting.clear();
        inside.came.clear();
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

/// The last epoch that a record holds a key to.
pub(crate) fn bound(record: &Value) -> u64 {
    let votes = record["signed_attestations"].as_array().into_iter().flatten();
    let targets = votes.filter_map(|vote| vote["target_epoch"].as_str()?.parse().ok());
    targets.max().unwrap_or(0)
}

/// EIP-3076 by this client's rule of when it names its chain.
pub(super) fn interchange_of(manners: &Manners, records: &[Value]) -> Value {
    let mut history = interchange(records);
    if drops_root(manners, records) {
        history["metadata"].as_object_mut().unwrap().remove("genesis_validators_root");
    }
    history
}

fn names(body: &Value, field: &str) -> Vec<String> {
    let keys = body[field].as_array().into_iter().flatten();
    let keys = keys.filter_map(|key| key.as_str()?.strip_prefix("0x"));
    keys.map(str::to_owned).collect()
}

impl Inside {
    /// Whether it can sign with a key, now or at some time.
    pub(crate) fn can_sign(&self, key: &str) -> bool {
        let has = [&self.memory, &self.disk, &self.later].iter().any(|keys| keys.contains_key(key));
        (has && !self.stopped.contains(key)) || self.remote.contains_key(key)
    }

    /// Signs once with every key that it runs. Gives what went wrong: a key whose history ends before
    /// what it signed is one that signs twice.
    pub(crate) fn sign(&mut self, signed: &mut BTreeMap<String, u64>) -> Vec<String> {
        let mut wrong = Vec::new();
        let protected = self.oddity != Some(Oddity::ProtectionOff);
        for (key, of_it) in &mut self.memory {
            if self.waiting.contains(key) || self.stopped.contains(key) {
                continue;
            }
            let (last, known) = (signed.get(key).copied().unwrap_or(0), bound(of_it));
            let Some(next) = last.max(known).checked_add(1).filter(|_| last > 0) else { continue };
            if known < last && protected {
                wrong.push(format!("{key} signs again: held to {known}, and it signed {last}"));
            }
            if self.disk.contains_key(key) {
                *of_it = record(key, next);
                if self.oddity == Some(Oddity::Bolt) {
                    let root = format!("0x{}", hex::encode([next as u8; 32]));
                    of_it["signed_attestations"][0]["signing_root"] = root.into();
                    let vote = of_it["signed_attestations"][0].clone();
                    self.votes.entry(key.clone()).or_default().push(vote);
                }
                self.disk.insert(key.clone(), of_it.clone());
            }
            signed.insert(key.clone(), next);
        }
        wrong
    }

    fn is(&self, oddity: Oddity) -> bool {
        self.oddity == Some(oddity)
    }

    /// Whether one of these is what is out of the ordinary, which counts as an answer of its cell.
    fn is_odd(&mut self, oddities: &[Oddity]) -> bool {
        let odd = self.oddity.is_some_and(|own| oddities.contains(&own));
        self.given += usize::from(odd);
        odd
    }

    /// What these keys signed.
    pub(super) fn records(&self, keys: &[String]) -> Vec<Value> {
        let of = |key: &String| self.memory.get(key).or_else(|| self.gone.get(key)).cloned();
        keys.iter().filter_map(of).filter(|record| !record.is_null()).collect()
    }

    fn answer(&mut self, manners: &Manners, request: &Request) -> (Reply, Duration) {
        let (asked, keys) = self.asked(request);
        match asked {
            Asked::Import | Asked::AddRemote => self.sent.extend(keys.iter().cloned()),
            Asked::Delete => self.to_be_removed.extend(keys.iter().cloned()),
            _ => {}
        }
        let now = Duration::ZERO;
        let Some(forced) = self.forced.filter(|forced| forced.is_for(asked)) else {
            return (self.ordinary(manners, request), now);
        };
        self.seen += 1;
        if self.seen <= forced.after || self.seen > forced.after.saturating_add(forced.times) {
            return (self.ordinary(manners, request), now);
        }
        self.given += 1;
        let ordinary = self.have(manners, request, forced.effect, asked, &keys);
        let reply = forced.answer.give(manners, self, &keys, ordinary);
        match forced.answer {
            Answer::Slow(millis) => (reply, Duration::from_millis(millis)),
            _ => (reply, now),
        }
    }

    /// What it does before it answers as a cell says; and what it would have answered.
    fn have(
        &mut self,
        manners: &Manners,
        request: &Request,
        effect: Effect,
        asked: Asked,
        keys: &[String],
    ) -> Reply {
        match effect {
            Effect::AsAsked => self.ordinary(manners, request),
            Effect::Nothing => (200, json!({"data": []}).to_string()),
            Effect::First => {
                let mut body = request.body.clone();
                for field in ["keystores", "pubkeys", "remote_keys"] {
                    if let Some(all) = body[field].as_array_mut() {
                        all.truncate(1);
                    }
                }
                self.change(manners, asked, &body)
            }
            Effect::OutOfMemory => {
                for key in keys {
                    if let Some(record) = self.memory.remove(key) {
                        self.gone.insert(key.clone(), record);
                    }
                }
                (200, String::new())
            }
            Effect::Later => {
                let oddity = self.oddity.replace(Oddity::Later);
                let reply = self.ordinary(manners, request);
                self.oddity = oddity;
                reply
            }
            Effect::OtherSigner => {
                let other = "http://127.0.0.1:19000".to_owned();
                self.remote.extend(keys.iter().map(|key| (key.clone(), other.clone())));
                (200, String::new())
            }
            Effect::HistoryAlone => {
                let history = History::of(&request.body);
                keys.iter().for_each(|key| drop(self.learn(key, &history)));
                (200, String::new())
            }
        }
    }

    /// What it is asked, and about which keys.
    fn asked(&self, request: &Request) -> (Asked, Vec<String>) {
        let body = &request.body;
        let path = request.path.as_str();
        let setting = ["feerecipient", "gas_limit", "graffiti"];
        let setting = setting.into_iter().find(|name| path.ends_with(name));
        match (request.method.as_str(), path, setting) {
            ("GET", _, Some(name)) => (Asked::Setting(name), Vec::new()),
            ("POST", _, Some(name)) => (Asked::SetSetting(name), Vec::new()),
            ("GET", "/eth/v1/keystores", _) => (Asked::List, Vec::new()),
            ("GET", "/eth/v1/remotekeys", _) => (Asked::ListRemote, Vec::new()),
            ("POST", "/eth/v1/keystores", _) => match sent(body) {
                keys if keys.is_empty() => (Asked::ImportNothing, keys),
                keys => (Asked::Import, keys),
            },
            ("DELETE", "/eth/v1/keystores", _) => match names(body, "pubkeys") {
                keys if keys.is_empty() => (Asked::DeleteNothing, keys),
                keys if keys.iter().any(|key| self.memory.contains_key(key)) => {
                    (Asked::Delete, keys)
                }
                keys => (Asked::DeleteAgain, keys),
            },
            ("POST", "/eth/v1/remotekeys", _) => {
                let rows = body["remote_keys"].as_array().into_iter().flatten();
                let keys = rows.filter_map(|row| row["pubkey"].as_str()?.strip_prefix("0x"));
                (Asked::AddRemote, keys.map(str::to_owned).collect())
            }
            _ => (Asked::Anything, Vec::new()),
        }
    }

    fn ordinary(&mut self, manners: &Manners, request: &Request) -> Reply {
        let given = request.token.as_deref().unwrap_or_default();
        if let Some(status) = manners.wrong_token.filter(|_| given != format!("Bearer {TOKEN}")) {
            let said = if manners.repeats_token {
                format!("Invalid auth token: {given}")
            } else {
                "no".to_owned()
            };
            return (status, json!({"code": status, "message": said}).to_string());
        }
        let not_found = (404, "<html><body><h1>Resource not found</h1></body></html>".to_owned());
        let (asked, _) = self.asked(request);
        match asked {
            Asked::List => {
                self.is_odd(&[Oddity::ReadOnly]);
                (200, json!({"data": self.rows(manners)}).to_string())
            }
            Asked::ListRemote | Asked::AddRemote if manners.remote == Remote::None => not_found,
            Asked::ListRemote => {
                self.is_odd(&[Oddity::Remote, Oddity::RemoteToo]);
                let row = |(key, url): (&String, &String)| json!({"pubkey": format!("0x{key}"), "url": url});
                (200, json!({"data": self.remote.iter().map(row).collect::<Vec<_>>()}).to_string())
            }
            Asked::ImportNothing => (200, format!(r#"{{"data": {}}}"#, manners.nothing)),
            Asked::Setting(_) | Asked::SetSetting(_) if !manners.has_settings => not_found,
            Asked::Setting("feerecipient") => {
                (200, json!({"data": {"ethaddress": format!("0x{}", "aa".repeat(20))}}).to_string())
            }
            Asked::Setting(_) => (404, json!({"code": 404, "message": "not set"}).to_string()),
            Asked::SetSetting(_) => (202, String::new()),
            Asked::Anything => not_found,
            _ => self.change(manners, asked, &request.body),
        }
    }

    fn rows(&self, manners: &Manners) -> Vec<Value> {
        let row = |key: &String, readonly: bool| {
            let mut row: Value = serde_json::from_str(manners.row).unwrap();
            row["validating_pubkey"] = format!("0x{key}").into();
            if readonly {
                row["readonly"] = true.into();
            }
            row
        };
        let own = self.memory.keys().map(|key| row(key, self.is(Oddity::ReadOnly)));
        let twice = manners.remote == Remote::ListedTwice;
        let remote = self.remote.keys().filter(|_| twice).map(|key| row(key, true));
        own.chain(remote).collect()
    }
}

impl Forced {
    fn is_for(&self, asked: Asked) -> bool {
        self.asked == Asked::Anything || self.asked == asked
    }
}
