//! Whether keys can sign elsewhere: asked by one rule, before anything lets them sign anywhere.

use std::path::PathBuf;

use serde_json::{Value, json};
use stockade::{
    backup::{
        Copy, SetId, room,
        whereabouts::{Clearance, Location, LocationKind, Place, Record, Release, Standing},
    },
    bls::PublicKey,
    interact::Interact as _,
};

use crate::{
    context::Context,
    error::{CommandError, Kind},
    output::Outcome,
};

/// What a person says of other places where keys can sign.
#[derive(Debug, clap::Args)]
pub struct ElsewhereArgs {
    /// A location where none of these keys signs any more, by the name that is shown for it: a URL, a
    /// folder, a store. Look there first, for all of the keys. Once for each
    #[arg(long, value_name = "LOCATION")]
    off: Vec<String>,
}

/// What a person said by other options of the command.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said {
    /// The keys are off in every place that is shown and not recent.
    pub not_running: bool,
    /// The command itself makes sure that the copies can record the release, or goes on without.
    pub unrecorded: bool,
}

impl Said {
    /// That the keys run nowhere, if `not_running`.
    pub fn not_running(not_running: bool) -> Self {
        Self { not_running, unrecorded: false }
    }
}

/// That nothing stands in the way, as far as can be known before the set is opened.
#[derive(Debug)]
pub struct Elsewhere {
    /// Everything that the copies know.
    pub record: Record,
    off: Vec<String>,
    shown_are_off: bool,
}

impl ElsewhereArgs {
    /// Whether a person said that the keys do not sign at `location`.
    #[cfg(feature = "cloud")]
    pub fn names(&self, location: &Location) -> bool {
        self.off.iter().any(|name| location.is_called(name))
    }

    /// The same of a place of the record.
    #[cfg(feature = "cloud")]
    pub fn names_place(&self, place: &Place) -> bool {
        self.off.iter().any(|name| place.is_called(name))
    }

    /// Reads the record of `keys`, shows where they can sign besides `to` and `from`, and has somebody
    /// say that they do not any more. `said` is what somebody said already. Copies that could not
    /// record the release are refused here, before the wallet is asked.
    pub fn settle(
        &self,
        context: &mut Context,
        (copies, set): (&[Copy], &SetId),
        keys: &[PublicKey],
        (to, from): (&Location, Option<&Location>),
        said: Said,
    ) -> Result<Elsewhere, CommandError> {
        if !keys.is_empty() && !said.unrecorded {
            room::require_record(copies, keys.len(), from.is_some())?;
        }
        let record = Record::read(copies, set, keys)?;
        if let Some(unknown) = self.off.iter().find(|name| !self.is_known(&record, name, to, from))
        {
            return Err(CommandError::usage(format!(
                "--off {unknown}: these copies know of no such location of these keys"
            ))
            .with_hint("write it as it is shown in the plan, or leave it out"));
        }
        let absent: Vec<_> = record.absent_copies().collect();
        if !absent.is_empty() {
            context.terminal.say(&format!(
                "warning: copies that are not named here may know of other places where these keys sign: \
                 {}. Name them too if they are at hand",
                absent.join(", ")
            ));
        }
        let (off, shown_are_off) = (self.off.clone(), said.not_running);
        let mut elsewhere = Elsewhere { record, off, shown_are_off };
        let release = elsewhere.release(to, keys, from);
        let Standing { ask, stop } = elsewhere.record.standing(&release);
        if let Some(error) = stopped(&stop, to, from) {
            return Err(error);
        }
        if said.not_running {
            let shown = elsewhere.record.standing(&Release { shown_are_off: false, ..release }).ask;
            shown.iter().for_each(|place| {
                context.terminal.say(&format!("CAREFUL: {}, and must be off", place.describe()));
            });
        }
        if !ask.is_empty() {
            confirm(context, &ask, to, from)?;
            elsewhere.shown_are_off = true;
        }
        Ok(elsewhere)
    }

    fn is_known(
        &self,
        record: &Record,
        name: &str,
        to: &Location,
        from: Option<&Location>,
    ) -> bool {
        record.knows(name) || to.is_called(name) || from.is_some_and(|from| from.is_called(name))
    }
}

impl Elsewhere {
    /// The record as it is now, after a person looked at the plan for as long as they liked.
    pub fn record_of(
        &self,
        copies: &[Copy],
        set: &SetId,
        keys: &[PublicKey],
    ) -> Result<Record, CommandError> {
        Ok(Record::read(copies, set, keys)?)
    }

    /// What is to be released, with what was said of it.
    pub fn release<'a>(
        &'a self,
        to: &'a Location,
        keys: &'a [PublicKey],
        from: Option<&'a Location>,
    ) -> Release<'a> {
        let (off, shown_are_off) = (self.off.as_slice(), self.shown_are_off);
        Release { to, keys, from, off, shown_are_off, running: &[] }
    }
}

