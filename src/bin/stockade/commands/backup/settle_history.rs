//! The question what became of keys before they are restored: two machines that sign with one key
//! are slashed, and so is one that forgot what it signed.

use std::path::PathBuf;

use stockade::{
    backup::{
        Copy, Layout, SetId,
        history::{self, History, Kept},
    },
    bls::PublicKey,
    interact::Interact as _,
    staking::Network,
    timestamp::Timestamp,
};

use super::next_steps::doppelganger;
use crate::{
    commands::shares::{WAIT_EPOCHS, wait_minutes},
    context::Context,
    error::{CommandError, Kind},
};

/// What became of the keys before.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub struct HistoryArgs {
    /// Their slashing history (EIP-3076), exported from the machine that ran them. It is kept
    /// beside the set as well
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// These keys never signed anything, on any machine
    #[arg(long)]
    never_attested: bool,
    /// The history is lost, and the old machine is off for good
    #[arg(long)]
    history_lost: bool,
}

/// The answer.
#[derive(Debug)]
pub enum Settled {
    /// A history that somebody gave, from this file.
    Given(History, PathBuf),
    /// What lies beside the set, put there at this time.
    Kept(History, Timestamp),
    /// They never signed.
    Never,
    /// It is lost; what lies beside the set comes along.
    Lost(Option<History>),
}

impl Settled {
    /// The history that is restored with the keys.
    pub fn history(&self) -> Option<&History> {
        match self {
            Self::Given(history, _) | Self::Kept(history, _) => Some(history),
            Self::Never => None,
            Self::Lost(history) => history.as_ref(),
        }
    }

    /// The word for it in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Given(..) | Self::Kept(..) => "restored",
            Self::Never => "never_attested",
            Self::Lost(_) => "lost",
        }
    }

    /// For people, in a plan.
    pub fn describe(&self) -> String {
        match self {
            Self::Given(_, file) => format!("from {}", crate::shown(&file)),
            Self::Kept(_, time) => format!("what lies beside the set, of {time}"),
            Self::Never => "none: you said that these keys never signed".to_owned(),
            Self::Lost(None) => "LOST".to_owned(),
            Self::Lost(Some(_)) => "LOST; what lies beside the set comes along".to_owned(),
        }
    }

    /// Puts a history that was given beside the set, in every copy that takes it: the ids of those.
    /// One that does not (a stick that is write-protected) is warned about; the keys are where they
    /// should be already.
    pub fn keep(&self, copies: &[Copy], set: &SetId, context: &mut Context) -> Vec<String> {
        let Self::Given(given, _) = self else { return Vec::new() };
        let mut kept = Vec::new();
        for copy in copies {
            match history::keep(copy, set, &given.bytes, Timestamp::now()) {
                Ok(()) => kept.push(copy.id().to_owned()),
                Err(error) => context.terminal.say(&format!(
                    "warning: the slashing history is not kept in {}: {error}",
                    crate::shown(copy.dir())
                )),
            }
        }
        kept
    }
}

impl HistoryArgs {
    /// Settles it, by what was said on the command line, what lies beside the set, and a question.
    pub fn settle(
        &self,
        context: &mut Context,
        copies: &[Copy],
        set: &SetId,
        keys: &[PublicKey],
        layout: Layout,
    ) -> Result<Settled, CommandError> {
        let kept = history::kept(copies, set, keys)?;
        for unread in &kept.unread {
            context.terminal.say(&format!("warning: no slashing history that counts: {unread}"));
        }
        if let Some(file) = &self.history {
            let given = history::read(file, set.network(), keys)?;
            if !given.signed() {
                return Err(CommandError::input(format!(
                    "{} says of these keys that they never signed anything",
                    crate::shown(&file)
                ))
                .with_hint(
                    "export it from the machine that ran them; if none ever did, say \
                     --never-attested",
                ));
            }
            require_newest(&given, &kept, file)?;
            return Ok(Settled::Given(given, file.clone()));
        }
        if self.never_attested {
            require_never(&kept)?;
            return Ok(Settled::Never);
        }
        if self.history_lost {
            confirm_lost(context, set.network(), layout)?;
            // What is known is better than nothing: the client will not sign before it.
            return Ok(Settled::Lost(kept.found.map(|(_, history)| history)));
        }
        ask_about_kept(context, kept, set.network(), keys.len())
    }
}

