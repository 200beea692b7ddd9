//! What to check and which options to add where the keys may sign elsewhere.

use stockade::backup::whereabouts::{Location, LocationKind, Place};

use crate::{
    commands::confirm,
    context::Context,
    error::{CommandError, Kind},
    shell::quote,
};

/// The places, as one line.
fn describe(places: &[Place]) -> String {
    places.iter().map(Place::describe).collect::<Vec<_>>().join("; ")
}

/// The error for places that are so recent that each must be named with --off; `None` if there are none.
pub fn stopped(places: &[Place], to: &Location, from: Option<&Location>) -> Option<CommandError> {
    let first = places.get(..1)?;
    let message = format!("stopped: within the last hour, {}", describe(places));
    Some(CommandError::input(message).with_hint(format!(
        "if two machines sign with the same key, its validator is slashed. Check there first: if none of \
         these keys signs there, and none ever will again, add {}",
        options(first, to, from)
    )))
}

/// Asks whether the keys are off at these places.
pub fn ask(
    context: &mut Context,
    places: &[Place],
    to: &Location,
    from: Option<&Location>,
) -> Result<(), CommandError> {
    let shown = describe(places);
    let question = format!(
        "{shown}. If two machines sign with the same key, its validator is slashed. Are all of these keys \
         switched off there for good?"
    );
    match confirm::ask(context, &question) {
        Some(true) => Ok(()),
        Some(false) => Err(CommandError::new(
            Kind::Declined,
            "stopped: the keys may still sign elsewhere, so they are not sent anywhere",
        )),
        None => Err(unanswered(places, to, from)),
    }
}

/// The error where there is no terminal to ask on.
fn unanswered(places: &[Place], to: &Location, from: Option<&Location>) -> CommandError {
    CommandError::usage(format!("{}: are the keys switched off there?", describe(places))).with_hint(
        format!(
            "check there first; if none of these keys signs there, and none ever will again, add {}",
            options(places, to, from)
        ),
    )
}

/// The options that state that the keys are off, and what else a place may be.
fn options(places: &[Place], to: &Location, from: Option<&Location>) -> String {
    let off: Vec<_> = places.iter().map(|place| format!("--off {}", quote(&place.label))).collect();
    let first = places.iter().take(1).filter_map(|place| or_through(to, place));
    let parts = places.iter().filter_map(|place| or_part_of(from, place));
    let tokens = places.iter().filter_map(|place| or_new_token(to, from, place));
    off.join(" ") + &first.chain(parts).chain(tokens).collect::<String>()
}

/// A client or signer that gets no key bytes may read them from the very place that was found.
fn or_through(to: &Location, place: &Place) -> Option<String> {
    let by_others = matches!(to.kind, LocationKind::RemoteKeys | LocationKind::Web3signer);
    let other = place.location.as_ref().is_some_and(|at| at.kind != to.kind);
    let label = quote(&place.label);
    (by_others && other).then(|| {
        format!(". If this signer gets the keys from there, add --through {label} instead")
    })
}

/// Keys that were imported from a client's own folder, or from its store, are at the client that gives
/// them up.
fn or_part_of(from: Option<&Location>, place: &Place) -> Option<String> {
    use LocationKind::{AwsSecrets, Folder, Vault, Web3signer};
    let at = place.location.as_ref()?;
    let is_part = matches!(at.kind, Folder | Web3signer | Vault | AwsSecrets);
    let label = quote(&place.label);
    (from.is_some() && is_part).then(|| {
        format!(
            ". If the client of --from keeps the keys there, add --from-through {label} instead"
        )
    })
}

/// The same address with another token is another client, or the same one with a new token.
fn or_new_token(to: &Location, from: Option<&Location>, place: &Place) -> Option<String> {
    let other = place.location.as_ref()?;
    let same = |at: &Location| other.address == at.address && other.kind == at.kind;
    (same(to) || from.is_some_and(same)).then(|| {
        format!(
            ". {} is the same address with another token. If it is the same client and its token was \
             changed, add --off as well: it then refers to the client with the old token",
            place.label
        )
    })
}
