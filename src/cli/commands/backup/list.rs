use std::{collections::BTreeSet, path::PathBuf};

use serde_json::json;
use stockade::{
    backup::{
        self, BackupError, Copy, ListedSet, SetId,
        manifest::Source,
        marks::{self, Marks},
        retired::{self, Note},
        split_mark::SplitMark,
    },
    eth::Address,
};

use crate::{
    CommandResult,
    commands::{shares, unreachable},
    context::{Context, read_expected, read_signers},
    output::Outcome,
};

/// List the sets in copies, by what their manifests say
///
/// With --signer or --expect it is a check, though of manifests alone: a set that none of the
/// signers made, or a key that no set lists, is not all right.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// This set alone
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// Who must have made the sets: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Keys that must be listed: a key a line, a deposit_data file, or a keymanager listing
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
}

impl Args {
    /// Lists; reads no keystore.
    pub fn run(self, _context: &mut Context) -> CommandResult {
        let (copies, unreachable) = Copy::open_reachable(&self.copies)?;
        let signers = read_signers(&self.signer)?;
        let expected = read_expected(self.expect.as_deref())?;
        let mut sets = backup::list(&copies)?;
        sets.retain(|set| self.set.as_ref().is_none_or(|only| *only == set.id));
        if let Some(only) = self.set.as_ref().filter(|_| sets.is_empty()) {
            return Err(BackupError::NoSet(format!("these copies: {only}")).into());
        }
        let mut text = unreachable::text(&unreachable);
        let mut unfinished = Vec::new();
        let (mut listed_sets, mut retired) = (Vec::new(), Vec::new());
        for copy in &copies {
            text += &format!("{} (copy {})\n", crate::shown(copy.dir()), copy.id());
            for set in sets.iter().filter(|set| set.copy == copy.id()) {
                let marks = marks::beside(std::slice::from_ref(copy), &set.id)?;
                text += &line(set);
                if !counts(set, &signers) {
                    text += "    NOT made by any --signer, or its origin is damaged\n";
                }
                text += &splits_text(&marks);
                listed_sets.push(as_json(set, &marks));
            }
            if !sets.iter().any(|set| set.copy == copy.id()) {
                text += match &self.set {
                    Some(_) => "  does not hold this set\n",
                    None => "  EMPTY: no set is in this copy\n",
                };
            }
            for begun in copy.unfinished()? {
                text += &format!("  {begun}\n");
                unfinished.push(begun);
            }
            let notes = retired::notes(copy)?.notes.into_iter();
            for note in notes.filter(|note| self.set.as_ref().is_none_or(|only| *only == note.set))
            {
                text += &format!(
                    "  {}  a note says that it was retired at {} in favour of {}\n",
                    note.set,
                    note.time().map(|time| time.to_string()).unwrap_or_default(),
                    note.by
                );
                retired.push(note_json(&note, copy));
            }
        }
        let counted = sets.iter().filter(|set| counts(set, &signers));
        let listed: BTreeSet<_> =
            counted.flat_map(ListedSet::keystores).map(|entry| entry.pubkey).collect();
        let missing: Vec<_> = expected.iter().filter(|key| !listed.contains(key)).collect();
        for key in &missing {
            text += &format!("MISSING: {key} is in none of these sets\n");
        }
        text += "What a manifest says is not checked by this: scrub and drill do.";
        let whole = |set: &ListedSet| set.manifest.is_some() && counts(set, &signers);
        let ok = sets.iter().all(whole) && missing.is_empty() && unreachable.is_empty();
        let json = json!({
            "sets": listed_sets,
            "retired": retired,
            "missing": missing,
            "unfinished": unfinished,
        });
        let mut outcome = Outcome::checked(ok, text, json);
        unreachable::add(&mut outcome, unreachable);
        Ok(outcome)
    }
}

/// Whether one of `signers` made the set; where none is named, anybody may have.
fn counts(set: &ListedSet, signers: &[Address]) -> bool {
    signers.is_empty() || set.signer.is_some_and(|signer| signers.contains(&signer))
}

fn line(set: &ListedSet) -> String {
    let Some(manifest) = &set.manifest else {
        return format!("  {}  its manifest cannot be read: scrub it\n", set.id);
    };
    let custodians: Vec<_> = manifest.custodians.iter().map(|c| c.id().as_str()).collect();
    format!(
        "  {}  {} keys{}, made {}, opens with custodian {}{}\n",
        set.id,
        manifest.keystores.len(),
        batches(set).iter().map(|batch| format!(", batch {batch}")).collect::<String>(),
        manifest.created,
        custodians.join(" or "),
        if manifest.test { ", TEST" } else { "" },
    )
}

fn splits_text(marks: &Marks<SplitMark>) -> String {
    let splits = marks.marks.iter().map(|mark| {
        format!("    {} of its keys were SPLIT into {}\n", mark.keys.len(), shares::describe(mark))
    });
    let unread = marks
        .unread
        .iter()
        .map(|file| format!("    keys of it may have been split: {file} cannot be read\n"));
    splits.chain(unread).collect()
}

fn note_json(note: &Note, copy: &Copy) -> serde_json::Value {
    json!({
        "set_id": note.set,
        "copy": copy.id(),
        "by": note.by,
        "time": note.time().map(|time| time.to_string()),
    })
}

fn batches(set: &ListedSet) -> Vec<u32> {
    let entries = set.manifest.iter().flat_map(|manifest| &manifest.keystores);
    let mut batches: Vec<_> = entries
        .filter_map(|entry| match entry.source {
            Source::Device { batch, .. } => Some(batch),
            _ => None,
        })
        .collect();
    batches.dedup();
    batches
}

fn as_json(set: &ListedSet, marks: &Marks<SplitMark>) -> serde_json::Value {
    json!({
        "set_id": set.id,
        "copy": set.copy,
        "network": set.id.network(),
        "readable": set.manifest.is_some(),
        "signer": set.signer,
        "created": set.manifest.as_ref().map(|m| &m.created),
        "test": set.manifest.as_ref().map(|m| m.test),
        "keys": set.manifest.as_ref().map(|m| m.keystores.len()),
        "batches": batches(set),
        "custodians": set.manifest.as_ref().map(|m| {
            m.custodians.iter().map(|c| c.id().as_str()).collect::<Vec<_>>()
        }),
        "splits": shares::splits_json(marks),
        "unread_marks": marks.unread,
    })
}
