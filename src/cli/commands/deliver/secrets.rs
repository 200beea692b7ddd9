//! A delivery to a secret store, whichever it is.

use stockade::{
    attest::delivery::{Delivered, Destination, DestinationKind},
    backup::{
        restore::Restorable,
        whereabouts::{Location, LocationKind},
    },
    bls::PublicKey,
};
use stockade_services::delivery::{Parcel, PutEnd, SecretStore, SecretsRequest};

use super::{
    approval,
    chosen::{Chosen, ChosenArgs},
    left_out::left_out_text,
    note::NoteArgs,
    secrets_report::Report,
};
use crate::{
    CommandResult,
    commands::elsewhere::{ElsewhereArgs, Said, Unrecorded},
    context::Context,
};

/// Where keys go.
pub(super) struct To<'a> {
    pub store: &'a dyn SecretStore,
    /// The place, for people.
    pub place: String,
    /// What the place is, for the delivery note and for the record of where keys may sign.
    pub kinds: (DestinationKind, LocationKind),
    /// What the user stated about other places.
    pub elsewhere: &'a ElsewhereArgs,
    /// What goes under which name.
    pub parcels: &'a dyn Fn(&[PublicKey]) -> Vec<Parcel>,
}

/// Shows the plan, opens the set, puts the keys, and reports what is there.
pub(super) fn deliver(
    args: &ChosenArgs,
    chosen: &Chosen,
    note: &NoteArgs,
    to: &To<'_>,
    context: &mut Context,
) -> CommandResult {
    let (copies, set) = (chosen.copies.as_slice(), chosen.id());
    let at = Location::new(to.kinds.1, &to.place);
    let (all, said) = (chosen.public_keys(), Said::default());
    let elsewhere = to.elsewhere.settle(context, (copies, set), &all, (&at, None), said)?;
    let mut unlockers = args.unlockers(context)?;
    let restorable = chosen.open(context, &mut unlockers)?;
    let keys = restorable.public_keys();
    let parcels = (to.parcels)(&keys);
    approval::ask(context, &plan(chosen, &restorable, to, parcels.len()))?;
    let release = elsewhere.release(&at, &keys, None);
    let (store, keys) = (to.store, &restorable);
    let request = SecretsRequest { copies, set, keys, store, parcels, release };
    let delivered = request.deliver(&mut context.terminal.progress())?;
    let unrecorded = Unrecorded::of_copies(&delivered.unrecorded, context);
    let (_, left_out) = restorable.into_public();
    let shares = chosen.shares();
    let report = Report {
        set,
        place: &to.place,
        shares: &shares,
        left_out: &left_out,
        delivered: &delivered,
    };
    let mut outcome = report.outcome();
    unrecorded.add_to(&mut outcome);
    if delivered.end == Some(PutEnd::Stopped) {
        // A user who cancelled is asked for nothing more.
        outcome.text += "\nNo delivery note: cancelled. `store check --attest` makes one later.";
        return Ok(outcome);
    }
    if let Some(manifest) = chosen.manifest(&unlockers) {
        let delivered = Delivered {
            set,
            manifest: manifest.digest,
            to: Destination::new(to.kinds.0, &to.place),
            from: None,
            keys: delivered.written(),
            history: None,
        };
        note.add(&mut outcome, &delivered, copies, &mut unlockers, context);
    }
    Ok(outcome)
}

fn plan(chosen: &Chosen, restorable: &Restorable, to: &To<'_>, secrets: usize) -> String {
    let keys = restorable.public_keys();
    let text = format!(
        "To {}: {} keys of set {}, as plain hexadecimal, in {secrets} secrets\n  written only where \
         nothing is yet, then read back and compared. Nothing is overwritten\n{}",
        to.place,
        keys.len(),
        chosen.id(),
        approval::keys(&keys)
    );
    text + &left_out_text(&restorable.left_out)
}
