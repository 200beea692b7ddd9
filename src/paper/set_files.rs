//! The files of a set, whole or only what is sealed of its secret.

use std::collections::BTreeMap;

use stockade::{
    backup::{BackupError, Copy, ManifestCache, SetId, inspect::Inspection, manifest::Manifest},
    store::StorePath,
};

use crate::{
    content::{Kind, Refused, Why, kind_of, refused},
    payload::{MAX_CONTENT, MAX_FILES, Payload, PayloadError, PayloadFile},
};

/// The folder of all sets in a copy. What comes back is a copy again.
const ROOT: &str = "stockade";

/// How the names of custodian files begin.
pub(crate) const CUSTODIAN: &str = "custodian-";

/// The files that no manifest lists.
const OWN: [&str; 4] = ["SHA256SUMS", "manifest.json", "manifest.mac", "origin.json"];

/// The endings of the files that explain the recovery, which the manifest lists.
const TEXTS: [&str; 2] = [".txt", ".py"];

/// Why a set cannot be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// No copy has the set undamaged.
    #[error("set {set} is damaged in every copy: {file}")]
    Damaged {
        /// The set.
        set: SetId,
        /// A damaged file.
        file: String,
    },
    /// There is no such set, or several of which one must be named.
    #[error("{0}")]
    Which(String),
    /// A copy cannot be read.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// It cannot be packed.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

/// A set, read from a copy in which every byte of it is intact.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReadSet {
    /// Its manifest.
    pub manifest: Manifest,
    /// The digest of its manifest.
    pub digest: stockade::backup::Digest,
    /// Who signed its origin.
    pub signer: Option<stockade::eth::Address>,
    files: Vec<PayloadFile>,
}

impl ReadSet {
    /// Reads the set `set` of `copies`, or their only set.
    pub fn read(copies: &[Copy], set: Option<&SetId>) -> Result<Self, SetError> {
        let set = which(copies, set)?;
        let mut cache = ManifestCache::default();
        let mut damaged = None;
        for copy in copies {
            if !copy.set_ids()?.0.contains(&set) {
                continue;
            }
            let found = Inspection::read(copy, &set, &mut cache);
            match (&found.manifest, found.damage.keys().next()) {
                (Some(read), None) => {
                    let files = files(copy, &set, &read.manifest)?;
                    let (manifest, digest) = (read.manifest.clone(), read.digest);
                    return Ok(Self { manifest, digest, signer: found.signer, files });
                }
                (_, file) => damaged = Some(file.cloned().unwrap_or_default()),
            }
        }
        Err(SetError::Damaged { set, file: damaged.unwrap_or_default() })
    }

    /// The whole set.
    pub fn whole(&self) -> Result<Payload, SetError> {
        let name = name(&self.manifest)?;
        Ok(Payload::folder(name, self.files.clone())?)
    }

    /// What is sealed of its secret, and what shows whose it is: without keystores.
    pub fn seal(&self) -> Result<Payload, SetError> {
        let is_part = |file: &&PayloadFile| {
            let inner = file.path.names().skip(2).collect::<Vec<_>>().join("/");
            inner.starts_with("seal/") || ["manifest.mac", "origin.json"].contains(&inner.as_str())
        };
        let files = self.files.iter().filter(is_part).cloned().collect();
        Ok(Payload::folder(name(&self.manifest)?, files)?)
    }
}

fn name(manifest: &Manifest) -> Result<StorePath, PayloadError> {
    Ok(manifest.set_id.as_str().parse()?)
}

/// The set that is meant.
fn which(copies: &[Copy], set: Option<&SetId>) -> Result<SetId, SetError> {
    let mut sets = std::collections::BTreeSet::new();
    for copy in copies {
        sets.extend(copy.set_ids()?.0);
    }
    match (set, sets.len()) {
        (Some(set), _) if sets.contains(set) => Ok(set.clone()),
        (Some(set), _) => Err(SetError::Which(format!("no copy holds the set {set}"))),
        (None, 0) => Err(SetError::Which("the copies hold no set".to_owned())),
        (None, 1) => Ok(sets.into_iter().next_back()).and_then(|only| {
            only.ok_or_else(|| SetError::Which("the copies hold no set".to_owned()))
        }),
        (None, several) => {
            Err(SetError::Which(format!("the copies hold {several} sets: name one with --set")))
        }
    }
}

