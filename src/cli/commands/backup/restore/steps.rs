//! The steps of `backup restore`.

use stockade::{
    backup::{
        Access, BackupError, Copy, Layout, SetId, Trust, charon_node, dirk_wallets,
        origin::Pins,
        restore::{LostKeys, Restorable, Target, require_new},
        room,
        scrub::{self, ScrubbedSet},
        whereabouts::{Location, LocationKind, OtherPlaces, Record},
    },
    bls::PublicKey,
};

use super::{
    Args,
    document::{Document, Restored, SplitRecord},
    password,
    record::{NotRecorded, not_recorded},
    split,
    text::{self, Restoring},
};
use crate::{
    CommandResult,
    commands::{
        backup::{
            exits::SealedExits,
            history_decision::HistoryDecision,
            next_steps,
            other_sets::{Other, other_sets},
        },
        confirm,
        elsewhere::{Said, Unrecorded},
        shares,
    },
    context::{Context, read_signers},
    error::CommandError,
    host,
    output::Outcome,
};

/// Opens the set, settles the history, and writes the folder in one step.
pub fn run(args: &Args, context: &mut Context) -> CommandResult {
    let (copies, unreachable) = Copy::open_reachable(&args.copies)?;
    for copy in &unreachable {
        context.terminal.say(&format!(
            "warning: NOT REACHED: {}. The keys will be restored from the other copies; what this \
             copy records about where they sign is not known",
            copy.error
        ));
    }
    let signers = read_signers(&args.signer)?;
    let given = password::read(args.new_password_file.as_deref())?;
    next_steps::require_usable(args.layout, &args.to)?;
    let misread = password::require_readable(given.as_ref(), args.layout, context)?;
    let mut progress = context.terminal.progress();
    let scrubbed = scrub::read(&copies, args.set.as_ref(), &mut progress)?;
    let set = chosen_set(args, &scrubbed.sets)?;
    let Decided { to, others, settled, elsewhere } = decide(args, context, &copies, set)?;
    let trust = Trust {
        pins: Pins { wallets: Vec::new(), signers },
        accept_unknown_origin: args.accept_unknown_origin,
    };
    let lost = if args.skip_bad { LostKeys::LeaveOut } else { LostKeys::Refuse };
    let mut unlockers = args.open.unlockers_of(&scrubbed, context)?;
    let mut access = Access::new(&mut unlockers, &trust, &mut context.terminal, &mut progress);
    let restorable = Restorable::open_some(&copies, set, (lost, &args.pubkey), &mut access)?;
    let restoring = Restoring {
        to: &args.to,
        layout: args.layout,
        password_file: args.new_password_file.as_deref(),
        set: &set.id,
        restorable: &restorable,
        settled: &settled,
    };
    context.terminal.say(&restoring.plan());
    confirm::require(context, "Write it?", "nothing was written")?;
    let keys = restorable.public_keys();
    // Recorded first: a key that another program splits must not look as if it were whole.
    let marked = split::mark(args, &copies, &set.id, &keys, context)?;
    // Read again: a person may have looked at the plan for a long time.
    let record = Record::read(&copies, &set.id, &keys)?;
    let release = elsewhere.release(&to, &keys, None);
    let mut clearance = restorable.clear(record, &release, &copies)?;
    let (permit, note) = NotRecorded::permit(&mut clearance, &keys, args.unrecorded)?;
    let history = settled.history();
    context.terminal.tell_leftover(&args.to);
    context.terminal.take_endings();
    let target = Target {
        folder: &args.to,
        layout: args.layout,
        password: given,
        history,
        marked: marked.as_ref(),
    };
    let wrote = restorable.write(&permit, target, &mut progress);
    if let Err(error) = wrote {
        // Everything or nothing: the keys did not go there.
        clearance.rejected(&keys)?;
        return Err(error.into());
    }
    let unrecorded = Unrecorded::of(&clearance, context);
    let document = Document {
        restored: Restored::of(&restoring),
        split: SplitRecord::of(marked.as_ref(), args, history.is_some()),
        history_kept: settled.keep(&copies, &set.id, context),
        next: restoring.next().steps(),
        unrecorded: unrecorded.document(),
        lacks: text::lacks(&args.to, context),
        password_misread_by: misread,
        other_sets: others,
        sealed_exits: SealedExits::count(&copies, &set.id)?,
        unreached: unreachable.into(),
    };
    let exits = document.sealed_exits.text(&copies);
    let unmarked = marked.as_ref().is_some_and(|marked| !marked.refused().is_empty());
    let ok = restorable.left_out.is_empty() && !unmarked;
    let text = restoring.text() + &split::text(marked.as_ref(), &set.id);
    let mut outcome = Outcome::checked(ok, text, document);
    unrecorded.tell(&mut outcome);
    if let Some(note) = note {
        outcome.text += &note.keep(&args.to, &set.id);
        outcome.ok = false;
    }
    outcome.text += &exits;
    Ok(outcome)
}

