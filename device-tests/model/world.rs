//! Copies, clients and folders, a person who never says of a key that it is off where it is not, and
//! somebody who writes false entries into the copies.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    rc::Rc,
    time::Duration,
};

use stockade::{
    backup::{
        BackupError, Copy, DeliveredKey, SetId, history,
        set_secret::SetSecret,
        whereabouts::{Location, LocationKind, Permit, Place, Record, Release, WhereaboutsError},
    },
    bls::{PublicKey, SecretKey},
    secret::SecretText,
    staking::{Interchange, Network},
    timestamp::Timestamp,
};
use stockade_services::delivery::{
    Arrivals, Client as _, DeliveryError, Handover, KeySource, Running, Transfer,
};

use super::{
    client::{Killed, ModelClient, interchange, record},
    dice::Dice,
};
use crate::command::fixture::Folder;

const CLIENTS: [&str; 3] = ["one", "two", "three"];

pub(super) struct World {
    seed: u64,
    dice: Rc<RefCell<Dice>>,
    fuse: Rc<RefCell<Option<usize>>>,
    folder: Folder,
    set: SetId,
    secret: SetSecret,
    keys: Vec<PublicKey>,
    clients: Vec<ModelClient>,
    /// Restored folders that somebody runs.
    folders: BTreeMap<String, BTreeSet<PublicKey>>,
    /// The last epoch that each key signed, wherever it was.
    signed: BTreeMap<PublicKey, u64>,
    /// What happened, to be read where it went wrong.
    log: Vec<String>,
    /// How many keys ever arrived.
    pub(super) arrived: usize,
}

struct Keystores;

