//! What to do with a restored folder: each client's own commands. `docs/guides/restore.md` says
//! the same at length, and with which version of each client they were run.
//!
//! They are for a new data folder, which has no slashing history yet, and for a shell without a
//! person. A client starts only after its import succeeded: the commands of a step are joined with
//! `&&`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stockade::{
    backup::{HISTORY, Layout},
    staking::Network,
};

use crate::{
    error::CommandError,
    shell::{self, Line},
};

/// A restored folder, and what is known of the past of its keys.
#[derive(Debug, Clone, Copy)]
pub struct NextSteps<'a> {
    /// How the folder is laid out.
    pub layout: Layout,
    /// The folder.
    pub to: &'a Path,
    /// The network of the keys.
    pub network: Network,
    /// Whether a slashing history is in the folder.
    pub with_history: bool,
    /// Whether the newest history is lost: the client must look for others before it signs.
    pub lost: bool,
}

/// Something to do.
#[derive(Debug)]
struct Step {
    /// What it is for, and what to know first.
    note: String,
    /// Commands, each of which runs only if the one before it succeeded.
    commands: Vec<String>,
}

/// The switch that makes a client look for others that sign, and what it does where that differs.
pub fn doppelganger(layout: Layout) -> &'static str {
    match layout {
        Layout::Lighthouse => "--enable-doppelganger-protection",
        Layout::Teku => "--doppelganger-detection-enabled=true",
        Layout::Prysm => {
            "--enable-doppelganger (Prysm looks back once when it starts, and waits for nothing: \
             the wait is up to you)"
        }
        Layout::Nimbus => "--doppelganger-detection=true (it is on by itself)",
        Layout::Lodestar => "--doppelgangerProtection",
        Layout::Web3signer => "that of the client that uses Web3signer, which has none itself",
        _ => {
            "Lighthouse --enable-doppelganger-protection, Teku \
             --doppelganger-detection-enabled=true, Prysm --enable-doppelganger (which looks back \
             once, and waits for nothing), Nimbus --doppelganger-detection=true, Lodestar \
             --doppelgangerProtection"
        }
    }
}

/// The switch alone, for a command line.
fn switch(layout: Layout) -> Option<&'static str> {
    match layout {
        Layout::Lighthouse | Layout::Teku | Layout::Lodestar => Some(doppelganger(layout)),
        Layout::Prysm => Some("--enable-doppelganger"),
        Layout::Nimbus => Some("--doppelganger-detection=true"),
        _ => None,
    }
}

/// Refuses a folder whose name the client cannot be given.
pub fn require_usable(layout: Layout, to: &Path) -> Result<(), CommandError> {
    let to = absolute(to).to_string_lossy().into_owned();
    match layout {
        // --validator-keys=KEYS:PASSWORDS,KEYS:PASSWORDS
        Layout::Teku if to.contains([':', ',']) => Err(CommandError::usage(format!(
            "{to}: Teku cannot be given a folder with a colon or a comma in its name"
        ))
        .with_hint("name another folder with --to")),
        _ => Ok(()),
    }
}

/// What to say before the wallet is asked: the client does not have this network.
pub fn lacks_network(layout: Layout, network: Network) -> Option<String> {
    let gnosis = matches!(network, Network::Gnosis | Network::Chiado);
    match layout {
        Layout::Prysm if gnosis => Some(format!(
            "Prysm has no option for {network}: it cannot run these keys. Restore them with another \
             --layout"
        )),
        Layout::Nimbus if gnosis => {
            Some(format!("Nimbus runs {network} only in a build of its own (make gnosis-build)"))
        }
        _ => None,
    }
}

