//! What a person does with a folder that no command imports whole.

use stockade::backup::HISTORY;

use super::{NextSteps, Step, doppelganger};
use crate::shell::{self, absolute};

impl NextSteps<'_> {
    /// A node of a cluster: charon, and a validator client that signs with the shares.
    pub(super) fn charon_node(&self) -> Step {
        let to = shell::path(&absolute(self.to));
        let mut note = format!(
            "Make {to}, or each folder in it that holds a cluster-lock.json, the .charon folder of its node, and \
             import the keystores in its validator_keys into the validator client of that node. No other \
             machine may run the node: two that sign with one share can get the validator slashed."
        );
        if self.with_history {
            let file = shell::path(&absolute(self.to).join(HISTORY));
            note += &format!(
                " First import the slashing history {file} into that client, and move it out of the folder."
            );
        }
        Step::note(note)
    }

    /// Any other client.
    pub(super) fn plain(&self) -> Step {
        let to = absolute(self.to);
        let password = shell::path(&to.join("password.txt"));
        let mut note = format!(
            "Import the keystores as your client's documentation describes; their password is in \
             {password}."
        );
        if self.with_history {
            let file = shell::path(&to.join(HISTORY));
            note += &format!(
                " Then import the slashing history {file}, and start the client only after that. Teku, \
                 Web3signer and Lodestar read every .json file in a folder as a keystore: move the \
                 history out of the folder first."
            );
        }
        if self.lost {
            note += &format!(" Start it with {}.", doppelganger(self.layout));
        }
        Step::note(note)
    }
}
