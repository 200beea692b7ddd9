//! The steps of `backup restore`.

use stockade::{
    backup::{
        Access, BackupError, Copy, Layout, Trust,
        origin::Pins,
        restore::LostKeys,
        restore_request::{Approved, RestoreReport, RestoreRequest},
        scrub::{self, ScrubbedSet},
        whereabouts::{Location, LocationKind, OtherPlaces},
    },
    eth2_keystore::NewPassword,
};

use super::{
    Args,
    document::{Document, Restored, SplitRecord},
    password, record, split,
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
        unreachable::Unreached,
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
    let scrubbed = scrub::read_to_open(&copies, args.set.as_ref(), &mut progress)?;
    let request = request(args, &copies, chosen_set(args, &scrubbed.sets)?);
    let decided = decide(args, context, &request)?;
    let trust = Trust {
        pins: Pins { wallets: Vec::new(), signers },
        accept_unknown_origin: args.accept_unknown_origin,
    };
    let mut unlockers = args.open.unlockers_of(&scrubbed, context)?;
    let mut access = Access::new(&mut unlockers, &trust, &mut context.terminal, &mut progress);
    let restorable = request.open(&mut access)?;
    let restoring = Restoring {
        to: &args.to,
        layout: args.layout,
        password_file: args.new_password_file.as_deref(),
        set: &request.set.id,
        restorable: &restorable,
        settled: &decided.settled,
    };
    context.terminal.say(&restoring.plan());
    confirm::require(context, "Write it?", "nothing was written")?;
    context.terminal.tell_leftover(&args.to);
    context.terminal.take_endings();
    let done = request.carry_out(&restorable, decided.approved(given), context, &mut progress)?;
    let (copies, others) = (copies.as_slice(), decided.others);
    let known = Known { copies, others, misread, unreached: unreachable.into() };
    outcome(args, context, &restoring, done, known)
}

fn request<'a>(args: &'a Args, copies: &'a [Copy], set: &'a ScrubbedSet) -> RestoreRequest<'a> {
    let mut request = RestoreRequest::new(copies, set, &args.to, args.layout);
    request.only = &args.pubkey;
    request.lost = if args.skip_bad { LostKeys::LeaveOut } else { LostKeys::Refuse };
    request.unrecorded = args.unrecorded;
    request
}

/// What is decided before the wallet is asked: a user who cannot answer need not press a button.
struct Decided {
    to: Location,
    others: Vec<Other>,
    settled: HistoryDecision,
    elsewhere: OtherPlaces,
}

impl Decided {
    fn approved(&self, password: Option<NewPassword>) -> Approved<'_> {
        let Self { to, settled, elsewhere, .. } = self;
        Approved { history: settled, to, elsewhere, password }
    }
}

fn decide(
    args: &Args,
    context: &mut Context,
    request: &RestoreRequest<'_>,
) -> Result<Decided, CommandError> {
    request.require()?;
    let (copies, set, keys) = (request.copies, &request.set.id, request.keys());
    let others = other_sets(copies, set, &keys)?;
    others.iter().for_each(|other| context.terminal.say(&other.warning()));
    if let Some(lacks) = next_steps::lacks_network(args.layout, set.network()) {
        context.terminal.say(&format!("warning: {lacks}"));
    }
    args.shares.settle(context, copies, set, &keys)?;
    let settled = args.history.settle(context, copies, set, &keys, args.layout)?;
    request.require_decided(&settled)?;
    let to = host::folder(LocationKind::Folder, &args.to);
    let said = Said { unrecorded: true, ..Said::default() };
    let elsewhere = args.elsewhere.settle(context, (copies, set), &keys, (&to, None), said)?;
    text::warn_of_imported(&settled, [request.set], context);
    Ok(Decided { to, others, settled, elsewhere })
}

/// What the result says beside what was restored.
struct Known<'a> {
    copies: &'a [Copy],
    others: Vec<Other>,
    misread: Vec<&'static str>,
    unreached: Unreached,
}

fn outcome(
    args: &Args,
    context: &mut Context,
    restoring: &Restoring<'_>,
    done: RestoreReport,
    known: Known<'_>,
) -> CommandResult {
    let RestoreReport { split: marked, entry, unrecorded, history_kept, .. } = done;
    if let Some(marked) = &marked {
        shares::warn_of_unmarked(marked, context);
    }
    let unrecorded = Unrecorded::of_copies(&unrecorded, context);
    let Known { copies, others, misread, unreached } = known;
    let with_history = restoring.settled.history().is_some();
    let document = Document {
        restored: Restored::of(restoring),
        split: SplitRecord::of(marked.as_ref(), args, with_history),
        history_kept,
        next: restoring.next().steps(),
        unrecorded: unrecorded.document(),
        lacks: text::lacks(&args.to, context),
        password_misread_by: misread,
        other_sets: others,
        sealed_exits: SealedExits::count(copies, restoring.set)?,
        unreached,
    };
    let exits = document.sealed_exits.text(copies);
    let unmarked = marked.as_ref().is_some_and(|marked| !marked.refused().is_empty());
    let ok = restoring.restorable.left_out.is_empty() && !unmarked;
    let text = restoring.text() + &split::text(marked.as_ref(), restoring.set);
    let mut outcome = Outcome::checked(ok, text, document);
    unrecorded.tell(&mut outcome);
    if let Some(entry) = entry {
        outcome.text += &record::keep(&entry, &args.to, restoring.set);
        outcome.ok = false;
    }
    outcome.text += &exits;
    Ok(outcome)
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
