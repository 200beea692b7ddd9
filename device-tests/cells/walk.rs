//! Every cell: keys go to a client in that state, and come from it, each run twice as a user would repeat
//! it. Then the client that gave them is started again, then the other. Then all is mended, and the next
//! runs bring every key to one place. All that goes wrong is collected.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use stockade::bls::{PublicKey, SecretKey};

use super::{
    Cell, cells,
    mover::{Ended, Said, World},
};
use crate::{
    cloud::{
        cell::{AS_EVER, Answer, Asked, Effect, Forced},
        client::{Client, Oddity},
        manners::named,
        validator_client::record,
    },
    command::deliver_from::epoch_now,
};

/// Whether the client of the cell gets the keys, or gives them up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    To,
    From,
}

/// One walk: a cell, which way, and how many times its answer is given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walk {
    pub(super) cell: Cell,
    pub(super) way: Way,
    pub(super) times: usize,
}

/// The clients, by their places: who gives the keys up, who gets them, and a third one.
pub(super) const OLD: usize = 0;
pub(super) const NEW: usize = 1;
pub(super) const THIRD: usize = 2;

pub(super) fn keys() -> Vec<PublicKey> {
    let key = |i| SecretKey::derive_master(&[i; 32]).unwrap().public_key();
    (1..=3).map(key).collect()
}

/// What somebody tries who wants the keys to run: the same command, which is told that the old client is
/// off where that is so; and in the end a delivery of keys that run nowhere.
pub(super) fn ways() -> [(Option<usize>, Said); 5] {
    let (nothing, off) = (Said::default(), Said { off: true, settings: false });
    [
        (Some(OLD), nothing.clone()),
        (Some(OLD), nothing),
        (Some(OLD), off.clone()),
        (None, off.clone()),
        (None, off),
    ]
}

impl Cell {
    pub(super) fn title(&self) -> String {
        let state = match self.forced.map(|forced| forced.answer) {
            Some(Answer::Recorded(state, ..)) => format!(" ({state})"),
            _ => String::new(),
        };
        let how = if self.of.run { "run" } else { "read" };
        format!(
            "{} {} {} {how}{state}: {}",
            self.of.client, self.of.version, self.of.date, self.name
        )
    }
}

/// What one walk showed.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) wrong: Vec<String>,
    pub(super) given: usize,
    /// How many runs it took after all was mended, until every key was at the new client.
    pub(super) finished: Option<usize>,
}

struct Walker {
    walk: Walk,
    world: World,
    log: Vec<String>,
    files: BTreeMap<std::path::PathBuf, Vec<u8>>,
    bounds: BTreeMap<PublicKey, u64>,
    nowhere: BTreeSet<PublicKey>,
    shown: Shown,
}

impl Walker {
    fn new(walk: Walk) -> Self {
        let first = (!walk.cell.fresh).then(|| epoch_now() - 1000);
        let keys = keys();
        let mut world = World::new(&keys, clients(walk, &keys).into(), first);
        // What is slow comes later than anybody waits.
        if let Some(Answer::Slow(millis @ 1..)) = walk.cell.forced.map(|forced| forced.answer) {
            world.timeout = Duration::from_millis(millis - 300);
        }
        Self {
            walk,
            world,
            log: Vec::new(),
            files: BTreeMap::new(),
            bounds: BTreeMap::new(),
            nowhere: BTreeSet::new(),
            shown: Shown::default(),
        }
    }

    fn wrong(&mut self, what: &str) {
        let Walk { cell, way, times } = &self.walk;
        let times = if *times == 1 { "once" } else { "always" };
        let log = self.log.join("\n      ");
        let what = format!("{} / {way:?} / {times}: {what}\n      {log}", cell.title());
        self.shown.wrong.push(what);
    }

    /// What must be after whatever happens.
    fn require(&mut self, ended: Option<&Ended>) {
        let keys = self.world.keys.clone();
        let mut wrong = Vec::new();
        let mut nowhere = BTreeSet::new();
        for key in &keys {
            let places = self.world.places(key);
            if places.len() > 1 {
                wrong.push(format!("TWO PLACES: {key} can sign at {places:?}"));
            }
            if places.is_empty() {
                nowhere.insert(*key);
            }
        }
        let lost: Vec<_> = nowhere.difference(&self.nowhere).copied().collect();
        if let Some(ended) = ended {
            let said = |key: &PublicKey| {
                let word = ended.keys.iter().find(|(own, _)| own == key).map(|(_, word)| *word);
                let taken = matches!(word, Some("accepted" | "unknown"));
                ended.code != 0 && (ended.says_nowhere || taken)
            };
            for key in lost.iter().filter(|key| !said(key)) {
                wrong.push(format!("NOWHERE, and nobody says so: {key}"));
            }
            wrong.extend(self.require_truth(ended));
        }
        // What was there is there, and nothing in it is other than it was.
        let files = self.world.files();
        if self.files.iter().any(|(file, bytes)| files.get(file) != Some(bytes)) {
            wrong.push("A FILE beside the set is gone, or another".to_owned());
        }
        let bounds = self.world.kept_bounds();
        for (key, epoch) in &self.bounds {
            if bounds.get(key) < Some(epoch) {
                wrong.push(format!("A BOUND WAS LOWERED in the copies: {key}"));
            }
        }
        wrong.extend(self.world.wrong_in_the_record(ended.is_some()));
        (self.files, self.bounds, self.nowhere) = (files, bounds, nowhere);
        wrong.iter().for_each(|what| self.wrong(what));
    }

