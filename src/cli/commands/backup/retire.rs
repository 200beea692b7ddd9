use std::path::PathBuf;

use serde::Serialize;
use stockade::{
    backup::{
        Access, Copy, SetId, Trust,
        origin::Pins,
        retire::{self, Retirable},
    },
    timestamp::Timestamp,
};

use crate::{
    CommandResult,
    commands::{confirm, plural::count, report},
    context::{Context, read_signers},
    error::CommandError,
    output::Outcome,
    unlockers::OpenArgs,
};

/// Remove a set that another one replaces
///
/// First drills the other set in these copies: every key of it must open, and every key of the removed
/// set must be in it. Slashing histories and attestations stay, with a note that keeps copies that are
/// away now from bringing the set back. Copies that are not named here, and copies made of them, still
/// open as before.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// The set to remove
    #[arg(long, value_name = "ID")]
    set: SetId,
    /// The set that replaces it
    #[arg(long, value_name = "ID")]
    by: SetId,
    /// Who else may have made the sets: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    #[command(flatten)]
    open: OpenArgs,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    #[serde(flatten)]
    report: report::Document,
    /// The set that was removed. Absent if none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_id: Option<String>,
    /// The set that replaces it. Absent if none was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// The ids of the copies that the set was removed from.
    retired: Vec<String>,
}

impl Args {
    /// Drills one set, asks, and removes the other.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let copies = Copy::open_all(&self.copies)?;
        copies.iter().try_for_each(Copy::lock)?;
        let pins = Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? };
        let trust = Trust { pins, accept_unknown_origin: false };
        let mut progress = context.terminal.progress();
        let mut unlockers = self.open.unlockers(context)?;
        let mut access = Access::new(&mut unlockers, &trust, &mut context.terminal, &mut progress);
        let prepared = retire::prepare(&copies, &self.set, &self.by, &mut access)?;
        let retirable = match prepared {
            Ok(retirable) => retirable,
            Err(found) => {
                let mut outcome = report::outcome(&found, &copies, |report| Document {
                    report,
                    set_id: None,
                    by: None,
                    retired: Vec::new(),
                });
                outcome.text += &format!("\n{} was not retired.", self.set);
                return Ok(outcome);
            }
        };
        confirm(context, &retirable)?;
        let removed = retirable.retire(&copies, Timestamp::now())?;
        Ok(self.outcome(&retirable, removed, &copies))
    }

    fn outcome(&self, retirable: &Retirable, removed: Vec<String>, copies: &[Copy]) -> Outcome {
        let from = match removed.len() {
            1 => "1 copy".to_owned(),
            several => format!("{several} copies"),
        };
        let mut text = format!(
            "Set {} was removed from {from}. Set {} holds its {}, and every key of it opens.\nThe \
             slashing histories and attestations of the removed set stay. Any other copy of that set \
             still opens for its custodians: remove it there too.",
            self.set,
            self.by,
            count(retirable.keys.len(), "key")
        );
        if copies.iter().any(|copy| !copy.is_folder()) {
            text += "\nA bucket that keeps versions keeps the removed files until its own rules expire \
                     them, or its owner deletes them.";
        }
        let document = Document {
            report: report::Document::of(&retirable.drilled),
            set_id: Some(self.set.to_string()),
            by: Some(self.by.to_string()),
            retired: removed,
        };
        Outcome::done(text, document)
    }
}

/// Asks on a terminal; elsewhere the two ids on the command line are the consent.
fn confirm(context: &mut Context, retirable: &Retirable) -> Result<(), CommandError> {
    let Retirable { set, by, keys, other_files, .. } = retirable;
    let mut text = format!("Set {by} holds all {} keys of set {set}, and opens.", keys.len());
    if !other_files.is_empty() {
        text += &format!(" These files are removed with set {set}: {}", other_files.join(", "));
    }
    context.terminal.say(&text);
    confirm::require(context, &format!("Remove set {set} for good?"), "nothing was removed")
}
