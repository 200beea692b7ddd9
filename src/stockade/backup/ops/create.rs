//! Making a set: keystores sealed to custodians, signed by the wallet, published to every copy.

use std::{collections::BTreeSet, path::PathBuf};

use super::custodians::CustodianSet;
use crate::backup::{
    check::{inspect::Inspection, manifest_cache::ManifestCache},
    copy::{
        Copy,
        read_me::{self, Contact},
    },
    set::{
        digest::Digest,
        error::BackupError,
        manifest::{FileEntry, KEYSTORES, KeystoreEntry, Manifest},
        origin::Signer,
        recovery,
        secret::SetSecret,
        set_id::SetId,
        share,
        sums::{self, Sums},
    },
    sidecars::{
        history, marks,
        split_mark::SplitMark,
        whereabouts::{self, Entry, Location},
    },
    unlock::exits::{self, NewExit},
};
use crate::{
    custodian::{AnyCustodian, PlainCustodian, seal},
    store::{NewFile, ReadBack, StoreError, StorePath},
};
use stockade_base::{
    eth::Address,
    path::DerivationPath,
    secret::{SecretBytes, wiping_stack},
    timestamp::Timestamp,
};
use stockade_keystore::{
    bls::PublicKey,
    eth2_keystore::{DecryptionKey, Kdf, Keystore, Password},
    staking::Network,
};
use stockade_wallet::{
    device::DeviceError,
    interact::{Interact, Progress},
};

pub use crate::backup::set::new_key::NewKey;

/// What goes into a new set.
#[derive(Debug)]
pub struct Plan {
    /// Whose validators the keys are for.
    pub network: Network,
    /// Made with a seed that guards no real money.
    pub test: bool,
    /// Who can open it.
    pub custodians: Vec<AnyCustodian>,
    /// How many of them open it together.
    pub threshold: u8,
    /// The keys.
    pub keys: Vec<NewKey>,
    /// The deposit data of keys made now, as a deposit_data file.
    pub deposit_data: Option<Vec<u8>>,
    /// Whatever else is secret, in the clear, by the file that it is sealed into.
    pub sealed: Vec<NewFile>,
    /// The slashing histories that come with the keys (EIP-3076), already checked, and when each
    /// was given: what is older stays older in another set.
    pub history: Vec<(Timestamp, Vec<u8>)>,
    /// Exits that were signed before, to lie sealed beside the set.
    pub exits: Vec<NewExit>,
    /// Where the keys may go on signing: the places that they were imported from.
    pub places: Vec<(Location, Vec<PublicKey>)>,
    /// The splits by which the keys may run as shares.
    pub splits: Vec<SplitMark>,
    /// When the set is made.
    pub time: Timestamp,
}

impl Plan {
    /// A set of `keys` that `custodians` open, made now. The other fields may be set afterwards.
    pub fn new(network: Network, custodians: &CustodianSet, keys: Vec<NewKey>) -> Self {
        Self {
            network,
            test: false,
            custodians: custodians.custodians.clone(),
            threshold: custodians.threshold,
            keys,
            deposit_data: None,
            sealed: Vec::new(),
            history: Vec::new(),
            exits: Vec::new(),
            places: Vec::new(),
            splits: Vec::new(),
            time: Timestamp::now(),
        }
    }
}

/// A set that was made.
#[derive(Debug)]
pub struct Created {
    /// Its name.
    pub set_id: SetId,
    /// The digest of its manifest.
    pub manifest: Digest,
    /// Each copy's id, and how what was written there was read back.
    pub copies: Vec<(String, ReadBack)>,
    /// Its keystores, as the manifest lists them.
    pub keys: Vec<KeystoreEntry>,
    /// The copies that could not be written to.
    pub failed: Vec<FailedCopy>,
    /// What to know about READ ME FIRST.txt of the copies.
    pub warnings: Vec<String>,
}

/// A copy that could not be written to, while others could.
#[derive(Debug)]
pub struct FailedCopy {
    /// Its id.
    pub copy: String,
    /// Where it is.
    pub dir: PathBuf,
    /// Why.
    pub error: BackupError,
}

impl FailedCopy {
    /// The copy and what happened to it.
    pub fn new(copy: &Copy, error: BackupError) -> Self {
        Self { copy: copy.id().to_owned(), dir: copy.dir().to_owned(), error }
    }
}

/// Makes a set of `plan`, lets `signer` sign its origin, and publishes it to one copy after
/// another, each verified before the next. Until it is signed, nothing is written. A copy that cannot be
/// written to keeps the set from none of the others; it is an error where none could.
pub fn create(
    plan: Plan,
    copies: &mut [Copy],
    signer: Signer<'_>,
    user: &mut dyn Interact,
    progress: &mut dyn Progress,
) -> Result<Created, BackupError> {
    let (sealed, secret) = Sealed::new(plan, &signer.address(), user, progress)?;
    drop(secret);
    sealed.publish(copies, signer, user, progress)
}

