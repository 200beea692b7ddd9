//! The commands of each client: to import a slashing history, and to start with restored keys.

use stockade::backup::{HISTORY, Layout};

use super::{NextSteps, Step, limits::switch};
use crate::shell::{Line, absolute};

impl NextSteps<'_> {
    /// Adds the options of every Prysm command.
    pub fn prysm(&self, line: Line) -> Line {
        line.words(&format!("--{}", self.network))
            .words("--accept-terms-of-use")
            .variable("--datadir=", "PRYSM_DATA")
    }

    /// Prysm's import opens an existing database, and makes none. Prysm makes one when it starts, and
    /// keeps running: a shell without a person needs something that ends it.
    pub fn prysm_database(&self) -> Step {
        let there = "test -f \"${PRYSM_DATA:?}\"/validator.db";
        let start = self.prysm(Line::new("timeout 20 validator"));
        let start = start.words("--wallet-dir=\"${PRYSM_DATA:?}\"/no-wallet").words("--rpc");
        Step {
            note: "Prysm imports a history only into an existing database. If PRYSM_DATA, Prysm's data \
                   folder, has none yet, this starts Prysm without keys for 20 seconds. On a system \
                   without `timeout`, leave out `timeout 20`, and stop Prysm with Ctrl-C."
                .to_owned(),
            commands: vec![format!("{there} || {{ {}; {there}; }}", String::from(start))],
        }
    }

    /// The command that imports the slashing history in the folder.
    pub fn import(&self) -> String {
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
            Layout::Dirk => Line::new("dirk")
                .variable("--base-dir=", "DIRK_BASE")
                .words("--import-slashing-protection")
                .option("--genesis-validators-root=", &self.genesis_root())
                .option("--slashing-protection-file=", &text),
            _ => self.web3signer(Line::new("web3signer")).words("import").option("--from=", &text),
        };
        line.into()
    }

    fn genesis_root(&self) -> String {
        let root = self.network.genesis_validators_root();
        root.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
    }

    fn web3signer(&self, line: Line) -> Line {
        line.words("eth2")
            .option("--network=", self.network.name())
            .variable("--slashing-protection-db-url=", "DB_URL")
    }

    /// The command that starts the client with the keys in the folder.
    pub fn start(&self) -> String {
        let to = absolute(self.to);
        let network = self.network.name();
        let below = |name: &str| crate::shown(&to.join(name)).to_string();
        let line = match self.layout {
            Layout::Lighthouse => {
                let line = Line::new("lighthouse vc --network")
                    .words(network)
                    .words("--datadir")
                    .path(&to);
                // Without it, it refuses keys that its slashing protection does not know.
                if self.with_history { line } else { line.words("--init-slashing-protection") }
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
            Layout::Dirk => Line::new("dirk").variable("--base-dir=", "DIRK_BASE"),
            _ => self
                .web3signer(Line::new("web3signer").option("--key-config-path=", &below("keys"))),
        };
        match switch(self.layout).filter(|_| self.lost) {
            Some(switch) => line.words(switch).into(),
            None => line.into(),
        }
    }
}
