use std::collections::BTreeMap;

use stockade::backup::{
    Copy,
    origin::OriginVerdict,
    verdict::{KeyVerdict, Level, Reason, Report, Verdict},
};

use crate::{
    commands::{
        key_share,
        listed::{self, LISTED},
        plural::count,
    },
    shell,
};

/// A report for people.
pub fn text(report: &Report, copies: &[Copy]) -> String {
    let counts = report.counts();
    let set = |id| format!("Set {id}\n");
    let mut text = listed::first(&report.sets, LISTED, set, |more| {
        format!("and {} (--json lists them)\n", count(more, "more set"))
    });
    text += &format!("Origin: {}\n", origin(report));
    let files = report.files.iter().map(|file| {
        let place = place(copies, &file.copy, &file.file);
        format!("{place}: {} ({})", file.reason.as_str(), file.explain())
    });
    text += &listed::lines(files, "  ");
    let problems: Vec<_> = report.keys.iter().filter(|key| key.reason != Reason::Ok).collect();
    for ((verdict, reason), keys) in group(&problems) {
        text += &format!("  {} {verdict}, {}: {}\n", keys.len(), reason.as_str(), reason.explain());
        text += &listed::lines(&keys, "    ");
    }
    for warning in &report.warnings {
        text += &format!("warning: {}\n", crate::shown(warning));
    }
    text += &shares(report);
    text += &format!(
        "{} proven, {} contradicted, {} inconclusive (each key in each copy)\n",
        counts.proven, counts.contradicted, counts.inconclusive
    );
    text + conclusion(report) + &next(report, copies)
}

/// The keys that are shares, and what is not shown of them.
fn shares(report: &Report) -> String {
    let mut text = listed::lines(report.shares.values().map(key_share::short), "  ");
    for (hash, found) in &report.in_locks {
        text += &format!("  {found} of them proven against the cluster lock {}\n", hash.short());
    }
    match report.shares.len() {
        0 => String::new(),
        number => format!(
            "{number} of the keys are SHARES of validators' keys. A share that opens does not bring back \
             its validator alone:\n{text}"
        ),
    }
}

/// How to repair damage, if another copy can.
fn next(report: &Report, copies: &[Copy]) -> String {
    // No copy repairs a key that was expected and is in none.
    let keys = report.keys.iter().filter(|key| key.copy.is_some()).map(|key| key.reason);
    let files = report.files.iter().map(|file| file.reason);
    if !keys.chain(files).any(is_damage) {
        return String::new();
    }
    match copies {
        [one] => format!(
            "\nNext: repair it from another copy: stockade backup repair {} OTHER-COPY",
            shell::path(one.dir())
        ),
        several => format!("\nNext: stockade backup repair{}", shell::copies(several)),
    }
}

/// Whether an undamaged copy of the same set repairs it.
fn is_damage(reason: Reason) -> bool {
    use Reason::{BitRot, Malformed, ManifestMac, Missing, Unreadable};
    matches!(reason, BitRot | Missing | Malformed | Unreadable | ManifestMac)
}

fn place(copies: &[Copy], id: &str, file: &str) -> String {
    let copy = copies.iter().find(|copy| copy.id() == id);
    copy.map_or_else(
        || format!("copy {id}: {}", crate::shown(file)),
        |copy| crate::shown(&copy.dir().join("stockade").join(file)).to_string(),
    )
}

type Groups = BTreeMap<(&'static str, Reason), Vec<String>>;

fn group(keys: &[&KeyVerdict]) -> Groups {
    let mut groups = Groups::new();
    for key in keys {
        let pubkey = key.pubkey.map_or("(unknown key)".to_owned(), |key| key.to_string());
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
        (OriginVerdict::Signer, ..) => format!("made by {signers}, named with --signer"),
        (OriginVerdict::Forged, ..) => {
            "FORGED: the contents are not what the wallet signed".to_owned()
        }
        (OriginVerdict::Unknown, _, true) => "unknown: no signature can be read".to_owned(),
        (OriginVerdict::Unknown, true, _) => {
            format!("UNKNOWN: signed by {signers}, which is neither this wallet nor a --signer")
        }
        (OriginVerdict::Unknown, false, _) => format!(
            "signed by {signers}. To check that this is you, give --signer, or --device with the wallet"
        ),
    }
}

fn conclusion(report: &Report) -> &'static str {
    let keys = report.keys.iter().map(|key| key.reason.verdict());
    let files = report.files.iter().map(|file| file.reason.verdict());
    let worst = keys.chain(files).max();
    let stranger = report.keys.iter().any(|key| key.reason == Reason::OriginUnknown);
    if report.all_proven() {
        return match (report.level, report.pinned) {
            (Level::Opened, _) => "Every key opens, in every copy.",
            (_, true) => {
                "Every byte is unchanged since the set was written. Only a drill shows whether the keys \
                 open."
            }
            (_, false) => {
                "Every byte is unchanged since the set was written. Who made the set was not checked, \
                 and only a drill shows whether the keys open."
            }
        };
    }
    if worst == Some(Verdict::Contradicted) {
        "NOT everything is as it should be. Nothing was changed; do not delete anything yet."
    } else if stranger {
        "NOT proven: somebody else made this set, or another of your wallets (name it with --signer)."
    } else {
        "This could not be checked completely. It does not mean that anything is wrong."
    }
}
