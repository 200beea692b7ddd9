//! The sealed exits in copies: their files, and their content where a custodian opens them.

use std::path::PathBuf;

use stockade::{
    backup::{
        Access, Copy, SetId, Trust,
        exits::{self, SealedExit},
        origin::Pins,
        scrub,
        verdict::Reason,
    },
    bls::PublicKey,
};

pub use super::sealed_document::Exit;
use crate::{
    commands::{plural::count, verdicts::Verdicts},
    context::{Context, read_signers},
    error::CommandError,
    unlockers::OpenArgs,
};

/// Options of every command that opens sealed exits.
#[derive(Debug, clap::Args)]
pub struct SealedArgs {
    /// The set, if the copies hold several
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// Also trust sets that this signer made: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Also open exits of sets that neither this wallet nor a --signer made
    #[arg(long)]
    accept_unknown_origin: bool,
    #[command(flatten)]
    unlockers: OpenArgs,
}

/// The sealed exits of several copies.
pub struct Sealed {
    pub copies: Vec<Copy>,
    pub exits: Vec<(SetId, SealedExit)>,
}

impl SealedArgs {
    /// Whether a custodian is named that could open them.
    pub fn names_somebody(&self, context: &Context) -> bool {
        self.unlockers.names_somebody() || context.any_device()
    }

    /// Finds them, without opening anything.
    pub fn read(&self, dirs: &[PathBuf]) -> Result<Sealed, CommandError> {
        let copies = Copy::open_all(dirs)?;
        let mut sets: Vec<SetId> = Vec::new();
        for copy in &copies {
            sets.extend(copy.set_ids()?.0);
        }
        sets.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        sets.dedup();
        let mut found = Vec::new();
        for set in sets.into_iter().filter(|id| self.set.as_ref().is_none_or(|only| only == id)) {
            let exits = exits::read(&copies, &set)?;
            found.extend(exits.into_iter().map(|exit| (set.clone(), exit)));
        }
        Ok(Sealed { copies, exits: found })
    }

    /// The same, opened by the custodians of their sets. With `only`, drops the exits of other keys.
    pub fn open(
        &self,
        dirs: &[PathBuf],
        only: Option<&PublicKey>,
        context: &mut Context,
    ) -> Result<Sealed, CommandError> {
        let mut sealed = self.read(dirs)?;
        let mut sets: Vec<_> = sealed.exits.iter().map(|(set, _)| set.clone()).collect();
        sets.dedup();
        if sets.is_empty() {
            return Ok(sealed);
        }
        let pins = Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? };
        let mut progress = context.terminal.progress();
        let mut unlockers = self.unlockers.unlockers(context)?;
        let trust = Trust { pins, accept_unknown_origin: self.accept_unknown_origin };
        sealed.exits.clear();
        for id in sets {
            let scrubbed = scrub::read(&sealed.copies, Some(&id), &mut progress)?;
            for set in &scrubbed.sets {
                let terminal = &mut context.terminal;
                let mut access = Access::new(&mut unlockers, &trust, terminal, &mut progress);
                let opened = exits::open(&sealed.copies, set, &mut access)?;
                sealed.exits.extend(opened.into_iter().map(|exit| (id.clone(), exit)));
            }
        }
        if let Some(only) = only {
            let is = |exit: &SealedExit| exit.opened.as_ref().is_none_or(|o| o.pubkey == *only);
            sealed.exits.retain(|(_, exit)| is(exit));
        }
        Ok(sealed)
    }
}

impl Sealed {
    /// How many have each verdict.
    pub fn verdicts(&self) -> Verdicts {
        Verdicts::of(self.exits.iter().map(|(_, exit)| exit.reason))
    }

    /// A line for each, and its content if it was opened.
    pub fn text(&self) -> String {
        let line = |(_, exit): &(SetId, SealedExit)| {
            let copy = self.copies.iter().find(|copy| copy.id() == exit.copy);
            let place = copy.map(|copy| copy.dir().join("stockade").join(&exit.file));
            let place = place.map_or(crate::shown(&exit.file).to_string(), |place| {
                crate::shown(&place).to_string()
            });
            let content = match (&exit.opened, exit.reason) {
                (Some(opened), _) => format!(
                    "\n  exit of validator {}, from epoch {} on, signed by {}{}",
                    opened.exit.message.validator_index,
                    opened.exit.message.epoch,
                    opened.pubkey,
                    opened.share.map_or(String::new(), |share| format!(
                        "\n  PARTIAL: that is {share}; {} must sign the same exit",
                        count(share.others_needed().into(), "more share")
                    ))
                ),
                (None, Reason::Ok) => String::new(),
                (None, reason) => format!("\n  {}: {}", reason.as_str(), reason.explain()),
            };
            format!("{}  {place}{content}\n", exit.reason.verdict().as_str())
        };
        self.exits.iter().map(line).collect()
    }

    /// The exits as JSON.
    pub fn document(&self) -> Vec<Exit> {
        self.exits.iter().map(|(set, exit)| Exit::new(set, exit)).collect()
    }
}
