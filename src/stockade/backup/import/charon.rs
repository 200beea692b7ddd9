//! A folder of a node of charon (Obol): shares with their passwords, the cluster's lock, and the key of
//! the node, taken whole. Nothing in it is changed.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{
    intake::Intake,
    key_shares::{CLUSTER_LOCK, VALIDATOR_KEYS, network_of, read_lock},
    password_files::{password_file_of, read_password},
    recognise::{self, Content},
    sniff,
    walk::{LITTER_WHY, MAX_ENTRIES, Step, Walk, What, is_litter},
};
use crate::{
    backup::set::{
        charon_folder::{CharonFolder, CharonKeystore, MAX_OTHERS},
        error::BackupError,
    },
    store::private_file,
};
use stockade_keystore::{
    bls::PublicKey, distributed::ClusterLock, eth2_keystore::Keystore, staking::Network,
};

/// The key that makes a node a member of its cluster.
const ENR_KEY: &str = "charon-enr-private-key";

/// The longest other file that is taken.
const MAX_OTHER: u64 = 16 * 1024 * 1024;

/// Adds the folder `dir` to an import. Returns the network of the cluster, if it is a known one.
pub fn take(dir: &Path, intake: &mut Intake) -> Result<Option<Network>, BackupError> {
    let lock_file = dir.join(CLUSTER_LOCK);
    let (lock, bytes) = read_lock(&lock_file).map_err(|why| {
        BackupError::Share(format!(
            "{}: {why}. A folder of charon has a {CLUSTER_LOCK}, {ENR_KEY} and {VALIDATOR_KEYS}",
            shown(&lock_file)
        ))
    })?;
    let mut reading = Reading { dir, lock: &lock, keystores: Vec::new(), others: Vec::new() };
    reading.others.push((CLUSTER_LOCK.to_owned(), bytes.into()));
    let mut walk = Walk::new(vec![dir.to_owned()]);
    for step in walk.by_ref() {
        reading.step(step, intake)?;
    }
    if walk.is_full() {
        return Err(BackupError::TooManyFiles(MAX_ENTRIES));
    }
    reading.finish(intake)?;
    Ok(network_of(&lock))
}

/// A folder that is being read.
struct Reading<'a> {
    dir: &'a Path,
    lock: &'a ClusterLock,
    /// Each with its number in charon's order.
    keystores: Vec<(u64, String, PathBuf, Keystore)>,
    others: Vec<(String, Zeroizing<Vec<u8>>)>,
}

