//! Opening a set: who it is for, whose it is, and then its secret. Nothing is asked of anybody
//! before they are known to be of its custodians, and the set to be one's own.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    BackupError, Copy,
    gather::{anybody, gather},
    hands::Hands,
    inspect::{Inspection, ReadManifest},
    manifest::KeystoreEntry,
    origin::{OriginVerdict, Pins},
    scrub::ScrubbedSet,
    set_secret::SetSecret,
    verdict::Reason,
};
use crate::{
    bls::SecretKey,
    custodian::OpenError,
    device_secret::SecretError,
    eth2_keystore::{
        DecryptionKey, Kdf, Keystore, KeystoreError, MEMORY_BUDGET, Password, derive_all,
    },
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

/// A set whose secret its custodians gave.
pub(super) struct OpenedSet<'a> {
    /// The manifest that counts.
    pub read: &'a ReadManifest,
    /// What opens everything in it.
    pub secret: SetSecret,
    /// What a person should know of how it was opened.
    pub notes: Vec<String>,
}

/// Why a set stays closed: a verdict on each of its keys, with what a person should know; or an
/// error that ends the command.
pub(super) enum Closed {
    /// What is said of each of its keys.
    Verdict(Reason, Vec<String>),
    /// A wallet failed, or its user said no.
    Failed(OpenError),
}

/// Opens `set` with those at hand.
pub(super) fn open<'a>(
    set: &'a ScrubbedSet,
    copies: &[Copy],
    pins: &Pins,
    accept_unknown_origin: bool,
    hands: &mut Hands,
    user: &mut dyn Interact,
) -> Result<OpenedSet<'a>, Closed> {
    let read = loop {
        let closed = match known(set, pins, accept_unknown_origin, hands) {
            Ok(read) => break read,
            Err(closed) => closed,
        };
        // The wallet that made it may be brought yet: nobody else's answer is asked for before.
        if !hands.brings() || !matches!(closed, Closed::Verdict(Reason::OriginUnknown, _)) {
            return Err(closed);
        }
        let next = hands.next(&wanted_signer(set), user);
        if next.map_err(|e| Closed::Failed(SecretError::from(e).into()))?.is_none() {
            return Err(closed);
        }
    };
    // A mac that rotted away, or whose digest did, is no sign of another's hand where the wallet
    // signed the manifest.
    let signed = set.origin_of(read, &hands.pins(pins)) < OriginVerdict::Unknown;
    let rotten = |i: &Inspection| i.damage.contains_key("manifest.mac") || i.sums.is_none();
    let rotten = signed && set.copies.iter().flatten().all(rotten);
    let macs = macs(set, copies);
    // And where one custodian opens it, the signed manifest says which sealed secret is the right
    // one: a mac that somebody changed is reported, and keeps nobody from their keys.
    let sure = rotten || (signed && read.manifest.threshold == 1);
    let fits = |secret: &SetSecret| {
        sure || macs.iter().any(|(_, mac)| secret.verify_manifest(&read.bytes, mac))
    };
    let (secret, notes) = gather(set, copies, read, &fits, hands, user)?;
    match fits(&secret) {
        true => Ok(OpenedSet { read, secret, notes }),
        false => Err(Closed::Verdict(Reason::ManifestMac, notes)),
    }
}

/// Why a set stayed closed, in words.
pub(super) fn because(reason: Reason, notes: &[String]) -> String {
    let notes = notes.iter().map(|note| format!("\n  {note}"));
    notes.fold(reason.explain().to_owned(), |text, note| text + &note)
}

/// The manifest of a set that those at hand may open, and whose maker is known.
fn known<'a>(
    set: &'a ScrubbedSet,
    pins: &Pins,
    accept_unknown_origin: bool,
    hands: &Hands,
) -> Result<&'a ReadManifest, Closed> {
    let closed = |reason| Err(Closed::Verdict(reason, Vec::new()));
    let pins = hands.pins(pins);
    let Some(read) = set.manifest(&pins) else { return closed(set.why_no_manifest()) };
    let wallets = hands.wallets().count() > 0;
    if wallets && !hands.brings() && !anybody(&read.manifest, hands) {
        return closed(Reason::NotThisWallet);
    }
    match set.origin_of(read, &pins) {
        OriginVerdict::ThisWallet | OriginVerdict::Signer => Ok(read),
        OriginVerdict::Unknown if accept_unknown_origin => Ok(read),
        OriginVerdict::Unknown => closed(Reason::OriginUnknown),
        OriginVerdict::Forged => closed(Reason::OriginForged),
    }
}

fn wanted_signer(set: &ScrubbedSet) -> String {
    let signers = set.copies.iter().flatten().filter_map(|inspection| inspection.signer);
    let signers: BTreeSet<_> = signers.map(|signer| signer.to_string()).collect();
    let signers: Vec<_> = signers.into_iter().collect();
    format!(
        "Set {}: first the wallet that made it, so that it is known to be yours (signed by check \
         address {}), or start again with --signer",
        set.id,
        signers.join(", ")
    )
}

/// The manifest.mac of each copy that has one, by the copy's id.
fn macs(set: &ScrubbedSet, copies: &[Copy]) -> Vec<(String, Vec<u8>)> {
    let mac = |(inspection, copy): (&Option<Inspection>, &Copy)| {
        let path = format!("{}/manifest.mac", inspection.as_ref()?.set).parse().ok()?;
        Some((copy.id().to_owned(), copy.read(&path, 256).ok()?))
    };
    set.copies.iter().zip(copies).filter_map(mac).collect()
}

impl OpenedSet<'_> {
    /// The ids of the copies whose manifest.mac is the one that the set secret gives.
    pub(super) fn good_macs(&self, set: &ScrubbedSet, copies: &[Copy]) -> Vec<String> {
        let macs = macs(set, copies).into_iter();
        let good = macs.filter(|(_, mac)| self.secret.verify_manifest(&self.read.bytes, mac));
        good.map(|(copy, _)| copy).collect()
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
            let kdfs: HashSet<_> = read.iter().flatten().map(Keystore::kdf).collect();
            let lacking = kdfs.into_iter().filter(|kdf| !derived.contains_key(*kdf));
            let jobs: Vec<_> = lacking.map(|kdf| (&password, kdf)).collect();
            let mut step = |done| progress.step("opening", opened.len() + done, entries.len());
            for key in derive_all(&jobs, MEMORY_BUDGET, &mut step) {
                let key = key?;
                derived.insert(key.kdf().clone(), key);
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
    let bytes = set.file(copies, &entry.file, &entry.sha256);
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
