//! Opening a set with a wallet: who it is for, whose it is, and then its secret. Nothing is asked
//! of the wallet's user before the wallet is known to be the right one and the set to be one's own.

use std::collections::HashMap;

use super::{
    BackupError, Copy,
    inspect::{Inspection, ReadManifest},
    manifest::KeystoreEntry,
    origin::{OriginVerdict, Pins},
    scrub::ScrubbedSet,
    set_secret::SetSecret,
    verdict::Reason,
};
use crate::{
    bls::SecretKey,
    custodian::{self, Custodian, OpenError},
    device::Wallet,
    device_secret::SecretError,
    eth::Address,
    eth2_keystore::{DecryptionKey, Kdf, Keystore, KeystoreError, Password},
    interact::{Interact, Progress},
};

/// A keystore of a set and the key in it, or why it did not open.
pub(super) type OpenedKey<'a> = (&'a KeystoreEntry, Result<OpenKeystore, Reason>);

/// What an opened keystore holds.
#[derive(Debug)]
pub(super) struct OpenKeystore {
    /// The key.
    pub secret: SecretKey,
    /// What the keystore says of it.
    pub description: String,
}

/// The file that holds the set secret, sealed to every custodian.
pub(super) const SEALED_SECRET: &str = "seal/secret.age";

/// A set whose secret a wallet gave.
pub(super) struct OpenedSet<'a> {
    /// The manifest that counts.
    pub read: &'a ReadManifest,
    /// What opens everything in it.
    pub secret: SetSecret,
}

/// Why a set stays closed: a verdict on each of its keys, or an error that ends the command.
pub(super) enum Closed {
    /// What is said of each of its keys.
    Verdict(Reason),
    /// The wallet failed, or its user said no.
    Failed(OpenError),
}

/// Opens `set` with `wallet`, whose check address is `address`.
pub(super) fn open<'a>(
    set: &'a ScrubbedSet,
    copies: &[Copy],
    pins: &Pins,
    accept_unknown_origin: bool,
    wallet: &mut dyn Wallet,
    address: &Address,
    user: &mut dyn Interact,
) -> Result<OpenedSet<'a>, Closed> {
    let Some(read) = set.manifest(pins) else {
        return Err(Closed::Verdict(set.why_no_manifest()));
    };
    let Some(custodian) = read.manifest.custodian_of(address) else {
        return Err(Closed::Verdict(Reason::NotThisWallet));
    };
    require_origin(set.origin_of(read, pins), accept_unknown_origin)?;
    if custodian.verify().is_err() {
        return Err(Closed::Verdict(Reason::OriginForged));
    }
    if read.manifest.threshold != 1 {
        return Err(Closed::Verdict(Reason::ShareMissing));
    }
    let Some(sealed) = sealed_secret(set, copies, read) else {
        return Err(Closed::Verdict(Reason::ShareMissing));
    };
    let secret = unseal(&sealed, custodian, wallet, user)?;
    let opened = OpenedSet { read, secret };
    // A mac that rotted away, or whose digest did, is no sign of another's hand where the wallet
    // signed the manifest.
    let signed = set.origin_of(opened.read, pins) < OriginVerdict::Unknown;
    let rotten = |i: &Inspection| i.damage.contains_key("manifest.mac") || i.sums.is_none();
    let rotten = set.copies.iter().flatten().all(rotten);
    match opened.good_macs(set, copies).is_empty() && !(signed && rotten) {
        true => Err(Closed::Verdict(Reason::ManifestMac)),
        false => Ok(opened),
    }
}

fn require_origin(origin: OriginVerdict, accept_unknown: bool) -> Result<(), Closed> {
    match origin {
        OriginVerdict::ThisWallet | OriginVerdict::Signer => Ok(()),
        OriginVerdict::Unknown if accept_unknown => Ok(()),
        OriginVerdict::Unknown => Err(Closed::Verdict(Reason::OriginUnknown)),
        OriginVerdict::Forged => Err(Closed::Verdict(Reason::OriginForged)),
    }
}

/// The sealed secret from any copy that holds it whole.
fn sealed_secret(set: &ScrubbedSet, copies: &[Copy], read: &ReadManifest) -> Option<Vec<u8>> {
    let entry = read.manifest.files.iter().find(|entry| entry.path.as_str() == SEALED_SECRET)?;
    let mut inspections = set.copies.iter().zip(copies);
    inspections
        .find_map(|(inspection, copy)| inspection.as_ref()?.file(copy, &entry.path, &entry.sha256))
}

fn unseal(
    sealed: &[u8],
    custodian: &Custodian,
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
) -> Result<SetSecret, Closed> {
    let identity = match custodian::open(wallet, custodian, user) {
        Ok(identity) => identity,
        Err(OpenError::NotDeterministic(_)) => {
            return Err(Closed::Verdict(Reason::FirmwareNotDeterministic));
        }
        Err(OpenError::Secret(SecretError::NotThisWallet { .. })) => {
            return Err(Closed::Verdict(Reason::NotThisWallet));
        }
        Err(error) => return Err(Closed::Failed(error)),
    };
    SetSecret::open(sealed, &identity).ok_or(Closed::Verdict(Reason::ShareWrong))
}

