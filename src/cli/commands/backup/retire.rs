use std::path::PathBuf;

use serde_json::json;
use stockade::{
    backup::{
        Copy, SetId,
        origin::Pins,
        retire::{self, Retirable},
    },
    interact::Interact as _,
    store::BucketAddress,
    timestamp::Timestamp,
};

use crate::{
    CommandResult,
    commands::report,
    context::{Context, read_signers},
    error::{CommandError, Kind},
    hands::OpenArgs,
    output::Outcome,
};

/// Remove a set that another one replaces
///
/// The other set is drilled first, in these very copies: every key of it must open, and every key
/// of the set that goes must be in it. Slashing histories and attestations stay, and a note, by which
/// no copy that is away brings the set back. What lies in copies that are not named here, or was
/// copied from one, opens as before.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// The set that goes
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

impl Args {
    /// Drills the one, asks, and removes the other.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let copies = Copy::open_all(&self.copies)?;
        copies.iter().try_for_each(Copy::lock)?;
        let pins = Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? };
        let mut progress = context.terminal.progress();
        let mut hands = self.open.hands(context)?;
        let prepared = retire::prepare(
            &copies,
            &self.set,
            &self.by,
            &pins,
            &mut hands,
            &mut context.terminal,
            &mut progress,
        )?;
        let retirable = match prepared {
            Ok(retirable) => retirable,
            Err(found) => {
                let mut outcome = report::outcome(&found, &copies);
                outcome.text += &format!("\n{} was not retired.", self.set);
                outcome.json.insert("retired".to_owned(), json!([]));
                return Ok(outcome);
            }
        };
        confirm(context, &retirable)?;
        let removed = retirable.retire(&copies, Timestamp::now())?;
        let mut json = report::json(&retirable.drilled);
        if let Some(fields) = json.as_object_mut() {
            fields.insert("set_id".to_owned(), json!(self.set));
            fields.insert("by".to_owned(), json!(self.by));
            fields.insert("retired".to_owned(), json!(removed));
        }
        let mut text = format!(
            "Set {} is removed from {} copies; {} holds its {} keys, and every one of them opens.\n\
             Its slashing histories and attestations stay. Copies of it elsewhere still open for \
             its custodians: remove it there too.",
            self.set,
            removed.len(),
            self.by,
            retirable.keys.len()
        );
        if copies.iter().any(|copy| BucketAddress::of(copy.dir()).is_some()) {
            text += "\nA bucket that keeps versions keeps what was removed there, until its own rules \
                     expire it: its owner may.";
        }
        Ok(Outcome::done(text, json))
    }
}

/// On a terminal somebody says yes; in a pipe whoever wrote both ids has.
fn confirm(context: &mut Context, retirable: &Retirable) -> Result<(), CommandError> {
    let Retirable { set, by, keys, other_files, .. } = retirable;
    let mut text = format!("{by} holds all {} keys of {set}, and opens.", keys.len());
    if !other_files.is_empty() {
        text += &format!(" With {set} go also: {}", other_files.join(", "));
    }
    context.terminal.say(&text);
    if !context.terminal.attended() {
        return Ok(());
    }
    match context.terminal.ask(&format!("Remove {set} for good? (yes or no)")) {
        Some(answer) if answer.trim().eq_ignore_ascii_case("yes") => Ok(()),
        _ => Err(CommandError::new(Kind::Declined, "nothing was removed")),
    }
}
