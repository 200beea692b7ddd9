//! Restore: from sealed copies to a folder that a validator client takes. All or nothing.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{
    charon_node::{self, KeptFolder},
    dirk_accounts::{self, KeptAccounts},
    dirk_wallets,
    layout::{HISTORY, Layout},
    restored_key::RestoredKey,
};
use crate::backup::{
    check::scrub::ScrubbedSet,
    copy::Copy,
    import,
    set::{error::BackupError, manifest::KeystoreEntry, secret::SetSecret, verdict::Reason},
    sidecars::{
        history::History,
        room::of_set,
        split_mark::Marked,
        whereabouts::{Clearance, Permit, Record, Release, WhereaboutsError},
    },
    unlock::{
        access::Access,
        error::{UnlockError, because},
        opened::{self, OpenKeystore},
        rederive::{Made, Roots},
    },
};
use crate::store::{
    Directory, EntryKind, NewFile, Store as _, private_file, publish_folder, require_folder,
    require_room,
};
use stockade_keystore::{
    bls::{PublicKey, SecretKey},
    eth2_keystore::{DecryptionKey, NewPassword},
};
use stockade_wallet::interact::Progress;

/// What a restore does with keys that no copy holds whole and no wallet derives again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostKeys {
    /// They stop the restore.
    Refuse,
    /// They are left out, where at least one key is left.
    LeaveOut,
}

/// Where and how a restore writes.
#[derive(Debug)]
pub struct Target<'a> {
    /// The folder, which must be new or empty.
    pub folder: &'a Path,
    /// How the files lie in it.
    pub layout: Layout,
    /// What the keystores are sealed under; a random password if there is none.
    pub password: Option<NewPassword>,
    /// The slashing history that goes with them.
    pub history: Option<&'a History>,
    /// The record of their split. A layout for a program that splits keys needs it.
    pub marked: Option<&'a Marked>,
}

/// A set that was opened and is ready to be written somewhere.
#[derive(Debug)]
pub struct Restorable {
    entries: Vec<(KeystoreEntry, OpenKeystore)>,
    /// Keys whose keystore is whole in no copy, and that the wallet derived again.
    pub made_again: Vec<PublicKey>,
    /// Keys that are not restored, and why.
    pub left_out: Vec<(PublicKey, Reason)>,
    /// What vouches for entries of the record of where the keys may sign.
    secret: SetSecret,
    /// The folders of charon that the set keeps, or why they cannot be had.
    charon: Result<Vec<KeptFolder>, String>,
    /// The accounts of dirk that the set keeps, or why they cannot be had.
    dirk: Result<KeptAccounts, String>,
}

impl Restorable {
    /// Opens `set`. A key that no copy holds whole is derived again, where it is from a batch of a
    /// wallet that is plugged in. Every other key must open, or is treated as `lost` says.
    pub fn open(
        copies: &[Copy],
        set: &ScrubbedSet,
        lost: LostKeys,
        access: &mut Access<'_>,
    ) -> Result<Self, BackupError> {
        Self::open_some(copies, set, (lost, &[]), access)
    }

    /// Like [`Restorable::open`], but only with the keys of `only`, in their order; with all of them if
    /// it is empty.
    pub fn open_some(
        copies: &[Copy],
        set: &ScrubbedSet,
        (lost, only): (LostKeys, &[PublicKey]),
        access: &mut Access<'_>,
    ) -> Result<Self, BackupError> {
        let refuse = |reason: String| BackupError::NotRestorable { set: set.id.clone(), reason };
        let opened = opened::open(set, copies, access).map_err(|closed| match closed {
            UnlockError::Verdict(reason, notes) => refuse(because(reason, &notes)),
            UnlockError::Failed(error) => error.into(),
        })?;
        let mut roots = Roots::new(set.id.network());
        let (mut entries, mut made_again, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        let mut bad = Vec::new();
        for (entry, key) in opened.keys(set, copies, access.progress)? {
            if !only.is_empty() && !only.contains(&entry.pubkey) {
                continue;
            }
            let reason = match key {
                Ok(key) => {
                    entries.push((entry.clone(), key));
                    continue;
                }
                Err(reason) => reason,
            };
            if let Made::Key(secret) = roots.make(entry, access)? {
                let description = entry.source.description(set.id.network());
                entries.push((entry.clone(), OpenKeystore { secret, description }));
                made_again.push(entry.pubkey);
                continue;
            }
            let why = match reason {
                Reason::NotChecked => "no copy holds it whole",
                reason => reason.explain(),
            };
            bad.push(format!("{} (key {}): {why}", entry.file, entry.pubkey));
            left_out.push((entry.pubkey, reason));
        }
        entries.sort_by_key(|(entry, _)| only.iter().position(|key| *key == entry.pubkey));
        if bad.is_empty() || (lost == LostKeys::LeaveOut && !entries.is_empty()) {
            let charon = charon_node::kept(&opened, set, copies);
            let dirk = dirk_accounts::kept(&opened, set, copies);
            Ok(Self { entries, made_again, left_out, secret: opened.secret, charon, dirk })
        } else {
            Err(BackupError::KeysLost { set: set.id.clone(), bad })
        }
    }

    /// The public keys, in the manifest's order.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.entries.iter().map(|(entry, _)| entry.pubkey).collect()
    }

