//! Moves keys as `deliver keymanager` does, with the library's parts in the order in which the command
//! uses them (`command.rs` holds the two to each other), between clients that are asked over HTTP.

use std::{cell::RefCell, collections::BTreeMap, fs, path::PathBuf, rc::Rc, time::Duration};

use serde_json::{Value, json};
use stockade::{
    backup::{
        BackupError, Copy, DeliveredKey, SetId, history,
        set_secret::SetSecret,
        whereabouts::{Location, LocationKind, Permit, Place, Record, Release, State},
    },
    bls::PublicKey,
    secret::SecretText,
    staking::{Interchange, Network, Newest},
    timestamp::Timestamp,
};
use stockade_services::{
    delivery::{
        Arrivals, Handover, KeySource, OpenedSet, Running, Transfer, remote, require_network,
        settings::KeySettings,
    },
    endpoint::Endpoint,
    keymanager::Keymanager,
};

use crate::{
    cloud::{
        client::{Client, bound},
        validator_client::{TOKEN, interchange, record},
    },
    command::fixture::Folder,
};

/// Copies, clients, and a person who never says of a key that it is off where it is not.
pub(super) struct World {
    pub(super) folder: Folder,
    pub(super) set: SetId,
    pub(super) secret: SetSecret,
    pub(super) keys: Vec<PublicKey>,
    pub(super) clients: Vec<Client>,
    /// The last epoch that each key signed, wherever it was.
    pub(super) signed: BTreeMap<String, u64>,
    /// How long an answer is waited for.
    pub(super) timeout: Duration,
    /// The way to each client, made once.
    asked: RefCell<BTreeMap<usize, Rc<Keymanager>>>,
}

/// What a person says on the command line.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    /// `--off`, for everything where the keys are off.
    pub(super) off: bool,
    /// `--take-settings`.
    pub(super) settings: bool,
}

/// How a run ended.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub(super) code: i32,
    /// What is said of each key.
    pub(super) keys: Vec<(PublicKey, &'static str)>,
    /// What is said besides.
    pub(super) text: String,
    /// Keys of which it is said that they may run nowhere now, or that it is not known.
    pub(super) says_nowhere: bool,
    /// It is said that a history without roots goes to a client a second time.
    pub(super) warns_of_roots: bool,
}

struct Keystores;

