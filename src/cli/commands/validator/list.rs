use std::{collections::BTreeMap, path::PathBuf};

use serde_json::{Map, Value, json};
use stockade::{
    attest,
    backup::{
        self, Copy, SetId,
        manifest::Source,
        marks::{self, Marks},
        origin::{OriginVerdict, Pins},
        split_mark::SplitMark,
    },
    device::Show,
    eth::Address,
    path::DerivationPath,
    timestamp::Timestamp,
    validator::fleet::{Fleet, FleetKey, FleetSet, LastDrill, Warning},
};

use crate::{
    CommandResult,
    commands::{shares, unreachable},
    context::{Context, read_signers},
    error::CommandError,
    output::{Outcome, Rows},
};

/// List every key in any number of copies: where it lies, and when it was last drilled
///
/// Needs no wallet and opens nothing: it says what manifests and attestations say. A drill counts
/// only where its attestation is by a --signer, or by a wallet named with --device, which is asked
/// for nothing but its addresses; then exit code 1 says that there are sets by others. Warns of what
/// a fleet's owner should see to.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// Whose sets and attestations count: check addresses, the addresses that attest, or custodian
    /// files
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Print comma-separated values (RFC 4180), the warnings on standard error
    #[arg(long)]
    csv: bool,
}

const CSV_HEAD: &str =
    "network,source,wallet,batch,index,path,pubkey,set,origin,copies,drilled,attested_by";

impl Args {
    /// Reads one copy after another.
    pub fn run(self, context: &mut Context) -> CommandResult {
        if self.csv && context.json {
            return Err(CommandError::usage("--csv and --json do not go together"));
        }
        let pins = Pins { wallets: wallet_pins(context)?, signers: read_signers(&self.signer)? };
        let (copies, unreachable) = Copy::open_reachable(&self.copies)?;
        let fleet = read(&copies, &pins)?;
        let mut rows = Rows::begin(context.json, "keys");
        if self.csv {
            // Every row begins with its line break: the last one is the outcome's.
            rows.print(|| CSV_HEAD.to_owned(), || Value::Null);
        } else if !context.json {
            rows.print(head, || Value::Null);
        }
        let keys = fleet.keys();
        for key in &keys {
            let text = || if self.csv { csv(key, &pins) } else { line(key, &pins) };
            rows.print(text, || as_json(key, &pins));
        }
        let known = fleet.sets().all(|set| set.listed.manifest.is_some());
        let ok = known
            && unreachable.is_empty()
            && (pins.is_empty() || fleet.sets().all(|set| is_own(set, &pins)));
        let marks = marks(&fleet, &copies)?;
        let unfinished =
            copies.iter().map(Copy::unfinished).collect::<Result<Vec<_>, _>>()?.concat();
        let text = unreachable::text(&unreachable)
            + &unfinished.iter().map(|begun| format!("warning: {begun}\n")).collect::<String>()
            + &summary(&fleet, keys.len(), &pins, &marks);
        let text = if self.csv {
            context.terminal.say(text.trim_end());
            String::new()
        } else {
            text
        };
        let mut outcome = Outcome::checked(ok, text, Value::Object(fields(&fleet, &pins, &marks)));
        outcome.rows = true;
        outcome.json.insert("unfinished".to_owned(), unfinished.into());
        unreachable::add(&mut outcome, unreachable);
        Ok(outcome)
    }
}

/// The addresses of the wallets that are named: by one they make sets, by the other they attest.
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
    // An attestation in one copy speaks of others too.
    for (id, digest, drill) in drills {
        let own = pins.judge(&drill.by) < OriginVerdict::Unknown;
        let last = LastDrill { time: drill.time, failed: !drill.good, by: drill.by };
        fleet.drilled(&id, digest, &drill.copies, last, own);
    }
    Ok(fleet)
}