    /// What a key signed where it was removed is in the copies, once it is at the new client: those in
    /// `there` were there before.
    fn require_kept(&mut self, there: &[String]) {
        let new = self.world.clients[NEW].runs();
        for key in new.iter().filter(|key| !there.contains(key)) {
            let kept = self.bounds.iter().find(|(own, _)| own.to_string() == *key);
            if self.world.signed.get(key) > kept.map(|(_, epoch)| epoch) {
                self.wrong(&format!("NOT KEPT: what {key} signed at the old client"));
            }
        }
    }

    /// While no key is at the new client, one key at most is gone from the old one; else a batch.
    fn require_little_risked(&mut self) {
        let [old, new] = [OLD, NEW].map(|client| self.world.clients[client].inside());
        let at = |key: &PublicKey| {
            let key = key.to_string();
            old.memory.contains_key(&key)
                || old.remote.contains_key(&key)
                || new.memory.contains_key(&key)
        };
        let off = self.world.keys.iter().filter(|key| !at(key)).count();
        let most = if new.memory.is_empty() { 1 } else { 2 };
        drop((old, new));
        if off > most {
            self.wrong(&format!("RISKED: {off} keys run nowhere"));
        }
    }

    /// What a run says is so.
    fn require_truth(&self, ended: &Ended) -> Vec<String> {
        let mut wrong = Vec::new();
        let new = self.world.clients[NEW].inside();
        for (key, word) in &ended.keys {
            let there = new.memory.contains_key(&key.to_string());
            if matches!(*word, "listed" | "imported" | "duplicate") && !there {
                wrong.push(format!("SAID TO BE THERE: {key} {word}"));
            }
        }
        for key in &self.world.keys {
            let there = new.memory.contains_key(&key.to_string());
            let stopped = new.stopped.contains(&key.to_string()) && !ended.warns_of_roots;
            let elsewhere = self.world.clients[OLD].inside().can_sign(&key.to_string());
            if ended.code == 0 && (!there || elsewhere || stopped) {
                wrong.push(format!("EXIT CODE 0, and {key} is not at the new client alone"));
            }
        }
        wrong
    }

    fn run(&mut self, from: Option<usize>, to: usize, said: &Said) -> Ended {
        let ended = self.world.deliver(from, to, said);
        let words: Vec<_> = ended.keys.iter().map(|(_, word)| *word).collect();
        let from = from.map_or(String::new(), |from| format!(" from {from}"));
        self.log.push(format!("to {to}{from} {said:?}: {} {words:?} {}", ended.code, ended.text));
        ended
    }

    fn sign(&mut self) {
        for what in self.world.sign() {
            self.wrong(&format!("SIGNED AGAIN: {what}"));
        }
    }

    fn restart(&mut self, client: usize) {
        self.log.push(format!("restart {client}"));
        self.world.clients[client].restart();
        self.require(None);
        self.sign();
    }

    fn go(mut self) -> Shown {
        self.sign();
        self.require(None);
        let asked = self.walk.cell.forced.map(|forced| forced.asked);
        let settings = matches!(asked, Some(Asked::SetSetting(_)));
        for run in 0..2 {
            let there = self.world.clients[NEW].runs();
            let ended = self.run(Some(OLD), NEW, &Said { off: false, settings });
            self.require(Some(&ended));
            self.require_kept(&there);
            if run == 0 {
                self.require_little_risked();
            }
            self.sign();
            // A fault that is over at the second run is over after a start.
            if self.walk.times == 1 {
                self.restart(OLD);
            }
        }
        // A key whose source this API does not change is not even asked for.
        let readonly = self.walk.cell.oddity == Oddity::ReadOnly && self.walk.way == Way::From;
        if readonly && !self.world.clients[OLD].inside().to_be_removed.is_empty() {
            self.wrong("REMOVAL of keys that are listed as read-only");
        }
        self.restart(OLD);
        self.restart(NEW);
        self.finish();
        self.on_to_a_third();
        self.shown.given = self.given();
        self.shown
    }