impl KeySource for Keystores {
    fn seal(&self, keys: &[PublicKey], permit: &Permit) -> Result<Vec<DeliveredKey>, BackupError> {
        let seal = |key: &PublicKey| {
            assert!(permit.covers(key), "a key left without a permit");
            DeliveredKey {
                keystore: json!({"pubkey": key}).to_string(),
                password: SecretText::new("x".to_owned()),
            }
        };
        Ok(keys.iter().map(seal).collect())
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl World {
    pub(super) fn new(keys: &[PublicKey], clients: Vec<Client>, first: Option<u64>) -> Self {
        let folder = Folder::in_memory();
        for copy in ["a", "b"] {
            Copy::prepare(&folder.path(copy)).unwrap().initialise().unwrap();
        }
        let signed = first.into_iter().flat_map(|epoch| keys.iter().map(move |k| (k, epoch)));
        Self {
            folder,
            set: SetId::random(Network::Hoodi, Timestamp::now()).unwrap(),
            secret: SetSecret::random().unwrap(),
            signed: signed.map(|(key, epoch)| (key.to_string(), epoch)).collect(),
            keys: keys.to_vec(),
            clients,
            timeout: Duration::from_secs(20),
            asked: RefCell::default(),
        }
    }

    pub(super) fn copies(&self) -> Vec<Copy> {
        ["a", "b"].map(|name| Copy::open(&self.folder.path(name)).unwrap()).into()
    }

    pub(super) fn location(&self, client: usize) -> Location {
        Location::new(LocationKind::Keymanager, &self.clients[client].url)
    }

    fn keymanager(&self, client: usize) -> Rc<Keymanager> {
        let new = || {
            let token = SecretText::new(TOKEN.to_owned());
            let endpoint = Endpoint::new(&self.clients[client].url, None, self.timeout);
            Rc::new(Keymanager::new(endpoint.unwrap().with_bearer(&token)))
        };
        self.asked.borrow_mut().entry(client).or_insert_with(new).clone()
    }

    /// Whether none of the keys can sign at a place, by what a person sees who looks there.
    fn is_off(&self, place: &Place) -> bool {
        let Some(location) = &place.location else { return false };
        let client = self.clients.iter().find(|client| client.url == location.address);
        let client = client.unwrap().inside();
        !place.keys.iter().any(|key| client.can_sign(&key.to_string()))
    }

    /// What a person knows to be off, of all places that are in the record and of `from`.
    fn off(&self, record: &Record, from: Option<usize>) -> Vec<String> {
        let places = record.places(&self.keys);
        let mut off: Vec<_> =
            places.iter().filter(|p| self.is_off(p)).map(|p| p.label.clone()).collect();
        if let Some(from) = from {
            let inside = self.clients[from].inside();
            let lists = |key: &PublicKey| inside.memory.contains_key(&key.to_string());
            let there = |key: &PublicKey| inside.can_sign(&key.to_string());
            // It is said of those that it does not list.
            if self.keys.iter().all(|key| lists(key) || !there(key)) {
                off.push(self.clients[from].url.clone());
            }
        }
        off
    }

    /// `deliver keymanager --url <to> [--from <from>]`, in batches of two.
    pub(super) fn deliver(&mut self, from: Option<usize>, to: usize, said: &Said) -> Ended {
        match self.try_to_deliver(from, to, said) {
            Ok(ended) => ended,
            Err(text) => {
                let says_nowhere = text.contains("nowhere now") || text.contains("is not known");
                Ended { code: 4, text, says_nowhere, ..Ended::default() }
            }
        }
    }

    fn try_to_deliver(&self, from: Option<usize>, to: usize, said: &Said) -> Result<Ended, String> {
        let copies = self.copies();
        let (target, at) = (self.keymanager(to), self.location(to));
        let listed = target.list().map_err(text)?;
        let remote = target.list_remote_if_any().map_err(text)?.unwrap_or_default();
        let arrivals = Arrivals::new(&self.keys, &listed).without_remote(&remote);
        let lacking = arrivals.lacking();
        let from_at = from.map(|from| self.location(from));
        let record = Record::read(&copies, &self.set, &lacking).map_err(text)?;
        let off = if said.off { self.off(&record, from) } else { Vec::new() };
        let nothing = Release {
            to: &at,
            keys: &lacking,
            from: from_at.as_ref(),
            off: &off,
            shown_are_off: false,
            running: &[],
        };
        let standing = record.standing(&nothing);
        if let Some(place) = standing.stop.iter().chain(&standing.ask).next() {
            return Err(format!("stopped: {}", place.describe()));
        }
        require_network(&*target, &self.set).map_err(text)?;
        let client = from.map(|from| self.keymanager(from));
        let (mut running, mut settings, mut handover) =
            (Running::default(), KeySettings::default(), None);
        if let (Some(client), Some(from_at)) = (client.as_deref(), &from_at) {
            let gives = Handover { client, at: from_at, copies: &copies, set: &self.set };
            let theirs = client.list().map_err(text)?;
            let more = client.list_remote_if_any().map_err(text)?.unwrap_or_default();
            let has = |key: &PublicKey| {
                theirs.iter().any(|one| one.pubkey == *key)
                    || more.iter().any(|one| one.pubkey == *key)
            };
            let here = listed.iter().map(|one| one.pubkey);
            if here.chain(remote.iter().map(|one| one.pubkey)).any(|key| has(&key)) {
                return Err("TWO CLIENTS".to_owned());
            }
            let is_off = off.iter().any(|name| from_at.is_called(name));
            running = gives.ask(&lacking, &record, &at, is_off).map_err(text)?;
            target.require_import().map_err(text)?;
            settings = KeySettings::read(client, &running.listed, &mut ());
            handover = Some(gives);
        }
        let known = self.known(&copies, from.is_none())?;
        let warns_of_roots = known.lacks_roots() && record.knows(at.label());
        let release = Release { running: &running.listed, ..nothing };
        let mut clearance = record.clear(&release, &copies, Some(&self.secret)).map_err(text)?;
        let transfer = Transfer {
            target: &*target,
            from: handover,
            keys: &Keystores,
            set: &self.set,
            batch: 2,
            wait: Duration::ZERO,
        };
        let mut arrivals = arrivals;
        let moved = transfer
            .carry_out(&running, known, &mut clearance, &mut arrivals, &mut ())
            .map_err(text)?;
        let sent = if said.settings { arrivals.sent() } else { Vec::new() };
        let unset = settings.write(&target, &sent);
        let handed = &moved.handed;
        let newest = moved.history.newest();
        let silent = |key: &&PublicKey| {
            !newest.get(*key).is_some_and(Newest::signed) && !handed.held.contains_key(*key)
        };
        let never = handed.removed.iter().chain(&handed.before).filter(silent).count();
        let arrived = arrivals.arrived();
        let ok = arrived.len() == self.keys.len()
            && handed.kept.is_empty()
            && moved.listed
            && unset.is_empty()
            && never == 0;
        let why = arrivals.keys.iter().filter_map(|(_, arrival)| arrival.message());
        let why = why.chain(arrivals.failure.is_some().then_some("failed"));
        Ok(Ended {
            code: i32::from(!ok),
            text: why.collect::<Vec<_>>().join("; "),
            says_nowhere: handed.nowhere(&arrived) > 0 || !handed.kept.is_empty(),
            warns_of_roots,
            keys: arrivals.keys.iter().map(|(key, arrival)| (*key, arrival.as_str())).collect(),
        })
    }

    /// What is known of the keys' history: what the copies keep, and what a person exports from where
    /// they ran.
    fn known(&self, copies: &[Copy], exported: bool) -> Result<Interchange, String> {
        let kept = history::kept(copies, &self.set, &self.keys).map_err(text)?;
        if !kept.unread.is_empty() {
            return Err(format!("cannot be relied on: {}", kept.unread.join("; ")));
        }
        let kept = kept.found.map(|(_, history)| Interchange::parse(&history.bytes).unwrap());
        let nothing = Interchange::new(Network::Hoodi.genesis_validators_root());
        let records: Vec<_> = self.signed.iter().map(|(key, epoch)| record(key, *epoch)).collect();
        let export = Interchange::parse(interchange(&records).to_string().as_bytes()).unwrap();
        let all = kept.unwrap_or(nothing);
        if exported { all.merge([export]).map_err(text) } else { Ok(all) }
    }

    /// `deliver remote-keys --url <to> --signer-url ..`.
    pub(super) fn register(&self, to: usize, signer: &str) -> Ended {
        let (copies, target) = (self.copies(), self.keymanager(to));
        let at = Location::new(LocationKind::RemoteKeys, &self.clients[to].url);
        let release = Release {
            to: &at,
            keys: &self.keys,
            from: None,
            off: &[],
            shown_are_off: false,
            running: &[],
        };
        let record = Record::read(&copies, &self.set, &self.keys).unwrap();
        let registered = record
            .clear(&release, &copies, Some(&self.secret))
            .map_err(text)
            .and_then(|mut clearance| {
                remote::register(&target, &self.keys, signer, 2, &mut clearance, &mut ())
                    .map_err(text)
            });
        match registered {
            Err(text) => Ended { code: 4, text, ..Ended::default() },
            Ok(arrivals) => Ended {
                code: i32::from(arrivals.arrived().len() != self.keys.len()),
                keys: arrivals.keys.iter().map(|(key, a)| (*key, a.as_str())).collect(),
                ..Ended::default()
            },
        }
    }

    /// Every key signs once where it runs. Gives what went wrong.
    pub(super) fn sign(&mut self) -> Vec<String> {
        let signed = &mut self.signed;
        self.clients.iter().flat_map(|client| client.inside().sign(signed)).collect()
    }

    /// The clients where a key can sign, now or at some time.
    pub(super) fn places(&self, key: &PublicKey) -> Vec<usize> {
        let can = |client: &Client| client.inside().can_sign(&key.to_string());
        (0..self.clients.len()).filter(|client| can(&self.clients[*client])).collect()
    }

    /// The record as a command that opened the set reads it.
    fn record(&self) -> Record {
        let mut record = Record::read(&self.copies(), &self.set, &self.keys).unwrap();
        record.verify(Some(&self.secret));
        record
    }

    /// Where the record does not agree with what is.
    pub(super) fn wrong_in_the_record(&self, just_listed: bool) -> Vec<String> {
        let record = self.record();
        let mut wrong = Vec::new();
        for (at, client) in self.clients.iter().enumerate() {
            let (location, inside) = (self.location(at), client.inside());
            for key in &self.keys {
                let name = key.to_string();
                let touched = inside.sent.contains(&name) || inside.to_be_removed.contains(&name);
                let places = record.places(&[*key]);
                let open = places.iter().find(|place| {
                    place.location.as_ref().is_some_and(|there| there.address == location.address)
                });
                if inside.can_sign(&name) && touched && open.is_none() {
                    wrong.push(format!("{name} can sign at client {at}: not in the record"));
                }
                let listed = open.is_some_and(|place| place.state == State::Listed);
                let runs = inside.memory.contains_key(&name) || inside.remote.contains_key(&name);
                if just_listed && listed && !runs {
                    wrong.push(format!("{name} is listed at client {at} by the record alone"));
                }
            }
        }
        wrong
    }

    /// Every file beside the set in every copy.
    pub(super) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut all = BTreeMap::new();
        for copy in ["a", "b"] {
            for folder in ["history", "whereabouts"] {
                let folder = self.folder.path(copy).join("stockade").join(folder);
                let files = fs::read_dir(folder.join(self.set.as_str())).into_iter().flatten();
                let files = files.map(|file| file.unwrap().path());
                all.extend(files.map(|file| (file.clone(), fs::read(&file).unwrap())));
            }
        }
        all
    }

    /// The last epoch that the kept histories hold each key to.
    pub(super) fn kept_bounds(&self) -> BTreeMap<PublicKey, u64> {
        let kept = history::kept(&self.copies(), &self.set, &self.keys).unwrap();
        let newest = kept.found.into_iter().flat_map(|(_, history)| history.newest);
        newest.filter_map(|(key, newest)| Some((key, newest.target_epoch?))).collect()
    }

    /// What a client holds a key to that it runs.
    pub(super) fn bound_at(&self, client: usize, key: &PublicKey) -> Option<u64> {
        self.clients[client]
            .inside()
            .memory
            .get(&key.to_string())
            .map(|record: &Value| bound(record))
    }
}

/// The command seals keystores of an opened set; here they need not open.
const _: fn(&OpenedSet<'_>) = |_| ();