fn files(copy: &Copy, set: &SetId, manifest: &Manifest) -> Result<Vec<PayloadFile>, SetError> {
    let listed = manifest.keystores.iter().map(|entry| &entry.file);
    let listed = listed.chain(manifest.files.iter().map(|entry| &entry.path));
    let inner: Vec<&str> = OWN.into_iter().chain(listed.map(StorePath::as_str)).collect();
    if inner.len() as u64 > MAX_FILES {
        return Err(PayloadError::Count(inner.len()).into());
    }
    let (mut files, mut len) = (Vec::new(), 0_usize);
    for inner in inner {
        let path: StorePath = format!("{set}/{inner}").parse().map_err(BackupError::from)?;
        let bytes = copy.read(&path, MAX_CONTENT as u64).map_err(BackupError::from)?;
        len = len.saturating_add(bytes.len());
        if len > MAX_CONTENT {
            return Err(PayloadError::TooLarge { len }.into());
        }
        let path = format!("{ROOT}/{path}").parse().map_err(PayloadError::from)?;
        files.push(PayloadFile { path, bytes });
    }
    Ok(files)
}

/// The kind of a payload that has the form of a set; `None` if it has another form.
pub(crate) fn recognise(payload: &Payload) -> Option<Result<Kind, Refused>> {
    let prefix = format!("{ROOT}/{}/", payload.name);
    payload.name.as_str().parse::<SetId>().ok()?;
    let mut inner = BTreeMap::new();
    for file in &payload.files {
        // The custodian files of a sheet that does not hold the manifest are beside the set.
        let path = file.path.as_str();
        let is_beside = path.starts_with(CUSTODIAN) && !path.contains('/');
        inner.insert(if is_beside { path } else { path.strip_prefix(&prefix)? }, file);
    }
    let manifest = inner.get("manifest.json").map(|file| Manifest::parse(&file.bytes));
    Some(match manifest {
        Some(Ok(manifest)) => whole(&inner, &manifest),
        Some(Err(_)) => Err(refused("manifest.json", Why::NotRecognised)),
        None => seal(&inner),
    })
}

/// A whole set: every file is one that its manifest lists, unchanged, and is sealed or public.
fn whole(inner: &BTreeMap<&str, &PayloadFile>, manifest: &Manifest) -> Result<Kind, Refused> {
    let mut listed = BTreeMap::new();
    listed.extend(manifest.keystores.iter().map(|entry| (entry.file.as_str(), entry.sha256)));
    listed.extend(manifest.files.iter().map(|entry| (entry.path.as_str(), entry.sha256)));
    for (path, file) in inner {
        let unchanged = listed
            .get(path)
            .is_some_and(|digest| stockade::backup::Digest::of(&file.bytes) == *digest);
        if !unchanged && !OWN.contains(path) {
            return Err(refused(path, Why::NotOfASet));
        }
        require(path, &file.bytes)?;
    }
    Ok(Kind::Set)
}

fn seal(inner: &BTreeMap<&str, &PayloadFile>) -> Result<Kind, Refused> {
    for (path, file) in inner {
        let is_custodian =
            path.starts_with(CUSTODIAN) && kind_of(&file.bytes) == Ok(Kind::Custodian);
        let is_own = path.starts_with("seal/") || ["manifest.mac", "origin.json"].contains(path);
        if !is_custodian && !is_own {
            return Err(refused(path, Why::NotOfASet));
        }
        require(path, &file.bytes)?;
    }
    Ok(Kind::SealOfSet)
}

/// Requires what a set has at this path. Some files of a set are plain text: the sums, the MAC of the
/// manifest, and what explains the recovery to people.
fn require(path: &str, bytes: &[u8]) -> Result<(), Refused> {
    let is_text = || std::str::from_utf8(bytes).is_ok();
    let fits = match path {
        "SHA256SUMS" => is_text(),
        path if !path.contains('/') && TEXTS.iter().any(|ending| path.ends_with(ending)) => {
            is_text()
        }
        "manifest.mac" => is_text() && bytes.len() == 65,
        _ => match kind_of(bytes) {
            Ok(Kind::SignedExit) => false,
            Ok(_) => true,
            Err(why) => return Err(refused(path, why)),
        },
    };
    if fits { Ok(()) } else { Err(refused(path, Why::NotRecognised)) }
}
