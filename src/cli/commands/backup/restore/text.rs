//! What `backup restore` shows before it writes, and prints when it is done.

use std::path::Path;

use stockade::{
    backup::{
        Layout, SetId, manifest::Source, medium, origin::Pins, restore::Restorable,
        scrub::ScrubbedSet,
    },
    bls::PublicKey,
};

use crate::{
    commands::{
        backup::{
            history_decision::{HistoryDecision, wait},
            next_steps::NextSteps,
        },
        listed,
        plural::count,
    },
    context::Context,
};

/// What is restored, and to where.
#[derive(Clone, Copy)]
pub struct Restoring<'a> {
    /// The folder to write.
    pub to: &'a Path,
    /// Its layout.
    pub layout: Layout,
    /// The file with the password, if one was given.
    pub password_file: Option<&'a Path>,
    /// The id of the set.
    pub set: &'a SetId,
    /// The set's keys.
    pub restorable: &'a Restorable,
    /// What is known about their slashing history.
    pub settled: &'a HistoryDecision,
}

impl Restoring<'_> {
    /// The plan that is shown before anything is written.
    pub fn plan(&self) -> String {
        let keys = self.restorable.public_keys();
        let mut text = format!(
            "Will write to {}, all or nothing; only you can read it, if its file system stores \
             permissions:\n  {} of set {}, layout {}: {}\n",
            crate::shown(&self.to),
            count(keys.len(), "key"),
            self.set,
            self.layout,
            self.layout.describe()
        );
        text += &match self.password_file {
            Some(file) => format!("  the password in {}, with a new salt\n", crate::shown(&file)),
            None => "  a new random password and salt, used nowhere else\n".to_owned(),
        };
        text += &format!("  slashing history: {}\n", self.settled.describe());
        let again = |key| self.restorable.made_again.contains(key);
        let line = |key| {
            format!("{key}{}", if again(key) { " (derived again by the wallet)" } else { "" })
        };
        text += &listed::lines(keys.iter().map(line), "  ");
        let left_out = self.restorable.left_out.iter();
        let left_out =
            left_out.map(|(key, reason)| format!("LEFT OUT {key}: {}", reason.explain()));
        text += &listed::lines(left_out, "  ");
        text.trim_end().to_owned()
    }

    /// The result.
    pub fn text(&self) -> String {
        let keys = self.restorable.public_keys();
        let (number, to) = (count(keys.len(), "key"), crate::shown(&self.to));
        let mut text = format!("Restored {number} of set {} to {to}\n", self.set);
        text += &format!("  {}\n", self.layout.describe());
        for (key, reason) in &self.restorable.left_out {
            text += &format!("  NOT RESTORED: {key}: {}\n", reason.explain());
        }
        let silent = self.silent();
        if self.settled.history().is_some() && !silent.is_empty() {
            text += &format!("  no slashing history for {} of {number}:\n", silent.len());
            text += &listed::lines(&silent, "    ");
        }
        match self.settled {
            HistoryDecision::Lost(_) => {
                let wait = wait(self.set.network(), self.layout);
                text += &format!("  the newest slashing history is lost. {wait}\n");
            }
            HistoryDecision::Never => {
                text += "  no slashing history: you stated that these keys never signed\n"
            }
            _ => {}
        }
        text + &self.next().text() + "Make sure that no other machine runs these keys."
    }

    /// What to do with the folder.
    pub fn next(&self) -> NextSteps<'_> {
        NextSteps {
            layout: self.layout,
            to: self.to,
            network: self.set.network(),
            with_history: self.settled.history().is_some(),
            lost: matches!(self.settled, HistoryDecision::Lost(_)),
        }
    }

    /// The keys without a slashing history.
    pub fn silent(&self) -> Vec<PublicKey> {
        self.settled.silent(&self.restorable.public_keys())
    }
}

/// Warns of imported keys that are said never to have signed.
pub fn warn_of_imported<'a>(
    settled: &HistoryDecision,
    sets: impl IntoIterator<Item = &'a ScrubbedSet>,
    context: &mut Context,
) {
    let manifests = sets.into_iter().filter_map(|set| set.manifest(&Pins::default()));
    let mut entries = manifests.flat_map(|read| &read.manifest.keystores);
    if matches!(settled, HistoryDecision::Never)
        && entries.any(|entry| matches!(entry.source, Source::Imported))
    {
        context.terminal.say(
            "warning: these keys were imported from another tool, so Stockade cannot know whether they \
             signed before. With --never-attested, their client starts without a slashing history. If \
             any machine ever ran these keys, stop now and use --history",
        );
    }
}

/// What the file system of the folder lacks. Warns if every user can read the folder.
pub fn lacks(to: &Path, context: &mut Context) -> Vec<&'static str> {
    let lacks = medium::folder_lacks(to);
    if lacks.contains(&"modes") {
        context.terminal.say(&format!(
            "warning: the file system of {} stores no permissions: on any computer that it is plugged \
             into, every user can read these keys and their password",
            crate::shown(&to)
        ));
    }
    lacks
}
