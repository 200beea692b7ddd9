//! Commands that write, each with what it begins with.

use std::fs;

use crate::{
    backup::{
        retire::{history, replaced},
        rot::flip,
    },
    command::{
        fixture::{Folder, Made, ledger, vector},
        run::{Stockade, alone, on},
    },
};

/// A command that writes.
pub(super) struct Job {
    pub(super) name: &'static str,
    pub(super) folder: Folder,
    pub(super) line: String,
    pub(super) stockade: Stockade,
    /// What to do after a kill: the command again, or what the user is told to do.
    pub(super) again: String,
}

impl Job {
    /// The same, in a folder of its own.
    pub(super) fn afresh(&self) -> Self {
        self.at(&Made::from_content(self.folder.content()))
    }

    /// Whether it puts a folder in the place of another.
    pub(super) fn replaces_a_folder(&self) -> bool {
        self.name == "repair"
    }

    /// The same, with this to begin with.
    pub(super) fn at(&self, content: &Made) -> Self {
        let folder = content.copies_in(Folder::in_memory());
        let (old, new) = (self.folder.at(""), folder.at(""));
        Self {
            name: self.name,
            line: self.line.replace(&old, &new),
            again: self.again.replace(&old, &new),
            stockade: self.stockade.clone(),
            folder,
        }
    }
}

pub(super) fn create_first() -> Job {
    create("create on new copies", Folder::new())
}

pub(super) fn create_more() -> Job {
    create("create on copies with a set", ledger().copies())
}

fn create(name: &'static str, folder: Folder) -> Job {
    let line = format!("validator create --network hoodi --count 1 --copy {}", folder.both());
    Job { name, again: line.clone(), line, folder, stockade: on("mock-ledger") }
}

pub(super) fn import() -> Job {
    let folder = Folder::new();
    let password = folder.password_file();
    let keystore = vector("deposits/hoodi-0x01/keystore-m_12381_3600_0_0_0-1795220361.json");
    let line = format!(
        "backup create --network hoodi --from {keystore} --password-file {password} --copy {}",
        folder.both()
    );
    Job { name: "backup create", again: line.clone(), line, folder, stockade: on("mock-ledger") }
}

/// Copies that each miss something of the set, and one that is new.
pub(super) fn repair() -> Job {
    let folder = ledger().copies();
    flip(&folder.set("a").join("RECOVERY.txt"), 99);
    flip(&folder.set("b").join("seal/secret.age"), 99);
    let line = format!("backup repair {} --to {}", folder.both(), folder.at("c"));
    // Killed at its beginning, the new one is still none; afterwards it is a copy as the others.
    Job { name: "repair", again: line.clone(), line, folder, stockade: alone() }
}

pub(super) fn restore() -> Job {
    let folder = ledger().copies();
    fs::create_dir(folder.path("empty")).unwrap();
    let line = format!(
        "backup restore {} --to {} --layout plain --never-attested",
        folder.both(),
        folder.at("empty")
    );
    Job { name: "restore", again: line.clone(), line, folder, stockade: on("mock-ledger") }
}

/// A set that another one replaces, with a history beside it in both copies; and both ids.
pub(super) fn retire() -> (Job, String, String) {
    let (folder, old, new) = replaced(0, 3);
    let history = history();
    for copy in ["a", "b"] {
        let name = format!("{copy}/stockade/history/{old}/20261120T101500Z.json");
        folder.file(&name, &history);
    }
    let line = format!("backup retire {} --set {old} --by {new}", folder.both());
    let stockade = on("mock-ledger");
    (Job { name: "retire", again: line.clone(), line, folder, stockade }, old, new)
}

pub(super) fn seal_exits() -> Job {
    let folder = ledger().copies();
    let line =
        format!("exit create --seal --index 0 --validator-index 7 8 --copy {}", folder.both());
    let stockade = on("mock-ledger");
    Job { name: "exit create --seal", again: line.clone(), line, folder, stockade }
}

pub(super) fn attest() -> Job {
    let folder = ledger().copies();
    let line = format!("attest create --copy {}", folder.both());
    Job { name: "attest", again: line.clone(), line, folder, stockade: on("mock-ledger") }
}
