//! Turns what was read into verdicts on keys and files.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    inspect::Inspection,
    read_manifest::ReadManifest,
    scrubbed::{Scrubbed, ScrubbedSet, origin},
    standing,
};
use crate::{
    backup::{
        copy::{Copy, Unreachable, read_me},
        set::{
            manifest::KeystoreEntry,
            origin::{OriginVerdict, Pins},
            set_id::SetId,
            verdict::{FileProblem, KeyVerdict, Level, Reason, Report},
        },
        sidecars::sealed_exits,
    },
    store::StoreError,
};
use stockade_base::eth::Address;
use stockade_keystore::{
    bls::PublicKey,
    distributed::{ClusterLock, ShareOf},
};

/// Judges a key whose bytes are all unchanged, from its set, the set in one copy, who made it, and
/// the key's entry in the manifest.
pub(crate) type Judge<'a> =
    dyn Fn(&ScrubbedSet, &Inspection, OriginVerdict, &KeystoreEntry) -> Reason + 'a;

impl Scrubbed {
    /// The verdicts at level bytes.
    pub fn report(&self, copies: &[Copy], pins: &Pins) -> Report {
        let judge = |set: &ScrubbedSet, _: &Inspection, origin, _: &KeystoreEntry| match origin {
            OriginVerdict::Unknown if !pins.is_empty() => Reason::OriginUnknown,
            // Each copy is intact in itself, but they differ in a file that no signature covers
            // (the MAC): without the set secret it cannot be known which is right.
            _ if !set.sums_agree() => Reason::ManifestDisagreement,
            _ => Reason::Ok,
        };
        self.report_as(Level::Bytes, copies, pins, &judge)
    }

    /// The keys that are shares, according to the manifests that count.
    fn shares(&self, pins: &Pins) -> BTreeMap<PublicKey, ShareOf> {
        let manifests = self.sets.iter().filter_map(|set| set.manifest(pins));
        let shares = manifests.flat_map(|read| read.manifest.shares());
        shares.collect()
    }

    fn signers(&self) -> Vec<Address> {
        let inspections = self.sets.iter().flat_map(|set| set.copies.iter().flatten());
        let signers: BTreeSet<_> = inspections.filter_map(|inspection| inspection.signer).collect();
        signers.into_iter().collect()
    }

    /// The verdicts of a check that applies `judge` to every key whose bytes are unchanged.
    pub(crate) fn report_as(
        &self,
        level: Level,
        copies: &[Copy],
        pins: &Pins,
        judge: &Judge<'_>,
    ) -> Report {
        let mut report = Report {
            level,
            origin: OriginVerdict::ThisWallet,
            signers: self.signers(),
            pinned: !pins.is_empty(),
            sets: self.sets.iter().map(|set| set.id.clone()).collect(),
            copies: copies.iter().map(|copy| copy.id().to_owned()).collect(),
            keys: Vec::new(),
            files: self.problems.clone(),
            warnings: self.warnings.clone(),
            shares: self.shares(pins),
            in_locks: BTreeMap::new(),
        };
        report.warnings.extend(copies.iter().filter_map(read_me::warning));
        for copy in copies {
            report.files.extend(copy.damage().map(|reason| FileProblem {
                copy: copy.id().to_owned(),
                file: "copy.json".to_owned(),
                reason,
                detail: None,
            }));
        }
        for set in &self.sets {
            let standing = self.standing(set, pins);
            report.warnings.extend(warnings_of(&set.id, &standing));
            set.report(copies, pins, judge, &standing, &mut report);
        }
        report
    }

    /// For each copy that lacks a set: which set replaced it there, according to the notes.
    fn standing(&self, set: &ScrubbedSet, pins: &Pins) -> Vec<Option<Result<SetId, String>>> {
        let copies = set.copies.iter().enumerate();
        let standing = copies.map(|(i, inspection)| match inspection {
            Some(_) => None,
            None => standing::in_favour_of(self, set, pins, &|by| {
                let there = by.copies.get(i).and_then(Option::as_ref);
                standing::is_whole(by, there, pins)
            }),
        });
        standing.collect()
    }
}

