//! Gathers what a page shows: from a status, or from manifests and attestations alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use stockade_base::{eth::Address, timestamp::Timestamp};
use stockade_keystore::bls::PublicKey;

use super::{Page, PageAttestation, PageCheck, PageCopy, PagePair, PageSet, PageTask};
use crate::{
    attest::{self, AttestError, AttestedLevel, Judged, Rules, Statement, Which},
    backup::{self, Copy, ListedSet, SetId, origin::OriginVerdict},
    profile::{CheckKind, Presence},
    status::{CheckState, CopyStatus, PairStatus, SetStatus, StatusReport},
    store::is_place,
};

/// What a page is made from.
#[derive(Debug)]
#[non_exhaustive]
pub struct PageRequest<'a> {
    /// Copies that can be read, and files with attestations.
    pub paths: &'a [PathBuf],
    /// The owner's addresses.
    pub signers: &'a [Address],
    /// The owner's status, and what to do; `None` for an auditor's page.
    pub status: Option<(&'a StatusReport, Vec<PageTask>)>,
    /// The time.
    pub at: Timestamp,
}

impl<'a> PageRequest<'a> {
    /// A page for an auditor.
    pub fn public(paths: &'a [PathBuf], signers: &'a [Address], at: Timestamp) -> Self {
        Self { paths, signers, status: None, at }
    }

    /// A page for the owner, with the `tasks` of the report.
    pub fn owner(
        paths: &'a [PathBuf],
        signers: &'a [Address],
        report: &'a StatusReport,
        tasks: Vec<PageTask>,
    ) -> Self {
        Self { paths, signers, status: Some((report, tasks)), at: report.at }
    }
}

/// Reads manifests and attestations, and gathers the page.
pub fn read(request: PageRequest<'_>) -> Result<Page, AttestError> {
    let PageRequest { paths, signers, status, at } = request;
    let (judged, unread) = judge(paths, signers, at)?;
    let listed = list(paths)?;
    let (found, unreadable) = attestations(&judged);
    let mut page = Page {
        at,
        public: status.is_none(),
        signers: signers.to_vec(),
        copies: Vec::new(),
        sets: Vec::new(),
        attestations: found,
        tasks: Vec::new(),
        notes: Vec::new(),
    };
    page.notes.extend(unread);
    if unreadable > 0 {
        page.notes.push(format!(
            "{unreadable} files that are named as attestations cannot be read as such. One of them may be \
             the newest."
        ));
    }
    match status {
        Some((report, tasks)) => owner(&mut page, report, tasks, &listed),
        None => {
            public(&mut page, &judged, &listed);
            drop_places(&mut page, &judged);
        }
    }
    Ok(page)
}

/// Some problems name the files that they are about: an auditor learns no places.
fn drop_places(page: &mut Page, judged: &[Judged]) {
    let places: Vec<_> =
        judged.iter().map(|one| stockade_base::shown(&one.place).to_string()).collect();
    for problem in page.attestations.iter_mut().flat_map(|one| &mut one.problems) {
        for place in &places {
            *problem = problem.replace(place.as_str(), "another file");
        }
    }
}

/// The attestations, judged. That there is none at all is not an error here.
fn judge(
    paths: &[PathBuf],
    signers: &[Address],
    at: Timestamp,
) -> Result<(Vec<Judged>, Option<String>), AttestError> {
    let rules = Rules { signers: signers.to_vec(), ..Rules::default() };
    match attest::find(paths, Which::All, true) {
        Ok(found) => Ok((attest::judge_all(found, &rules, at), None)),
        Err(AttestError::None(_)) => Ok((Vec::new(), Some("There is no attestation.".to_owned()))),
        Err(error) => Err(error),
    }
}

/// The sets of those paths that are copies.
fn list(paths: &[PathBuf]) -> Result<Vec<ListedSet>, AttestError> {
    let copies: Vec<_> = paths.iter().filter(|path| is_place(path)).cloned().collect();
    if copies.is_empty() {
        return Ok(Vec::new());
    }
    Ok(backup::list(&Copy::open_all(&copies)?)?)
}

/// Each statement once, newest first, and how many files are not attestations. The same file is in every
/// copy: a problem in one of them is a problem.
fn attestations(judged: &[Judged]) -> (Vec<PageAttestation>, usize) {
    let mut all: BTreeMap<(String, Address), PageAttestation> = BTreeMap::new();
    let mut unreadable = 0;
    for one in judged {
        let Some(attestation) = &one.attestation else {
            unreadable += usize::from(one.unreadable);
            continue;
        };
        let key = (attestation.statement.clone(), attestation.address);
        let shown = all.entry(key).or_insert_with(|| {
            let statement = one.statement.as_ref();
            PageAttestation {
                at: statement.map(|statement| statement.time),
                what: statement.map_or("It does not follow the grammar.".to_owned(), describe),
                set: statement.map(|statement| statement.set.clone()),
                copies: statement.map_or_else(Vec::new, |statement| statement.copies.clone()),
                by: Some(attestation.address),
                problems: Vec::new(),
            }
        });
        for problem in &one.problems {
            if !shown.problems.contains(problem) {
                shown.problems.push(problem.clone());
            }
        }
    }
    let mut all: Vec<_> = all.into_values().collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.at));
    (all, unreadable)
}

/// What a statement says, for people.
fn describe(statement: &Statement) -> String {
    let counts = statement.keys;
    let level = match statement.level {
        AttestedLevel::Opened => "Drill: every key was opened in memory",
        AttestedLevel::Bytes => "Scrub: every byte was read",
    };
    let shares = match statement.shares {
        0 => String::new(),
        shares => format!(", {shares} of them shares"),
    };
    format!(
        "{level}. {} proven, {} contradicted, {} inconclusive{shares}.",
        counts.proven, counts.contradicted, counts.inconclusive
    )
}