/// Commands are for whatever folder they are pasted in.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl NextSteps<'_> {
    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::from("Next, and no further where a command fails:\n");
        for (place, step) in self.steps().iter().enumerate() {
            text += &format!("  {}. {}\n", place + 1, step.note);
            if !step.commands.is_empty() {
                text += &format!("       {}\n", step.commands.join(" \\\n         && "));
            }
        }
        text
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        let steps = self.steps().into_iter();
        steps.map(|step| json!({"note": step.note, "commands": step.commands})).collect()
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if let Some(lacks) = lacks_network(self.layout, self.network) {
            steps.push(Step { note: lacks, commands: Vec::new() });
            if self.layout == Layout::Prysm {
                return steps;
            }
        }
        if self.layout == Layout::Prysm && self.with_history {
            steps.push(self.prysm_database());
        }
        if self.lost {
            steps.push(Step {
                note: "Wait until the time named above has passed.".to_owned(),
                commands: Vec::new(),
            });
        }
        steps.push(match self.layout {
            Layout::Plain => self.plain(),
            _ => self.import_and_start(),
        });
        steps
    }

    fn import_and_start(&self) -> Step {
        let mut commands = Vec::new();
        let note = match self.with_history {
            true => {
                commands.push(self.import());
                "Import the slashing history. Only if that succeeded, start the client."
            }
            false => "Start the client.",
        };
        commands.push(self.start());
        Step { note: format!("{note}{}", self.remark()), commands }
    }

    /// What to know of the client beside its commands.
    fn remark(&self) -> &'static str {
        match self.layout {
            Layout::Teku => " TEKU_DATA is the folder of Teku's data.",
            Layout::Prysm if self.with_history => {
                " With --enable-minimal-slashing-protection this import does not reach the database \
                 in use: use `stockade deliver keymanager` there."
            }
            Layout::Prysm => " PRYSM_DATA is the folder of Prysm's data.",
            Layout::Web3signer => {
                " DB_URL is the JDBC address of its slashing protection database. Keys that were \
                 once removed through Web3signer's API stay disabled in that database: bring those \
                 back with `stockade deliver keymanager`."
            }
            _ => "",
        }
    }

    /// Prysm's import opens a database that is there, and makes none. Prysm makes one at its start,
    /// and runs on: a shell without a person needs something that ends it.
    fn prysm_database(&self) -> Step {
        let there = "test -f \"${PRYSM_DATA:?}\"/validator.db";
        let start = self.prysm(Line::new("timeout 20 validator"));
        let start = start.words("--wallet-dir=\"${PRYSM_DATA:?}\"/no-wallet").words("--rpc");
        Step {
            note: "Prysm imports a history only into a database that exists. Where PRYSM_DATA, the \
                   folder of Prysm's data, has none yet, this starts Prysm without keys for 20 seconds. \
                   On a system without `timeout`, leave that word out, and stop Prysm with Ctrl-C."
                .to_owned(),
            commands: vec![format!("{there} || {{ {}; {there}; }}", String::from(start))],
        }
    }

    fn prysm(&self, line: Line) -> Line {
        line.words(&format!("--{}", self.network))
            .words("--accept-terms-of-use")
            .variable("--datadir=", "PRYSM_DATA")
    }

    /// Any other client: its documentation knows.
    fn plain(&self) -> Step {
        let to = absolute(self.to);
        let password = shell::path(&to.join("password.txt"));
        let mut note = format!(
            "Import the keystores as your client's documentation says; their password is in \
             {password}."
        );
        if self.with_history {
            let file = shell::path(&to.join(HISTORY));
            note += &format!(
                " Then import the slashing history {file}, and start the client only after that. \
                 Teku, Web3signer and Lodestar take every .json in a folder for a keystore: move the \
                 history out of it first."
            );
        }
        if self.lost {
            note += &format!(" Start it with {}.", doppelganger(self.layout));
        }
        Step { note, commands: Vec::new() }
    }

    /// How the client imports the slashing history in the folder.
    fn import(&self) -> String {
        let to = absolute(self.to);
        let (file, network) = (to.join(HISTORY), self.network);
        let text = crate::shown(&file).to_string();
        let line = match self.layout {
            Layout::Lighthouse => Line::new("lighthouse --network")
                .words(network.name())
                .words("--datadir")
                .path(&to)
                .words("account validator slashing-protection import")
                .path(&file),
            Layout::Teku => Line::new("teku slashing-protection import")
                .variable("--data-path=", "TEKU_DATA")
                .option("--from=", &text),
            Layout::Prysm => self
                .prysm(Line::new("validator slashing-protection-history import"))
                .option("--slashing-protection-json-file=", &text),
            Layout::Nimbus => Line::new("nimbus_beacon_node slashingdb import")
                .path(&file)
                .option("--network=", network.name())
                .option("--data-dir=", &crate::shown(&to).to_string()),
            Layout::Lodestar => {
                Line::new("lodestar validator slashing-protection import --network")
                    .words(network.name())
                    .words("--dataDir")
                    .path(&to)
                    .words("--file")
                    .path(&file)
            }
            _ => self.web3signer(Line::new("web3signer")).words("import").option("--from=", &text),
        };
        line.into()
    }

    fn web3signer(&self, line: Line) -> Line {
        line.words("eth2")
            .option("--network=", self.network.name())
            .variable("--slashing-protection-db-url=", "DB_URL")
    }

    /// How the client is started with the keys in the folder.
    fn start(&self) -> String {
        let to = absolute(self.to);
        let network = self.network.name();
        let below = |name: &str| crate::shown(&to.join(name)).to_string();
        let line = match self.layout {
            Layout::Lighthouse => {
                let line = Line::new("lighthouse vc --network")
                    .words(network)
                    .words("--datadir")
                    .path(&to);
                // Else it refuses keys that its slashing protection does not know.
                match self.with_history {
                    true => line,
                    false => line.words("--init-slashing-protection"),
                }
            }
            Layout::Teku => Line::new("teku validator-client")
                .option("--network=", network)
                .variable("--data-path=", "TEKU_DATA")
                .option("--validator-keys=", &format!("{}:{}", below("keys"), below("passwords"))),
            Layout::Prysm => self
                .prysm(Line::new("validator"))
                .option("--wallet-dir=", &below("wallet"))
                .option("--wallet-password-file=", &below("wallet-password.txt")),
            Layout::Nimbus => Line::new("nimbus_validator_client")
                .option("--data-dir=", &crate::shown(&to).to_string()),
            Layout::Lodestar => Line::new("lodestar validator --network")
                .words(network)
                .words("--dataDir")
                .path(&to),
            _ => self
                .web3signer(Line::new("web3signer").option("--key-config-path=", &below("keys"))),
        };
        match switch(self.layout).filter(|_| self.lost) {
            Some(switch) => line.words(switch).into(),
            None => line.into(),
        }
    }
}
