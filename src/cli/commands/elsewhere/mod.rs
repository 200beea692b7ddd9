//! Whether keys can sign elsewhere: asked by one rule, before any command lets them sign anywhere.

mod advice;
mod unrecorded;

use std::collections::BTreeSet;

use stockade::{
    backup::{
        Copy, SetId, room,
        whereabouts::{Location, OtherPlaces, Record, Release},
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

    /// As [`ElsewhereArgs::settle_sets`], for the keys of one set.
    pub fn settle(
        &self,
        context: &mut Context,
        (copies, set): (&[Copy], &SetId),
        keys: &[PublicKey],
        ways: (&Location, Option<&Location>),
        said: Said,
    ) -> Result<OtherPlaces, CommandError> {
        let settled = self.settle_sets(context, (copies, &[(set, keys)]), ways, said)?;
        settled.into_iter().next().ok_or_else(|| CommandError::usage("no set"))
    }

    /// Reads the record of the keys of each set, shows where they can sign apart from `to` and `from`, and asks whether
    /// they are off there. `said` is what other options state. Copies that cannot record the release
    /// are refused here, before the wallet is asked. The result says that the keys sign nowhere else, as
    /// far as can be known before the set is opened.
    pub fn settle_sets(
        &self,
        context: &mut Context,
        (copies, sets): (&[Copy], &[(&SetId, &[PublicKey])]),
        (to, from): (&Location, Option<&Location>),
        said: Said,
    ) -> Result<Vec<OtherPlaces>, CommandError> {
        let number = sets.iter().map(|(_, keys)| keys.len()).sum();
        if number > 0 && !said.unrecorded {
            room::require_record(copies, number, from.is_some())?;
        }
        let records = sets.iter().map(|(set, keys)| Record::read(copies, set, keys));
        let records = records.collect::<Result<Vec<_>, _>>()?;
        let is_known = |name: &&String| {
            records.iter().any(|record| record.knows(name))
                || [Some(to), from].iter().flatten().any(|at| at.is_called(name))
        };
        if let Some(unknown) = self.off.iter().find(|name| !is_known(name)) {
            return Err(CommandError::usage(format!(
                "--off {unknown}: these copies record no such location for these keys"
            ))
            .with_hint("write the location exactly as the plan shows it, or leave it out"));
        }
        let absent: BTreeSet<_> = records.iter().flat_map(Record::absent_copies).collect();
        let absent: Vec<_> = absent.into_iter().collect();
        if !absent.is_empty() {
            context.terminal.say(&format!(
                "warning: other copies may record more places where these keys sign: {}. Name these \
                 copies too if they are available",
                absent.join(", ")
            ));
        }
        let settled = records.into_iter().map(|record| OtherPlaces {
            record,
            off: self.off.clone(),
            shown_are_off: said.not_running,
        });
        let mut settled: Vec<_> = settled.collect();
        let (mut ask, mut stop, mut shown) = (Vec::new(), Vec::new(), Vec::new());
        for (places, (_, keys)) in settled.iter().zip(sets) {
            let release = places.release(to, keys, from);
            let standing = places.record.standing(&release);
            ask.extend(standing.ask);
            stop.extend(standing.stop);
            if said.not_running {
                shown.extend(
                    places.record.standing(&Release { shown_are_off: false, ..release }).ask,
                );
            }
        }
        if let Some(error) = advice::stopped(&stop, to, from) {
            return Err(error);
        }
        shown.iter().for_each(|place| {
            context.terminal.say(&format!("CAREFUL: {}, and must be off", place.describe()));
        });
        if !ask.is_empty() {
            advice::ask(context, &ask, to, from)?;
            settled.iter_mut().for_each(|places| places.shown_are_off = true);
        }
        Ok(settled)
    }
}
