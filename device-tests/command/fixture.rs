//! Folders that tests work on. A set is made once, and every test gets copies of its own.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use serde_json::Value;
use stockade::{
    device::{Timeouts, Wallet},
    discovery::{self, MockSetup},
    interact::{Attention, Interact, Passphrase},
    secret::SecretText,
};
use tempfile::TempDir;

use super::run::{KEYSTORE_PASSWORD, on};

/// A folder of a test's own, with two copies in it, `a` and `b`, or place for them.
pub(crate) struct Folder(TempDir);

/// What a folder holds: every file by its path, and every folder with nothing for its content.
pub(crate) type Content = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// A set that was made once: the two copies, and what the command said.
pub(crate) struct Made {
    content: Content,
    pub(crate) json: Value,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// One in memory where the system has such a place, for tests that write much.
    pub(crate) fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        let folder =
            if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self(folder.unwrap())
    }

    /// The path of something in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The same as text, for command lines.
    pub(crate) fn at(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Both copies, for command lines.
    pub(crate) fn both(&self) -> String {
        format!("{} {}", self.at("a"), self.at("b"))
    }

    /// Writes a file and gives its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
        self.at(name)
    }

    /// A file with the password of the keystores in `vectors/deposits`.
    pub(crate) fn password_file(&self) -> String {
        self.file("keystores.password", KEYSTORE_PASSWORD)
    }

    /// The folder of the only set in the copy `copy`.
    pub(crate) fn set(&self, copy: &str) -> PathBuf {
        let sets = self.sets(copy);
        assert_eq!(sets.len(), 1, "{sets:?}");
        self.path(copy).join("stockade").join(&sets[0])
    }

    /// The keystore of validator `index` in the only set of the copy `copy`.
    pub(crate) fn keystore(&self, copy: &str, index: usize) -> PathBuf {
        let mut files = fs::read_dir(self.set(copy).join("keystores")).unwrap();
        let start = format!("keystore-m_12381_3600_{index}_0_0-");
        let found = files.find_map(|entry| {
            let entry = entry.unwrap();
            entry.file_name().to_str().unwrap().starts_with(&start).then(|| entry.path())
        });
        found.unwrap()
    }

    /// The entries of the record of where keys may sign, beside the only set of the copy `copy`.
    #[cfg(feature = "cloud")]
    pub(crate) fn entries(&self, copy: &str) -> Vec<PathBuf> {
        let set = self.set(copy).file_name().unwrap().to_owned();
        let folder = self.path(copy).join("stockade/whereabouts").join(set);
        let mut files: Vec<_> =
            fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    }

    /// Takes from all copies what they know of where the keys of this set may sign, as if nobody had
    /// ever released them.
    pub(crate) fn forget(&self, set: &str) {
        for copy in fs::read_dir(self.0.path()).unwrap() {
            let stockade = copy.unwrap().path().join("stockade");
            // Delivery notes say it too.
            for folder in ["whereabouts", "attestations"] {
                let _ = fs::remove_dir_all(stockade.join(folder).join(set));
            }
        }
    }

    /// The names of the sets in the copy `copy`.
    pub(crate) fn sets(&self, copy: &str) -> Vec<String> {
        let names = fs::read_dir(self.path(copy).join("stockade")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name.contains("-hoodi-")).collect();
        names.sort();
        names
    }

    /// Everything in it, to see afterwards that nothing was written.
    pub(crate) fn content(&self) -> Content {
        let mut content = Content::new();
        read(self.0.path(), Path::new(""), &mut content);
        content
    }
}

impl Made {
    /// What lies in `folder` now, for other tests to have copies of.
    pub(crate) fn of(folder: &Folder, json: Value) -> Self {
        Self { content: folder.content(), json }
    }

    /// What lay in a folder at some moment.
    pub(crate) fn from_content(content: Content) -> Self {
        Self { content, json: Value::Null }
    }

    /// Copies of it for one test alone.
    pub(crate) fn copies(&self) -> Folder {
        self.copies_in(Folder::new())
    }

    /// The same, in this folder.
    pub(crate) fn copies_in(&self, folder: Folder) -> Folder {
        for (path, bytes) in &self.content {
            let path = folder.0.path().join(path);
            match bytes {
                Some(bytes) => fs::write(path, bytes).unwrap(),
                None => fs::create_dir(path).unwrap(),
            }
        }
        folder
    }
}

fn read(root: &Path, path: &Path, content: &mut Content) {
    for entry in fs::read_dir(root.join(path)).unwrap() {
        let path = path.join(entry.unwrap().file_name());
        if root.join(&path).is_dir() {
            content.insert(path.clone(), None);
            read(root, &path, content);
        } else {
            let bytes = fs::read(root.join(&path)).unwrap();
            content.insert(path, Some(bytes));
        }
    }
}

/// The set of three hoodi keys that `device` makes, in two copies.
fn make(device: &str) -> Made {
    let folder = Folder::new();
    let line = format!("validator create --network hoodi --count 3 --copy {}", folder.both());
    let json = on(device).run(&line).code(0).json;
    Made::of(&folder, json)
}

/// Three keys of a Ledger's batch 0 for hoodi.
pub(crate) fn ledger() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| make("mock-ledger"))
}

/// The same of a Trezor One.
pub(crate) fn trezor() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| make("mock-trezor"))
}

/// The same of a Trezor Safe 5.
pub(crate) fn safe5() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| make("mock-trezor:safe5"))
}

/// The three keystores that a deposit tool made from [`WORDS`](super::run::WORDS), backed up with
/// a Ledger.
pub(crate) fn imported() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Folder::new();
        let from = vector("deposits/hoodi-0x01");
        let password = folder.password_file();
        let line = format!(
            "backup create --network hoodi --from {from} --password-file {password} --copy {}",
            folder.both()
        );
        let json = on("mock-ledger").run(&line).code(0).json;
        fs::remove_file(password).unwrap();
        Made::of(&folder, json)
    })
}

/// A file or folder among the vectors.
pub(crate) fn vector(name: &str) -> String {
    format!("{}/device-tests/vectors/{name}", concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A JSON file among the vectors.
pub(crate) fn vector_json(name: &str) -> Value {
    serde_json::from_slice(&fs::read(vector(name)).unwrap()).unwrap()
}

/// The names of the keystores in `vectors/deposits/hoodi-0x01`, by index.
pub(crate) const KEYSTORES: [&str; 3] = [
    "keystore-m_12381_3600_0_0_0-1795220361.json",
    "keystore-m_12381_3600_1_0_0-1795220361.json",
    "keystore-m_12381_3600_2_0_0-1795220361.json",
];

/// A simulated wallet in this process, for what only the library does.
pub(crate) fn wallet(device: &str, words: &str) -> Box<dyn Wallet> {
    let setup = MockSetup::default().with_mnemonic(words);
    let found = discovery::find(&device.parse().unwrap(), Timeouts::default(), &setup).unwrap();
    found.open(&mut Nobody).unwrap()
}

/// Nobody at the computer.
pub(crate) struct Nobody;

impl Interact for Nobody {
    fn look_at_device(&mut self, _device: &str, _attention: Attention<'_>) {}

    fn enter_pin_matrix(&mut self, _device: &str) -> Option<SecretText> {
        None
    }

    fn enter_passphrase(&mut self, _device: &str, _on_device: bool) -> Option<Passphrase> {
        None
    }

    fn ask(&mut self, _question: &str) -> Option<String> {
        None
    }
}