impl OpenedSet<'_> {
    /// The ids of the copies whose manifest.mac is the one that the set secret gives.
    pub(super) fn good_macs(&self, set: &ScrubbedSet, copies: &[Copy]) -> Vec<String> {
        let good = |(inspection, copy): (&Option<Inspection>, &Copy)| {
            let path = format!("{}/manifest.mac", inspection.as_ref()?.set).parse().ok()?;
            let mac = copy.read(&path, 256).ok()?;
            let right = self.secret.verify_manifest(&self.read.bytes, &mac);
            right.then(|| copy.id().to_owned())
        };
        set.copies.iter().zip(copies).filter_map(good).collect()
    }

    /// Opens every keystore that lies whole in some copy. One KDF serves all that share their
    /// parameters; the rest of the work is spread over all cores.
    pub(super) fn keys<'a>(
        &'a self,
        set: &ScrubbedSet,
        copies: &[Copy],
        progress: &mut dyn Progress,
    ) -> Result<Vec<OpenedKey<'a>>, BackupError> {
        let password = Password::new(self.secret.keystore_password().expose())?;
        let entries = &self.read.manifest.keystores;
        let mut derived: HashMap<Kdf, DecryptionKey> = HashMap::new();
        let mut opened = Vec::with_capacity(entries.len());
        for chunk in entries.chunks(CHUNK) {
            progress.step("opening", opened.len(), entries.len());
            let read: Vec<_> =
                chunk.iter().map(|entry| read_keystore(entry, set, copies)).collect();
            for keystore in read.iter().flatten() {
                if !derived.contains_key(keystore.kdf()) {
                    let key = DecryptionKey::derive(&password, keystore.kdf())?;
                    derived.insert(keystore.kdf().clone(), key);
                }
            }
            opened.extend(chunk.iter().zip(open_chunk(chunk, &read, &derived)));
        }
        progress.step("opening", entries.len(), entries.len());
        Ok(opened)
    }
}

/// How many keystores are in memory at a time.
const CHUNK: usize = 512;

fn read_keystore(
    entry: &KeystoreEntry,
    set: &ScrubbedSet,
    copies: &[Copy],
) -> Result<Keystore, Reason> {
    let mut inspections = set.copies.iter().zip(copies);
    let bytes = inspections
        .find_map(|(inspection, copy)| inspection.as_ref()?.file(copy, &entry.file, &entry.sha256));
    Keystore::parse(&bytes.ok_or(Reason::NotChecked)?).map_err(|_| Reason::Malformed)
}

fn open_chunk(
    entries: &[KeystoreEntry],
    keystores: &[Result<Keystore, Reason>],
    derived: &HashMap<Kdf, DecryptionKey>,
) -> Vec<Result<OpenKeystore, Reason>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = entries.len().div_ceil(cores).max(1);
    let pairs: Vec<_> = entries.iter().zip(keystores).collect();
    std::thread::scope(|scope| {
        let work = |part| move || -> Vec<_> { open_part(part, derived) };
        let threads = pairs.chunks(share).map(|part| (part.len(), scope.spawn(work(part))));
        let threads: Vec<_> = threads.collect();
        let mut opened = Vec::with_capacity(pairs.len());
        for (len, thread) in threads {
            let part = thread.join().unwrap_or_default();
            // One answer a key, whatever became of the thread: none may stand for another's.
            opened.extend(part.into_iter().chain((0..).map(|_| Err(Reason::NotChecked))).take(len));
        }
        opened
    })
}

fn open_part(
    part: &[(&KeystoreEntry, &Result<Keystore, Reason>)],
    derived: &HashMap<Kdf, DecryptionKey>,
) -> Vec<Result<OpenKeystore, Reason>> {
    let open = |(entry, keystore): &(&KeystoreEntry, &Result<Keystore, Reason>)| {
        let keystore = keystore.as_ref().map_err(|reason| *reason)?;
        let key = derived.get(keystore.kdf()).ok_or(Reason::NotChecked)?;
        let secret = keystore.open_with(key).map_err(|error| match error {
            KeystoreError::WrongPassword => Reason::WrongPassword,
            KeystoreError::PubkeyMismatch { .. } | KeystoreError::NotAKey => Reason::PubkeyMismatch,
            _ => Reason::Malformed,
        })?;
        let description = keystore.description().unwrap_or_default().to_owned();
        match *keystore.pubkey() == entry.pubkey {
            true => Ok(OpenKeystore { secret, description }),
            false => Err(Reason::PubkeyMismatch),
        }
    };
    part.iter().map(open).collect()
}
