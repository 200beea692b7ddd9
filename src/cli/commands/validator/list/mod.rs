mod document;
mod drill;
mod row;
mod summary;

use std::{collections::BTreeMap, path::PathBuf};

use stockade::{
    attest,
    backup::{
        self, Copy, SetId,
        marks::{self, Marks},
        origin::{OriginVerdict, Pins},
        split_mark::SplitMark,
    },
    device::Show,
    eth::Address,
    path::DerivationPath,
    timestamp::Timestamp,
    validator::fleet::{Fleet, FleetSet, LastDrill},
};

use self::document::Rest;
#[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
pub use self::document::Whole as Document;
use crate::{
    CommandResult,
    commands::unreachable,
    context::{Context, read_signers},
    error::CommandError,
    output::{Outcome, Rows},
};

/// List every key in any number of copies, with its copies and its last drill
///
/// Needs no wallet and opens nothing: it reads manifests and attestations. A drill counts only if it
/// was attested by a --signer, or by a wallet named with --device, which is asked for nothing but its
/// addresses. With either, the exit code is 1 if others made some of the sets. Warns of problems of
/// the whole fleet.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// Trust sets and attestations of this signer: a check address, an address that attests, or a
    /// custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Print comma-separated values (RFC 4180), and the warnings on standard error
    #[arg(long)]
    csv: bool,
}

/// The records of splits that are stored with sets.
type Splits = BTreeMap<SetId, Marks<SplitMark>>;

impl Args {
    /// Reads one copy after another.
    pub fn run(self, context: &mut Context) -> CommandResult {
        if self.csv && context.json {
            return Err(CommandError::usage("--csv and --json cannot be used together"));
        }
        let pins = Pins { wallets: wallet_pins(context)?, signers: read_signers(&self.signer)? };
        let (copies, unreachable) = Copy::open_reachable(&self.copies)?;
        let fleet = read(&copies, &pins)?;
        let mut rows = Rows::begin(context.json, "keys");
        rows.head(&if self.csv { row::CSV_HEAD.to_owned() } else { row::head() });
        let keys = fleet.keys();
        for key in &keys {
            let text = || if self.csv { row::csv(key, &pins) } else { row::line(key, &pins) };
            rows.print(text, || row::Key::new(key, &pins));
        }
        let known = fleet.sets().all(|set| set.listed.manifest.is_some());
        let ok = known
            && unreachable.is_empty()
            && (pins.is_empty() || fleet.sets().all(|set| is_own(set, &pins)));
        let splits = splits(&fleet, &copies)?;
        let unfinished =
            copies.iter().map(Copy::unfinished).collect::<Result<Vec<_>, _>>()?.concat();
        let mut text = unreachable::text(&unreachable)
            + &unfinished.iter().map(|begun| format!("warning: {begun}\n")).collect::<String>()
            + &summary::text(&fleet, keys.len(), &pins, &splits);
        if self.csv {
            context.terminal.say(text.trim_end());
            text.clear();
        }
        let mut outcome = Outcome::checked(ok, text, Rest::new(&fleet, &pins, &splits, unfinished));
        outcome.rows = true;
        unreachable::add(&mut outcome, unreachable);
        Ok(outcome)
    }
}

/// The addresses of the wallets that are named: one that signs sets, and one that attests.
fn wallet_pins(context: &mut Context) -> Result<Vec<Address>, CommandError> {
    let mut pins = Vec::new();
    for mut wallet in context.open_named()? {
        let attests = DerivationPath::ethereum(0, 0).ok();
        for path in std::iter::once(DerivationPath::check_address()).chain(attests) {
            pins.push(wallet.address(&path, Show::Silently, &mut context.terminal)?);
        }
    }
    Ok(pins)
}

fn read(copies: &[Copy], pins: &Pins) -> Result<Fleet, CommandError> {
    let now = Timestamp::now();
    let mut fleet = Fleet::default();
    let mut drills = Vec::new();
    for copy in copies {
        fleet.add(copy.id(), copy.dir(), None);
        for set in backup::list(std::slice::from_ref(copy))? {
            for drill in attest::drills(copy, &set, now)? {
                drills.extend(set.digest.map(|digest| (set.id.clone(), digest, drill)));
            }
            fleet.add(copy.id(), copy.dir(), Some(set));
        }
    }
    // An attestation in one copy may be about others, too.
    for (id, digest, drill) in drills {
        let own = pins.judge(&drill.by) < OriginVerdict::Unknown;
        let last = LastDrill { time: drill.time, failed: !drill.good, by: drill.by };
        fleet.drilled(&id, digest, &drill.copies, last, own);
    }
    Ok(fleet)
}

/// The records of splits of each set that has any.
fn splits(fleet: &Fleet, copies: &[Copy]) -> Result<Splits, CommandError> {
    let mut splits = Splits::new();
    for set in fleet.sets() {
        let found = marks::beside(copies, &set.listed.id)?;
        if !(found.marks.is_empty() && found.unread.is_empty()) {
            splits.insert(set.listed.id.clone(), found);
        }
    }
    Ok(splits)
}

fn is_own(set: &FleetSet, pins: &Pins) -> bool {
    origin(set, pins) < OriginVerdict::Unknown
}

fn origin(set: &FleetSet, pins: &Pins) -> OriginVerdict {
    set.listed.signer.map_or(OriginVerdict::Unknown, |signer| pins.judge(&signer))
}
