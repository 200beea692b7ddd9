//! The question what became of keys before they are restored: two machines that sign with one key
//! are slashed, and so is one that forgot what it signed.

use std::path::PathBuf;

use stockade::{
    backup::{
        Copy, Layout, SetId,
        history::{self, Given, History, Kept},
    },
    bls::PublicKey,
    interact::Interact as _,
    staking::{Network, Newest},
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
pub struct HistoryArgs {
    /// Their slashing history (EIP-3076), exported from the machine that ran them. It is kept
    /// beside the set as well. Several are put together
    #[arg(long, value_name = "FILE", conflicts_with_all = ["never_attested", "history_lost"])]
    history: Vec<PathBuf>,
    /// These keys never signed anything, on any machine
    #[arg(long, conflicts_with_all = ["never_attested_key", "history_lost"])]
    never_attested: bool,
    /// This key, of which the history says nothing, never signed anything, on any machine. May be
    /// repeated
    #[arg(long, value_name = "PUBKEY", value_delimiter = ',', conflicts_with = "history_lost")]
    never_attested_key: Vec<PublicKey>,
    /// The history is lost, and the old machine is off for good
    #[arg(long)]
    history_lost: bool,
}

/// The answer.
#[derive(Debug)]
pub enum Settled {
    /// A history that somebody gave, from these files.
    Given(History, String),
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

    /// Those of `keys` of which no history goes along that says what they signed.
    pub fn silent(&self, keys: &[PublicKey]) -> Vec<PublicKey> {
        self.history().map_or_else(|| keys.to_vec(), |history| history.silent(keys))
    }

    /// For people, in a plan.
    pub fn describe(&self) -> String {
        match self {
            Self::Given(_, files) => format!("from {files}"),
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
        // One time for all: the same file has the same name in every copy, however slow one of them is.
        let now = Timestamp::now();
        for copy in copies {
            match history::keep(copy, set, given.to_keep(), now) {
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
    /// Whether a file was named.
    #[cfg(feature = "cloud")]
    pub fn was_given(&self) -> bool {
        !self.history.is_empty()
    }

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
        for file in &kept.passed_over {
            context.terminal.say(&format!("note: passed over: {file}"));
        }
        let never = &self.never_attested_key;
        require_own(never, keys)?;
        if !self.history.is_empty() {
            return self.settle_given(&kept, set.network(), keys);
        }
        if self.never_attested {
            require_never(&kept, keys)?;
            return Ok(Settled::Never);
        }
        if self.history_lost {
            confirm_lost(context, set.network(), layout)?;
            // What is known is better than nothing: the client will not sign before it.
            return Ok(Settled::Lost(kept.found.map(|(_, history)| history)));
        }
        require_never(&kept, never)?;
        ask_about_kept(context, kept, never, set.network(), keys.len())
    }

    /// Settles it by the histories that were given. Keys of which they say nothing must be known, or be
    /// said, never to have signed.
    fn settle_given(
        &self,
        kept: &Kept,
        network: Network,
        keys: &[PublicKey],
    ) -> Result<Settled, CommandError> {
        let files: Vec<_> =
            self.history.iter().map(|file| crate::shown(&file).to_string()).collect();
        let files = files.join(", ");
        let Given { history: given, silent } = history::read_all(&self.history, network, keys)?;
        let never = &self.never_attested_key;
        require_silent(never, keys, &given, &files)?;
        require_newest(&given, kept, &silent, &files)?;
        require_never(kept, never)?;
        // What is kept says of these that they never signed; require_newest refuses all others.
        let known = |key: &PublicKey| {
            kept.found.is_some() && kept.unread.is_empty() && !kept.silent.contains(key)
        };
        let unknown: Vec<_> =
            silent.iter().filter(|key| !never.contains(key) && !known(key)).copied().collect();
        if !unknown.is_empty() {
            let what = history::says_nothing_about(&files, &unknown, keys.len());
            return Err(CommandError::input(what).with_hint(ABOUT_SILENT));
        }
        if !given.signed() {
            return Err(CommandError::input(format!(
                "{files} says of these keys that they never signed anything"
            ))
            .with_hint(
                "export it from the machine that ran them; if none ever did, say --never-attested",
            ));
        }
        Ok(Settled::Given(given.covering(&silent, network)?, files))
    }
}

const ASK_BEFORE: &str = "say what became of these keys before: --history FILE (exported from the \
     machine that ran them, once it was off; one that lies beside the set can be named), \
     --never-attested (they never signed anything), or --history-lost";

fn require_own(never: &[PublicKey], keys: &[PublicKey]) -> Result<(), CommandError> {
    match never.iter().find(|key| !keys.contains(key)) {
        None => Ok(()),
        Some(other) => Err(CommandError::usage(format!(
            "--never-attested-key {other}: not one of these {} keys",
            keys.len()
        ))),
    }
}

/// That a history, which was `given`, does not say of any of the keys that `never` signed that it did.
pub(super) fn require_silent(
    never: &[PublicKey],
    keys: &[PublicKey],
    given: &History,
    files: &str,
) -> Result<(), CommandError> {
    require_own(never, keys)?;
    let signed = |key: &&PublicKey| given.newest.get(key).is_some_and(Newest::signed);
    match never.iter().find(signed) {
        None => Ok(()),
        Some(key) => {
            Err(CommandError::input(format!("--never-attested-key {key}: it did sign, by {files}")))
        }
    }
}

/// The way on for keys of which a history says nothing.
pub(super) const ABOUT_SILENT: &str = "for a key that ran on another machine, add the history of that one with \
     another --history; for a key that never signed anything on any machine, add \
     --never-attested-key PUBKEY";

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
    silent: &[PublicKey],
    files: &str,
) -> Result<(), CommandError> {
    let later = kept.found.as_ref().and_then(|(time, kept)| Some((time, given.older_than(kept)?)));
    let Some((time, key)) = later else { return Ok(()) };
    if silent.contains(&key) {
        return Err(CommandError::input(format!(
            "{files} says nothing about {key}, which signed by the slashing history of {time} beside \
             the set"
        ))
        .with_hint(
            "add the history of the machine that ran that key last with another --history; the file \
             beside the set can be named too, if that key signed nothing since",
        ));
    }
    Err(CommandError::input(format!(
        "{files} is older than the slashing history of {time} beside the set: {key} signed later"
    ))
    .with_hint("export it again from the machine that ran the keys last"))
}

/// Keys that have signed are no keys that never did.
fn require_never(kept: &Kept, never: &[PublicKey]) -> Result<(), CommandError> {
    if never.is_empty() {
        return Ok(());
    }
    let refuse = |what: String| {
        let hint = "give their newest history with --history, or say --history-lost";
        Err(CommandError::input(what).with_hint(hint))
    };
    let signed = |history: &History| {
        let newest = |key: &&PublicKey| history.newest.get(key).is_some_and(Newest::signed);
        never.iter().find(newest).copied()
    };
    let found = kept.found.as_ref().and_then(|(time, history)| Some((time, signed(history)?)));
    match found {
        Some((time, key)) => refuse(format!(
            "these keys have attested: beside the set lies their slashing history of {time}, by which \
             {key} signed"
        )),
        None if !kept.unread.is_empty() => refuse(format!(
            "whether these keys ever signed is not known: beside the set lies a slashing history \
             that cannot be read: {}",
            kept.unread.join("; ")
        )),
        None => Ok(()),
    }
}

/// A history kept beside the set is shown with its date, and counts only when somebody says that the
/// keys signed nothing since. None counts of itself: one that is recent comes from a machine that ran
/// until just now, and nothing in it says that it stopped.
fn ask_about_kept(
    context: &mut Context,
    kept: Kept,
    never: &[PublicKey],
    network: Network,
    keys: usize,
) -> Result<Settled, CommandError> {
    let unanswered = |what: String| CommandError::usage(what).with_hint(ASK_BEFORE);
    let Some((time, history)) = kept.found else {
        return Err(unanswered("there is no slashing history for these keys".to_owned()));
    };
    let epoch = history.oldest_epoch().map_or("none".to_owned(), |epoch| epoch.to_string());
    let mut what =
        format!("beside the set lies a slashing history of {time} (up to epoch {epoch})");
    if history.is_recent(network, Timestamp::now()) {
        what += ", by which they signed within the last hour";
    }
    let silent: Vec<_> = kept.silent.iter().filter(|key| !never.contains(key)).copied().collect();
    if !silent.is_empty() {
        let what = history::says_nothing_about(&format!("{what}, but it"), &silent, keys);
        let hint = format!("{ASK_BEFORE}; {ABOUT_SILENT}");
        return Err(CommandError::usage(what).with_hint(hint));
    }
    let question = format!(
        "{what}. Did these keys sign anything since then, or does a machine that has them still \
         run? (yes or no)"
    );
    match context.terminal.ask(&question) {
        Some(answer) if answer.trim().eq_ignore_ascii_case("no") => {
            Ok(Settled::Kept(history.covering(&kept.silent, network)?, time))
        }
        Some(_) => Err(unanswered(format!("{what}, which is not their newest"))),
        None => {
            Err(unanswered(format!("{what}, and nobody is here to say whether it is complete")))
        }
    }
}