/// A set that is sealed, but neither signed nor written yet. Nothing in it is secret any more: its keys
/// are not in memory while the signer takes their time.
pub(super) struct Sealed {
    /// What it was made of, without what is sealed now.
    plan: Plan,
    set_id: SetId,
    manifest: Vec<u8>,
    keys: Vec<KeystoreEntry>,
    files: Vec<NewFile>,
    exits: Vec<(String, Vec<u8>)>,
}

impl Sealed {
    /// Seals what is in `plan`, and gives the new set's secret with it.
    pub(super) fn new(
        mut plan: Plan,
        signer: &Address,
        user: &mut dyn Interact,
        progress: &mut dyn Progress,
    ) -> Result<(Self, SetSecret), BackupError> {
        let now = plan.time;
        require_distinct(&plan)?;
        let set_id = SetId::random(plan.network, now)?;
        let secret = SetSecret::random()?;
        let mut files = Vec::new();
        let keys = wiping_stack(|| seal_keys(&plan, &secret, now, &mut files, progress))?;
        plan.keys.clear();
        let others = wiping_stack(|| other_files(&plan, &set_id, &secret, signer, user))?;
        plan.sealed.clear();
        let listed = others.iter().map(|file| FileEntry {
            path: file.path.clone(),
            sha256: Digest::of(&file.bytes),
            size: file.bytes.len() as u64,
        });
        let mut manifest = Manifest::new(set_id.clone(), now);
        manifest.test = plan.test;
        manifest.threshold = plan.threshold;
        manifest.custodians = plan.custodians.iter().map(AnyCustodian::without_name).collect();
        manifest.hold(keys.clone());
        manifest.files = listed.collect();
        let manifest = manifest.to_json()?;
        let exits = exits::seal_all(&plan.exits, &secret.files_recipient()?)?;
        files.extend(others);
        let mac = wiping_stack(|| secret.manifest_mac(&manifest));
        files.push(file("manifest.mac", mac.into_bytes())?);
        Ok((Self { plan, set_id, manifest, keys, files, exits }, secret))
    }

    /// Has it signed, and writes it to the copies: see [`create`].
    pub(super) fn publish(
        self,
        copies: &mut [Copy],
        signer: Signer<'_>,
        user: &mut dyn Interact,
        progress: &mut dyn Progress,
    ) -> Result<Created, BackupError> {
        let Self { plan, set_id, manifest, keys, mut files, exits } = self;
        let digest = Digest::of(&manifest);
        if progress.stopped() {
            return Err(DeviceError::cancelled().into());
        }
        let origin = signer.sign(&set_id, &digest, user)?;
        files.push(file("manifest.json", manifest)?);
        files.push(file("origin.json", origin.to_json()?)?);
        let sums: Sums = files.iter().map(|f| (f.path.clone(), Digest::of(&f.bytes))).collect();
        files.push(file("SHA256SUMS", sums::render(&sums))?);

        let beside = Beside {
            histories: &plan.history,
            exits: &exits,
            places: &whereabouts::first(&plan.places, copies)?,
            splits: &plan.splits,
            contact: read_me::contact_of(copies),
        };
        let (mut written, mut failed, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        let total = copies.len();
        for (i, copy) in copies.iter_mut().enumerate() {
            progress.step("writing copies", i, total);
            match write(copy, &set_id, &files, &beside, &mut warnings) {
                Ok(read_back) => written.push((copy.id().to_owned(), read_back)),
                // Somebody else was quicker, and may have made the same keys.
                Err(error) if written.is_empty() && is_anothers(&error) => return Err(error),
                Err(error) => failed.push(FailedCopy::new(copy, error)),
            }
        }
        progress.step("writing copies", total, total);
        if written.is_empty() && !failed.is_empty() {
            return Err(failed.swap_remove(0).error);
        }
        Ok(Created { set_id, manifest: digest, copies: written, keys, failed, warnings })
    }
}

/// Whether it says that another process wrote there.
fn is_anothers(error: &BackupError) -> bool {
    use StoreError::{Busy, Changed, Exists};

    matches!(error, BackupError::Store(Busy(_) | Changed(_) | Exists(_)))
}

/// What is stored with a new set.
struct Beside<'a> {
    histories: &'a [(Timestamp, Vec<u8>)],
    exits: &'a [(String, Vec<u8>)],
    places: &'a [Entry],
    splits: &'a [SplitMark],
    contact: Option<Contact>,
}

/// Publishes the set to one copy, what lies beside it first: keys without their history are never
/// there alone, nor without an entry of where they may sign.
fn write(
    copy: &mut Copy,
    set_id: &SetId,
    files: &[NewFile],
    beside: &Beside<'_>,
    warnings: &mut Vec<String>,
) -> Result<ReadBack, BackupError> {
    copy.initialise()?;
    warnings.extend(read_me::leave(copy, beside.contact.as_ref()).1);
    for (time, bytes) in beside.histories {
        history::keep(copy, set_id, bytes, *time)?;
    }
    exits::keep(copy, set_id, beside.exits)?;
    beside.splits.iter().try_for_each(|mark| marks::leave(mark, copy, set_id))?;
    beside
        .places
        .iter()
        .try_for_each(|entry| whereabouts::write(copy, set_id, entry).map(|_| ()))?;
    let before = whole_sets(copy)?;
    let read_back = copy.publish(set_id, files)?;
    let after = whole_sets(copy)?;
    // A stick that holds less than it says writes over what it held.
    match before.into_iter().find(|set| !after.contains(set)) {
        Some(set) => Err(BackupError::Overwritten { dir: copy.dir().to_owned(), set }),
        None => Ok(read_back),
    }
}

