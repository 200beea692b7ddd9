//! The decision on a slashing history: what the options say, and the questions to the user.

use std::path::PathBuf;

pub use stockade::backup::history::HistoryDecision;
use stockade::{
    backup::{
        Copy, Layout, SetId,
        history::{History, HistoryRequest, HistoryUser, WAIT_EPOCHS, require_unsigned},
    },
    bls::PublicKey,
    interact::Interact as _,
    staking::Network,
};

pub(super) use super::history_error::ABOUT_SILENT;
use super::next_steps::doppelganger;
use crate::{commands::shares::wait_minutes, context::Context, error::CommandError};

/// What the keys signed before.
#[derive(Debug, clap::Args)]
pub struct HistoryArgs {
    /// The keys' slashing history (EIP-3076), exported from the machine that ran them. It is also stored
    /// with the set. May be repeated: several histories are merged
    #[arg(long, value_name = "FILE", conflicts_with_all = ["never_attested", "history_lost"])]
    history: Vec<PathBuf>,
    /// These keys never signed anything, on any machine
    #[arg(long, conflicts_with_all = ["never_attested_key", "history_lost"])]
    never_attested: bool,
    /// This key, about which the history says nothing, never signed anything, on any machine. May be
    /// repeated
    #[arg(long, value_name = "PUBKEY", value_delimiter = ',', conflicts_with = "history_lost")]
    never_attested_key: Vec<PublicKey>,
    /// The history is lost, and the old machine is switched off for good
    #[arg(long)]
    history_lost: bool,
}

impl HistoryArgs {
    /// Whether a file was named.
    #[cfg(feature = "cloud")]
    pub fn was_given(&self) -> bool {
        !self.history.is_empty()
    }

    /// Decides by the options, what is stored with the set, and a question.
    pub fn settle(
        &self,
        context: &mut Context,
        copies: &[Copy],
        set: &SetId,
        keys: &[PublicKey],
        layout: Layout,
    ) -> Result<HistoryDecision, CommandError> {
        if self.history_lost {
            context.terminal.say(&wait(set.network(), layout));
        }
        let request = HistoryRequest {
            copies,
            set,
            keys,
            files: &self.history,
            never_attested: self.never_attested,
            never_attested_keys: &self.never_attested_key,
            lost: self.history_lost,
        };
        Ok(request.decide(context)?)
    }
}

impl HistoryUser for Context {
    fn tell(&mut self, line: &str) {
        self.terminal.say(line);
    }

    /// In a script, --history-lost itself says so.
    fn old_machine_is_off(&mut self) -> bool {
        const QUESTION: &str = "Is the old machine switched off for good, and its disk wiped or in your \
                                possession? (yes or no)";
        !self.terminal.attended()
            || self.terminal.ask(QUESTION).is_some_and(|answer| is(&answer, "yes"))
    }

    fn signed_since(&mut self, description: &str) -> Option<bool> {
        let question = format!(
            "{description}. Did these keys sign anything since then, or does a machine that has them \
             still run? (yes or no)"
        );
        self.terminal.ask(&question).map(|answer| !is(&answer, "no"))
    }
}

fn is(answer: &str, word: &str) -> bool {
    answer.trim().eq_ignore_ascii_case(word)
}

/// Refuses keys that are stated never to have signed and did, according to `given`.
pub(super) fn require_silent(
    never: &[PublicKey],
    keys: &[PublicKey],
    given: &History,
    files: &str,
) -> Result<(), CommandError> {
    Ok(require_unsigned(never, keys, given, files)?)
}

/// What a client must do whose keys have no history: wait, and check whether another machine signs.
pub fn wait(network: Network, layout: Layout) -> String {
    let minutes = wait_minutes(network);
    format!(
        "Keep the keys off for at least {WAIT_EPOCHS} epochs ({minutes} minutes) after the old \
         machine was last on (longer is safer), and start the client with its doppelganger \
         protection: {}.",
        doppelganger(layout)
    )
}