/// What a client must do whose keys have no history: wait, and look whether somebody else signs.
pub fn wait(network: Network, layout: Layout) -> String {
    let minutes = wait_minutes(network);
    format!(
        "Keep the keys off for at least {WAIT_EPOCHS} epochs ({minutes} minutes) after the old \
         machine was last on (longer is safer), and start the client with its doppelganger \
         protection: {}.",
        doppelganger(layout)
    )
}

/// A lost history is a risk that a person takes knowingly, or says so on the command line where
/// nobody is there to ask.
fn confirm_lost(
    context: &mut Context,
    network: Network,
    layout: Layout,
) -> Result<(), CommandError> {
    context.terminal.say(&wait(network, layout));
    if !context.terminal.attended() {
        return Ok(());
    }
    let question = "Is the old machine off for good, its disk wiped or in your hands? (yes or no)";
    match context.terminal.ask(question) {
        Some(answer) if answer.trim().eq_ignore_ascii_case("yes") => Ok(()),
        _ => Err(CommandError::new(
            Kind::Declined,
            "not restored: while the old machine may run, these keys must stay where they are",
        )),
    }
}

/// A history that somebody gives must not be older than the one beside the set.
fn require_newest(
    given: &History,
    kept: &Kept,
    file: &std::path::Path,
) -> Result<(), CommandError> {
    let later = kept.found.as_ref().and_then(|(time, kept)| Some((time, given.older_than(kept)?)));
    match later {
        Some((time, key)) => Err(CommandError::input(format!(
            "{} is older than the slashing history of {time} beside the set: {key} signed later",
            crate::shown(&file)
        ))
        .with_hint("export it again from the machine that ran the keys last")),
        None => Ok(()),
    }
}

/// Keys that have signed are no keys that never did.
fn require_never(kept: &Kept) -> Result<(), CommandError> {
    let refuse = |what: String| {
        let hint = "give their newest history with --history, or say --history-lost";
        Err(CommandError::input(what).with_hint(hint))
    };
    match &kept.found {
        Some((time, history)) if history.signed() => refuse(format!(
            "these keys have attested: beside the set lies their slashing history of {time}"
        )),
        _ if !kept.unread.is_empty() => refuse(format!(
            "whether these keys ever signed is not known: beside the set lies a slashing history \
             that cannot be read: {}",
            kept.unread.join("; ")
        )),
        _ => Ok(()),
    }
}

/// A history kept beside the set is shown with its date, and counts only when somebody says that the
/// keys signed nothing since. None counts of itself: one that is recent comes from a machine that ran
/// until just now, and nothing in it says that it stopped.
fn ask_about_kept(
    context: &mut Context,
    kept: Kept,
    network: Network,
    keys: usize,
) -> Result<Settled, CommandError> {
    let unanswered = |what: String| {
        CommandError::usage(what).with_hint(
            "say what became of these keys before: --history FILE (exported from the machine that \
             ran them, once it was off; one that lies beside the set can be named), \
             --never-attested (they never signed anything), or --history-lost",
        )
    };
    let Some((time, history)) = kept.found else {
        return Err(unanswered("there is no slashing history for these keys".to_owned()));
    };
    let epoch = history.oldest_epoch().map_or("none".to_owned(), |epoch| epoch.to_string());
    let mut what =
        format!("beside the set lies a slashing history of {time} (up to epoch {epoch})");
    if history.is_recent(network, Timestamp::now()) {
        what += ", by which they signed within the last hour";
    }
    if kept.absent > 0 {
        let absent = kept.absent;
        return Err(unanswered(format!("{what}, but it says nothing of {absent} of {keys} keys")));
    }
    let question = format!(
        "{what}. Did these keys sign anything since then, or does a machine that has them still \
         run? (yes or no)"
    );
    match context.terminal.ask(&question) {
        Some(answer) if answer.trim().eq_ignore_ascii_case("no") => {
            Ok(Settled::Kept(history, time))
        }
        Some(_) => Err(unanswered(format!("{what}, which is not their newest"))),
        None => {
            Err(unanswered(format!("{what}, and nobody is here to say whether it is complete")))
        }
    }
}