/// The warnings about a set that some copies lack, from the notes of retired sets.
fn warnings_of(set: &SetId, standing: &[Option<Result<SetId, String>>]) -> BTreeSet<String> {
    let warning = |standing: &Result<SetId, String>| match standing {
        Ok(by) => format!(
            "{set} was retired in favour of {by}, but other copies still hold it: retire it there too"
        ),
        Err(why) => format!("a note says that {set} was retired, but it does not count: {why}"),
    };
    standing.iter().flatten().map(warning).collect()
}

impl ScrubbedSet {
    fn report(
        &self,
        copies: &[Copy],
        pins: &Pins,
        judge: &Judge<'_>,
        standing: &[Option<Result<SetId, String>>],
        report: &mut Report,
    ) {
        report.origin = report.origin.max(self.worst_origin(pins));
        report.files.extend(sealed_exits::problems(copies, &self.id));
        let agreed = self.manifest(pins);
        for ((copy, inspection), standing) in copies.iter().zip(&self.copies).zip(standing) {
            let Some(inspection) = inspection else {
                if !matches!(standing, Some(Ok(_))) {
                    report.keys.extend(self.missing(copy, agreed));
                }
                continue;
            };
            report.files.extend(inspection.problems());
            let whole = inspection.whole_set_reason(agreed);
            match inspection.manifest.as_deref().or(agreed) {
                Some(read) => {
                    let judge = |entry: &KeystoreEntry| {
                        judge(self, inspection, origin(inspection, pins), entry)
                    };
                    report.keys.extend(inspection.keys(read, whole, &judge));
                }
                None => report.keys.extend(inspection.keys_without_manifest()),
            }
        }
    }

    /// The verdicts for a copy that lacks the whole set.
    fn missing(&self, copy: &Copy, agreed: Option<&ReadManifest>) -> Vec<KeyVerdict> {
        let verdict = |pubkey: Option<PublicKey>| KeyVerdict {
            pubkey,
            reason: Reason::Missing,
            copy: Some(copy.id().to_owned()),
            file: Some(self.id.to_string()),
        };
        match agreed {
            Some(read) => {
                read.manifest.keystores.iter().map(|entry| verdict(Some(entry.pubkey))).collect()
            }
            None => vec![verdict(None)],
        }
    }
}

impl Inspection {
    fn full(&self, file: &str) -> String {
        format!("{}/{file}", self.set)
    }

    fn problems(&self) -> Vec<FileProblem> {
        let damaged = self.damage.iter().map(|(file, reason)| (file, *reason));
        let unlisted = self.unlisted.iter().map(|file| (file, Reason::Unlisted));
        let problem = |(file, reason): (&String, Reason)| FileProblem {
            copy: self.copy.clone(),
            file: self.full(file),
            reason,
            detail: self.details.get(file).cloned(),
        };
        damaged.chain(unlisted).map(problem).collect()
    }

    fn verdict(&self, pubkey: Option<PublicKey>, file: &str, reason: Reason) -> KeyVerdict {
        KeyVerdict { pubkey, reason, copy: Some(self.copy.clone()), file: Some(self.full(file)) }
    }

    fn keys(
        &self,
        read: &ReadManifest,
        whole: Option<(&str, Reason)>,
        judge: &dyn Fn(&KeystoreEntry) -> Reason,
    ) -> Vec<KeyVerdict> {
        let key = |entry: &KeystoreEntry| {
            let own = entry.file.as_str();
            let (file, reason) = match (self.damage.get(own), whole) {
                (Some(reason), _) => (own, *reason),
                (None, Some((file, reason))) => (file, reason),
                (None, None) => (own, judge(entry)),
            };
            self.verdict(Some(entry.pubkey), file, reason)
        };
        read.manifest.keystores.iter().map(key).collect()
    }