    /// Clears the way for a release: see [`Record::clear`].
    pub fn clear<'a>(
        &'a self,
        record: Record,
        release: &Release<'_>,
        copies: &'a [Copy],
    ) -> Result<Clearance<'a>, WhereaboutsError> {
        record.clear(release, copies, Some(&self.secret))
    }

    /// The secret key of `pubkey`, where the set holds it and the permit is for it.
    pub fn secret(&self, pubkey: &PublicKey, permit: &Permit) -> Option<&SecretKey> {
        if !permit.covers(pubkey) {
            return None;
        }
        let found = self.entries.iter().find(|(entry, _)| entry.pubkey == *pubkey);
        found.map(|(_, key)| &key.secret)
    }

    /// The public keys, and those that were left out. The keys themselves are wiped.
    pub fn into_public(self) -> (Vec<PublicKey>, Vec<(PublicKey, Reason)>) {
        (self.public_keys(), self.left_out)
    }

    /// The keys, for a set that is made of them. They do not leave the library.
    pub(crate) fn into_secrets(self) -> impl Iterator<Item = (PublicKey, SecretKey)> {
        self.entries.into_iter().map(|(entry, key)| (entry.pubkey, key.secret))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = RestoredKey<'_>> {
        self.entries.iter().map(|(entry, key)| {
            let name = entry.file.names().last().unwrap_or_default();
            RestoredKey {
                name: name.strip_suffix(".json").unwrap_or(name).into(),
                secret: &key.secret,
                path: &entry.path,
                description: &key.description,
            }
        })
    }

    /// Writes the keys, sealed under a new salt, with their password and the slashing history, as the
    /// new folder `target.folder`. The permit must be for all of them.
    pub fn write(
        &self,
        permit: &Permit,
        target: Target<'_>,
        progress: &mut dyn Progress,
    ) -> Result<(), BackupError> {
        write_all(&[(self, permit)], target, progress)
    }

    fn require_permitted(&self, permit: &Permit, target: &Target<'_>) -> Result<(), BackupError> {
        for key in self.public_keys() {
            if !permit.covers(&key) {
                return Err(BackupError::NotPermitted(key));
            }
            let is_marked = target.marked.is_some_and(|marked| marked.covers(&key));
            if target.layout.splits() && !is_marked {
                return Err(BackupError::NotMarkedKey(key));
            }
        }
        Ok(())
    }
}

