//! The commands of programs that split restored keys into shares.

use stockade::backup::Layout;

use super::{NextSteps, Step};
use crate::shell::{Line, absolute, path};

impl NextSteps<'_> {
    /// Lets the program split the keys.
    pub fn split(&self) -> Step {
        let to = absolute(self.to);
        let shown = crate::shown(&to).to_string();
        let (note, line) = if self.layout == Layout::Charon {
            let note = "Let charon split the keys. NODES is the number of nodes, CLUSTER the folder that \
                        charon creates. WITHDRAWAL and FEE_RECIPIENT are addresses: one for all \
                        validators, or one for each in the order of the keys, separated by commas. Do \
                        not send the deposit data that it writes: validators that run have a deposit.";
            let line = Line::new("charon create cluster --split-existing-keys")
                .option("--split-keys-dir=", &shown)
                .option("--network=", self.network.name())
                .variable("--nodes=", "NODES")
                .variable("--withdrawal-addresses=", "WITHDRAWAL")
                .variable("--fee-recipient-addresses=", "FEE_RECIPIENT")
                .variable("--cluster-dir=", "CLUSTER");
            (note, line)
        } else {
            let note = "Let ssv-keys split the keys. OPERATOR_IDS and OPERATOR_KEYS are those of the \
                        operators, OWNER is the address that registers the validators, NONCE its next \
                        registration nonce, OUT a folder for the key file. ssv-keys takes the password \
                        on its command line, where other users of this computer can see it.";
            let password = self.layout.beside(&to, false).into_iter().next().unwrap_or_default();
            let line = Line::new("ssv-keys shares")
                .option("--keystore=", &shown)
                .words(&format!("--password=\"$(cat {})\"", path(&password)))
                .variable("--operator-ids=", "OPERATOR_IDS")
                .variable("--operator-keys=", "OPERATOR_KEYS")
                .variable("--owner-address=", "OWNER")
                .variable("--owner-nonce=", "NONCE")
                .variable("--output-folder=", "OUT");
            (note, line)
        };
        Step { note: note.to_owned(), commands: vec![line.into()] }
    }
}
