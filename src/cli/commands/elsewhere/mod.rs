//! Whether keys can sign elsewhere: asked by one rule, before any command lets them sign anywhere.

mod advice;
mod unrecorded;

use stockade::{
    backup::{
        Copy, SetId, room,
        whereabouts::{Location, OtherPlaces, Record, Release, Standing},
    },
    bls::PublicKey,
};

pub use unrecorded::{Document, Unrecorded};

use crate::{context::Context, error::CommandError};

/// The option for other places where the keys signed before.
#[derive(Debug, clap::Args)]
pub struct ElsewhereArgs {
    /// A location where none of these keys signs any more, by the name that is shown for it: a URL, a
    /// folder or a store. Check there first, for all of the keys. Can be repeated
    #[arg(long, value_name = "LOCATION")]
    off: Vec<String>,
}

/// What other options of the command state.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said {
    /// The keys are off in every place that is shown and not recent.
    pub not_running: bool,
    /// The command itself makes sure that the copies can record the release, or continues without.
    pub unrecorded: bool,
}

impl Said {
    /// States that the keys run nowhere, if `not_running`.
    pub fn not_running(not_running: bool) -> Self {
        Self { not_running, unrecorded: false }
    }
}

impl ElsewhereArgs {
    /// Whether --off names `location`.
    #[cfg(feature = "cloud")]
    pub fn names(&self, location: &Location) -> bool {
        self.off.iter().any(|name| location.is_called(name))
    }

    /// Whether --off names a place of the record.
    #[cfg(feature = "cloud")]
    pub fn names_place(&self, place: &stockade::backup::whereabouts::Place) -> bool {
        self.off.iter().any(|name| place.is_called(name))
    }

    /// Reads the record of `keys`, shows where they can sign apart from `to` and `from`, and asks whether
    /// they are off there. `said` is what other options state. Copies that cannot record the release
    /// are refused here, before the wallet is asked. The result says that the keys sign nowhere else, as
    /// far as can be known before the set is opened.
    pub fn settle(
        &self,
        context: &mut Context,
        (copies, set): (&[Copy], &SetId),
        keys: &[PublicKey],
        (to, from): (&Location, Option<&Location>),
        said: Said,
    ) -> Result<OtherPlaces, CommandError> {
        if !keys.is_empty() && !said.unrecorded {
            room::require_record(copies, keys.len(), from.is_some())?;
        }
        let record = Record::read(copies, set, keys)?;
        let is_known = |name: &&String| {
            record.knows(name) || [Some(to), from].iter().flatten().any(|at| at.is_called(name))
        };
        if let Some(unknown) = self.off.iter().find(|name| !is_known(name)) {
            return Err(CommandError::usage(format!(
                "--off {unknown}: these copies record no such location for these keys"
            ))
            .with_hint("write the location exactly as the plan shows it, or leave it out"));
        }
        let absent: Vec<_> = record.absent_copies().collect();
        if !absent.is_empty() {
            context.terminal.say(&format!(
                "warning: other copies may record more places where these keys sign: {}. Name these \
                 copies too if they are available",
                absent.join(", ")
            ));
        }
        let (off, shown_are_off) = (self.off.clone(), said.not_running);
        let mut elsewhere = OtherPlaces { record, off, shown_are_off };
        let release = elsewhere.release(to, keys, from);
        let Standing { ask, stop } = elsewhere.record.standing(&release);
        if let Some(error) = advice::stopped(&stop, to, from) {
            return Err(error);
        }
        if said.not_running {
            let shown = elsewhere.record.standing(&Release { shown_are_off: false, ..release }).ask;
            shown.iter().for_each(|place| {
                context.terminal.say(&format!("CAREFUL: {}, and must be off", place.describe()));
            });
        }
        if !ask.is_empty() {
            advice::ask(context, &ask, to, from)?;
            elsewhere.shown_are_off = true;
        }
        Ok(elsewhere)
    }
}