/// Places that are too recent for a general word.
fn stopped(places: &[Place], to: &Location, from: Option<&Location>) -> Option<CommandError> {
    let first = places.first()?;
    let all: Vec<_> = places.iter().map(Place::describe).collect();
    let message = format!("stopped: within the last hour, {}", all.join("; "));
    Some(CommandError::input(message).with_hint(format!(
        "two machines that sign with one key are slashed. Look there: if none of these keys signs \
         there, and never will again, say --off {}{}{}{}",
        quoted(&first.label),
        or_through(to, first),
        or_part_of(from, first),
        or_new_token(to, from, first)
    )))
}

/// Keys that were imported from a client's own folder, or from its store, are at the client that gives
/// them up.
fn or_part_of(from: Option<&Location>, place: &Place) -> String {
    let is_part = |kind| {
        use LocationKind::{AwsSecrets, Folder, Vault, Web3signer};
        matches!(kind, Folder | Web3signer | Vault | AwsSecrets)
    };
    match from.is_some() && place.location.as_ref().is_some_and(|at| is_part(at.kind)) {
        true => format!(
            ". If that is where the client of --from has the keys, say --from-through {} instead",
            quoted(&place.label)
        ),
        false => String::new(),
    }
}

/// The same address with another token is another client, or the same one with a new token.
fn or_new_token(to: &Location, from: Option<&Location>, place: &Place) -> String {
    let same = |at: &Location| {
        let other = place.location.as_ref();
        other.is_some_and(|other| other.address == at.address && other.kind == at.kind)
    };
    match same(to) || from.is_some_and(same) {
        true => format!(
            ". {} is the same address, with another token. If it is the same client and its token was \
             changed, say --off as well: the word is for the client with the old token",
            place.label
        ),
        false => String::new(),
    }
}

/// A client or signer that gets no key bytes may be fed by the very place that was found.
fn or_through(to: &Location, place: &Place) -> String {
    let by_others = matches!(to.kind, LocationKind::RemoteKeys | LocationKind::Web3signer);
    match by_others && place.location.as_ref().is_some_and(|at| at.kind != to.kind) {
        true => format!(
            ". If that is where this signer gets the keys from, say --through {}",
            quoted(&place.label)
        ),
        false => String::new(),
    }
}

fn confirm(
    context: &mut Context,
    places: &[Place],
    to: &Location,
    from: Option<&Location>,
) -> Result<(), CommandError> {
    let all: Vec<_> = places.iter().map(Place::describe).collect();
    let said = all.join("; ");
    let question = format!(
        "{said}. Two machines that sign with one key are slashed. Are all of these keys off there, for \
         good? (yes or no)"
    );
    match context.terminal.ask(&question) {
        Some(answer) if answer.trim().eq_ignore_ascii_case("yes") => Ok(()),
        Some(_) => Err(CommandError::new(
            Kind::Declined,
            "stopped: while the keys may sign elsewhere, they go nowhere else",
        )),
        None => {
            let options: Vec<_> =
                places.iter().map(|place| format!("--off {}", quoted(&place.label))).collect();
            Err(CommandError::usage(format!("{said}: are the keys off there?")).with_hint(format!(
                "look there first; if none of these keys signs there, and never will again, say {}{}{}{}",
                options.join(" "),
                places.first().map(|place| or_through(to, place)).unwrap_or_default(),
                places.iter().map(|place| or_part_of(from, place)).collect::<String>(),
                places.iter().map(|place| or_new_token(to, from, place)).collect::<String>()
            )))
        }
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Copies that do not know where the keys went. Every command by which keys can come to sign ends with
/// this, so that all of them say it alike: the keys are there, and the exit code is 1.
#[derive(Debug, Default)]
#[must_use = "a copy that does not know where keys are must be named"]
pub struct Unrecorded(Vec<PathBuf>);

impl Unrecorded {
    /// Those of a release, each with a warning.
    pub fn of(clearance: &Clearance<'_>, context: &mut Context) -> Self {
        Self::of_copies(clearance.refused(), context)
    }

    /// The copies that a report of the library names, each with a warning.
    pub fn of_copies(refused: &[(PathBuf, String)], context: &mut Context) -> Self {
        let refused = refused.iter().map(|(dir, why)| {
            context.terminal.say(&format!(
                "warning: {} does not know where the keys went: {why}. Repair the copies",
                crate::shown(&dir)
            ));
            dir.clone()
        });
        Self(refused.collect())
    }

    /// Says it in the result.
    pub fn add_to(self, outcome: &mut Outcome) {
        let names: Value = self.0.iter().map(|dir| json!(dir.to_string_lossy())).collect();
        outcome.json.insert("unrecorded".to_owned(), names);
        if self.0.is_empty() {
            return;
        }
        outcome.ok = false;
        let names: Vec<_> = self.0.iter().map(|dir| crate::shown(&dir).to_string()).collect();
        outcome.text += &format!(
            "\nNOT IN EVERY COPY: where the keys are now is not recorded in {}. A restore from there alone \
             would not ask about it. Make it writable, and run `stockade backup repair` with all copies.",
            names.join(", ")
        );
    }
}
