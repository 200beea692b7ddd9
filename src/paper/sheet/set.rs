//! Sheets of sets.

use std::collections::BTreeMap;

use stockade::{
    backup::manifest::{KeystoreEntry, Manifest, Source},
    eth::Address,
    path::DerivationPath,
};

use super::{Sheet, SheetError, Step, custodian, custodian_path, step, taking_back};
use crate::{
    lines,
    payload::{Payload, PayloadFile},
    set_files::{ReadSet, SetError},
};

/// A set of more bytes than this, packed, is printed without its keystores unless the user wants it
/// whole: it takes more than about ten pages.
const SMALL: usize = 12 * 1024;

/// What a sheet holds of a set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Holding {
    /// The whole set if it is small, else its sealed secret alone.
    #[default]
    WhatFits,
    /// The whole set.
    Whole,
    /// The sealed secret alone.
    Seal,
}

impl Sheet {
    /// A sheet of a set.
    pub fn of_set(set: &ReadSet, holding: Holding) -> Result<Self, SheetError> {
        let manifest = &set.manifest;
        let (payload, is_whole) = payload(set, holding)?;
        Self::new(payload, |sheet| {
            sheet.title = format!("Backup set {}", manifest.set_id);
            sheet.what = what(manifest, is_whole);
            sheet.facts = vec![
                ("Network", manifest.network.to_string()),
                ("Made", manifest.created.clone()),
                ("Manifest", format!("SHA-256 {}", set.digest)),
                (
                    "Made by",
                    set.signer
                        .map_or("nobody whose signature can be read".into(), |s| s.to_string()),
                ),
                ("To open it", enough(manifest)),
            ];
            sheet.facts.extend(manifest.custodians.iter().flat_map(custodian::facts));
            sheet.keys = manifest.keystores.iter().map(|entry| entry.pubkey.to_string()).collect();
            sheet.steps = steps(manifest, is_whole);
        })
    }
}

fn payload(set: &ReadSet, holding: Holding) -> Result<(Payload, bool), SheetError> {
    if holding != Holding::Seal {
        let limit = if holding == Holding::Whole { lines::MAX_BYTES } else { SMALL };
        let packed = set.whole().and_then(|whole| Ok((whole.pack()?.len(), whole)));
        match (packed, holding) {
            (Ok((len, whole)), _) if len <= limit => return Ok((whole, true)),
            (Ok((len, _)), Holding::Whole) => return Err(SheetError::TooLarge { len }),
            (Err(error), Holding::Whole) => return Err(error.into()),
            (Err(error @ (SetError::Damaged { .. } | SetError::Which(_))), _) => {
                return Err(error.into());
            }
            _ => {}
        }
    }
    let mut seal = set.seal()?;
    // An identity that a passphrase opens is only in the manifest, which the sheet does not hold.
    for custodian in &set.manifest.custodians {
        if custodian.plain().is_some_and(|plain| plain.identity.is_some()) {
            let bytes = custodian.without_name().to_json();
            let bytes = bytes.map_err(|error| SheetError::NotThis(error.to_string()))?;
            let path = custodian_path(&custodian.id().to_string())?;
            seal.files.push(PayloadFile { path, bytes });
        }
    }
    Ok((seal, false))
}

/// What the sheet is, what it can recover, and what it cannot.
fn what(manifest: &Manifest, is_whole: bool) -> Vec<String> {
    let keys = count(manifest.keystores.len(), "key");
    let mut what = vec![if is_whole {
        format!(
            "This paper holds a whole backup of Ethereum validator keys: {keys}, sealed. Together with \
             its custodians it brings every one of them back, without any other copy."
        )
    } else {
        format!(
            "This paper holds the sealed secret of a backup of Ethereum validator keys, and NOT its \
             keystores. To bring its {keys} back you need this paper, its custodians, and the keystores \
             of the set, from any copy of it, even a damaged one."
        )
    }];
    what.extend(by_source(manifest, is_whole));
    what.push(
        "Without custodians nobody can open what is on it: a photograph of it gives nobody a key. It \
         shows public keys, addresses and the network. The slashing history is not on it."
            .to_owned(),
    );
    what
}

