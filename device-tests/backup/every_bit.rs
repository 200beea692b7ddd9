//! Every single bit of every file of a set, flipped: a scrub sees each, and a repair from the other
//! copy brings the very bytes back.

use std::{fs, os::unix::fs::FileExt as _, path::Path, sync::OnceLock, thread};

use stockade::backup::{
    Copy, ManifestCache, SetId,
    inspect::Inspection,
    origin::Pins,
    repair::{self, Done},
    scrub::{Scrubbed, ScrubbedSet},
    verdict::Verdict,
};

use super::{rot::files, tampered::OWNER};
use crate::command::{
    fixture::{Folder, Made},
    m_of_n::custodians,
    run::on,
};

/// A set of three keys that two of three custodians open.
fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Folder::new();
        let (ledger, trezor, age) = custodians(&folder);
        let line = format!(
            "validator create --network hoodi --count 3 --threshold 2 \
             --custodian {ledger} {trezor} {age} --copy {}",
            folder.both()
        );
        let ran = on("mock-ledger").run(&line).code(0);
        Made::of(&folder, ran.json)
    })
}

/// Two copies of one set, of which `b` rots.
struct Two {
    folder: Folder,
    copies: [Copy; 2],
    set: SetId,
    /// What never changes is read once.
    good: Option<Inspection>,
    known: ManifestCache,
}

impl Two {
    fn of(made: &Made) -> Self {
        let folder = made.copies_in(Folder::in_memory());
        let copies = ["a", "b"].map(|copy| Copy::open(&folder.path(copy)).unwrap());
        let set: SetId = folder.sets("b")[0].parse().unwrap();
        let mut known = ManifestCache::default();
        let good = Some(Inspection::read(&copies[0], &set, &mut known));
        Self { folder, copies, set, good, known }
    }

    /// Scrubs both copies, and gives what was read to `look`.
    fn scrubbed<T>(&mut self, look: impl FnOnce(&mut [Copy], &Scrubbed) -> T) -> T {
        // It holds no more than a budget: what an earlier flip made is not needed.
        self.known = ManifestCache::default();
        let bad = Inspection::read(&self.copies[1], &self.set, &mut self.known);
        let copies = vec![self.good.take(), Some(bad)];
        let sets = vec![ScrubbedSet { id: self.set.clone(), copies }];
        let mut scrubbed =
            Scrubbed { sets, retired: Vec::new(), problems: Vec::new(), warnings: Vec::new() };
        let looked = look(&mut self.copies, &scrubbed);
        self.good = scrubbed.sets[0].copies[0].take();
        looked
    }

    /// Flips a bit of a file in `b`, or flips it back.
    fn flip(&self, file: &str, bit: usize) {
        let file = fs::File::options().read(true).write(true).open(self.path(file)).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, (bit / 8) as u64).unwrap();
        byte[0] ^= 1 << (bit % 8);
        file.write_all_at(&byte, (bit / 8) as u64).unwrap();
    }

    fn path(&self, file: &str) -> std::path::PathBuf {
        self.folder.path(&format!("b/stockade/{}/{file}", self.set))
    }

    /// Makes sure that a scrub sees that `file` rotted, and calls no key of it proven.
    fn require_seen(&mut self, file: &str, bit: usize) {
        let id = self.copies[1].id().to_owned();
        let named = format!("{}/{file}", self.set);
        self.scrubbed(|copies, scrubbed| {
            let report = scrubbed.report(copies, &Pins::default());
            assert!(!report.all_proven(), "{file} bit {bit}");
            let seen = report.files.iter().any(|f| f.file == named && f.copy == id);
            assert!(seen, "{file} bit {bit}: {:?}", report.files);
            let concerns = |key: &&stockade::backup::verdict::KeyVerdict| {
                key.copy.as_deref() == Some(&*id) && key.file.as_deref() == Some(&*named)
            };
            let mut keys = report.keys.iter().filter(concerns).peekable();
            assert!(keys.peek().is_some(), "{file} bit {bit}: {:?}", report.keys);
            assert!(keys.all(|key| key.reason.verdict() != Verdict::Proven), "{file} bit {bit}");
        });
    }
}

/// A long file of which nothing but the digest is read: some of its bits stand for all.
const PROGRAM: &str = "recover.py";

fn length(path: &Path) -> usize {
    fs::metadata(path).unwrap().len() as usize
}

/// Every bit of the set, spread over the cores; gives how many there are.
fn every_flip_is_seen(made: &Made) -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let work = |core: usize| {
        let mut two = Two::of(made);
        let mut tried = 0;
        for file in files(&two.folder) {
            let step = if file == PROGRAM { 61 * cores } else { cores };
            for bit in (0..length(&two.path(&file)) * 8).skip(core).step_by(step) {
                two.flip(&file, bit);
                two.require_seen(&file, bit);
                two.flip(&file, bit);
                tried += 1;
            }
        }
        tried
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|core| scope.spawn(move || work(core))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

/// A bit of every byte of the set: the n-th byte of all its files rots at once, and a repair brings
/// them back. Gives how many bytes there are.
fn every_byte_is_repaired(made: &Made) -> usize {
    let mut two = Two::of(made);
    let whole = two.folder.content();
    let files = files(&two.folder);
    let mut lengths: Vec<_> = files.iter().map(|file| length(&two.path(file))).collect();
    let others = files.iter().zip(&lengths).filter(|(file, _)| *file != PROGRAM);
    let longest = others.map(|(_, length)| *length).max().unwrap();
    lengths.iter_mut().for_each(|length| *length = longest.min(*length));
    let pins = Pins { wallets: Vec::new(), signers: vec![OWNER.parse().unwrap()] };
    let mut repaired = 0;
    for n in 0..longest {
        let there = || files.iter().zip(&lengths).filter(|(_, length)| n < **length);
        there().for_each(|(file, _)| two.flip(file, n * 8 + n % 8));
        repaired += there().count();
        let done = two.scrubbed(|copies, scrubbed| {
            repair::repair(copies, scrubbed, &pins, None, &mut ()).unwrap()
        });
        assert!(matches!(done.sets[1].done, Done::Written(_)), "byte {n}: {:?}", done.sets[1]);
        let there = two.folder.content();
        assert!(there == whole, "byte {n} did not come back");
    }
    repaired
}

#[test]
fn every_flipped_bit_of_a_set_is_seen() {
    let flips = every_flip_is_seen(made());
    println!("{flips} bits flipped, one after another: a scrub saw each");
    assert!(flips > 80_000, "{flips}");
}

#[test]
fn every_byte_of_a_set_comes_back() {
    let bytes = every_byte_is_repaired(made());
    println!("a bit of each of {bytes} bytes flipped: a repair brought back each");
    assert!(bytes > 10_000, "{bytes}");
}