/// Writes the keys of several sets as one new folder, each set with its own permit.
pub(crate) fn write_all(
    sets: &[(&Restorable, &Permit)],
    target: Target<'_>,
    progress: &mut dyn Progress,
) -> Result<(), BackupError> {
    for (set, permit) in sets {
        set.require_permitted(permit, &target)?;
    }
    let Target { folder: to, layout, password, history, .. } = target;
    let password = match password {
        Some(password) => password,
        None => NewPassword::random()?,
    };
    layout.require_opens(&password)?;
    progress.step("sealing", 0, 2);
    let derived = DecryptionKey::derive(password.password(), &layout.kdf()?)?;
    let mut keys: Vec<_> = sets.iter().flat_map(|(set, _)| set.keys()).collect();
    let public: Vec<_> = keys.iter().map(|key| key.secret.public_key()).collect();
    name_apart(&mut keys);
    let mut files = Vec::new();
    if let Some(history) = history.filter(|_| !layout.splits()) {
        files.push(NewFile { path: HISTORY.parse()?, bytes: history.bytes.clone() });
    }
    let unkept = |why: &String| BackupError::Share(why.clone());
    files.extend(match layout {
        Layout::CharonNode => {
            let kept = sets.iter().map(|(set, _)| set.charon.as_ref().map_err(unkept));
            let kept = kept.collect::<Result<Vec<_>, _>>()?;
            // One folder is of one node: the request refuses several sets.
            let kept = kept.first().copied().map_or(&[][..], Vec::as_slice);
            charon_node::files(kept, &keys, password.text(), &derived)?
        }
        Layout::Dirk => {
            let mut kept = KeptAccounts::new();
            for (set, _) in sets {
                kept.extend(set.dirk.as_ref().map_err(unkept)?.clone());
            }
            dirk_wallets::files(&keys, &kept, password.text().expose(), &derived)?
        }
        _ => layout.files(&keys, password.text(), &derived)?,
    });
    progress.step("sealing", 2, 2);
    require_new(to, &public)?;
    write_beside(layout, to, &password, history)?;
    publish_folder(to, &files)?;
    Ok(())
}

/// Keystores of different sets may have one name: the later ones get the beginning of their public key
/// in addition. Some file systems do not tell upper and lower case apart.
fn name_apart(keys: &mut [RestoredKey<'_>]) {
    let mut taken = BTreeSet::new();
    for key in keys {
        if !taken.insert(key.name.to_lowercase()) {
            let pubkey = key.secret.public_key().to_string();
            key.name = format!("{}-{pubkey}", key.name).into();
            taken.insert(key.name.to_lowercase());
        }
    }
}

/// Writes what goes next to the folder `to`. It is written first: if the folder cannot be written after
/// that, no key was.
fn write_beside(
    layout: Layout,
    to: &Path,
    password: &NewPassword,
    history: Option<&History>,
) -> Result<(), BackupError> {
    for path in layout.beside(to, history.is_some()) {
        let is_history = path.to_string_lossy().ends_with(HISTORY);
        let bytes = match history {
            Some(history) if is_history => &history.bytes,
            _ => password.expose().as_bytes(),
        };
        private_file::create(&path, bytes)?;
    }
    Ok(())
}

/// Whether a restore of `keys` may write to `to`: a folder that is new or empty. Of one that is not
/// it is said which of the keys lie there already, whatever layout it has.
pub fn require_new(to: &Path, keys: &[PublicKey]) -> Result<(), BackupError> {
    require_folder(to)?;
    require_room(to, of_set(keys.len()))?;
    if std::fs::symlink_metadata(to).is_err() || Directory::new(to).entries()?.is_empty() {
        return Ok(());
    }
    if keys.is_empty() {
        return Err(BackupError::TargetNotEmpty(to.to_owned()));
    }
    // What cannot be looked through is not empty all the same.
    let found = import::find(&[to.to_owned()]).unwrap_or_default();
    let keystores = found.keystores.iter().map(|(path, keystore)| (*keystore.pubkey(), path));
    if let Some((key, path)) = keystores.into_iter().find(|(key, _)| keys.contains(key)) {
        return Err(BackupError::KeyInTarget(key, path.clone()));
    }
    let keys = keys.iter().copied().collect();
    match named(to, &keys, MAX_DEPTH) {
        Some((key, path)) => Err(BackupError::KeyInTarget(key, path)),
        None => Err(BackupError::TargetNotEmpty(to.to_owned())),
    }
}

/// As deep as clients lay out their keys.
const MAX_DEPTH: usize = 4;

/// A file or folder below `folder` that is named after one of `keys`: a definition of a remote key,
/// say, or what is left of a keystore.
fn named(folder: &Path, keys: &BTreeSet<PublicKey>, depth: usize) -> Option<(PublicKey, PathBuf)> {
    let entries = Directory::new(folder).entries().ok()?;
    entries.into_iter().find_map(|entry| {
        let path = folder.join(&entry.name);
        let digits = entry.name.strip_prefix("0x").unwrap_or(&entry.name);
        let key = digits.get(..96).and_then(|digits| digits.parse().ok());
        match (key, entry.kind) {
            (Some(key), _) if keys.contains(&key) => Some((key, path)),
            (_, EntryKind::Folder) if depth > 0 => named(&path, keys, depth - 1),
            _ => None,
        }
    })
}
