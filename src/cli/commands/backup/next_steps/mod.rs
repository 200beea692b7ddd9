//! What to do with a restored folder: each client's own commands. `docs/guides/restore.md` explains
//! them, and says with which version of each client they were run.
//!
//! The commands are for a new data folder, which has no slashing history yet, and for a shell without a
//! person. A client starts only after its import succeeded: the commands of a step are joined with
//! `&&`.

mod by_hand;
mod client;
mod limits;
mod split;

use std::path::Path;

use serde::Serialize;
use stockade::{backup::Layout, staking::Network};

pub use limits::{doppelganger, lacks_network, require_usable};

/// A restored folder, and what is known about the past of its keys.
#[derive(Debug, Clone, Copy)]
pub struct NextSteps<'a> {
    /// The layout of the folder.
    pub layout: Layout,
    /// The folder.
    pub to: &'a Path,
    /// The network of the keys.
    pub network: Network,
    /// Whether the folder contains a slashing history.
    pub with_history: bool,
    /// Whether the newest history is lost: the client must look for other machines that sign first.
    pub lost: bool,
}

/// Something to do.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Step {
    /// What the step is for, for people.
    note: String,
    /// Shell commands, each to be run only if the one before it succeeded.
    commands: Vec<String>,
}

impl Step {
    fn note(note: impl Into<String>) -> Self {
        Self { note: note.into(), commands: Vec::new() }
    }
}

impl NextSteps<'_> {
    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::from("Next steps (stop if a command fails):\n");
        for (place, step) in self.steps().iter().enumerate() {
            text += &format!("  {}. {}\n", place + 1, step.note);
            if !step.commands.is_empty() {
                text += &format!("       {}\n", step.commands.join(" \\\n         && "));
            }
        }
        text
    }

    /// The steps, in their order.
    pub fn steps(&self) -> Vec<Step> {
        if self.layout.splits() {
            return vec![self.split()];
        }
        let mut steps = Vec::new();
        if let Some(lacks) = lacks_network(self.layout, self.network) {
            steps.push(Step::note(lacks));
            if self.layout == Layout::Prysm {
                return steps;
            }
        }
        if self.layout == Layout::Prysm && self.with_history {
            steps.push(self.prysm_database());
        }
        if self.lost {
            steps.push(Step::note("Wait until the time stated above has passed."));
        }
        steps.push(match self.layout {
            Layout::Plain => self.plain(),
            Layout::CharonNode => self.charon_node(),
            _ => self.import_and_start(),
        });
        steps
    }

    fn import_and_start(&self) -> Step {
        let (note, import) = if self.with_history {
            let note = "Import the slashing history. Only if that succeeded, start the client.";
            (note, Some(self.import()))
        } else {
            ("Start the client.", None)
        };
        let commands = import.into_iter().chain([self.start()]).collect();
        Step { note: format!("{note}{}", self.remark()), commands }
    }

    /// What to know about the client's commands.
    fn remark(&self) -> &'static str {
        match self.layout {
            Layout::Teku => " TEKU_DATA is Teku's data folder.",
            Layout::Prysm if self.with_history => {
                " With --enable-minimal-slashing-protection this import does not reach the database \
                 that Prysm uses: use `stockade deliver keymanager` instead."
            }
            Layout::Prysm => " PRYSM_DATA is Prysm's data folder.",
            Layout::Dirk => {
                " DIRK_BASE is the folder with dirk.yml. In dirk.yml, name the folder wallets as the \
                 location of a filesystem store, account-passphrase.txt under \
                 unlocker.account-passphrases, and the wallets under permissions. Stop a dirk that runs \
                 already: it opens its slashing protection alone."
            }
            Layout::Web3signer => {
                " DB_URL is the JDBC address of its slashing protection database. Keys that were \
                 once removed through Web3signer's API stay disabled in that database: deliver those \
                 with `stockade deliver keymanager` instead."
            }
            _ => "",
        }
    }
}
