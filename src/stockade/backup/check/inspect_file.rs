//! Compares one file of a set in one copy with its digest.

use crate::backup::{
    copy::Copy,
    set::{
        digest::{Digest, Digesting},
        set_id::SetId,
        verdict::Reason,
    },
};
use crate::store::{StoreError, StorePath};
use stockade_keystore::{
    bls::PublicKey,
    eth2_keystore::{Keystore, MAX_KEYSTORE_BYTES},
};

/// The longest file of a set.
pub(crate) const MAX_FILE: u64 = 256 * 1024 * 1024;

/// A file that a set should hold.
pub(crate) struct Listed<'a> {
    pub path: &'a StorePath,
    pub digest: Digest,
    /// Whether this is a keystore whose key is not known from the manifest.
    pub is_keystore: bool,
    /// Whether its bytes are needed again, if they are no more than a keystore has.
    pub keep: bool,
}

/// A file whose bytes are unchanged.
pub(crate) struct Whole {
    pub size: u64,
    /// The key that the keystore names, if that was asked for.
    pub pubkey: Option<PublicKey>,
    /// Its bytes, if they were to be kept.
    pub kept: Option<Vec<u8>>,
}

/// What came of comparing a file with its digest.
pub(crate) type Checked = Result<Whole, Damage>;

/// What is wrong with a file.
pub(crate) struct Damage {
    pub reason: Reason,
    /// The answer of the service that holds the file, if it says more.
    pub detail: Option<String>,
}

impl From<Reason> for Damage {
    fn from(reason: Reason) -> Self {
        Self { reason, detail: None }
    }
}

impl From<StoreError> for Damage {
    fn from(error: StoreError) -> Self {
        let reason = reason_of(&error);
        Self { reason, detail: error.is_unreachable().then(|| error.to_string()) }
    }
}

/// Reads every byte of the file, once.
pub(crate) fn check(copy: &Copy, set: &SetId, file: &Listed<'_>) -> Checked {
    let full: StorePath = format!("{set}/{}", file.path).parse()?;
    let mut digest = Digesting::default();
    let mut bytes = Vec::new();
    let mut take = |piece: &[u8]| {
        digest.take(piece);
        if (file.is_keystore || file.keep) && bytes.len() <= MAX_KEYSTORE_BYTES {
            bytes.extend_from_slice(piece);
        }
    };
    let size = copy.read_pieces(&full, MAX_FILE, &mut take)?;
    if digest.end() != file.digest {
        return Err(Reason::BitRot.into());
    }
    let keystore = file.is_keystore.then(|| Keystore::parse(&bytes).ok()).flatten();
    let kept = (file.keep && bytes.len() as u64 == size).then_some(bytes);
    Ok(Whole { size, pubkey: keystore.map(|keystore| *keystore.pubkey()), kept })
}

/// The reason to report for a file that could not be read.
fn reason_of(error: &StoreError) -> Reason {
    match error {
        StoreError::NotFound(_) => Reason::Missing,
        // A file that grew, or was replaced by something else, is not what was written.
        StoreError::TooLong { .. } | StoreError::NotAFile(_) | StoreError::BadPath(_) => {
            Reason::BitRot
        }
        _ => Reason::Unreadable,
    }
}