/// The marks of splits beside each set, where there are any.
fn marks(fleet: &Fleet, copies: &[Copy]) -> Result<SplitMarks, CommandError> {
    let mut marks = BTreeMap::new();
    for set in fleet.sets() {
        let found = marks::beside(copies, &set.listed.id)?;
        if !(found.marks.is_empty() && found.unread.is_empty()) {
            marks.insert(set.listed.id.clone(), found);
        }
    }
    Ok(marks)
}

fn is_own(set: &FleetSet, pins: &Pins) -> bool {
    origin(set, pins) < OriginVerdict::Unknown
}

fn origin(set: &FleetSet, pins: &Pins) -> OriginVerdict {
    set.listed.signer.map_or(OriginVerdict::Unknown, |signer| pins.judge(&signer))
}

/// Kind, wallet and batch.
fn source(source: &Source) -> (&'static str, Option<&Address>, Option<u32>) {
    match source {
        Source::Device { batch, check_address, .. } => {
            ("device", Some(check_address), Some(*batch))
        }
        Source::Mnemonic { check_address } => ("mnemonic", Some(check_address), None),
        Source::Imported => ("imported", None, None),
    }
}

fn text_of<T: ToString>(value: Option<T>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

fn head() -> String {
    format!(
        "{:<8} {:<9} {:>6}  {:<18} {:<10} copies\n",
        "network", "from", "index", "key", "drilled"
    )
}

fn line(key: &FleetKey<'_>, pins: &Pins) -> String {
    let network = key.set.listed.id.network();
    let from = match source(&key.entry.source) {
        (_, _, Some(batch)) => format!("batch {batch}"),
        ("mnemonic", ..) => "words".to_owned(),
        (kind, ..) => kind.to_owned(),
    };
    let (index, pubkey) = (text_of(key.index()), key.entry.pubkey.to_string());
    let pubkey: String = pubkey.chars().take(16).collect();
    let drilled = match (key.set.last_drill(), key.set.last_claim()) {
        (Some(drill), _) => drill.time.date(),
        // Somebody says so, who is not known to be oneself.
        (None, Some(_)) => "?".to_owned(),
        (None, None) => "never".to_owned(),
    };
    let origin = match (pins.is_empty(), is_own(key.set, pins)) {
        (false, false) => "  ORIGIN UNKNOWN",
        _ => "",
    };
    format!(
        "{:<8} {from:<9} {index:>6}  {pubkey}.. {drilled:<10} {}{origin}\n",
        network.name(),
        key.set.names()
    )
}

/// Nothing in it needs quotes or could be a formula: numbers, hex, words of ours, and paths that
/// were read as paths.
fn csv(key: &FleetKey<'_>, pins: &Pins) -> String {
    let (kind, wallet, batch) = source(&key.entry.source);
    let drill = key.set.last_drill();
    let fields = [
        key.set.listed.id.network().name().to_owned(),
        kind.to_owned(),
        text_of(wallet),
        text_of(batch),
        text_of(key.index()),
        text_of(key.path()),
        key.entry.pubkey.to_string(),
        key.set.listed.id.to_string(),
        origin(key.set, pins).as_str().to_owned(),
        key.set.names().replace(',', " "),
        text_of(drill.map(|drill| drill.time.rfc3339())),
        text_of(drill.map(|drill| drill.by)),
    ];
    format!("\n{}", fields.join(","))
}

fn as_json(key: &FleetKey<'_>, pins: &Pins) -> Value {
    let (kind, wallet, batch) = source(&key.entry.source);
    let drill = key.set.last_drill();
    let claimed = key.set.last_claim().filter(|_| drill.is_none());
    json!({
        "pubkey": key.entry.pubkey,
        "network": key.set.listed.id.network(),
        "source": kind,
        "check_address": wallet,
        "batch": batch,
        "index": key.index(),
        "path": key.path().map(|path| path.to_string()),
        "set_id": key.set.listed.id,
        "origin": origin(key.set, pins).as_str(),
        "copies": key.set.copies.keys().collect::<Vec<_>>(),
        "drilled": drill.map(|drill| drill.time.to_string()),
        "attested_by": drill.map(|drill| drill.by),
        "claimed": claimed.map(drill_json),
    })
}

fn drill_json(drill: LastDrill) -> Value {
    json!({"drilled": drill.time.to_string(), "attested_by": drill.by})
}

type SplitMarks = BTreeMap<SetId, Marks<SplitMark>>;

fn fields(fleet: &Fleet, pins: &Pins, marks: &SplitMarks) -> Map<String, Value> {
    let sets = fleet.sets().map(|set| {
        let manifest = set.listed.manifest.as_ref();
        let drills = set.copies.iter().map(|(copy, drills)| {
            let drill = drills.own();
            let claimed = drills.claimed().filter(|_| drill.is_none());
            json!({
                "copy": copy,
                "drilled": drill.map(|drill| drill.time.to_string()),
                "attested_by": drill.map(|drill| drill.by),
                "claimed": claimed.map(drill_json),
            })
        });
        json!({
            "set_id": set.listed.id,
            "readable": manifest.is_some(),
            "keys": set.listed.keystores().len(),
            "test": manifest.map(|manifest| manifest.test),
            "threshold": manifest.map(|manifest| manifest.threshold),
            "custodians": manifest.map(|manifest| manifest.custodians.len()),
            "signer": set.listed.signer,
            "origin": origin(set, pins).as_str(),
            "copies": drills.collect::<Vec<_>>(),
            "splits": marks.get(&set.listed.id).map_or(json!([]), shares::splits_json),
        })
    });
    let copies = fleet.copies().iter();
    let copies = copies.map(|copy| json!({"copy": copy.id, "dir": copy.dir.to_string_lossy()}));
    let warnings = warnings(fleet, marks);
    let warnings = warnings.iter().map(|w| json!({"kind": w.kind, "text": w.text}));
    Map::from_iter([
        ("sets".to_owned(), sets.collect()),
        ("copies".to_owned(), copies.collect()),
        ("warnings".to_owned(), warnings.collect()),
    ])
}

/// What a fleet's owner should see to, splits among it.
fn warnings(fleet: &Fleet, marks: &SplitMarks) -> Vec<Warning> {
    let mut warnings = fleet.warnings();
    for (set, Marks { marks, unread }) in marks {
        let splits = marks.iter().map(|mark| {
            let (keys, split) = (mark.keys.len(), shares::describe(mark));
            format!(
                "{set}: {keys} of its keys were split into {split}: run no whole key beside them"
            )
        });
        let unread = unread
            .iter()
            .map(|file| format!("{set}: keys of it may have been split: {file} cannot be read"));
        warnings.extend(splits.chain(unread).map(|text| Warning { kind: "split", text }));
    }
    warnings
}

fn summary(fleet: &Fleet, keys: usize, pins: &Pins, marks: &SplitMarks) -> String {
    let (sets, copies) = (fleet.sets().count(), fleet.copies());
    let mut text = format!("{keys} keys in {sets} sets, {} copies\n", copies.len());
    for copy in copies {
        text += &format!("  {}  {}\n", copy.id, crate::shown(&copy.dir));
    }
    for warning in warnings(fleet, marks) {
        text += &format!("warning: {}\n", warning.text);
    }
    if pins.is_empty() {
        let mut by: Vec<_> = fleet.sets().filter_map(|set| set.listed.signer).collect();
        by.extend(fleet.sets().filter_map(|set| Some(set.last_claim()?.by)));
        by.sort();
        by.dedup();
        let by: Vec<_> = by.iter().map(ToString::to_string).collect();
        text += &format!(
            "Origin: unknown, and so is whose word the drills are. Signed by {}; say with --signer \
             which of them are yours\n",
            if by.is_empty() { "nobody".to_owned() } else { by.join(", ") }
        );
    } else if !fleet.sets().all(|set| is_own(set, pins)) {
        text += "NOT all of these sets were made by this wallet or a --signer.\n";
    }
    text + "This is what manifests and attestations say. Whether it is still so, scrub and drill show."
}
