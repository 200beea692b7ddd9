//! The sealed exits of copies: which there are, and, where their sets can be opened, what they say.

use std::path::PathBuf;

use serde_json::{Value, json};
use stockade::{
    backup::{
        Copy, SetId,
        exits::{self, SealedExit},
        origin::Pins,
        scrub,
        verdict::{Counts, Reason},
    },
    bls::PublicKey,
};

use crate::{
    context::{Context, read_signers},
    error::CommandError,
    hands::OpenArgs,
};

/// Options of every command that opens sealed exits.
#[derive(Debug, clap::Args)]
pub struct SealedArgs {
    /// Which set, where the copies hold several
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// Who else may have made the set: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Open the exits beside a set too that neither this wallet nor a --signer made
    #[arg(long)]
    accept_unknown_origin: bool,
    #[command(flatten)]
    hands: OpenArgs,
}

/// The sealed exits of several copies.
pub struct Sealed {
    pub copies: Vec<Copy>,
    pub exits: Vec<(SetId, SealedExit)>,
}

impl SealedArgs {
    /// Whether anybody is named who could open them.
    pub fn names_somebody(&self, context: &Context) -> bool {
        self.hands.names_somebody() || context.any_device()
    }

    /// Finds them, without asking anybody.
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

    /// The same, opened by the custodians of the sets that have any; with `only`, of those alone
    /// that may be of this key.
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
        let mut hands = self.hands.hands(context)?;
        sealed.exits.clear();
        for id in sets {
            let scrubbed = scrub::read(&sealed.copies, Some(&id), &mut progress)?;
            for set in &scrubbed.sets {
                let opened = exits::open(
                    &sealed.copies,
                    set,
                    &pins,
                    self.accept_unknown_origin,
                    &mut hands,
                    &mut context.terminal,
                )?;
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
    /// How many there are of each verdict.
    pub fn counts(&self) -> Counts {
        Counts::of(self.exits.iter().map(|(_, exit)| exit.reason))
    }

    /// A line for each, with what it says where it was opened.
    pub fn text(&self) -> String {
        let line = |(_, exit): &(SetId, SealedExit)| {
            let copy = self.copies.iter().find(|copy| copy.id() == exit.copy);
            let place = copy.map(|copy| copy.dir().join("stockade").join(&exit.file));
            let place = place.map_or(crate::shown(&exit.file).to_string(), |place| {
                crate::shown(&place).to_string()
            });
            let said = match (&exit.opened, exit.reason) {
                (Some(opened), _) => format!(
                    "\n  exit of validator {}, from epoch {} on, signed by {}",
                    opened.exit.message.validator_index, opened.exit.message.epoch, opened.pubkey
                ),
                (None, Reason::Ok) => String::new(),
                (None, reason) => format!("\n  {}: {}", reason.as_str(), reason.explain()),
            };
            format!("{}  {place}{said}\n", exit.reason.verdict().as_str())
        };
        self.exits.iter().map(line).collect()
    }

    /// One JSON value each.
    pub fn json(&self) -> Vec<Value> {
        let one = |(set, exit): &(SetId, SealedExit)| {
            let opened = exit.opened.as_ref();
            json!({
                "set_id": set,
                "copy": exit.copy,
                "file": exit.file,
                "verdict": exit.reason.verdict().as_str(),
                "reason": exit.reason.as_str(),
                "pubkey": opened.map(|opened| opened.pubkey),
                "network": opened.map(|_| set.network()),
                "validator_index": opened.map(|opened| opened.exit.message.validator_index),
                "epoch": opened.map(|opened| opened.exit.message.epoch),
            })
        };
        self.exits.iter().map(one).collect()
    }
}