impl KeySource for Keystores {
    fn seal(&self, keys: &[PublicKey], permit: &Permit) -> Result<Vec<DeliveredKey>, BackupError> {
        let seal = |key: &PublicKey| {
            assert!(permit.covers(key), "a key left without a permit");
            DeliveredKey { keystore: key.to_string(), password: SecretText::new("x".to_owned()) }
        };
        Ok(keys.iter().map(seal).collect())
    }
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let dice = Rc::new(RefCell::new(Dice::new(seed)));
        let fuse = Rc::default();
        let folder = Folder::in_memory();
        for copy in ["a", "b"] {
            Copy::prepare(&folder.path(copy)).unwrap().initialise().unwrap();
        }
        let key = |i| SecretKey::derive_master(&[i; 32]).unwrap().public_key();
        Self {
            seed,
            clients: CLIENTS.iter().map(|name| ModelClient::new(name, &dice, &fuse)).collect(),
            dice,
            fuse,
            folder,
            set: SetId::random(Network::Hoodi, Timestamp::now()).unwrap(),
            secret: SetSecret::random().unwrap(),
            keys: (1..=3).map(key).collect(),
            folders: BTreeMap::new(),
            signed: BTreeMap::new(),
            log: Vec::new(),
            arrived: 0,
        }
    }

    fn below(&self, sides: usize) -> usize {
        self.dice.borrow_mut().below(sides)
    }

    /// One thing that happens.
    pub(super) fn step(&mut self) {
        match self.below(12) {
            0..=3 => self.deliver(None, true),
            4..=7 => {
                let from = self.below(CLIENTS.len());
                self.deliver(Some(from), true);
            }
            8 => self.restore(),
            9 => self.stop_a_folder(),
            10 => self.forge(),
            _ => {
                let one = self.below(CLIENTS.len());
                self.log.push(format!("restart {}", CLIENTS[one]));
                self.clients[one].inside.borrow_mut().restart();
            }
        }
        self.sign();
    }

    /// Every key signs where it runs, once more.
    fn sign(&mut self) {
        for key in self.keys.clone() {
            let next = self.signed.get(&key).copied().unwrap_or(0) + 1;
            for client in &self.clients {
                let mut inside = client.inside.borrow_mut();
                if inside.memory.contains(&key) {
                    let bound = inside.bounds.get(&key).copied().unwrap_or(0);
                    assert!(bound < next, "{}", self.story("a bound of the future"));
                    assert_eq!(bound, next - 1, "{}", self.story("a bound was lowered"));
                    inside.bounds.insert(key, next);
                    self.signed.insert(key, next);
                }
            }
            if self.folders.values().any(|keys| keys.contains(&key)) {
                self.signed.insert(key, next);
            }
        }
    }

    fn story(&self, what: &str) -> String {
        let log = self.log.join("\n  ");
        format!("seed {}: {what}\n  {log}\n{}", self.seed, self.entries())
    }

    /// What the copies know, to be read where it went wrong.
    fn entries(&self) -> String {
        let mut text = String::new();
        for copy in ["a", "b"] {
            let folder = self.folder.path(copy).join("stockade/whereabouts");
            let files = fs::read_dir(folder.join(self.set.as_str())).into_iter().flatten();
            let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
            files.sort();
            for file in files {
                let content = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
                text += &format!("  {copy} {}: {content}\n", file.file_name().unwrap().display());
            }
        }
        text
    }

    /// Both copies, or the stick that is always at hand.
    fn copies(&self) -> Vec<Copy> {
        let names: &[&str] = if self.below(4) == 0 { &["a"] } else { &["a", "b"] };
        self.open(names)
    }

    fn open(&self, names: &[&str]) -> Vec<Copy> {
        names.iter().map(|name| Copy::open(&self.folder.path(name)).unwrap()).collect()
    }

    fn location(&self, client: usize) -> Location {
        Location::new(LocationKind::Keymanager, &self.clients[client].url)
    }

    /// Whether none of the keys can sign at a place, by what a person sees who looks there for long
    /// enough.
    fn is_off(&self, place: &Place, keys: &[PublicKey]) -> bool {
        let Some(location) = &place.location else {
            // What cannot be read may mean any place: all are looked at.
            return keys.iter().all(|key| self.places_of(key) == 0);
        };
        let client = self.clients.iter().find(|client| client.url == location.address);
        match client {
            Some(client) => {
                let inside = client.inside.borrow();
                !keys.iter().any(|key| inside.can_sign(key))
            }
            None => {
                let there = self.folders.get(location.address.as_str());
                there.is_none_or(|there| !keys.iter().any(|key| there.contains(key)))
            }
        }
    }

    /// What stands in the way, in the words of somebody who looked; `None` where something is not off.
    fn looked_at(&self, record: &Record, release: &Release<'_>) -> Option<Vec<String>> {
        let standing = record.standing(release);
        let all: Vec<_> = standing.ask.into_iter().chain(standing.stop).collect();
        let off = all.iter().all(|place| self.is_off(place, release.keys));
        off.then(|| all.into_iter().map(|place| place.label).collect())
    }

    fn deliver(&mut self, from: Option<usize>, may_be_killed: bool) {
        let to = self.below(CLIENTS.len());
        if from == Some(to) {
            return;
        }
        let what = format!("deliver to {} from {:?}", CLIENTS[to], from.map(|from| CLIENTS[from]));
        self.log.push(what);
        if may_be_killed && self.below(4) == 0 {
            *self.fuse.borrow_mut() = Some(self.below(12));
        }
        let tried = catch_unwind(AssertUnwindSafe(|| self.try_to_deliver(to, from)));
        *self.fuse.borrow_mut() = None;
        let said = match tried {
            Ok(said) => said,
            Err(cause) if cause.is::<Killed>() => "killed".to_owned(),
            Err(cause) => std::panic::resume_unwind(cause),
        };
        self.log.push(format!("  {said}"));
    }

    fn try_to_deliver(&mut self, to: usize, from: Option<usize>) -> String {
        let copies = self.copies();
        let (target, at) = (self.clients[to].clone(), self.location(to));
        let from_at = from.map(|from| self.location(from));
        let Ok(listed) = target.list() else { return "the target cannot be listed".to_owned() };
        let arrivals = Arrivals::new(&self.keys, &listed);
        let lacking = arrivals.lacking();
        let record = Record::read(&copies, &self.set, &lacking).unwrap();
        if copies.len() == 1 && record.absent_copies().next().is_some() {
            return "another copy may know more".to_owned();
        }
        let nobody = Release {
            to: &at,
            keys: &lacking,
            from: from_at.as_ref(),
            off: &[],
            shown_are_off: false,
            running: &[],
        };
        let Some(mut off) = self.looked_at(&record, &nobody) else {
            return "something is not off".to_owned();
        };
        let mut running = Running::default();
        let mut handover = None;
        let client;
        if let (Some(from), Some(from_at)) = (from, &from_at) {
            client = self.clients[from].clone();
            let Ok(theirs) = client.list() else { return "the source cannot be listed".to_owned() };
            let both = |key: &PublicKey| listed.iter().any(|one| one.pubkey == *key);
            if theirs.iter().any(|one| both(&one.pubkey)) {
                return "two clients".to_owned();
            }
            let gives = Handover { client: &client, at: from_at, copies: &copies, set: &self.set };
            running = match gives.ask(&lacking, &record, &at, false) {
                Ok(running) => running,
                Err(DeliveryError::NotThere { keys, .. }) => {
                    let inside = client.inside.borrow();
                    if keys.iter().any(|key| inside.can_sign(key) || self.places_of(key) > 0) {
                        return "not listed, and not off".to_owned();
                    }
                    drop(inside);
                    off.push(from_at.label().to_owned());
                    match gives.ask(&lacking, &record, &at, true) {
                        Ok(running) => running,
                        Err(error) => return error.to_string(),
                    }
                }
                Err(error) => return error.to_string(),
            };
            handover = Some(gives);
        }
        let release = Release { off: &off, running: &running.listed, ..nobody };
        let known = self.known(&copies, from.is_none());
        // What was hidden by a false entry comes to light now: somebody looks there, and says it again.
        let mut named = off.clone();
        let mut clearance = match record.clear(&release, &copies, Some(&self.secret)) {
            Ok(clearance) => clearance,
            Err(WhereaboutsError::MaySign { places })
                if places.iter().all(|at| self.is_off(at, &lacking)) =>
            {
                named.extend(places.into_iter().map(|place| place.label));
                let release = Release { off: &named, ..release };
                let record = Record::read(&copies, &self.set, &lacking).unwrap();
                match record.clear(&release, &copies, Some(&self.secret)) {
                    Ok(clearance) => clearance,
                    Err(error) => return error.to_string(),
                }
            }
            Err(error) => return error.to_string(),
        };
        let transfer = Transfer {
            target: &target,
            from: handover,
            keys: &Keystores,
            set: &self.set,
            batch: 1 + self.below(3),
            wait: Duration::ZERO,
        };
        let mut arrivals = arrivals;
        let moved = transfer.carry_out(&running, known, &mut clearance, &mut arrivals, &mut ());
        let sent = arrivals.sent();
        for key in &sent {
            let there = target.inside.borrow().memory.contains(key);
            assert!(there, "{}", self.story("a key that is not there is said to have arrived"));
        }
        self.arrived += sent.len();
        match moved {
            Ok(_) => {
                format!("{:?}", arrivals.keys.iter().map(|(_, a)| a.as_str()).collect::<Vec<_>>())
            }
            Err(error) => error.to_string(),
        }
    }

    /// What is known of the keys' history: what the copies keep, and what a person exports from where
    /// they ran.
    fn known(&self, copies: &[Copy], exported: bool) -> Interchange {
        let kept = history::kept(copies, &self.set, &self.keys).unwrap();
        let kept = kept.found.map(|(_, history)| Interchange::parse(&history.bytes).unwrap());
        let nothing = Interchange::new(Network::Hoodi.genesis_validators_root());
        let records: Vec<_> = self.signed.iter().map(|(key, epoch)| record(key, *epoch)).collect();
        let export = Interchange::parse(interchange(&records).as_bytes()).unwrap();
        let all = kept.unwrap_or(nothing);
        if exported { all.merge([export]).unwrap() } else { all }
    }

    /// A folder, which somebody runs from then on.
    fn restore(&mut self) {
        let name = format!("folder-{}@host", self.below(2));
        self.log.push(format!("restore to {name}"));
        let copies = self.copies();
        let to = Location::new(LocationKind::Folder, &name);
        let record = Record::read(&copies, &self.set, &self.keys).unwrap();
        if copies.len() == 1 && record.absent_copies().next().is_some() {
            return;
        }
        let keys = self.keys.clone();
        let nobody = Release {
            to: &to,
            keys: &keys,
            from: None,
            off: &[],
            shown_are_off: false,
            running: &[],
        };
        let Some(off) = self.looked_at(&record, &nobody) else { return };
        let release = Release { off: &off, ..nobody };
        let Ok(mut clearance) = record.clear(&release, &copies, Some(&self.secret)) else { return };
        clearance.send(&keys).unwrap();
        self.log.push("  restored".to_owned());
        self.folders.insert(name, keys.into_iter().collect());
    }

    fn stop_a_folder(&mut self) {
        if let Some((name, _)) = self.folders.pop_first() {
            self.log.push(format!("{name} is removed"));
        }
    }

    /// Somebody without the set's secret writes that all is off, or spoils an entry.
    fn forge(&mut self) {
        let folder = self.folder.path("a").join("stockade/whereabouts").join(self.set.as_str());
        let files = fs::read_dir(&folder).into_iter().flatten().map(|file| file.unwrap().path());
        let mut files: Vec<PathBuf> = files.collect();
        files.sort();
        if files.is_empty() {
            return;
        }
        let file = &files[self.below(files.len())];
        let bytes = fs::read(file).unwrap();
        let Ok(mut entry) = serde_json::from_slice::<serde_json::Value>(&bytes) else { return };
        if self.below(3) == 0 {
            self.log.push("an entry rots in one copy".to_owned());
            fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
            return;
        }
        self.log.push("a false entry".to_owned());
        let ids = files.iter().map(|file| {
            let bytes = fs::read(file).unwrap();
            stockade::backup::Digest::of(&bytes).to_string()
        });
        entry["state"] = "removed".into();
        entry["closes"] = ids.collect::<Vec<_>>().into();
        entry["mac"] = "00".repeat(32).into();
        let bytes = serde_json::to_vec(&entry).unwrap();
        let digest = stockade::backup::Digest::of(&bytes).to_string();
        let name = format!("{}-{}.json", entry["time"].as_str().unwrap(), &digest[..16]);
        fs::write(folder.join(name), bytes).unwrap();
    }

    pub(super) fn restart_all(&mut self) {
        self.log.push("all restart".to_owned());
        self.clients.iter().for_each(|client| client.inside.borrow_mut().restart());
    }

    fn places_of(&self, key: &PublicKey) -> usize {
        let clients = self.clients.iter().filter(|client| client.inside.borrow().can_sign(key));
        let folders = self.folders.values().filter(|keys| keys.contains(key));
        clients.count() + folders.count()
    }

    pub(super) fn require_one_place(&self) {
        for key in &self.keys {
            assert!(
                self.places_of(key) <= 1,
                "{}",
                self.story(&format!("{key} signs in two places"))
            );
        }
    }

    /// Keys that run nowhere can be brought somewhere again, by somebody who looks and says so.
    pub(super) fn require_way_forward(&mut self) {
        for client in &self.clients {
            *client.healthy.borrow_mut() = true;
        }
        let nowhere: Vec<_> =
            self.keys.iter().filter(|key| self.places_of(key) == 0).copied().collect();
        let elsewhere = self.keys.len() - nowhere.len();
        if nowhere.is_empty() || elsewhere > 0 {
            return;
        }
        let copies = self.open(&["a", "b"]);
        drop(copies);
        self.log.push("the way forward".to_owned());
        for _ in 0..20 {
            self.deliver(None, false);
            if nowhere.iter().all(|key| self.places_of(key) == 1) {
                return self.require_one_place();
            }
        }
        panic!("{}", self.story("no way forward"));
    }
}
