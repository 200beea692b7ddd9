//! Scrub: is every byte of every copy as it was written? Needs no wallet and no secret.

use std::collections::BTreeSet;

use super::{
    BackupError, Copy, Digest, Known, SetId, Unreachable, exits,
    inspect::{Inspection, ReadManifest},
    manifest::KeystoreEntry,
    origin::{OriginVerdict, Pins},
    retired::{self, Note},
    verdict::{FileProblem, KeyVerdict, Level, Reason, Report},
};
use crate::{
    custodian::AnyCustodian,
    store::{EntryKind, StoreError, StorePath},
};
use stockade_base::eth::Address;
use stockade_keystore::bls::PublicKey;
use stockade_wallet::interact::Progress;

/// Everything that was read from several copies, set by set.
#[derive(Debug)]
pub struct Scrubbed {
    /// The sets, each with its inspection in every copy.
    pub sets: Vec<ScrubbedSet>,
    /// What the copies say of sets that were retired, each note once.
    pub retired: Vec<Note>,
    /// What is wrong in a copy beside its sets.
    pub problems: Vec<FileProblem>,
    /// What a person should know and no verdict says.
    pub warnings: Vec<String>,
}

/// One set, in every copy.
#[derive(Debug)]
pub struct ScrubbedSet {
    /// Which.
    pub id: SetId,
    /// One inspection a copy, in the order of the copies; `None` where the set is not there.
    pub copies: Vec<Option<Inspection>>,
}

