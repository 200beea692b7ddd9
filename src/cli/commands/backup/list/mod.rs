mod document;

use std::{collections::BTreeSet, path::PathBuf};

use stockade::{
    backup::{
        self, BackupError, Copy, ListedSet, SetId,
        manifest::Manifest,
        marks::{self, Marks},
        retired::{self, Note},
        split_mark::SplitMark,
    },
    bls::PublicKey,
    custodian::AnyCustodian,
    eth::Address,
    timestamp::Timestamp,
};

pub use document::Document;
use document::{NoteRow, SetRow, batches};

use crate::{
    CommandResult,
    commands::{listed, plural::count, share_rows, shares, unreachable},
    context::{Context, read_expected, read_signers},
    output::Outcome,
};

/// List the sets in copies, as their manifests describe them
///
/// With --signer or --expect this is a check of the manifests: it fails if a set was made by none of
/// the signers, or if no set lists an expected key.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// Only this set
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// Who must have made the sets: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Keys that must be listed: a file with one key on each line, a deposit_data file, or a keymanager
    /// listing
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
}

impl Args {
    /// Lists; reads no keystore.
    pub fn run(self, _context: &mut Context) -> CommandResult {
        let (copies, unreachable) = Copy::open_reachable(&self.copies)?;
        let signers = read_signers(&self.signer)?;
        let expected = read_expected(self.expect.as_deref())?;
        let is_meant = |id: &SetId| self.set.as_ref().is_none_or(|only| only == id);
        let mut sets = backup::list(&copies)?;
        sets.retain(|set| is_meant(&set.id));
        if let Some(only) = self.set.as_ref().filter(|_| sets.is_empty()) {
            return Err(BackupError::NoSet(format!("these copies: {only}")).into());
        }
        let mut text = unreachable::text(&unreachable);
        let mut document = Document::default();
        for copy in &copies {
            text += &format!("{} (copy {})\n", crate::shown(copy.dir()), copy.id());
            for set in sets.iter().filter(|set| set.copy == copy.id()) {
                let marks = marks::beside(std::slice::from_ref(copy), &set.id)?;
                text += &line(set);
                text += &set.manifest.as_ref().map(|read| shares_text(read)).unwrap_or_default();
                if !counts(set, &signers) {
                    text += "    NOT made by any --signer, or its origin is damaged\n";
                }
                text += &splits_text(&marks);
                document.sets.push(SetRow::of(set, &marks));
            }
            if !sets.iter().any(|set| set.copy == copy.id()) {
                text += match &self.set {
                    Some(_) => "  does not hold this set\n",
                    None => "  EMPTY: this copy holds no set\n",
                };
            }
            let unfinished = copy.unfinished()?;
            text += &unfinished.iter().map(|begun| format!("  {begun}\n")).collect::<String>();
            document.unfinished.extend(unfinished);
            for note in retired::notes(copy)?.notes.iter().filter(|note| is_meant(&note.set)) {
                text += &note_text(note);
                document.retired.push(NoteRow::of(note, copy));
            }
        }
        let counted = sets.iter().filter(|set| counts(set, &signers));
        let listed: BTreeSet<_> =
            counted.flat_map(ListedSet::keystores).map(|entry| entry.pubkey).collect();
        let missing = expected.iter().filter(|key| !listed.contains(key));
        document.missing = missing.map(PublicKey::to_string).collect();
        let missing = document.missing.iter();
        text += &listed::lines(
            missing.map(|key| format!("MISSING: {key} is in none of these sets")),
            "",
        );
        text += "This lists what the manifests say. To check the sets, use scrub and drill.";
        let whole = |set: &ListedSet| set.manifest.is_some() && counts(set, &signers);
        let ok = sets.iter().all(whole) && document.missing.is_empty() && unreachable.is_empty();
        document.unreached = unreachable.into();
        Ok(Outcome::checked(ok, text, document))
    }
}

/// Whether one of `signers` made the set; if none is named, any set counts.
fn counts(set: &ListedSet, signers: &[Address]) -> bool {
    signers.is_empty() || set.signer.is_some_and(|signer| signers.contains(&signer))
}

fn line(set: &ListedSet) -> String {
    let Some(manifest) = &set.manifest else {
        return format!("  {}  its manifest cannot be read: scrub it\n", set.id);
    };
    format!(
        "  {}  {}{}, made {}, opens with {}{}\n",
        set.id,
        count(manifest.keystores.len(), "key"),
        batches(set).iter().map(|batch| format!(", batch {batch}")).collect::<String>(),
        manifest.created,
        openers(manifest),
        if manifest.test { ", TEST" } else { "" },
    )
}

/// Who can open a set.
fn openers(manifest: &Manifest) -> String {
    let one = |custodian: &AnyCustodian| match custodian.wallet() {
        Some(wallet) => format!("{} (wallet {})", custodian.id(), wallet.check_address),
        None => custodian.id().to_string(),
    };
    let all: Vec<_> = manifest.custodians.iter().map(one).collect();
    match manifest.threshold {
        1 => format!("custodian {}", all.join(" or ")),
        threshold => format!("any {threshold} of the custodians {}", all.join(", ")),
    }
}

/// The shares of a set, by what they have in common.
fn shares_text(manifest: &Manifest) -> String {
    let lines = share_rows::lines(&manifest.shares().collect::<Vec<_>>());
    lines.into_iter().map(|line| format!("    {line}\n")).collect()
}

fn splits_text(marks: &Marks<SplitMark>) -> String {
    let splits = marks.marks.iter().map(|mark| {
        let (keys, split) = (count(mark.keys.len(), "key"), shares::describe(mark));
        format!("    {keys} of it SPLIT into {split}\n")
    });
    let unread = marks
        .unread
        .iter()
        .map(|file| format!("    {file} cannot be read, so keys of it may have been split\n"));
    splits.chain(unread).collect()
}

fn note_text(note: &Note) -> String {
    let time = note.time().map(Timestamp::to_minute).unwrap_or_default();
    format!("  {}  a note says that it was retired on {time} in favour of {}\n", note.set, note.by)
}
