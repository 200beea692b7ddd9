//! manifest.json: the contents of a set. See `docs/formats/set.md`.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::{digest::Digest, set_id::SetId};
use crate::{
    custodian::{AnyCustodian, Custodian},
    device_secret::Scheme,
    store::StorePath,
};
use stockade_base::{eth::Address, json, parallel, timestamp::Timestamp};
use stockade_keystore::{
    bls::{KeyError, PublicKey, UncheckedPublicKey},
    distributed::ShareOf,
    staking::Network,
};

const FORMAT: &str = "stockade-set";
const VERSION: u32 = 1;

/// The version of manifests that list shares of keys. Releases that do not know shares refuse it:
/// they would take a share for a validator's key.
const WITH_SHARES: u32 = 2;

/// The folder of the keystores in a set.
pub(crate) const KEYSTORES: &str = "keystores";

/// The contents of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: String,
    version: u32,
    /// The set's name.
    pub set_id: SetId,
    /// When it was made, RFC 3339 in UTC.
    pub created: String,
    /// The network of its keys.
    pub network: Network,
    /// Whether it was made with a seed that must not guard real money.
    pub test: bool,
    /// How many custodians are needed to open it.
    pub threshold: u8,
    /// The custodians.
    #[serde(deserialize_with = "custodians")]
    pub custodians: Vec<AnyCustodian>,
    /// The keystores, in the order in which they were made. [`Manifest::hold`] sets them.
    #[serde(deserialize_with = "keystores")]
    pub keystores: Vec<KeystoreEntry>,
    /// Every other file except SHA256SUMS, manifest.json, manifest.mac and origin.json.
    #[serde(deserialize_with = "json::at_most::<_, _, MAX_FILES>")]
    pub files: Vec<FileEntry>,
}

/// One keystore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeystoreEntry<K = PublicKey> {
    /// Its file, below `keystores/`.
    pub file: StorePath,
    /// The file's digest.
    pub sha256: Digest,
    /// The key's public key. It is the validator's, unless the key is a share.
    pub pubkey: K,
    /// Its EIP-2334 path; empty if the keystore named none.
    pub path: String,
    /// The key's source.
    #[serde(deserialize_with = "json::short::<_, _, MAX_SOURCE>")]
    pub source: Source,
    /// Which share of a validator's key it is, if it is one. Since version 2.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub share: Option<ShareOf<K>>,
}

/// The most keys of a set, and the most other files.
pub(crate) const MAX_FILES: usize = 65_536;

/// The longest source, by the length of its fields.
const MAX_SOURCE: usize = 1024;

/// The most custodians: the number of a share is one byte.
const MAX_CUSTODIANS: usize = 255;

/// The longest custodian of any kind.
const MAX_CUSTODIANS_LEN: usize = 1024 * 1024;

fn custodians<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<AnyCustodian>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Custodians {
        #[serde(deserialize_with = "json::at_most::<_, _, MAX_CUSTODIANS>")]
        list: Vec<AnyCustodian>,
    }
    let custodians: Custodians = json::short::<_, _, MAX_CUSTODIANS_LEN>(deserializer)?;
    Ok(custodians.list)
}

/// Checking public keys takes longer than parsing everything else, so it is done on all cores.
fn keystores<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<KeystoreEntry>, D::Error> {
    let entries: Vec<KeystoreEntry<UncheckedPublicKey>> =
        json::at_most::<_, _, MAX_FILES>(deserializer)?;
    let check = |entry: &KeystoreEntry<UncheckedPublicKey>| -> Result<_, KeyError> {
        let share = entry.share.as_ref().map(ShareOf::check).transpose()?;
        Ok((entry.pubkey.check()?, share))
    };
    let keys = parallel::map(&entries, check);
    let entries = entries.into_iter().zip(keys).map(|(entry, checked)| {
        let KeystoreEntry { file, sha256, path, source, .. } = entry;
        let (pubkey, share) = checked.map_err(D::Error::custom)?;
        Ok(KeystoreEntry { file, sha256, pubkey, path, source, share })
    });
    entries.collect()
}

/// The source of a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Source {
    /// A device secret. The wallet with this check address can derive the key again.
    Device {
        /// How the wallet made the secret.
        scheme: Scheme,
        /// The batch.
        batch: u32,
        /// The wallet's check address.
        check_address: Address,
    },
    /// A mnemonic, derived as deposit tools do.
    Mnemonic {
        /// The check address of the same mnemonic.
        check_address: Address,
    },
    /// A keystore that another program made.
    Imported,
}

