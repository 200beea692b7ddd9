//! What `validator create`, `backup create` and `backup reseal` report about a new set.

mod document;
mod new_copies;

use stockade::{
    backup::{Copy, create::Created, custodians::CustodianSet, medium},
    store::ReadBack,
};

pub use document::{CreatedCopy, Failed, SetKey, created_copies};
pub use new_copies::{Placed, confirm};

use crate::shell;

/// The custodians that can open the set.
pub fn custodians_text(chosen: &CustodianSet) -> String {
    let of = chosen.custodians.len();
    let mut text = match chosen.threshold {
        1 => String::from("Any one of these custodians can open it\n"),
        threshold => format!("Any {threshold} of these {of} custodians can open it together\n"),
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

/// The copies that were written to, each with its position, its id, and how it was read back.
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

/// The copies that were written to.
pub fn copies_text(created: &Created, copies: &[Copy], placed: &[Placed]) -> String {
    let mut text = String::from("Written to\n");
    for (place, copy, (id, read_back)) in written(created, copies) {
        let how = match read_back {
            ReadBack::Device => "read back from the medium",
            ReadBack::CachePossible => "read back, possibly from this computer's memory",
        };
        text += &format!("  {} (copy {id}, {how})\n", crate::shown(&copy.dir()));
        if let Some(placed) = placed.get(place).filter(|placed| placed.new) {
            text += &format!("    a new copy, {}\n", placed.describe());
        }
        if medium::lacks(copy, &created.set_id).contains(&"modes") {
            text += "    its file system stores no permissions: on any computer that it is plugged into, \
                     every user can read these files. They are protected by encryption only\n";
        }
    }
    text
}

/// Warnings about copies that one failure would destroy.
pub fn warnings(copies: &[Copy]) -> Vec<String> {
    let mut warnings = medium::shared(copies);
    if let [only] = copies {
        warnings.push(format!(
            "this is the only copy: one failure would destroy it. Make another one on another disk, \
             with the wallet named by --device: stockade backup repair {} --to NEW-COPY",
            shell::path(only.dir())
        ));
    }
    warnings
}

/// Warnings as lines.
pub fn notes(warnings: &[String]) -> String {
    warnings.iter().map(|warning| format!("note: {warning}\n")).collect()
}