    fn keys_without_manifest(&self) -> Vec<KeyVerdict> {
        let (file, reason) = self.set_damage().unwrap_or(("manifest.json", Reason::Malformed));
        let keys = self.unsigned_keys.iter().map(|(_, pubkey)| self.verdict(*pubkey, file, reason));
        let keys: Vec<_> = keys.collect();
        if keys.is_empty() { vec![self.verdict(None, file, reason)] } else { keys }
    }

    /// The problem that keeps every key of this set in this copy from being proven.
    fn whole_set_reason(&self, agreed: Option<&ReadManifest>) -> Option<(&str, Reason)> {
        if let Some(damage) = self.set_damage() {
            return Some(damage);
        }
        if self.signer.is_none() {
            return Some(("origin.json", Reason::OriginForged));
        }
        let own = self.manifest.as_ref().map(|read| read.digest);
        match agreed {
            Some(read) if Some(read.digest) == own => None,
            _ => Some(("manifest.json", Reason::ManifestDisagreement)),
        }
    }
}

/// Adds the keys that the user expects and no set holds: each is contradicted, `missing`. A share of
/// a validator's key does not stand for it.
pub fn expect(report: &mut Report, expected: &[PublicKey]) {
    let there: BTreeSet<_> = report.keys.iter().filter_map(|key| key.pubkey).collect();
    for pubkey in expected.iter().filter(|pubkey| !there.contains(pubkey)) {
        report.keys.push(KeyVerdict {
            pubkey: Some(*pubkey),
            reason: Reason::Missing,
            copy: None,
            file: None,
        });
        let shares: Vec<_> =
            report.shares.values().filter(|one| one.validator == *pubkey).collect();
        if let Some(share) = shares.first() {
            report.warnings.push(format!(
                "these sets hold {} of the shares of {pubkey}, and any {} of them sign: a share is not \
                 the key",
                shares.len(),
                share.threshold
            ));
        }
    }
}

/// Holds the shares to the lock of the running cluster: a share of one of its validators must be in it.
/// After the cluster's keys were changed, old shares are of no use.
pub fn expect_lock(report: &mut Report, lock: &ClusterLock) {
    let ours: BTreeSet<_> = lock.validators.iter().map(|validator| validator.pubkey).collect();
    let shares = report.shares.iter().filter(|(_, share)| ours.contains(&share.validator));
    let fits = |key: &PublicKey, share: &ShareOf| {
        lock.share(key).is_some_and(|listed| listed.agrees_with(share))
    };
    let old: BTreeSet<_> =
        shares.filter(|(key, share)| !fits(key, share)).map(|(key, _)| *key).collect();
    let is_old = |key: &KeyVerdict| key.pubkey.is_some_and(|pubkey| old.contains(&pubkey));
    for key in report.keys.iter_mut().filter(|key| is_old(key) && key.reason == Reason::Ok) {
        key.reason = Reason::OtherCluster;
    }
    let there = report.shares.values().filter(|share| ours.contains(&share.validator)).count();
    if there == 0 {
        report.warnings.push(format!(
            "these sets hold no share of a validator of the cluster lock {}",
            lock.hash.short()
        ));
    }
}

/// Adds the copies that could not be reached. Their contents are not known, so the report cannot
/// say that all is well.
pub fn tell_unreachable(report: &mut Report, unreachable: &[Unreachable]) {
    let problems = unreachable.iter().map(|copy| unreachable_problem(&copy.id, &copy.error));
    report.files.extend(problems);
    report.copies.extend(unreachable.iter().map(|copy| copy.id.clone()));
}

pub(crate) fn unreachable_problem(copy: &str, error: &StoreError) -> FileProblem {
    let reason = match error {
        StoreError::Refused { .. } => Reason::Denied,
        _ => Reason::NotChecked,
    };
    let detail = Some(error.to_string());
    FileProblem { copy: copy.to_owned(), file: "copy.json".to_owned(), reason, detail }
}
