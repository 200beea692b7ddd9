//! A copy that changes between two reads: from any read on, it is another one. What was proven is what
//! the wallet signed, and what is restored is what was proven.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use stockade::{
    backup::{
        Access, BackupError, Copy, Trust, drill,
        restore::{LostKeys, Restorable},
        scrub,
        unlockers::Unlockers,
        verdict::Verdict,
    },
    bls::PublicKey,
    store::{Directory, Entry, Lock, NewFile, ReadBack, Store, StoreError, StorePath},
};

use crate::command::{
    fixture::{self, Folder, Nobody, ledger},
    run::{OTHER_WORDS, WORDS, on},
};

/// First one folder, and after so many reads another one.
#[derive(Debug, Clone)]
struct Changing {
    first: Directory,
    then: Directory,
    reads: Arc<AtomicUsize>,
    changes_at: usize,
}

impl Changing {
    fn now(&self) -> &Directory {
        match self.reads.fetch_add(1, Ordering::SeqCst) {
            read if read < self.changes_at => &self.first,
            _ => &self.then,
        }
    }
}

impl Store for Changing {
    fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        self.now().entries()
    }

    fn list(&self, path: &StorePath) -> Result<Vec<Entry>, StoreError> {
        self.now().list(path)
    }

    fn read(&self, path: &StorePath, limit: u64) -> Result<Vec<u8>, StoreError> {
        self.now().read(path, limit)
    }

    fn read_pieces(
        &self,
        path: &StorePath,
        limit: u64,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<u64, StoreError> {
        self.now().read_pieces(path, limit, take)
    }

    fn put_if_absent(&self, file: &NewFile) -> Result<(), StoreError> {
        self.first.put_if_absent(file)
    }

    fn put(&self, file: &NewFile) -> Result<(), StoreError> {
        self.first.put(file)
    }

    fn publish(&self, path: &StorePath, files: &[NewFile]) -> Result<ReadBack, StoreError> {
        self.first.publish(path, files)
    }

    fn replace(&self, path: &StorePath, files: &[NewFile]) -> Result<ReadBack, StoreError> {
        self.first.replace(path, files)
    }

    fn remove(&self, path: &StorePath) -> Result<(), StoreError> {
        self.first.remove(path)
    }

    fn lock(&self) -> Result<Lock, StoreError> {
        self.first.lock()
    }
}

/// What was found: the keys that are proven, and those whose secrets came out.
struct Came {
    proven: BTreeSet<PublicKey>,
    opened: BTreeSet<PublicKey>,
    reads: usize,
}

/// Scrubs, drills and opens a copy that changes at that read.
fn read(first: &Path, then: &Path, changes_at: usize) -> Result<Came, BackupError> {
    let at = |copy: &Path| Directory::new(copy.join("stockade"));
    let reads = Arc::<AtomicUsize>::default();
    let store = Changing { first: at(first), then: at(then), reads: reads.clone(), changes_at };
    let copies = [Copy::open_over(Box::new(store), Path::new("changing"))?];
    let scrubbed = scrub::read(&copies, None, &mut ())?;
    let mut unlockers = Unlockers::new();
    unlockers.add_wallet(fixture::wallet("mock-ledger", WORDS), &mut Nobody)?;
    let (trust, mut user, mut progress) = (Trust::default(), Nobody, ());
    let mut access = Access::new(&mut unlockers, &trust, &mut user, &mut progress);
    let report = drill::drill(&copies, &scrubbed, &mut access)?;
    let proven = report.keys.iter().filter(|key| key.reason.verdict() == Verdict::Proven);
    let proven = proven.map(|key| key.pubkey.unwrap()).collect();
    let mut opened = BTreeSet::new();
    for set in &scrubbed.sets {
        if let Ok(restorable) = Restorable::open(&copies, set, LostKeys::Refuse, &mut access) {
            opened.extend(restorable.public_keys());
        }
    }
    Ok(Came { proven, opened, reads: reads.load(Ordering::SeqCst) })
}

/// What the copy becomes: two keystores change places; a stranger's set of the same
/// name; nothing.
fn others(folder: &Folder) -> Vec<(&'static str, std::path::PathBuf)> {
    let set = folder.set("a");
    let id = set.file_name().unwrap().to_str().unwrap().to_owned();
    let copy = |name: &str| {
        let line = format!("cp -r {} {}", folder.at("a"), folder.at(name));
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
        (folder.path(name), folder.path(name).join("stockade").join(&id))
    };
    let (swapped, _) = copy("swapped");
    let [one, two] = [0, 1].map(|i| folder.keystore("swapped", i));
    fs::rename(&one, folder.path("one")).unwrap();
    fs::rename(&two, &one).unwrap();
    fs::rename(folder.path("one"), &two).unwrap();

    let (strange, ours) = copy("strange");
    fs::remove_dir_all(&ours).unwrap();
    let line = format!("validator create --network hoodi --count 3 --copy {}", folder.at("hers"));
    on("mock-ledger").holding(OTHER_WORDS).run(&line).code(0);
    fs::rename(folder.set("hers"), &ours).unwrap();

    let (nothing, gone) = copy("nothing");
    fs::remove_dir_all(gone).unwrap();
    vec![("swapped", swapped), ("a stranger's", strange), ("nothing", nothing)]
}

#[test]
fn what_changes_between_two_reads_proves_and_restores_nothing_else() {
    let folder = ledger().copies();
    let a = folder.path("a");
    let keys: BTreeSet<PublicKey> = ledger().json["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["pubkey"].as_str().unwrap().parse().unwrap())
        .collect();
    let whole = read(&a, &a, usize::MAX).unwrap();
    assert_eq!((&whole.proven, &whole.opened), (&keys, &keys));
    for (name, other) in others(&folder) {
        let mut opened = 0;
        for changes_at in (0..=whole.reads).step_by(3) {
            let Ok(came) = read(&a, &other, changes_at) else { continue };
            let what = format!("{name} after {changes_at} of {}", whole.reads);
            assert!(came.proven.is_subset(&keys) && came.opened.is_subset(&keys), "{what}");
            assert!(changes_at > 0 || came.proven != keys, "{what}");
            opened += usize::from(came.opened == keys);
        }
        println!("{name}: opened {opened} of {}", whole.reads);
        // Once all was read it can change as it will.
        assert!(opened > 0, "{name}");
    }
}