impl Source {
    /// The description in a keystore made from this source. It warns that a deposit tool derives
    /// other keys from the words of the wallet. Imported keys have none.
    pub fn description(&self, network: Network) -> String {
        match self {
            Self::Device { scheme, batch, .. } => {
                let network = network.name();
                format!("Stockade {network} batch {batch}, {scheme}; not from the mnemonic path")
            }
            Self::Mnemonic { .. } | Self::Imported => String::new(),
        }
    }
}

/// One file that is not a keystore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// The file.
    pub path: StorePath,
    /// Its digest.
    pub sha256: Digest,
    /// Its length in bytes.
    pub size: u64,
}

/// Why a manifest is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not JSON of this format.
    #[error("not a manifest: {}", stockade_base::shown(&.0.to_string()))]
    Malformed(#[from] serde_json::Error),
    /// Its fields contradict each other, or a set cannot hold what it lists.
    #[error("the manifest is not valid: {0}")]
    Invalid(&'static str),
    /// A later release wrote it.
    #[error(
        "the manifest has version {0}, and this release reads versions 1 and 2: a newer release of \
         Stockade is needed"
    )]
    Version(u32),
}

impl Manifest {
    /// The longest manifest that is read: 1000 bytes for each of 65,000 keys.
    pub const MAX_LEN: u64 = 64 * 1024 * 1024;

    /// The manifest of a new set that any one custodian opens, with nothing in it yet.
    pub fn new(set_id: SetId, created: Timestamp) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            network: set_id.network(),
            set_id,
            created: created.rfc3339(),
            test: false,
            threshold: 1,
            custodians: Vec::new(),
            keystores: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Reads a manifest and checks it.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        let manifest: Self = match serde_json::from_slice(bytes) {
            Ok(manifest) => manifest,
            // A later version has fields that are not known here: its number says more than they do.
            Err(error) => return Err(later_version(bytes).unwrap_or(error.into())),
        };
        manifest.validate()?;
        Ok(manifest)
    }

    /// Lists `keystores` as the set's content. The version follows from them: sets without shares
    /// stay what every release reads.
    pub fn hold(&mut self, keystores: Vec<KeystoreEntry>) {
        let has_shares = keystores.iter().any(|entry| entry.share.is_some());
        self.version = if has_shares { WITH_SHARES } else { VERSION };
        self.keystores = keystores;
    }

    /// The keys of the set that are shares.
    pub fn shares(&self) -> impl Iterator<Item = (PublicKey, ShareOf)> {
        self.keystores.iter().filter_map(|entry| Some((entry.pubkey, entry.share?)))
    }

    /// About how much memory it takes, with the findings about each key.
    pub(crate) fn memory(&self) -> usize {
        let parts = self.keystores.len().saturating_add(self.files.len());
        parts.saturating_mul(1536)
    }

    /// The custodian that is the wallet with this check address.
    pub fn custodian_of(&self, check_address: &Address) -> Option<&Custodian> {
        let mut wallets = self.custodians.iter().filter_map(AnyCustodian::wallet);
        wallets.find(|wallet| wallet.check_address == *check_address)
    }

    /// The file's bytes.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }

    fn validate(&self) -> Result<(), ManifestError> {
        use ManifestError::Invalid;

        if self.format != FORMAT || self.version == 0 {
            return Err(Invalid("it has another format"));
        }
        if self.version > WITH_SHARES {
            return Err(ManifestError::Version(self.version));
        }
        if (self.version == WITH_SHARES) != self.shares().next().is_some() {
            return Err(Invalid("version 2 is for sets with shares, and version 1 for all others"));
        }
        if self.shares().any(|(key, share)| share.checked().is_err() || share.validator == key) {
            return Err(Invalid("it lists a share with numbers or a validator that no share has"));
        }
        if self.network != self.set_id.network() {
            return Err(Invalid("its network is not the one in its set id"));
        }
        if self.keystores.is_empty() {
            return Err(Invalid("it does not list any keystore"));
        }
        if self.threshold == 0 || usize::from(self.threshold) > self.custodians.len() {
            return Err(Invalid("its threshold is higher than its number of custodians"));
        }
        self.validate_paths()?;
        let keys: BTreeSet<_> = self.keystores.iter().map(|entry| entry.pubkey).collect();
        if keys.len() == self.keystores.len() {
            Ok(())
        } else {
            Err(Invalid("it lists a public key twice"))
        }
    }

    fn validate_paths(&self) -> Result<(), ManifestError> {
        use ManifestError::Invalid;

        let mut folded: BTreeSet<String> =
            RESERVED.iter().map(|name| name.to_lowercase()).collect();
        let keystores = self.keystores.iter().map(|entry| &entry.file);
        for path in keystores.clone().chain(self.files.iter().map(|entry| &entry.path)) {
            if !folded.insert(path.folded()) {
                return Err(Invalid("two of its paths are the same file on some file systems"));
            }
        }
        let in_folder = |path: &StorePath| path.names().next() == Some(KEYSTORES);
        if !keystores.clone().all(in_folder) || self.files.iter().any(|e| in_folder(&e.path)) {
            return Err(Invalid("keystores/ must hold all keystores and nothing else"));
        }
        Ok(())
    }
}