    fn given(&self) -> usize {
        let own = if self.walk.way == Way::To { NEW } else { OLD };
        self.world.clients[own].inside().given
    }

    /// All is mended, and the next runs bring every key to one place.
    fn finish(&mut self) {
        let own = if self.walk.way == Way::To { NEW } else { OLD };
        // What it does with its own kept keys is still odd where the state is one of its own.
        self.shown.given = self.given();
        self.world.clients[own].mend();
        self.log.push("mended".to_owned());
        for (runs, (from, said)) in ways().into_iter().enumerate() {
            if self.is_whole() {
                self.shown.finished = Some(runs);
                break;
            }
            // Nobody says `--not-running` of keys that run.
            let elsewhere = |key| self.world.places(key).iter().any(|at| *at != NEW);
            if from.is_none() && self.world.keys.iter().any(elsewhere) {
                continue;
            }
            let ended = self.run(from, NEW, &said);
            self.require(Some(&ended));
            self.sign();
        }
        [OLD, NEW].into_iter().for_each(|client| self.restart(client));
        let lost = self.world.keys.iter().filter(|key| self.world.places(key).is_empty()).count();
        let stopped = self.world.clients[NEW].inside().stopped.len();
        if lost > stopped {
            self.wrong(&format!("NO WAY FORWARD for {lost} keys"));
        }
    }

    fn is_whole(&self) -> bool {
        self.world.keys.iter().all(|key| self.world.places(key) == [NEW])
    }

    /// From the client that they came to, wherever they were before.
    fn on_to_a_third(&mut self) {
        if !self.is_whole() {
            return;
        }
        self.shown.finished.get_or_insert(ways().len());
        if self.walk.times == 1 {
            return;
        }
        let before =
            self.world.keys.iter().map(|key| self.world.bound_at(NEW, key)).collect::<Vec<_>>();
        self.world.clients.push(Client::new(named("Lighthouse"), Oddity::Nothing, &[]));
        let ended = self.run(Some(NEW), THIRD, &Said::default());
        if self.world.keys.iter().any(|key| self.world.places(key).len() > 1) {
            self.wrong("TWO PLACES at the third client");
        }
        let after =
            self.world.keys.iter().map(|key| self.world.bound_at(THIRD, key)).collect::<Vec<_>>();
        if ended.code == 0 && before != after {
            self.wrong(&format!("A BOUND WAS LOST on the way: {before:?} {after:?}"));
        }
    }
}

/// Who gives the keys up, and who gets them.
pub(super) fn clients(walk: Walk, keys: &[PublicKey]) -> [Client; 2] {
    let Walk { cell, way, times } = walk;
    let of = |key: &PublicKey| {
        let key = key.to_string();
        let signed = (!cell.fresh).then(|| record(&key, epoch_now() - 1000));
        (key, signed.unwrap_or_default())
    };
    let held: Vec<_> = keys.iter().map(of).collect();
    let odd = |here: Way| if way == here { cell.oddity } else { Oddity::Nothing };
    let (healthy, client) = (named("Lighthouse"), named(cell.of.client));
    let (old, new) = match way {
        Way::To => (healthy, client),
        Way::From => (client, healthy),
    };
    let old = Client::new(old, odd(Way::From), &held);
    let new = Client::new(new, odd(Way::To), &[]);
    let files: Vec<_> = keys.iter().map(ToString::to_string).collect();
    let new = if cell.oddity == Oddity::LeftOver { new.with_files_of(&files) } else { new };
    let (own, other) = if way == Way::To { (&new, &old) } else { (&old, &new) };
    if let Some(forced) = cell.forced {
        own.force(Forced { times, ..forced });
    }
    if cell.fails_first {
        let (asked, effect, answer) = (Asked::Import, Effect::Nothing, Answer::Whole(413, ""));
        other.force(Forced { asked, answer, effect, after: 0, times: 1 });
    }
    [old, new]
}

/// All walks, once for all tests, on as many threads as there are processors.
pub(super) fn all() -> &'static [(Walk, Shown)] {
    static ALL: OnceLock<Vec<(Walk, Shown)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut walks = Vec::new();
        for cell in cells().filter(|cell| !cell.remote) {
            for way in [Way::To, Way::From] {
                walks.push(Walk { cell, way, times: usize::MAX });
                if cell.forced.is_some_and(|forced| forced.answer != AS_EVER) {
                    walks.push(Walk { cell, way, times: 1 });
                }
            }
        }
        let (next, shown) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for _ in 0..thread::available_parallelism().map_or(2, |n| n.get()).min(4) {
                scope.spawn(|| {
                    while let Some(walk) = walks.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let one = Walker::new(*walk).go();
                        shown.lock().unwrap().push((*walk, one));
                    }
                });
            }
        });
        shown.into_inner().unwrap()
    })
}