fn owner(page: &mut Page, report: &StatusReport, tasks: Vec<PageTask>, listed: &[ListedSet]) {
    let keys = keys(listed);
    page.tasks = tasks;
    page.notes.extend(report.notes.iter().map(|note| note.text.clone()));
    page.copies = report.copies.iter().map(|copy| page_copy(copy, report.at)).collect();
    page.sets = report.sets.iter().map(|set| page_set(set, &keys)).collect();
}

fn page_copy(copy: &CopyStatus, at: Timestamp) -> PageCopy {
    let seen = || {
        let seen = copy.seen.as_ref();
        seen.map_or("never seen on this computer".to_owned(), |seen| {
            format!("last seen {}", seen.at.ago(at))
        })
    };
    let (state, is_bad) = match &copy.presence {
        Presence::Here(dir) => (format!("read now: {}", stockade_base::shown(dir)), false),
        Presence::NotHere if copy.away => (format!("kept elsewhere, {}", seen()), false),
        Presence::NotHere => (format!("not here, {}", seen()), true),
        Presence::Unreadable(_, why) => (format!("cannot be read: {why}"), true),
    };
    PageCopy { id: copy.id.clone(), label: copy.label.clone(), state, is_bad }
}

fn page_set(set: &SetStatus, keys: &BTreeMap<&SetId, BTreeSet<PublicKey>>) -> PageSet {
    let pair = |pair: &PairStatus| PagePair {
        copy: pair.copy.clone(),
        checks: pair
            .checks
            .iter()
            .map(|check| PageCheck { at: check.last.map(|last| last.at), state: check.state })
            .collect(),
    };
    PageSet {
        id: set.id.clone(),
        keys: keys.get(&set.id).into_iter().flatten().copied().collect(),
        number: set.readable.then_some(set.keys),
        threshold: set.threshold,
        custodians: set.custodians.clone(),
        signer: set.signer,
        is_own: set.origin < OriginVerdict::Unknown,
        copies: set.copies.iter().map(pair).collect(),
    }
}

/// The keys of each set, according to every manifest of it.
fn keys(listed: &[ListedSet]) -> BTreeMap<&SetId, BTreeSet<PublicKey>> {
    let mut keys: BTreeMap<&SetId, BTreeSet<PublicKey>> = BTreeMap::new();
    for set in listed {
        keys.entry(&set.id).or_default().extend(set.keystores().iter().map(|key| key.pubkey));
    }
    keys
}

/// The sets and copies that manifests and good attestations name.
fn public(page: &mut Page, judged: &[Judged], listed: &[ListedSet]) {
    let keys = keys(listed);
    let good = judged.iter().filter(|one| one.problems.is_empty());
    let good: Vec<_> = good.filter_map(|one| one.statement.as_ref()).collect();
    let mut sets: BTreeSet<&SetId> = keys.keys().copied().collect();
    sets.extend(good.iter().map(|statement| &statement.set));
    let mut copies: BTreeSet<&str> = listed.iter().map(|set| set.copy.as_str()).collect();
    copies.extend(good.iter().flat_map(|statement| statement.copies.iter().map(String::as_str)));
    let plain = |id: &&str| PageCopy {
        id: (*id).to_owned(),
        label: String::new(),
        state: String::new(),
        is_bad: false,
    };
    page.copies = copies.iter().map(plain).collect();
    for id in sets {
        let about: Vec<_> = good.iter().filter(|one| one.set == *id).copied().collect();
        let mut there: BTreeSet<&str> =
            about.iter().flat_map(|one| one.copies.iter().map(String::as_str)).collect();
        let own = listed.iter().filter(|set| set.id == *id);
        there.extend(own.clone().map(|set| set.copy.as_str()));
        let manifest = own.clone().find_map(|set| set.manifest.as_ref());
        let signer = own.clone().find_map(|set| set.signer);
        let stated = about.iter().max_by_key(|one| one.time).map(|one| {
            let counts = one.keys;
            counts.proven + counts.contradicted + counts.inconclusive
        });
        let custodians = manifest.into_iter().flat_map(|manifest| &manifest.custodians);
        page.sets.push(PageSet {
            id: id.clone(),
            keys: keys.get(id).into_iter().flatten().copied().collect(),
            number: manifest.map(|manifest| manifest.keystores.len()).or(stated),
            threshold: manifest.map(|manifest| manifest.threshold),
            custodians: custodians.map(|custodian| custodian.id().to_string()).collect(),
            signer,
            is_own: signer.is_some_and(|signer| page.signers.contains(&signer)),
            copies: there.iter().map(|copy| attested(copy, &about)).collect(),
        });
    }
}

/// What attestations say about a set in one copy.
fn attested(copy: &str, about: &[&Statement]) -> PagePair {
    let last = |kind: CheckKind| {
        let covers = about.iter().filter(|one| one.copies.iter().any(|covered| covered == copy));
        let counts = covers.filter(|one| match kind {
            CheckKind::Drill => one.level == AttestedLevel::Opened,
            _ => true,
        });
        let last = counts.max_by_key(|one| one.time);
        let state = match last {
            None => CheckState::Never,
            Some(one) if one.keys.contradicted + one.keys.inconclusive > 0 => CheckState::Failed,
            Some(_) => CheckState::Fine,
        };
        PageCheck { at: last.map(|one| one.time), state }
    };
    PagePair { copy: copy.to_owned(), checks: CheckKind::ALL.map(last).to_vec() }
}
