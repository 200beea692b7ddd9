//! `backup restore --all-sets`: every set of the copies, in one folder.

use stockade::{
    backup::{
        Access, Copy, SetId, Trust,
        origin::Pins,
        restore::{LostKeys, Restorable},
        restore_request::RestoreReport,
        restore_sets::{ApprovedSets, RestoreSets},
        scrub::{self, ScrubbedSet},
        whereabouts::{Location, LocationKind, OtherPlaces},
    },
    eth2_keystore::NewPassword,
};

use super::{
    Args,
    document::{Document, Restored, SplitRecord},
    password,
    text::{self, warn_of_imported},
};
use crate::{
    CommandResult,
    commands::{
        backup::{
            exits::SealedExits,
            history_decision::{HistoryDecision, wait},
            next_steps::{self, NextSteps},
            other_sets::{Other, other_sets},
        },
        confirm,
        elsewhere::{Said, Unrecorded},
        listed,
        plural::count,
    },
    context::{Context, read_signers},
    error::CommandError,
    host,
    output::Outcome,
};

/// Asks everything once for all sets, opens them, and writes the folder in one step.
pub fn run(args: &Args, context: &mut Context) -> CommandResult {
    // A copy that is not reached may hold another set: without it, these are not all sets.
    let copies = Copy::open_all(&args.copies)?;
    let signers = read_signers(&args.signer)?;
    let given = password::read(args.new_password_file.as_deref())?;
    next_steps::require_usable(args.layout, &args.to)?;
    let misread = password::require_readable(given.as_ref(), args.layout, context)?;
    let mut progress = context.terminal.progress();
    let scrubbed = scrub::read_to_open(&copies, None, &mut progress)?;
    let sets = chosen(args, &scrubbed.sets)?;
    let mut request = RestoreSets::new(&copies, &sets, &args.to, args.layout);
    request.lost = if args.skip_bad { LostKeys::LeaveOut } else { LostKeys::Refuse };
    let decided = decide(args, context, &request)?;
    let pins = Pins { wallets: Vec::new(), signers };
    let trust = Trust { pins, accept_unknown_origin: args.accept_unknown_origin };
    let mut unlockers = args.open.unlockers_of(&scrubbed, context)?;
    let mut access = Access::new(&mut unlockers, &trust, &mut context.terminal, &mut progress);
    let approvals = request.require_openable(&access)?;
    let plan = plan(args, &request, &decided.settled, approvals);
    access.user.note(&plan);
    if let Some(approvals) = approvals {
        access.user.expect_approvals(approvals);
    }
    let opened = request.open(&mut access)?;
    context.terminal.say(&opened_text(&opened));
    confirm::require(context, "Write it?", "nothing was written")?;
    context.terminal.tell_leftover(&args.to);
    context.terminal.take_endings();
    let done = request.carry_out(&opened, decided.approved(given), context, &mut progress)?;
    outcome(args, context, &request, Known { opened, done, misread, decided })
}

/// All sets but those that the user does not want.
fn chosen<'a>(args: &Args, sets: &'a [ScrubbedSet]) -> Result<Vec<&'a ScrubbedSet>, CommandError> {
    if let Some(unknown) = args.except_set.iter().find(|id| sets.iter().all(|set| set.id != **id)) {
        return Err(CommandError::usage(format!("--except-set {unknown}: no copy holds this set")));
    }
    let of_network = |id: &SetId| args.network.is_none_or(|network| id.network() == network);
    let wanted = |set: &&ScrubbedSet| of_network(&set.id) && !args.except_set.contains(&set.id);
    Ok(sets.iter().filter(wanted).collect())
}

/// What is decided before the wallet is asked.
struct Decided {
    to: Location,
    others: Vec<Other>,
    settled: HistoryDecision,
    elsewhere: Vec<OtherPlaces>,
}

impl Decided {
    fn approved(&self, password: Option<NewPassword>) -> ApprovedSets<'_> {
        let Self { to, settled, elsewhere, .. } = self;
        ApprovedSets { history: settled, to, elsewhere, password }
    }
}

fn decide(
    args: &Args,
    context: &mut Context,
    request: &RestoreSets<'_>,
) -> Result<Decided, CommandError> {
    let first = request.require()?;
    let (copies, keys) = (request.copies, request.keys());
    let mut others = other_sets(copies, first, &keys)?;
    others.retain(|other| request.sets.iter().all(|set| !other.is(&set.id)));
    others.iter().for_each(|other| context.terminal.say(&other.warning()));
    if let Some(lacks) = next_steps::lacks_network(args.layout, first.network()) {
        context.terminal.say(&format!("warning: {lacks}"));
    }
    // The copies' records are read for all sets of the network: each is asked about once.
    args.shares.settle(context, copies, first, &keys)?;
    let settled = args.history.settle(context, copies, first, &keys, args.layout)?;
    request.require_decided()?;
    let to = host::folder(LocationKind::Folder, &args.to);
    let keys_of: Vec<_> = request.sets.iter().map(|set| (&set.id, set.public_keys())).collect();
    let keys_of: Vec<_> = keys_of.iter().map(|(id, keys)| (*id, keys.as_slice())).collect();
    let said = Said::default();
    let elsewhere = args.elsewhere.settle_sets(context, (copies, &keys_of), (&to, None), said)?;
    warn_of_imported(&settled, request.sets.iter().copied(), context);
    Ok(Decided { to, others, settled, elsewhere })
}