impl Reading<'_> {
    fn step(&mut self, step: Step, intake: &mut Intake) -> Result<(), BackupError> {
        let Step { path, what, .. } = step;
        match what {
            What::Skipped(why) => return intake.add_skipped_as(shown(&path), why),
            What::Bad(why) => return intake.add_bad(shown(&path), why),
            What::File if is_litter(&path) => {
                return intake.add_skipped_as(shown(&path), LITTER_WHY);
            }
            What::File => {}
        }
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path == self.dir.join(&name) {
            return self.other(name, &path, intake);
        }
        if path != self.dir.join(VALIDATOR_KEYS).join(&name) {
            return intake.add_skipped_as(shown(&path), NOT_OF_THE_FOLDER);
        }
        let stem = name.strip_suffix(".json");
        if stem.is_none() && name.ends_with(".txt") && path.with_extension("json").is_file() {
            // The password of a keystore: it is not kept, for a restore makes a new one.
            return Ok(());
        }
        let number = stem.and_then(number);
        match (recognise::look(&path), stem, number) {
            (Content::Keystore(keystore), Some(stem), Some(number)) => {
                self.keystores.push((number, stem.to_owned(), path, *keystore));
                Ok(())
            }
            (Content::Keystore(_), ..) => intake.add_bad(
                shown(&path),
                "a keystore that charon does not load: it is not named keystore-<number>.json",
            ),
            (Content::Other(what), ..) => intake.add_skipped_as(shown(&path), what),
            (Content::Bad(why), ..) => intake.add_bad(shown(&path), why),
            _ => intake.add_bad(shown(&path), sniff::not_a_keystore("not one keystore")),
        }
    }

    /// A file beside the keys.
    fn other(&mut self, name: String, path: &Path, intake: &mut Intake) -> Result<(), BackupError> {
        if name == CLUSTER_LOCK {
            return Ok(());
        }
        if !is_kept(&name) || self.others.len() >= MAX_OTHERS {
            return match recognise::look(path) {
                content if content.is_taken() => {
                    let why = "a keystore outside of the folder validator_keys";
                    intake.add_bad(shown(path), why)
                }
                Content::Bad(why) => intake.add_bad(shown(path), why),
                Content::Other(what) => intake.add_skipped_as(shown(path), what),
                _ => intake.add_skipped_as(shown(path), NOT_OF_THE_FOLDER),
            };
        }
        match private_file::read_regular(path, MAX_OTHER) {
            Ok(bytes) if name == ENR_KEY && !is_secp_key(&bytes) => {
                intake.add_bad(shown(path), "not a private key of 64 hexadecimal digits")
            }
            Ok(bytes) => {
                self.others.push((name, bytes.into()));
                Ok(())
            }
            Err(error) => intake.add_bad(shown(path), error.to_string()),
        }
    }

    fn finish(mut self, intake: &mut Intake) -> Result<(), BackupError> {
        if !self.others.iter().any(|(name, _)| name == ENR_KEY) {
            let why = "NOT HERE: without it, a restored node is not a member of its cluster";
            intake.add_skipped_as(shown(&self.dir.join(ENR_KEY)), why)?;
        }
        self.keystores.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        let (mut listed, mut have) = (Vec::new(), Vec::new());
        for (_, name, path, keystore) in std::mem::take(&mut self.keystores) {
            let pubkey = *keystore.pubkey();
            match self.password(&path, &pubkey) {
                Ok(password) => {
                    let Some(share) = self.lock.share(&pubkey) else { continue };
                    have.push(share.validator);
                    intake.add_share(pubkey, share);
                    intake.add_keystore(shown(&path), keystore, Some(password))?;
                    listed.push(CharonKeystore { name, pubkey });
                }
                Err(why) => intake.add_bad(shown(&path), why)?,
            }
        }
        for validator in self.lock.validators.iter().filter(|one| !have.contains(&one.pubkey)) {
            let place = shown(&self.dir.join(VALIDATOR_KEYS));
            let what = format!("NOT HERE: a share of the lock's validator {}", validator.pubkey);
            intake.add_skipped_as(place, what)?;
        }
        let name = self.dir.file_name().map(|name| name.to_string_lossy().into_owned());
        let files = self.others.iter().map(|(name, _)| name.clone()).collect();
        let folder = CharonFolder::new(&name.unwrap_or_default(), files, listed);
        let number = intake.next_charon_folder();
        folder.to_files(number, self.others)?.into_iter().for_each(|file| intake.add_sealed(file));
        Ok(())
    }

    /// The password of a keystore whose key the lock lists.
    fn password(
        &self,
        path: &Path,
        pubkey: &PublicKey,
    ) -> Result<stockade_keystore::eth2_keystore::Password, String> {
        if self.lock.share(pubkey).is_none() {
            return Err(format!(
                "the cluster lock (hash {}) does not list this key as a share: it may be from before \
                 the cluster's keys were changed",
                self.lock.hash.short()
            ));
        }
        let folder = path.parent().unwrap_or(self.dir);
        let file = password_file_of(path, Some(pubkey), folder)?;
        read_password(&file).map_err(|error| error.to_string())
    }
}

const NOT_OF_THE_FOLDER: &str = "not part of what charon keeps in its folder";

/// Whether a restore gives this file back.
fn is_kept(name: &str) -> bool {
    let is_deposit = name.starts_with("deposit-data") && name.ends_with(".json");
    is_deposit || [ENR_KEY, "cluster-definition.json"].contains(&name)
}

/// The place of `keystore-<number>` in charon's order.
fn number(stem: &str) -> Option<u64> {
    let rest = stem.strip_prefix("keystore-")?;
    rest.strip_prefix("insecure-").unwrap_or(rest).parse().ok()
}

fn is_secp_key(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii();
    text.len() == 64 && text.iter().all(u8::is_ascii_hexdigit)
}

fn shown(path: &Path) -> String {
    stockade_base::shown(&path).to_string()
}
