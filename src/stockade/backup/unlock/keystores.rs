//! Opening the keystores of a set whose secret is known.

use std::{
    collections::{HashMap, HashSet},
    thread,
};

use super::opened::{OpenKeystore, OpenedKey, OpenedSet};
use crate::backup::{
    check::scrub::ScrubbedSet,
    copy::Copy,
    set::{error::BackupError, manifest::KeystoreEntry, verdict::Reason},
};
use stockade_base::{
    parallel::{self, Split},
    secret::wiping_stack,
};
use stockade_keystore::eth2_keystore::{
    DecryptionKey, Kdf, KdfError, Keystore, KeystoreError, MEMORY_BUDGET, Password, derive_all,
    open_all,
};
use stockade_wallet::interact::Progress;

/// The decryption keys of a set's password, by what they were derived for.
type Derived = HashMap<Kdf, DecryptionKey>;

impl<'a> OpenedSet<'a> {
    /// Opens every keystore that lies whole in some copy. One KDF serves all that share their
    /// parameters.
    pub(crate) fn keys(
        &self,
        set: &ScrubbedSet,
        copies: &[Copy],
        progress: &mut dyn Progress,
    ) -> Result<Vec<OpenedKey<'a>>, BackupError> {
        let entries = &self.read.manifest.keystores;
        progress.step("opening", 0, entries.len());
        let opened = wiping_stack(|| {
            let password = Password::new(self.secret.keystore_password().expose())?;
            let (keystores, derived) = read_all(entries, set, copies, &password)?;
            let derived = derive_rest(derived, &keystores, &password, progress)?;
            Ok::<_, BackupError>(open(entries, &keystores, &derived))
        })?;
        progress.step("opening", entries.len(), entries.len());
        Ok(entries.iter().zip(opened).collect())
    }
}

/// Reads all keystores. Meanwhile one core derives what the first of them takes, and in a set made
/// by Stockade all.
fn read_all(
    entries: &[KeystoreEntry],
    set: &ScrubbedSet,
    copies: &[Copy],
    password: &Password,
) -> Result<(Vec<Result<Keystore, Reason>>, Derived), KdfError> {
    let read = |entry: &KeystoreEntry| {
        let bytes = set.file(copies, &entry.file, &entry.sha256).ok_or(Reason::NotChecked)?;
        Keystore::parse_known(&bytes, &entry.pubkey).map_err(|_| Reason::Malformed)
    };
    // Those up to the first that can be read.
    let mut keystores = Vec::with_capacity(entries.len());
    for entry in entries {
        keystores.push(read(entry));
        if keystores.last().is_some_and(Result::is_ok) {
            break;
        }
    }
    let rest = entries.get(keystores.len()..).unwrap_or_default();
    let first = keystores.last().and_then(|keystore| keystore.as_ref().ok());
    let (others, derived) = thread::scope(|scope| {
        let derive = || first.map(|first| DecryptionKey::derive(password, first.kdf()));
        let deriving = thread::Builder::new().spawn_scoped(scope, derive);
        let Split { threads, block } = split(copies);
        let others = parallel::map_on(threads, block, rest, &mut |_| (), read);
        // What was not derived in time is derived with the rest.
        let derived = deriving.ok().and_then(|thread| thread.join().ok()).flatten().transpose()?;
        let derived = derived.into_iter().map(|key| (key.kdf().clone(), key));
        Ok::<_, KdfError>((others, derived.collect()))
    })?;
    keystores.extend(others);
    Ok((keystores, derived))
}

/// How reading keystores is shared out: as remote copies are read, or among the cores that do not
/// derive.
fn split(copies: &[Copy]) -> Split {
    let remote = copies.iter().find(|copy| copy.is_remote()).map(Copy::split);
    let others = parallel::cores().saturating_sub(1).max(1);
    remote.unwrap_or(Split { threads: others, block: BLOCK })
}

/// So many keystores are read at a time on one core.
const BLOCK: usize = 32;

/// Derives what the first keystore's parameters did not give.
fn derive_rest(
    mut derived: Derived,
    keystores: &[Result<Keystore, Reason>],
    password: &Password,
    progress: &mut dyn Progress,
) -> Result<Derived, KdfError> {
    let kdfs: HashSet<_> = keystores.iter().flatten().map(Keystore::kdf).collect();
    let lacking = kdfs.into_iter().filter(|kdf| !derived.contains_key(*kdf));
    let jobs: Vec<_> = lacking.map(|kdf| (password, kdf)).collect();
    let mut step = |done| progress.step("deriving", done, jobs.len());
    for key in derive_all(&jobs, MEMORY_BUDGET, &mut step) {
        let key = key?;
        derived.insert(key.kdf().clone(), key);
    }
    Ok(derived)
}

fn open(
    entries: &[KeystoreEntry],
    keystores: &[Result<Keystore, Reason>],
    derived: &Derived,
) -> Vec<Result<OpenKeystore, Reason>> {
    let pairs: Vec<_> = keystores.iter().map(|keystore| with_key(keystore, derived)).collect();
    let mut secrets = open_all(&pairs.iter().flatten().copied().collect::<Vec<_>>()).into_iter();
    let opened = entries.iter().zip(pairs).map(|(entry, pair)| {
        let (keystore, _) = pair?;
        let secret = secrets.next().ok_or(Reason::NotChecked)?.map_err(|error| reason(&error))?;
        let description = keystore.description().unwrap_or_default().to_owned();
        if secret.public_key() == entry.pubkey {
            Ok(OpenKeystore { secret, description })
        } else {
            Err(Reason::PubkeyMismatch)
        }
    });
    opened.collect()
}

/// A keystore that could be read, and what it is opened with.
fn with_key<'a>(
    keystore: &'a Result<Keystore, Reason>,
    derived: &'a Derived,
) -> Result<(&'a Keystore, &'a DecryptionKey), Reason> {
    let keystore = keystore.as_ref().map_err(|reason| *reason)?;
    Ok((keystore, derived.get(keystore.kdf()).ok_or(Reason::NotChecked)?))
}

fn reason(error: &KeystoreError) -> Reason {
    match error {
        KeystoreError::WrongPassword => Reason::WrongPassword,
        KeystoreError::PubkeyMismatch { .. } | KeystoreError::NotAKey => Reason::PubkeyMismatch,
        _ => Reason::Malformed,
    }
}
