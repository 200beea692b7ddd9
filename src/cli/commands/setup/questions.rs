//! What setup asks on a terminal.

use std::path::Path;

use stockade::{
    backup::{Copy, medium},
    interact::Interact as _,
    profile::{Age, Profile},
    store::mounts::{self, System},
};

use super::found::{Found, open};
use crate::{
    commands::{confirm, network, plural::count},
    context::Context,
    error::{CommandError, Kind},
};

/// Asks which copies belong to the profile: those that are mounted, and others that are named.
pub fn copies(
    found: &mut Found,
    profile: &Profile,
    context: &mut Context,
) -> Result<(), CommandError> {
    let mounts = mounts::list(&System::default()).unwrap_or_default();
    for copy in mounts.iter().flat_map(|mount| medium::find(&mount.dir)) {
        let known = profile.copies.iter().any(|known| known.id.as_str() == copy.id());
        if copy.damage().is_some() || found.has(copy.id()) {
            continue;
        }
        let question = format!("Found {}. Is it yours?", describe(&copy));
        if known || confirm::ask(context, &question) == Some(true) {
            let away = !known && is_away(context)?;
            found.add(copy, away);
        }
    }
    let question = "Another folder or bucket with a copy (Enter if there is none)";
    while let Some(dir) = context.terminal.ask(question).filter(|dir| !dir.trim().is_empty()) {
        match open(Path::new(dir.trim())) {
            Ok(copy) => {
                context.terminal.say(&describe(&copy));
                let away = is_away(context)?;
                found.add(copy, away);
            }
            Err(error) => context.terminal.say(&format!("{error}")),
        }
    }
    cancelled(context)
}

fn describe(copy: &Copy) -> String {
    let sets = copy.set_ids().map_or(0, |(sets, _)| sets.len());
    let (id, dir) = (copy.id(), crate::shown(copy.dir()));
    format!("copy {id} with {} in {dir}", count(sets, "set"))
}

fn is_away(context: &mut Context) -> Result<bool, CommandError> {
    let question = "Is this copy kept elsewhere, and usually not connected?";
    let away = confirm::ask(context, question);
    cancelled(context)?;
    Ok(away == Some(true))
}

fn cancelled(context: &Context) -> Result<(), CommandError> {
    if context.terminal.gave_up() {
        return Err(CommandError::new(Kind::Declined, "cancelled; nothing was written"));
    }
    Ok(())
}

/// Asks which of the addresses that signed something are the owner's.
pub fn signers(found: &Found, profile: &mut Profile, context: &mut Context) {
    for signer in found.signers() {
        let question = format!("{signer} signed sets or attestations here. Is this address yours?");
        if !profile.signers.contains(&signer) && confirm::ask(context, &question) == Some(true) {
            profile.signers.push(signer);
        }
    }
}

/// Asks for the network of new keys, unless the sets have only one.
pub fn network(
    found: &Found,
    profile: &mut Profile,
    context: &mut Context,
) -> Result<(), CommandError> {
    if profile.network.is_some() {
        return Ok(());
    }
    if let [only] = found.networks().as_slice() {
        profile.network = Some(*only);
        return Ok(());
    }
    let question =
        "The network of new keys (Enter for none): mainnet, sepolia, hoodi, gnosis, chiado";
    while let Some(name) = context.terminal.ask(question).filter(|name| !name.trim().is_empty()) {
        match network::parse(name.trim()) {
            Ok(network) => {
                profile.network = Some(network);
                break;
            }
            Err(error) => context.terminal.say(&error.to_string()),
        }
    }
    cancelled(context)
}

/// Asks how old the results of checks may be.
pub fn ages(profile: &mut Profile, context: &mut Context) -> Result<(), CommandError> {
    let ages = &mut profile.max_age;
    for (what, age) in [
        ("a scrub (reads every byte)", &mut ages.scrub),
        ("a drill (opens every key with the wallet)", &mut ages.drill),
        ("an attestation (a result that the wallet signed)", &mut ages.attestation),
    ] {
        let question = format!("How old may {what} be? 30d, 12h or off; Enter for {age}");
        while let Some(text) =
            context.terminal.ask(&question).filter(|text| !text.trim().is_empty())
        {
            match text.trim().parse::<Age>() {
                Ok(given) => {
                    *age = given;
                    break;
                }
                Err(error) => context.terminal.say(&error.to_string()),
            }
        }
    }
    cancelled(context)
}