/// The version of a manifest that has a later one.
fn later_version(bytes: &[u8]) -> Option<ManifestError> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u32,
    }
    let head: Head = json::from_slice(bytes, usize::try_from(Manifest::MAX_LEN).ok()?).ok()?;
    let is_later = head.format == FORMAT && head.version > WITH_SHARES;
    is_later.then_some(ManifestError::Version(head.version))
}

/// The files of every set that a manifest cannot list.
pub(crate) const RESERVED: [&str; 4] =
    ["SHA256SUMS", "manifest.json", "manifest.mac", "origin.json"];

#[cfg(test)]
mod tests {
    use stockade_keystore::{bls::SecretKey, distributed::ShareTool};

    use super::*;
    use crate::custodian::PlainCustodian;

    fn key(seed: u8) -> PublicKey {
        SecretKey::derive_master(&[seed; 32]).unwrap().public_key()
    }

    fn manifest(shares: &[Option<ShareOf>]) -> Manifest {
        let now = Timestamp::now();
        let set = SetId::random(Network::Hoodi, now).unwrap();
        let mut manifest = Manifest::new(set, now);
        let recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
        manifest.custodians = vec![PlainCustodian::age(recipient, None).unwrap().into()];
        let entry = |(i, share): (usize, &Option<ShareOf>)| KeystoreEntry {
            file: format!("keystores/keystore-{i}.json").parse().unwrap(),
            sha256: Digest::of(b"x"),
            pubkey: key(i as u8 + 1),
            path: String::new(),
            source: Source::Imported,
            share: *share,
        };
        manifest.hold(shares.iter().enumerate().map(entry).collect());
        manifest
    }

    fn share() -> ShareOf {
        ShareOf::new(key(99), 2, 3, ShareTool::User).unwrap()
    }

    #[test]
    fn a_set_without_shares_stays_version_1_without_a_new_field() {
        let json = String::from_utf8(manifest(&[None, None]).to_json().unwrap()).unwrap();
        assert!(json.contains("\"version\": 1,") && !json.contains("share"), "{json}");
        Manifest::parse(json.as_bytes()).unwrap();
    }

    #[test]
    fn a_set_with_a_share_is_version_2_and_read_back() {
        let manifest = manifest(&[None, Some(share())]);
        let json = manifest.to_json().unwrap();
        assert!(str::from_utf8(&json).unwrap().contains("\"version\": 2,"));
        let read = Manifest::parse(&json).unwrap();
        assert_eq!(read, manifest);
        assert_eq!(read.shares().collect::<Vec<_>>(), [(key(2), share())]);
    }

    #[test]
    fn version_and_shares_must_fit_each_other() {
        let with = String::from_utf8(manifest(&[Some(share())]).to_json().unwrap()).unwrap();
        let without = String::from_utf8(manifest(&[None]).to_json().unwrap()).unwrap();
        for wrong in [
            with.replace("\"version\": 2", "\"version\": 1"),
            without.replace("\"version\": 1", "\"version\": 2"),
            with.replace("\"x\": 2", "\"x\": 0"),
            with.replace("\"threshold\": 3,", "\"threshold\": 1,"),
            with.replace(&key(99).to_string(), &key(1).to_string()),
        ] {
            assert!(Manifest::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_later_version_is_named_whatever_fields_it_has() {
        let json = String::from_utf8(manifest(&[None]).to_json().unwrap()).unwrap();
        let later = json.replace("\"version\": 1", "\"version\": 3");
        for later in [later.clone(), later.replace("\"test\"", "\"more\": [], \"test\"")] {
            let error = Manifest::parse(later.as_bytes()).unwrap_err();
            assert!(matches!(error, ManifestError::Version(3)), "{error}");
        }
    }
}
