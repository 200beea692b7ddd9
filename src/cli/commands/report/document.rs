use serde::Serialize;
use stockade::{
    backup::verdict::{FileProblem, KeyVerdict, Report},
    distributed::LockHash,
};

use crate::commands::{key_share::ShareFields, verdicts::Verdicts};

/// What a check found: part of the document of every command that checks copies.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// How much was checked: `bytes` (every byte is unchanged), `public_key` or `opened` (every key
    /// was opened).
    level: &'static str,
    /// Who made the sets: `this_wallet`, `signer` (named with --signer), `unknown` or `forged`. The
    /// worst of all sets.
    origin: &'static str,
    /// The addresses that signed the sets, with the checksum of EIP-55.
    signers: Vec<String>,
    /// The number of keys by verdict; a key counts once for each copy.
    verdicts: Verdicts,
    /// The ids of the sets that were checked.
    sets: Vec<String>,
    /// The ids of the copies that were checked.
    copies: Vec<String>,
    /// One verdict for each key in each copy.
    keys: Vec<Key>,
    /// Files that are not as they should be.
    files: Vec<File>,
    /// Warnings, for people.
    warnings: Vec<String>,
    /// The cluster locks that the sets keep, with the shares that were opened and found in them.
    in_locks: Vec<InLock>,
}

/// The lock of a cluster that a set keeps.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct InLock {
    /// The lock's hash.
    cluster: String,
    /// How many shares were opened and found in it.
    shares: usize,
}

impl InLock {
    fn of((hash, shares): (&LockHash, &usize)) -> Self {
        Self { cluster: hash.to_string(), shares: *shares }
    }
}

/// The verdict on one key in one copy.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Key {
    /// The public key in hex; null if only a damaged file names it.
    pubkey: Option<String>,
    /// `proven`, `contradicted` or `inconclusive`.
    verdict: &'static str,
    /// The reason for the verdict.
    reason: &'static str,
    /// The id of the copy; null for a key that is in no copy.
    copy: Option<String>,
    /// The file, relative to the copy's `stockade/`, or null.
    file: Option<String>,
    /// Which share of a validator's key it is, or null for a validator's own key.
    share: Option<ShareFields>,
}

/// A file that is not as it should be.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct File {
    /// The id of the copy.
    copy: String,
    /// The file, relative to the copy's `stockade/`.
    file: String,
    /// What is wrong with it: a reason.
    reason: &'static str,
    /// More about what is wrong, for people, or null.
    detail: Option<String>,
}

impl Document {
    /// The fields of `report`.
    pub fn of(report: &Report) -> Self {
        Self {
            level: report.level.as_str(),
            origin: report.origin.as_str(),
            signers: report.signers.iter().map(ToString::to_string).collect(),
            verdicts: report.counts().into(),
            sets: report.sets.iter().map(ToString::to_string).collect(),
            copies: report.copies.clone(),
            keys: report.keys.iter().map(|key| Key::of(key, report)).collect(),
            files: report.files.iter().map(File::of).collect(),
            warnings: report.warnings.clone(),
            in_locks: report.in_locks.iter().map(InLock::of).collect(),
        }
    }
}

impl Key {
    fn of(key: &KeyVerdict, report: &Report) -> Self {
        let share = key.pubkey.and_then(|pubkey| report.shares.get(&pubkey));
        Self {
            share: share.copied().map(ShareFields::from),
            pubkey: key.pubkey.map(|pubkey| pubkey.to_string()),
            verdict: key.reason.verdict().as_str(),
            reason: key.reason.as_str(),
            copy: key.copy.clone(),
            file: key.file.clone(),
        }
    }
}

impl File {
    fn of(problem: &FileProblem) -> Self {
        let FileProblem { copy, file, reason, detail, .. } = problem.clone();
        Self { copy, file, reason: reason.as_str(), detail }
    }
}
