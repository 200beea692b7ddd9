//! Printing what a check found, for people and as JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stockade::backup::{
    Copy,
    origin::OriginVerdict,
    verdict::{Level, Reason, Report, Verdict},
};

use crate::{output::Outcome, shell};

/// The most keys that are listed one by one on a terminal when all is well.
const LISTED: usize = 20;

/// A report as an outcome: ok when everything is proven.
pub fn outcome(report: &Report, copies: &[Copy]) -> Outcome {
    let ok = report.all_proven();
    Outcome::checked(ok, text(report, copies), json(report))
}

/// The JSON fields of a report.
pub fn json(report: &Report) -> Value {
    let counts = report.counts();
    let keys = report.keys.iter().map(|key| {
        json!({
            "pubkey": key.pubkey,
            "verdict": key.reason.verdict().as_str(),
            "reason": key.reason.as_str(),
            "copy": key.copy,
            "file": key.file,
        })
    });
    let files = report.files.iter().map(|file| {
        json!({
            "copy": file.copy,
            "file": file.file,
            "reason": file.reason.as_str(),
            "detail": file.detail,
        })
    });
    json!({
        "level": report.level.as_str(),
        "origin": report.origin.as_str(),
        "signers": report.signers,
        "verdicts": {
            "proven": counts.proven,
            "contradicted": counts.contradicted,
            "inconclusive": counts.inconclusive,
        },
        "sets": report.sets,
        "copies": report.copies,
        "keys": keys.collect::<Vec<_>>(),
        "files": files.collect::<Vec<_>>(),
        "warnings": report.warnings,
    })
}

fn text(report: &Report, copies: &[Copy]) -> String {
    let counts = report.counts();
    let mut text = String::new();
    for id in &report.sets {
        text += &format!("Set {id}\n");
    }
    text += &format!("Origin: {}\n", origin(report));
    for file in &report.files {
        let place = place(copies, &file.copy, &file.file);
        text += &format!("  {place}: {} ({})\n", file.reason.as_str(), file.explain());
    }
    let problems: Vec<_> = report.keys.iter().filter(|key| key.reason != Reason::Ok).collect();
    for ((verdict, reason), keys) in group(&problems) {
        text += &format!("  {} {verdict}, {}: {}\n", keys.len(), reason.as_str(), reason.explain());
        for key in keys.iter().take(LISTED) {
            text += &format!("    {key}\n");
        }
        if let Some(more) = keys.len().checked_sub(LISTED).filter(|more| *more > 0) {
            text += &format!("    and {more} more\n");
        }
    }
    for warning in &report.warnings {
        text += &format!("warning: {}\n", crate::shown(warning));
    }
    text += &format!(
        "{} proven, {} contradicted, {} inconclusive (keys x copies)\n",
        counts.proven, counts.contradicted, counts.inconclusive
    );
    text + conclusion(report) + &next(report, copies)
}

/// What mends it, where copies that differ may mend each other.
fn next(report: &Report, copies: &[Copy]) -> String {
    // A key that is expected and in no copy at all, no copy mends.
    let keys = report.keys.iter().filter(|key| key.copy.is_some()).map(|key| key.reason);
    let files = report.files.iter().map(|file| file.reason);
    if !keys.chain(files).any(is_damage) {
        return String::new();
    }
    match copies {
        [one] => format!(
            "\nNext: name another copy as well, which may mend this one: stockade backup repair {} \
             OTHER-COPY",
            shell::path(one.dir())
        ),
        several => format!("\nNext: stockade backup repair{}", shell::copies(several)),
    }
}

/// Whether a whole copy of the same set mends it.
fn is_damage(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::BitRot
            | Reason::Missing
            | Reason::Malformed
            | Reason::Unreadable
            | Reason::ManifestMac
    )
}

fn place(copies: &[Copy], id: &str, file: &str) -> String {
    let copy = copies.iter().find(|copy| copy.id() == id);
    copy.map_or_else(
        || format!("copy {id}: {}", crate::shown(file)),
        |copy| crate::shown(&copy.dir().join("stockade").join(file)).to_string(),
    )
}

type Groups = BTreeMap<(&'static str, Reason), Vec<String>>;

fn group(keys: &[&stockade::backup::verdict::KeyVerdict]) -> Groups {
    let mut groups = Groups::new();
    for key in keys {
        let pubkey = key.pubkey.map_or("(key not known)".to_owned(), |key| key.to_string());
        let copy = key.copy.as_ref().map_or(String::new(), |copy| format!("  copy {copy}"));
        let verdict = key.reason.verdict().as_str();
        groups.entry((verdict, key.reason)).or_default().push(format!("{pubkey}{copy}"));
    }
    groups
}

fn origin(report: &Report) -> String {
    let signers: Vec<_> = report.signers.iter().map(ToString::to_string).collect();
    let signers = signers.join(", ");
    match (report.origin, report.pinned, signers.is_empty()) {
        (OriginVerdict::ThisWallet, ..) => "made by this wallet".to_owned(),
        (OriginVerdict::Signer, ..) => format!("made by {signers}, as you said"),
        (OriginVerdict::Forged, ..) => {
            "FORGED: what it holds is not what its wallet signed".to_owned()
        }
        (OriginVerdict::Unknown, _, true) => "unknown: no signature of it can be read".to_owned(),
        (OriginVerdict::Unknown, true, _) => {
            format!("UNKNOWN: signed by {signers}, which is neither this wallet nor a --signer")
        }
        (OriginVerdict::Unknown, false, _) => format!(
            "signed by {signers}; give --signer, or --device with the wallet, to know whether \
             that is you"
        ),
    }
}

fn conclusion(report: &Report) -> &'static str {
    let keys = report.keys.iter().map(|key| key.reason.verdict());
    let files = report.files.iter().map(|file| file.reason.verdict());
    let worst = keys.chain(files).max();
    let stranger = report.keys.iter().any(|key| key.reason == Reason::OriginUnknown);
    match (report.all_proven(), worst, report.level) {
        (true, _, Level::Opened) => "Every key opens, in every copy.",
        (true, _, _) if report.pinned => {
            "Every byte is as it was written. Whether the keys open, a drill shows."
        }
        (true, _, _) => {
            "Every byte is as whoever made the set wrote it. Whether that was you, and whether the \
             keys open, a drill shows."
        }
        (false, Some(Verdict::Contradicted), _) => {
            "NOT everything is as it should be. Nothing was changed; do not delete anything yet."
        }
        (false, _, _) if stranger => {
            "NOT proven: somebody else made this set, or another of your wallets did (--signer)."
        }
        (false, _, _) => "This could not be settled. It does not mean that anything is wrong.",
    }
}
