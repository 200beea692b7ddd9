mod document;

use std::path::PathBuf;

use stockade::backup::{
    Copy, SetId, copy,
    create::FailedCopy,
    medium,
    origin::Pins,
    repair::{self, Decider, Done, Repair, Repaired},
    room, scrub,
};

pub use document::Document;
use document::Row;

use crate::{
    CommandResult,
    commands::{
        backup::contact::{self, ContactArgs},
        report,
    },
    context::{Context, read_signers},
    error::CommandError,
    unlockers::OpenArgs,
};

/// Repair copies from each other, or fill a new one
///
/// Without a wallet, copies repair each other where they agree about the contents of a set. With
/// --device or --signer, only sets made by that wallet or signer count. Where copies differ in files
/// that no signature covers, the custodians (wallets, identities, a passphrase) open the set and decide.
/// A damaged set is replaced in one step; a folder that contains anything else is left alone. Copies
/// complete each other's slashing histories and attestations. A set that was retired is written again
/// only if it is named with --set.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// A new copy to fill
    #[arg(long, value_name = "NEWDIR")]
    to: Option<PathBuf>,
    #[command(flatten)]
    contact: ContactArgs,
    /// Only this set
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// Who must have made the sets: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    #[command(flatten)]
    open: OpenArgs,
}

impl Args {
    /// Repairs, then scrubs the result.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let mut copies = self.copies()?;
        self.contact.name(&mut copies)?;
        let signers = read_signers(&self.signer)?;
        // Opened once: they vouch for the sets that they made, and decide where nobody else can.
        let mut unlockers = if context.any_device() || self.open.names_somebody() {
            Some(self.open.unlockers(context)?)
        } else {
            None
        };
        let pins = Pins { wallets: Vec::new(), signers };
        let pins = unlockers.as_ref().map_or(pins.clone(), |unlockers| unlockers.pins(&pins));
        let mut progress = context.terminal.progress();
        let before = scrub::read(&copies, self.set.as_ref(), &mut progress)?;
        let decider =
            unlockers.as_mut().map(|unlockers| Decider { unlockers, user: &mut context.terminal });
        let Repair { sets: repaired, added, problems, passed_over, read_me, warnings, failed } =
            repair::repair(&mut copies, &before, &pins, decider, &mut progress)?;
        let after = scrub::read(&copies, self.set.as_ref(), &mut progress)?;
        let mut found = after.report(&copies, &pins);
        found.warnings.extend(medium::shared(&copies));
        found.warnings.extend(warnings);
        let after_files = found.files.clone();
        // The scrub too has found a sealed exit that rotted in every copy.
        found.files.extend(problems.into_iter().filter(|one| !after_files.contains(one)));
        let mut text = document::text(&repaired, &copies);
        if added > 0 {
            text += &format!(
                "{added} slashing histories, attestations, sealed exits and notes added\n"
            );
        }
        text += &contact::written_text(&read_me, &copies);
        text +=
            &passed_over.iter().map(|file| format!("passed over: {file}\n")).collect::<String>();
        let mut outcome = report::outcome(&found, &copies, |report| Document {
            report,
            repaired: repaired.iter().map(Row::of).collect(),
            added,
            passed_over,
            read_me,
        });
        outcome.text.insert_str(0, &text);
        // The others may have been repaired from a write-protected stick.
        let (held, broken): (Vec<_>, Vec<_>) =
            failed.into_iter().partition(|one| one.error.is_read_only() && !lacks(one, &repaired));
        for one in &held {
            let dir = crate::shown(&one.dir);
            outcome.text += &format!(
                "\nwarning: {dir} cannot be written to: its sets are complete, but it lacks files that \
                 the other copies store with them"
            );
        }
        outcome.ok &= held.is_empty() && broken.is_empty();
        outcome.error = outcome.error.or(broken.into_iter().next().map(|one| one.error.into()));
        Ok(outcome)
    }

    /// The copies, and the new one, locked.
    fn copies(&self) -> Result<Vec<Copy>, CommandError> {
        let mut copies = Copy::open_all(&self.copies)?;
        if let Some(to) = &self.to {
            let new = Copy::prepare(to)?;
            room::require(std::slice::from_ref(&new), room::SMALL)?;
            copies.push(new);
            copies = copy::distinct(copies)?;
        }
        copies.iter().try_for_each(Copy::lock)?;
        Ok(copies)
    }
}

/// Whether the copy lacks a set that was to be written there.
fn lacks(failed: &FailedCopy, repaired: &[Repaired]) -> bool {
    repaired.iter().any(|one| one.copy == failed.copy && one.done == Done::Failed)
}
