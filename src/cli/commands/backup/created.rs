//! What `validator create` and `backup create` print alike.

use serde_json::{Value, json};
use stockade::{
    backup::{
        Copy,
        create::{Created, FailedCopy},
        custodians::Chosen,
        medium,
    },
    store::ReadBack,
};

pub use super::new_copies::{Placed, confirm};
use crate::{error::CommandError, output::Outcome, shell};

/// Who can open it.
pub fn custodians_text(chosen: &Chosen) -> String {
    let of = chosen.custodians.len();
    let mut text = match chosen.threshold {
        1 => String::from("It opens with any one of\n"),
        threshold => format!("It opens with {threshold} together of these {of}\n"),
    };
    for custodian in &chosen.custodians {
        let enrolled = if chosen.enrolled { ", this wallet, enrolled now" } else { "" };
        let test = if custodian.is_test() { ", TEST" } else { "" };
        let shown = custodian.to_string();
        let shown = shown.strip_suffix(')').unwrap_or(&shown);
        text += &format!("  {shown}{enrolled}{test})\n");
    }
    text
}

/// The copies that were written to, each with its place, its id, and how it was read back.
fn written<'a>(
    created: &'a Created,
    copies: &'a [Copy],
) -> impl Iterator<Item = (usize, &'a Copy, &'a (String, ReadBack))> {
    let of = |(place, copy): (usize, &'a Copy)| {
        let written = created.copies.iter().find(|(id, _)| id == copy.id());
        written.map(|written| (place, copy, written))
    };
    copies.iter().enumerate().filter_map(of)
}

/// Says which copies could not be written to, while others were.
pub fn with_failed(mut outcome: Outcome, failed: Vec<FailedCopy>) -> Outcome {
    let mut text = String::new();
    let mut json = Vec::new();
    for FailedCopy { copy, dir, error } in failed {
        let (error, dir) = (CommandError::from(error), crate::shown(&dir).to_string());
        text += &format!("NOT WRITTEN to {dir}: {error}\n");
        if let Some(hint) = error.hint() {
            text += &format!("  {hint}\n");
        }
        json.push(json!({
            "copy": copy,
            "dir": dir,
            "kind": error.kind().as_str(),
            "message": error.to_string(),
            "hint": error.hint(),
        }));
    }
    if !json.is_empty() {
        text += "  What was written is good. Later `stockade backup repair`, with all copies and the \
                 wallet (--device), fills the other one\n";
        outcome.ok = false;
        outcome.text.insert_str(0, &text);
    }
    outcome.json.insert("failed".to_owned(), json.into());
    outcome
}

/// Where it lies now.
pub fn copies_text(created: &Created, copies: &[Copy], placed: &[Placed]) -> String {
    let mut text = String::from("Written to\n");
    for (place, copy, (id, read_back)) in written(created, copies) {
        let how = match read_back {
            ReadBack::Device => "read back from the medium",
            ReadBack::CachePossible => "read back, perhaps from the system's memory",
        };
        text += &format!("  {} (copy {id}, {how})\n", crate::shown(&copy.dir()));
        if let Some(placed) = placed.get(place).filter(|placed| placed.new) {
            text += &format!("    a new copy, {}\n", placed.describe());
        }
        if medium::lacks(copy, &created.set_id).contains(&"modes") {
            text += "    its file system keeps no modes: everybody who uses a computer that it is \
                     plugged into can read these files, and only that they are sealed protects them\n";
        }
    }
    text
}

/// What one accident would take.
pub fn warnings(copies: &[Copy]) -> Vec<String> {
    let mut warnings = medium::shared(copies);
    if let [only] = copies {
        warnings.push(format!(
            "this is the only copy: one failure would destroy it. Make another one on another disk, \
             with the wallet that is named by --device: stockade backup repair {} --to NEW-COPY",
            shell::path(only.dir())
        ));
    }
    warnings
}

/// Warnings as lines.
pub fn notes(warnings: &[String]) -> String {
    warnings.iter().map(|warning| format!("note: {warning}\n")).collect()
}

/// The copies as JSON.
pub fn copies_json(created: &Created, copies: &[Copy], placed: &[Placed]) -> Value {
    let copies = written(created, copies).map(|(place, copy, (id, read_back))| {
        let placed = placed.get(place);
        json!({
            "copy": id,
            "dir": copy.dir().to_string_lossy(),
            "read_back": read_back.as_str(),
            "lacks": medium::lacks(copy, &created.set_id),
            "new": placed.is_some_and(|placed| placed.new),
            "mount": placed.map(Placed::json),
        })
    });
    Value::Array(copies.collect())
}