/// The sets of a copy on a medium that are whole, read from it. A store that is no folder writes
/// nothing over another.
fn whole_sets(copy: &Copy) -> Result<BTreeSet<SetId>, BackupError> {
    if !copy.is_folder() {
        return Ok(BTreeSet::new());
    }
    let mut known = ManifestCache::default();
    let mut whole = |set: &SetId| Inspection::read(copy, set, &mut known).damage.is_empty();
    Ok(copy.set_ids()?.0.into_iter().filter(|set| whole(set)).collect())
}

fn file(path: &str, bytes: Vec<u8>) -> Result<NewFile, BackupError> {
    Ok(NewFile { path: path.parse()?, bytes })
}

/// One key twice in a set would be counted twice, and delivered twice.
fn require_distinct(plan: &Plan) -> Result<(), BackupError> {
    let mut seen = BTreeSet::new();
    match plan.keys.iter().map(|key| key.secret.public_key()).find(|key| !seen.insert(*key)) {
        Some(twice) => Err(BackupError::DuplicateKey(twice.to_string())),
        None => Ok(()),
    }
}

/// Seals every key into a keystore under the set's password: one scrypt for all of them.
fn seal_keys(
    plan: &Plan,
    secret: &SetSecret,
    now: Timestamp,
    files: &mut Vec<NewFile>,
    progress: &mut dyn Progress,
) -> Result<Vec<KeystoreEntry>, BackupError> {
    let kdf = Kdf::full_cost(*SecretBytes::random()?.expose());
    let password = Password::new(secret.keystore_password().expose())?;
    let derived = DecryptionKey::derive(&password, &kdf)?;
    let mut names = BTreeSet::new();
    let mut entries = Vec::with_capacity(plan.keys.len());
    for (i, key) in plan.keys.iter().enumerate() {
        progress.step("sealing", i, plan.keys.len());
        let keystore = Keystore::seal(&key.secret, &key.path, &key.described(), &derived)?;
        let path = unique_name(&key.path, i, now, &mut names)?;
        let bytes = keystore.to_json()?.into_bytes();
        entries.push(KeystoreEntry {
            file: path.clone(),
            sha256: Digest::of(&bytes),
            pubkey: key.secret.public_key(),
            path: key.path.clone(),
            source: key.source.clone(),
            share: key.share,
        });
        files.push(NewFile { path, bytes });
    }
    progress.step("sealing", plan.keys.len(), plan.keys.len());
    Ok(entries)
}

/// `keystore-m_12381_3600_<i>_0_0-<unix>.json`, the seconds bumped until the name is new. A key
/// without a known path gets its place in the set instead: clients take that name too.
fn unique_name(
    path: &str,
    place: usize,
    now: Timestamp,
    names: &mut BTreeSet<String>,
) -> Result<StorePath, BackupError> {
    let mut unix = now.unix();
    loop {
        let name = match path.parse::<DerivationPath>() {
            Ok(path) => {
                format!(
                    "keystore-{}-{unix}.json",
                    path.to_string().replace('/', "_").replace('\'', "")
                )
            }
            Err(_) => format!("keystore-{place}.json"),
        };
        if names.insert(name.clone()) {
            return Ok(format!("{KEYSTORES}/{name}").parse()?);
        }
        unix += 1;
    }
}

/// Everything of the set that is no keystore and that the manifest lists.
fn other_files(
    plan: &Plan,
    set_id: &SetId,
    secret: &SetSecret,
    signer: &Address,
    user: &mut dyn Interact,
) -> Result<Vec<NewFile>, BackupError> {
    let (threshold, custodians) = (plan.threshold, &plan.custodians);
    let mut files = share::seal_all(secret, set_id, threshold, custodians, user)?;
    let recovery = recovery::text(set_id, threshold, custodians, signer)?;
    files.push(file(recovery::TEXT, recovery.into_bytes())?);
    files.push(file(recovery::PROGRAM, recovery::PROGRAM_TEXT.into())?);
    if let Some(data) = &plan.deposit_data {
        files.push(file(&format!("deposit_data-{}.json", plan.time.unix()), data.clone())?);
    }
    let recipient = secret.files_identity().recipient();
    let own: AnyCustodian = PlainCustodian::age(&recipient, None)?.into();
    for NewFile { path, bytes } in &plan.sealed {
        files.push(NewFile { path: path.clone(), bytes: seal(bytes, &[&own], user)? });
    }
    Ok(files)
}