/// Reads every byte of the sets in `copies` (of the set `only`, where one is named).
pub fn read(
    copies: &[Copy],
    only: Option<&SetId>,
    progress: &mut dyn Progress,
) -> Result<Scrubbed, BackupError> {
    let mut ids = BTreeSet::new();
    let mut there = Vec::new();
    let mut unlisted = Vec::new();
    let (mut retired, mut problems, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for copy in copies {
        let read = retired::notes(copy).and_then(|found| Ok((found, copy.set_ids()?)));
        let (found, (sets, strange)) = match read {
            Err(BackupError::Store(error)) if error.is_unreachable() => {
                problems.push(unreachable_problem(copy.id(), &error));
                unlisted.push((there.len(), error));
                there.push(BTreeSet::new());
                continue;
            }
            read => read?,
        };
        problems.extend(found.unreadable.then(|| FileProblem {
            copy: copy.id().to_owned(),
            file: retired::FOLDER.to_owned(),
            reason: Reason::Unreadable,
            detail: None,
        }));
        let notes = found.notes;
        warnings.extend(found.malformed.iter().map(|name| {
            let (dir, name) = (stockade_base::shown(copy.dir()), stockade_base::shown(name));
            format!("{dir}/stockade/retired/{name} is no note of a retired set, and is ignored")
        }));
        let sets = sets.into_iter().filter(|id| only.is_none_or(|only| only == id));
        let sets: BTreeSet<_> = sets.collect();
        // Removed in favour of another one, and not gone: half retired, or brought back since.
        warnings.extend(notes.iter().filter(|note| sets.contains(&note.set)).map(|note| {
            let (dir, set, by) = (stockade_base::shown(copy.dir()), &note.set, &note.by);
            format!(
                "{dir}/stockade/{set} is there, though a note says that it was retired in favour of \
                 {by}: retire it again"
            )
        }));
        retired.extend(notes);
        ids.extend(sets.iter().cloned());
        there.push(sets);
        warnings.extend(strange.iter().map(|entry| copy.describe_strange(entry)));
    }
    if ids.is_empty() {
        // What could not be listed is not empty.
        if let Some((_, error)) = unlisted.into_iter().next() {
            return Err(error.into());
        }
        let dirs: Vec<_> =
            copies.iter().map(|copy| stockade_base::shown(copy.dir()).to_string()).collect();
        // Why there is none: most often one was begun.
        let told = warnings.iter().map(|warning| format!("; {warning}"));
        return Err(BackupError::NoSet(dirs.join(", ") + &told.collect::<String>()));
    }
    // What could not be listed may still hold them all.
    for (index, _) in unlisted {
        there.iter_mut().skip(index).take(1).for_each(|there| there.extend(ids.iter().cloned()));
    }
    for copy in copies {
        for set in attested(copy)?.into_iter().filter(|set| only.is_none_or(|only| only == set)) {
            let noted = retired.iter().any(|note: &Note| note.set == set);
            if !ids.contains(&set) && !noted {
                let (copy, file) = (copy.id().to_owned(), set.to_string());
                problems.push(FileProblem { copy, file, reason: Reason::Missing, detail: None });
            }
        }
    }
    let total = ids.len() * copies.len();
    let mut sets = Vec::new();
    let mut known = Known::default();
    for (i, id) in ids.into_iter().enumerate() {
        let mut inspections = Vec::new();
        for (j, (copy, there)) in copies.iter().zip(&there).enumerate() {
            progress.step("reading", i * copies.len() + j, total);
            inspections.push(match there.contains(&id) {
                true => Some(Inspection::read(copy, &id, &mut known)),
                false => None,
            });
        }
        sets.push(ScrubbedSet { id, copies: inspections });
    }
    progress.step("reading", total, total);
    if known.refused() {
        warnings.push(
            "the manifests of these sets are too large to be held together: check one set at a \
             time with --set"
                .to_owned(),
        );
    }
    retired.sort();
    retired.dedup();
    Ok(Scrubbed { sets, retired, problems, warnings })
}

/// Says in a report which copies could not be looked at: what they hold is not known, so the report cannot
/// say that all is well.
pub fn tell_unreachable(report: &mut Report, unreachable: &[Unreachable]) {
    let problems = unreachable.iter().map(|copy| unreachable_problem(&copy.id, &copy.error));
    report.files.extend(problems);
    report.copies.extend(unreachable.iter().map(|copy| copy.id.clone()));
}

fn unreachable_problem(copy: &str, error: &StoreError) -> FileProblem {
    let reason = match error {
        StoreError::Refused { .. } => Reason::Denied,
        _ => Reason::NotChecked,
    };
    let detail = Some(error.to_string());
    FileProblem { copy: copy.to_owned(), file: "copy.json".to_owned(), reason, detail }
}

/// The sets that a copy has attestations of: one that is in no copy any more has vanished, unless a note
/// says that it was retired.
fn attested(copy: &Copy) -> Result<Vec<SetId>, BackupError> {
    let room: StorePath = "attestations".parse()?;
    let entries = match copy.list(&room) {
        Err(error) if error.is_damage() || error.is_unreachable() => return Ok(Vec::new()),
        entries => entries?,
    };
    let sets = entries.iter().filter(|entry| entry.kind == EntryKind::Folder);
    let sets = sets.filter_map(|entry| entry.name.parse::<SetId>().ok());
    let has_some = |set: &SetId| {
        let files = room.join(set.as_str()).and_then(|room| copy.list(&room));
        files.is_ok_and(|files| files.iter().any(|file| file.name.ends_with(".json")))
    };
    Ok(sets.filter(has_some).collect())
}

/// What a check says of a key whose bytes are all as they were written: from its set, that set in
/// one copy, who made it, and the key's entry in the manifest.
pub(super) type Judge<'a> =
    dyn Fn(&ScrubbedSet, &Inspection, OriginVerdict, &KeystoreEntry) -> Reason + 'a;

impl Scrubbed {
    /// The verdicts at level bytes.
    pub fn report(&self, copies: &[Copy], pins: &Pins) -> Report {
        let judge = |set: &ScrubbedSet, _: &Inspection, origin, _: &KeystoreEntry| match origin {
            OriginVerdict::Unknown if !pins.is_empty() => Reason::OriginUnknown,
            // Each whole in itself, they differ in what no signature covers (the mac): without the
            // set secret nobody can tell which is right.
            _ if !set.sums_agree() => Reason::ManifestDisagreement,
            _ => Reason::Ok,
        };
        self.report_as(Level::Bytes, copies, pins, &judge)
    }

    fn signers(&self) -> Vec<Address> {
        let inspections = self.sets.iter().flat_map(|set| set.copies.iter().flatten());
        let signers: BTreeSet<_> = inspections.filter_map(|inspection| inspection.signer).collect();
        signers.into_iter().collect()
    }

    /// The verdicts of a check that says `judge` of every key whose bytes are in order.
    pub(super) fn report_as(
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
        };
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

    /// By the notes, for each copy that lacks a set: what took its place there.
    fn standing(&self, set: &ScrubbedSet, pins: &Pins) -> Vec<Option<Result<SetId, String>>> {
        let copies = set.copies.iter().enumerate();
        let standing = copies.map(|(i, inspection)| match inspection {
            Some(_) => None,
            None => retired::in_favour_of(self, set, pins, &|by| {
                let there = by.copies.get(i).and_then(Option::as_ref);
                retired::is_whole(by, there, pins)
            }),
        });
        standing.collect()
    }
}

/// What a person is told of a set that some copies lack, by notes.
fn warnings_of(set: &SetId, standing: &[Option<Result<SetId, String>>]) -> BTreeSet<String> {
    let warning = |standing: &Result<SetId, String>| match standing {
        Ok(by) => format!(
            "{set} was retired in favour of {by}, and lies in other copies still: retire it there too"
        ),
        Err(why) => format!("a note says that {set} was retired, and does not count: {why}"),
    };
    standing.iter().flatten().map(warning).collect()
}

impl ScrubbedSet {
    /// The public keys that any copy's manifest lists, those of the one that counts among them;
    /// what they are worth, opening the set shows.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        let read =
            self.copies.iter().flatten().filter_map(|inspection| inspection.manifest.as_ref());
        let keys = read.flat_map(|read| &read.manifest.keystores).map(|entry| entry.pubkey);
        keys.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Who can open it, by the manifest that counts.
    pub fn custodians(&self, pins: &Pins) -> Vec<AnyCustodian> {
        let listed = self.manifest(pins).into_iter().flat_map(|read| &read.manifest.custodians);
        listed.cloned().collect()
    }

    /// A file with this digest, from any copy that holds it whole.
    pub(super) fn file(
        &self,
        copies: &[Copy],
        path: &StorePath,
        digest: &Digest,
    ) -> Option<Vec<u8>> {
        let mut inspections = self.copies.iter().zip(copies);
        inspections.find_map(|(inspection, copy)| inspection.as_ref()?.file(copy, path, digest))
    }

    /// Why no manifest counts: what happened to it, or that there are several.
    pub(super) fn why_no_manifest(&self) -> Reason {
        let present = || self.copies.iter().flatten();
        match present().any(|inspection| inspection.manifest.is_some()) {
            true => Reason::ManifestDisagreement,
            false => {
                let damage = present().filter_map(|i| i.damage.get("manifest.json")).next();
                damage.copied().unwrap_or(Reason::Malformed)
            }
        }
    }

    /// What is known of who made the set: the worst that any copy says.
    fn worst_origin(&self, pins: &Pins) -> OriginVerdict {
        let present = self.copies.iter().flatten();
        present.map(|inspection| origin(inspection, pins)).max().unwrap_or(OriginVerdict::Unknown)
    }

    /// Who made the manifest `read`: the best that a copy with this very manifest says, for the
    /// origin may have rotted in another.
    pub fn origin_of(&self, read: &ReadManifest, pins: &Pins) -> OriginVerdict {
        let same = |inspection: &&Inspection| {
            inspection.manifest.as_ref().is_some_and(|own| own.digest == read.digest)
        };
        let same = self.copies.iter().flatten().filter(same);
        same.map(|inspection| origin(inspection, pins)).min().unwrap_or(OriginVerdict::Unknown)
    }

    /// The manifest that counts: the one that pins vouch for; else, where all intact ones are the
    /// same, that one. Where pins vouch for two, none: of several wallets at hand one may have
    /// signed over what another made.
    pub fn manifest(&self, pins: &Pins) -> Option<&ReadManifest> {
        let vouched = |inspection: &&Inspection| origin(inspection, pins) < OriginVerdict::Unknown;
        let pinned = self.copies.iter().flatten().filter(vouched);
        let mut pinned = pinned.filter_map(|i| i.manifest.as_deref());
        if let Some(first) = pinned.next() {
            return pinned.all(|other| other.digest == first.digest).then_some(first);
        }
        let mut intact = self.copies.iter().flatten().filter_map(|i| i.manifest.as_deref());
        let first = intact.next()?;
        intact.all(|other| other.digest == first.digest).then_some(first)
    }

    /// Whether all copies with an intact SHA256SUMS have the same one.
    fn sums_agree(&self) -> bool {
        let mut digests = self
            .copies
            .iter()
            .flatten()
            .filter_map(|i| i.sums.as_deref().map(|(_, digest)| digest));
        let first = digests.next();
        digests.all(|other| Some(other) == first)
    }

    fn report(
        &self,
        copies: &[Copy],
        pins: &Pins,
        judge: &Judge<'_>,
        standing: &[Option<Result<SetId, String>>],
        report: &mut Report,
    ) {
        report.origin = report.origin.max(self.worst_origin(pins));
        report.files.extend(exits::problems(copies, &self.id));
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

    /// A copy that lacks the whole set.
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

/// Who made the set, as far as this copy shows.
pub(super) fn origin(inspection: &Inspection, pins: &Pins) -> OriginVerdict {
    match (&inspection.signer, &inspection.manifest) {
        (Some(signer), _) => pins.judge(signer),
        // Rot explains a signature that does not fit; where every byte is as it was written, it
        // was written so.
        (None, Some(_)) if !inspection.damage.contains_key("origin.json") => OriginVerdict::Forged,
        _ => OriginVerdict::Unknown,
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
        match keys.is_empty() {
            true => vec![self.verdict(None, file, reason)],
            false => keys,
        }
    }

    /// What keeps every key of this set in this copy from being proven.
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

/// Keys that the user expects and no set holds; each is contradicted, `missing`.
pub fn expect(report: &mut Report, expected: &[PublicKey]) {
    let there: BTreeSet<_> = report.keys.iter().filter_map(|key| key.pubkey).collect();
    for pubkey in expected.iter().filter(|pubkey| !there.contains(pubkey)) {
        report.keys.push(KeyVerdict {
            pubkey: Some(*pubkey),
            reason: Reason::Missing,
            copy: None,
            file: None,
        });
    }
}
