//! `--layout charon-node`: the folder of a node of charon as it was taken, with new passwords.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use super::{kept_file, restored_key::RestoredKey};
use crate::{
    backup::{
        check::scrub::ScrubbedSet,
        copy::Copy,
        set::{
            charon_folder::{self, CharonFolder},
            error::BackupError,
            origin::Pins,
        },
        unlock::opened::OpenedSet,
    },
    store::NewFile,
};
use stockade_base::secret::SecretText;
use stockade_keystore::{
    bls::PublicKey,
    distributed::{ClusterLock, LockHash, ShareOf},
    eth2_keystore::DecryptionKey,
};

/// The name of charon's lock.
const CLUSTER_LOCK: &str = "cluster-lock.json";

/// A folder of charon that a set keeps, in the clear.
pub(crate) struct KeptFolder {
    folder: CharonFolder,
    files: Vec<(String, Zeroizing<Vec<u8>>)>,
}

impl std::fmt::Debug for KeptFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptFolder").field("name", &self.folder.name).finish_non_exhaustive()
    }
}

/// Refuses a set that was not taken from folders of charon, before anybody is asked to open it.
pub fn require_kept(set: &ScrubbedSet) -> Result<(), BackupError> {
    let read = set.manifest(&Pins::default());
    match read.map(|read| charon_folder::folders(&read.manifest.files)) {
        Some(folders) if folders.is_empty() => Err(BackupError::Share(format!(
            "set {} was not made from a folder of charon (backup create --from charon:DIR), so it has \
             neither its lock nor the key of its node: restore it with another layout",
            set.id
        ))),
        _ => Ok(()),
    }
}

/// The folders that the set keeps. Why one cannot be had is the error.
pub(crate) fn kept(
    opened: &OpenedSet<'_>,
    set: &ScrubbedSet,
    copies: &[Copy],
) -> Result<Vec<KeptFolder>, String> {
    let read = |path: String| kept_file::read(opened, set, copies, &path);
    let folder = |number: usize| {
        let folder = CharonFolder::parse(&read(charon_folder::description(number))?)?;
        let file = |name: &String| Ok((name.clone(), read(charon_folder::path_of(number, name))?));
        let files = folder.files.iter().map(file).collect::<Result<_, String>>()?;
        Ok(KeptFolder { folder, files })
    };
    charon_folder::folders(&opened.read.manifest.files).into_iter().map(folder).collect()
}

/// The files of the folders: that of one node as it was, those of several below their names.
pub(crate) fn files(
    kept: &[KeptFolder],
    keys: &[RestoredKey<'_>],
    password: &SecretText,
    derived: &DecryptionKey,
) -> Result<Vec<NewFile>, BackupError> {
    let (mut files, mut passwords) = (Vec::new(), Vec::new());
    for (root, KeptFolder { folder, files: others }) in roots(kept).iter().zip(kept) {
        for (name, bytes) in others {
            let (path, bytes) = (format!("{root}{name}").parse()?, bytes.to_vec());
            files.push(NewFile { path, bytes });
        }
        for keystore in &folder.keystores {
            // A key that is lost in all copies was left out.
            let Some(key) = keys.iter().find(|key| key.secret.public_key() == keystore.pubkey)
            else {
                continue;
            };
            let place = format!("{root}validator_keys/{}", keystore.name);
            let bytes = key.seal(derived)?.into_bytes();
            files.push(NewFile { path: format!("{place}.json").parse()?, bytes });
            // charon uses the file to its last byte.
            let bytes = password.expose().as_bytes().to_vec();
            passwords.push(NewFile { path: format!("{place}.txt").parse()?, bytes });
        }
    }
    // Passwords come last: keys that were written in part are of no use to whoever finds them.
    files.extend(passwords);
    Ok(files)
}

/// Where each folder goes: one as a whole, several by their names, or by number where names repeat.
fn roots(kept: &[KeptFolder]) -> Vec<String> {
    let names: BTreeSet<_> = kept.iter().map(|one| one.folder.name.to_lowercase()).collect();
    let usable = |one: &KeptFolder| charon_folder::is_name(&one.folder.name);
    let by_name = names.len() == kept.len() && kept.iter().all(usable);
    let root = |(number, one): (usize, &KeptFolder)| match kept.len() {
        1 => String::new(),
        _ if by_name => format!("{}/", one.folder.name),
        _ => format!("node{number}/"),
    };
    kept.iter().enumerate().map(root).collect()
}

/// Shares that were compared with the locks of their clusters.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// How many each lock lists.
    pub(crate) found: BTreeMap<LockHash, usize>,
    /// Those that their lock does not list as what they are said to be.
    pub(crate) wrong: BTreeSet<PublicKey>,
}

/// Compares shares with the public shares of the locks that the set keeps.
pub(crate) fn compare(
    kept: &[KeptFolder],
    shares: &[(PublicKey, ShareOf)],
) -> Result<Compared, String> {
    let mut locks = BTreeMap::new();
    for KeptFolder { folder, files } in kept {
        let lock = files.iter().find(|(name, _)| name == CLUSTER_LOCK);
        let (_, bytes) = lock.ok_or_else(|| format!("{}: no lock is kept", folder.name))?;
        let lock = ClusterLock::parse(bytes).map_err(|error| error.to_string())?;
        locks.insert(lock.hash, lock);
    }
    let mut compared = Compared::default();
    for (pubkey, share) in shares {
        let Some(lock) = share.cluster.and_then(|hash| locks.get(&hash)) else { continue };
        match lock.share(pubkey) {
            Some(listed) if listed.agrees_with(share) => {
                *compared.found.entry(lock.hash).or_default() += 1;
            }
            _ => {
                compared.wrong.insert(*pubkey);
            }
        }
    }
    Ok(compared)
}
