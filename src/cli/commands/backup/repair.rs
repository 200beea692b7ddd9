use std::path::PathBuf;

use serde_json::json;
use stockade::backup::{
    Copy, SetId, copy,
    create::FailedCopy,
    medium,
    origin::Pins,
    repair::{self, Decider, Done, Repair, Repaired},
    room, scrub,
};

use crate::{
    CommandResult,
    context::{Context, read_signers},
    hands::OpenArgs,
};

/// Repair copies from each other, or fill a new one
///
/// Without a wallet, copies repair each other where they agree about what a set holds. With
/// --device or --signer, the sets that this wallet made count; where copies differ in what no
/// signature covers, its custodians (wallets, identities, a passphrase) open the set and decide. A
/// damaged set is replaced in one step; a folder in which anything else lies is left alone. Copies
/// complete each other's slashing histories and attestations. A set that was retired comes back
/// only if it is named with --set.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// A new copy to fill
    #[arg(long, value_name = "NEWDIR")]
    to: Option<PathBuf>,
    /// This set alone
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// Who must have made the sets: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    #[command(flatten)]
    open: OpenArgs,
}

impl Args {
    /// Repairs, and scrubs what came of it.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let mut copies = Copy::open_all(&self.copies)?;
        if let Some(to) = &self.to {
            let new = Copy::prepare(to)?;
            room::require(std::slice::from_ref(&new), room::SMALL)?;
            copies.push(new);
            copies = copy::distinct(copies)?;
        }
        copies.iter().try_for_each(Copy::lock)?;
        let signers = read_signers(&self.signer)?;
        // Opened once: they pin the sets that they made, and decide where nobody else can.
        let mut hands = match context.any_device() || self.open.names_somebody() {
            true => Some(self.open.hands(context)?),
            false => None,
        };
        let pins = Pins { wallets: Vec::new(), signers };
        let pins = hands.as_ref().map_or(pins.clone(), |hands| hands.pins(&pins));
        let mut progress = context.terminal.progress();
        let before = scrub::read(&copies, self.set.as_ref(), &mut progress)?;
        let decider = hands.as_mut().map(|hands| Decider { hands, user: &mut context.terminal });
        let Repair { sets: repaired, added, problems, passed_over, failed } =
            repair::repair(&mut copies, &before, &pins, decider, &mut progress)?;
        let after = scrub::read(&copies, self.set.as_ref(), &mut progress)?;
        let mut found = after.report(&copies, &pins);
        found.warnings.extend(medium::shared(&copies));
        let after_files = found.files.clone();
        // A sealed exit that rotted everywhere the scrub has found too.
        found.files.extend(problems.into_iter().filter(|one| !after_files.contains(one)));
        let mut outcome = crate::commands::report::outcome(&found, &copies);
        let mut text: String = repaired.iter().map(|one| line(one, &copies)).collect();
        if added > 0 {
            let what = "slashing histories, attestations, sealed exits and notes";
            text += &format!("{added} {what} added\n");
        }
        text +=
            &passed_over.iter().map(|file| format!("passed over: {file}\n")).collect::<String>();
        outcome.text.insert_str(0, &text);
        outcome.json.insert("repaired".to_owned(), repaired.iter().map(as_json).collect());
        outcome.json.insert("added".to_owned(), added.into());
        outcome.json.insert("passed_over".to_owned(), passed_over.into());
        // A stick that takes no writes may still be the one that the others were repaired from.
        let (held, broken): (Vec<_>, Vec<_>) =
            failed.into_iter().partition(|one| one.error.is_read_only() && !lacks(one, &repaired));
        for one in &held {
            let dir = crate::shown(&one.dir);
            outcome.text += &format!(
                "\nwarning: {dir} takes no writes: it keeps its sets, and lacks what the others have \
                 beside them"
            );
        }
        outcome.ok &= held.is_empty() && broken.is_empty();
        outcome.error = outcome.error.or(broken.into_iter().next().map(|one| one.error.into()));
        Ok(outcome)
    }
}

/// Whether the copy has a set that was to be written there.
fn lacks(failed: &FailedCopy, repaired: &[Repaired]) -> bool {
    repaired.iter().any(|one| one.copy == failed.copy && one.done == Done::Failed)
}

fn line(one: &Repaired, copies: &[Copy]) -> String {
    let dir = copies.iter().find(|copy| copy.id() == one.copy).map(|copy| crate::shown(copy.dir()));
    let dir = dir.map(|dir| dir.to_string()).unwrap_or_default();
    match &one.done {
        Done::Whole => format!("{dir}: {} was whole\n", one.set),
        Done::Written(_) => format!("{dir}: {} written anew\n", one.set),
        Done::Retired(by) => {
            format!("{dir}: {} not brought back, retired in favour of {by}\n", one.set)
        }
        Done::Failed => format!("{dir}: {} COULD NOT BE WRITTEN\n", one.set),
        Done::Left(reason) => {
            format!("{dir}: {} LEFT AS IT IS, {}: {}\n", one.set, reason.as_str(), reason.explain())
        }
    }
}

fn as_json(one: &Repaired) -> serde_json::Value {
    let (done, reason, by) = match &one.done {
        Done::Whole => ("whole", None, None),
        Done::Written(_) => ("written", None, None),
        Done::Retired(by) => ("retired", None, Some(by)),
        Done::Failed => ("failed", None, None),
        Done::Left(reason) => ("left", Some(reason.as_str()), None),
    };
    json!({"set_id": one.set, "copy": one.copy, "done": done, "reason": reason, "by": by})
}