/// What is decided before the wallet is asked: a user who cannot answer need not press a button.
struct Decided {
    to: Location,
    others: Vec<Other>,
    settled: HistoryDecision,
    elsewhere: OtherPlaces,
}

fn decide(
    args: &Args,
    context: &mut Context,
    copies: &[Copy],
    set: &ScrubbedSet,
) -> Result<Decided, CommandError> {
    match args.layout {
        Layout::CharonNode => charon_node::require_kept(set)?,
        Layout::Dirk => dirk_wallets::require_whole(set)?,
        _ => {}
    }
    let keys = if args.pubkey.is_empty() { set.public_keys() } else { args.pubkey.clone() };
    require_new(&args.to, &keys)?;
    let others = other_sets(copies, &set.id, &keys)?;
    warn(args, &set.id, &others, context);
    args.shares.settle(context, copies, &set.id, &keys)?;
    let settled = args.history.settle(context, copies, &set.id, &keys, args.layout)?;
    split::require_splittable(args, copies, &set.id, &keys, &settled)?;
    let to = host::folder(LocationKind::Folder, &args.to);
    let elsewhere = settle_elsewhere(args, context, copies, &set.id, &keys, &to)?;
    text::warn_of_imported(&settled, set, context);
    Ok(Decided { to, others, settled, elsewhere })
}

/// The set that holds all the named keys, or the only one.
fn chosen_set<'a>(args: &Args, sets: &'a [ScrubbedSet]) -> Result<&'a ScrubbedSet, CommandError> {
    if !args.pubkey.is_empty() {
        if args.layout == Layout::CharonNode {
            return Err(CommandError::usage("--layout charon-node restores the whole folder")
                .with_hint("leave out --pubkey"));
        }
        shares::require_each_once(&args.pubkey)?;
        return shares::set_of_all(sets, &args.pubkey);
    }
    match sets {
        [set] => Ok(set),
        sets => Err(BackupError::SeveralSets(sets.len()).into()),
    }
}

fn warn(args: &Args, set: &SetId, others: &[Other], context: &mut Context) {
    others.iter().for_each(|other| context.terminal.say(&other.warning()));
    if let Some(lacks) = next_steps::lacks_network(args.layout, set.network()) {
        context.terminal.say(&format!("warning: {lacks}"));
    }
}

fn settle_elsewhere(
    args: &Args,
    context: &mut Context,
    copies: &[Copy],
    set: &SetId,
    keys: &[PublicKey],
    to: &Location,
) -> Result<OtherPlaces, CommandError> {
    if !args.unrecorded {
        room::require_record(copies, keys.len(), false).map_err(not_recorded)?;
    }
    let said = Said { unrecorded: true, ..Said::default() };
    args.elsewhere.settle(context, (copies, set), keys, (to, None), said)
}