/// Which keys can be derived again without the paper.
fn by_source(manifest: &Manifest, is_whole: bool) -> Vec<String> {
    let mut said = Vec::new();
    for (address, batches) in derived(manifest) {
        let number: usize = batches.values().map(Vec::len).sum();
        said.push(format!(
            "The wallet with the check address {address}, or another one set up from its recovery words, \
             derives {} of the keys again, without this paper and without any copy: see the last step.",
            which(number, manifest)
        ));
    }
    let of = |wanted: fn(&Source) -> bool| {
        manifest.keystores.iter().filter(|entry| wanted(&entry.source)).count()
    };
    let mnemonic = of(|source| matches!(source, Source::Mnemonic { .. }));
    if mnemonic > 0 {
        said.push(format!(
            "Any deposit tool derives {} of the keys again from the mnemonic that they were made from.",
            which(mnemonic, manifest)
        ));
    }
    let imported = of(|source| matches!(source, Source::Imported));
    if imported > 0 {
        let where_ = if is_whole { "this paper and the other copies" } else { "the copies" };
        said.push(format!(
            "{} of the keys were imported: no wallet derives them again. Their keystores are in {where_}.",
            capital(&which(imported, manifest))
        ));
    }
    if manifest.shares().next().is_some() {
        said.push(
            "Some of the keys are SHARES: a share does not bring its validator back alone."
                .to_owned(),
        );
    }
    said
}

fn which(number: usize, manifest: &Manifest) -> String {
    if number == manifest.keystores.len() { "all".to_owned() } else { number.to_string() }
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or(String::new(), |first| first.to_uppercase().chain(rest).collect())
}

fn enough(manifest: &Manifest) -> String {
    match (manifest.threshold, manifest.custodians.len()) {
        (_, 1) => "this custodian is needed:".to_owned(),
        (1, _) => "any one of these custodians is enough:".to_owned(),
        (m, n) => format!("any {m} of these {n} custodians are needed together:"),
    }
}

fn steps(manifest: &Manifest, is_whole: bool) -> Vec<Step> {
    let mut steps = vec![taking_back("from-paper")];
    if is_whole {
        steps.push(step(
            "The new folder is a copy that holds this set. Prove that it opens. Name each wallet with \
             --device, an age identity with --identity:",
            "stockade backup drill from-paper --device ledger".to_owned(),
        ));
    } else {
        let id = &manifest.set_id;
        steps.push(step(
            format!(
                "Put what is missing into the folder from-paper/stockade/{id}: the folder keystores, \
                 manifest.json and SHA256SUMS, from any copy. Then prove that it opens. Name each wallet \
                 with --device, an age identity with --identity:"
            ),
            "stockade backup drill from-paper --device ledger".to_owned(),
        ));
    }
    steps.push(step(
        "Make sure that the old machine cannot come back: two machines that sign with one key lose money. \
         Then restore the keys. Say what they did before with --history FILE or --history-lost:",
        "stockade backup restore from-paper --to keys --layout plain --device ledger".to_owned(),
    ));
    for (address, batches) in derived(manifest) {
        for (batch, entries) in batches {
            let indices: Vec<_> = entries.iter().filter_map(|entry| index(entry)).collect();
            let (Some(first), Some(last)) = (indices.iter().min(), indices.iter().max()) else {
                continue;
            };
            let number = last - first + 1;
            steps.push(step(
                format!("Or, with the wallet {address} alone, derive its keys again:"),
                format!(
                    "stockade validator create --network {} --batch {batch} --start {first} --count \
                     {number} --recreate --copy new-copy --device ledger",
                    manifest.network
                ),
            ));
        }
    }
    steps
}

type Batches<'a> = BTreeMap<u32, Vec<&'a KeystoreEntry>>;

/// The keys that wallets derive, by check address and batch.
fn derived(manifest: &Manifest) -> BTreeMap<Address, Batches<'_>> {
    let mut derived: BTreeMap<Address, Batches<'_>> = BTreeMap::new();
    for entry in &manifest.keystores {
        if let Source::Device { batch, check_address, .. } = &entry.source {
            let batches = derived.entry(*check_address).or_default();
            batches.entry(*batch).or_default().push(entry);
        }
    }
    derived
}

/// The index of a key at m/12381/3600/I/0/0.
fn index(entry: &KeystoreEntry) -> Option<u32> {
    let _: DerivationPath = entry.path.parse().ok()?;
    entry.path.split('/').nth(3)?.parse().ok()
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