/// The plan, before the wallet is asked for anything.
fn plan(
    args: &Args,
    request: &RestoreSets<'_>,
    settled: &HistoryDecision,
    approvals: Option<usize>,
) -> String {
    let set = |set: &&ScrubbedSet| format!("{}  {}", set.id, count(set.public_keys().len(), "key"));
    let password = match &args.new_password_file {
        Some(file) => format!("the password in {}, with a new salt", crate::shown(file)),
        None => "a new random password and salt, used nowhere else".to_owned(),
    };
    let takes = match approvals {
        Some(0) => String::new(),
        Some(number) => {
            format!("\n  opening them takes {} on the wallet", count(number, "approval"))
        }
        None => "\n  each custodian is asked once, for all sets that it opens".to_owned(),
    };
    format!(
        "Will restore {} of {} to {}, all or nothing; only you can read it, if its file system stores \
         permissions:\n{}  layout {}: {}\n  {password}\n  slashing history: {}{takes}",
        count(request.keys().len(), "key"),
        count(request.sets.len(), "set"),
        crate::shown(&args.to),
        listed::lines(request.sets.iter().map(set), "    "),
        args.layout,
        args.layout.describe(),
        settled.describe(),
    )
}

/// What opening the sets showed.
fn opened_text(opened: &[Restorable]) -> String {
    let keys: usize = opened.iter().map(|one| one.public_keys().len()).sum();
    let mut text = format!("Opened {} with {}\n", count(opened.len(), "set"), count(keys, "key"));
    let again = opened.iter().flat_map(|one| &one.made_again);
    text += &listed::lines(again.map(|key| format!("derived again by the wallet: {key}")), "  ");
    text += &left_out(opened, "LEFT OUT");
    text.trim_end().to_owned()
}

fn left_out(opened: &[Restorable], word: &str) -> String {
    let left_out = opened.iter().flat_map(|one| &one.left_out);
    let line = |(key, reason): &(_, stockade::backup::verdict::Reason)| {
        format!("{word} {key}: {}", reason.explain())
    };
    listed::lines(left_out.map(line), "  ")
}

/// What the result says.
struct Known {
    opened: Vec<Restorable>,
    done: RestoreReport,
    misread: Vec<&'static str>,
    decided: Decided,
}

fn outcome(
    args: &Args,
    context: &mut Context,
    request: &RestoreSets<'_>,
    known: Known,
) -> CommandResult {
    let Known { opened, done, misread, decided } = known;
    let (copies, settled) = (request.copies, &decided.settled);
    let unrecorded = Unrecorded::of_copies(&done.unrecorded, context);
    let ids: Vec<_> = request.sets.iter().map(|set| set.id.to_string()).collect();
    let network = request.require_network()?;
    let next = NextSteps {
        layout: args.layout,
        to: &args.to,
        network,
        with_history: settled.history().is_some(),
        lost: matches!(settled, HistoryDecision::Lost(_)),
    };
    let document = Document {
        restored: Restored::of_sets(args, ids, &opened, settled),
        split: SplitRecord::of(None, args, false),
        history_kept: done.history_kept,
        next: next.steps(),
        unrecorded: unrecorded.document(),
        lacks: text::lacks(&args.to, context),
        password_misread_by: misread,
        sealed_exits: SealedExits::count_all(copies, request.sets.iter().map(|set| &set.id))?,
        other_sets: decided.others,
        unreached: Vec::new().into(),
    };
    let keys: usize = opened.iter().map(|one| one.public_keys().len()).sum();
    let mut text = format!(
        "Restored {} of {} to {}\n  {}\n",
        count(keys, "key"),
        count(opened.len(), "set"),
        crate::shown(&args.to),
        args.layout.describe()
    );
    text += &left_out(&opened, "NOT RESTORED:");
    text += &match settled {
        HistoryDecision::Lost(_) => {
            let wait = wait(network, args.layout);
            format!("  the newest slashing history is lost. {wait}\n")
        }
        HistoryDecision::Never => {
            "  no slashing history: you stated that these keys never signed\n".to_owned()
        }
        _ => String::new(),
    };
    text += &next.text();
    text += "Make sure that no other machine runs these keys.";
    text += &document.sealed_exits.text(copies);
    let ok = opened.iter().all(|one| one.left_out.is_empty());
    let mut outcome = Outcome::checked(ok, text, document);
    unrecorded.tell(&mut outcome);
    Ok(outcome)
}
