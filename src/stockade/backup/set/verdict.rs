//! Verdicts: proven, contradicted or inconclusive, each with a reason from a closed list. A check
//! that could not be made is never reported as right or wrong.

use std::collections::BTreeMap;

use super::{origin::OriginVerdict, set_id::SetId};
use stockade_base::eth::Address;
use stockade_keystore::{
    bls::PublicKey,
    distributed::{LockHash, ShareOf},
};

/// The verdict of a check on one key in one copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The key is as it should be, at the level of the check.
    Proven,
    /// The check could not be made.
    Inconclusive,
    /// The key is not as it should be.
    Contradicted,
}

impl Verdict {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Inconclusive => "inconclusive",
            Self::Contradicted => "contradicted",
        }
    }
}

/// How much a check proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Every byte is unchanged since it was written.
    Bytes,
    /// The public key belongs to the wallet.
    PublicKey,
    /// The key itself was opened.
    Opened,
}

impl Level {
    /// The word for it in JSON and in attestations.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::PublicKey => "public_key",
            Self::Opened => "opened",
        }
    }
}

/// The reason for a verdict. A closed list: other programs rely on the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Nothing is wrong.
    Ok,
    /// A file's bytes changed since it was written.
    BitRot,
    /// A key or file is missing.
    Missing,
    /// No manifest lists the file.
    Unlisted,
    /// A file does not have the right format.
    Malformed,
    /// The keystore does not open with its password.
    WrongPassword,
    /// The key does not belong to the public key that its keystore names.
    PubkeyMismatch,
    /// Another wallet or passphrase is in use.
    NotThisWallet,
    /// The key comes from a source that this check cannot compare with.
    OtherSource,
    /// The copies of one set list different contents.
    ManifestDisagreement,
    /// The manifest's MAC was not made with the set secret.
    ManifestMac,
    /// It is not known who made the set.
    OriginUnknown,
    /// The set's origin does not fit its contents.
    OriginForged,
    /// Too few shares of the set secret are available.
    ShareMissing,
    /// A share, or the sealed secret, does not open or does not fit.
    ShareWrong,
    /// The wallet's firmware gives different answers to the same prompt.
    FirmwareNotDeterministic,
    /// The system could not read it.
    Unreadable,
    /// It was not checked.
    NotChecked,
    /// A store does not allow this caller to read it.
    Denied,
    /// It exists, but the store will delete it at a scheduled time.
    Expires,
    /// A store reports that it was deleted, but might still be restorable.
    Deleted,
    /// A store reports that it was deleted for good.
    Destroyed,
    /// The same key exists a second time.
    Duplicate,
    /// The key exists, but not where a signer looks for it.
    Elsewhere,
    /// The key is a share of a validator's key, where a validator's key is needed.
    Share,
    /// A share of the key signed it: it takes more shares.
    Partial,
    /// It is not a share in the lock of the cluster: of an older one, or of another cluster's.
    OtherCluster,
}

impl Reason {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::BitRot => "bit_rot",
            Self::Missing => "missing",
            Self::Unlisted => "unlisted",
            Self::Malformed => "malformed",
            Self::WrongPassword => "wrong_password",
            Self::PubkeyMismatch => "pubkey_mismatch",
            Self::NotThisWallet => "not_this_wallet",
            Self::OtherSource => "other_source",
            Self::ManifestDisagreement => "manifest_disagreement",
            Self::ManifestMac => "manifest_mac",
            Self::OriginUnknown => "origin_unknown",
            Self::OriginForged => "origin_forged",
            Self::ShareMissing => "share_missing",
            Self::ShareWrong => "share_wrong",
            Self::FirmwareNotDeterministic => "firmware_not_deterministic",
            Self::Unreadable => "unreadable",
            Self::NotChecked => "not_checked",
            Self::Denied => "denied",
            Self::Expires => "expires",
            Self::Deleted => "deleted",
            Self::Destroyed => "destroyed",
            Self::Duplicate => "duplicate",
            Self::Elsewhere => "elsewhere",
            Self::Share => "share",
            Self::Partial => "partial",
            Self::OtherCluster => "other_cluster",
        }
    }

    /// The reason in words, for people.
    pub fn explain(self) -> &'static str {
        match self {
            Self::Ok => "as it should be",
            Self::BitRot => "its bytes changed since it was written",
            Self::Missing => "it is missing",
            Self::Unlisted => "no manifest lists it",
            Self::Malformed => "it does not have the right format",
            Self::WrongPassword => "it does not open with the set's password",
            Self::PubkeyMismatch => "the key in it does not belong to its public key",
            Self::NotThisWallet => "this wallet (or this passphrase) is not one of its custodians",
            Self::OtherSource => "it comes from another source, so this wallet cannot check it",
            Self::ManifestDisagreement => "the copies disagree about what the set holds",
            Self::ManifestMac => "its manifest was not written with the set secret",
            Self::OriginUnknown => {
                "this wallet did not sign it, and no --signer names who should have"
            }
            Self::OriginForged => "its origin does not match its contents",
            Self::ShareMissing => {
                "too few of its custodians are available, or no copy has the sealed secret intact"
            }
            Self::ShareWrong => {
                "the sealed secret, or a share of it, does not open or does not fit"
            }
            Self::FirmwareNotDeterministic => {
                "the wallet gives different answers to the same prompt"
            }
            Self::Unreadable => "the system could not read it",
            Self::NotChecked => "it could not be checked",
            Self::Denied => "reading it is not allowed",
            Self::Expires => "it exists, but will be deleted at a scheduled time",
            Self::Deleted => "it was deleted, but might still be restorable",
            Self::Destroyed => "it was deleted for good",
            Self::Duplicate => "the same key exists a second time",
            Self::Elsewhere => "it exists, but not where a signer looks for it",
            Self::Share => "the key is a share of a validator's key, not a validator's key",
            Self::OtherCluster => {
                "it is not a share in this lock of the cluster, so it is of no use there"
            }
            Self::Partial => "only a share of the key signed it: it takes more shares",
        }
    }

    /// The verdict that this reason leads to.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Ok => Verdict::Proven,
            Self::BitRot
            | Self::Missing
            | Self::Malformed
            | Self::WrongPassword
            | Self::PubkeyMismatch
            | Self::ManifestMac
            | Self::OriginForged
            | Self::ShareWrong
            | Self::Duplicate
            | Self::Elsewhere
            | Self::Share
            | Self::OtherCluster => Verdict::Contradicted,
            Self::Unlisted
            | Self::Partial
            | Self::NotThisWallet
            | Self::OtherSource
            | Self::ManifestDisagreement
            | Self::OriginUnknown
            | Self::ShareMissing
            | Self::FirmwareNotDeterministic
            | Self::Unreadable
            | Self::NotChecked
            | Self::Denied
            | Self::Expires
            | Self::Deleted
            | Self::Destroyed => Verdict::Inconclusive,
        }
    }
}

/// The finding of a check on one key in one copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyVerdict {
    /// The key; `None` if only a damaged file names it.
    pub pubkey: Option<PublicKey>,
    /// The reason.
    pub reason: Reason,
    /// The copy's id; `None` for a key that no copy holds.
    pub copy: Option<String>,
    /// The file that the verdict is about, below the copy's `stockade/`.
    pub file: Option<String>,
}

/// A file of a set that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    /// The copy's id.
    pub copy: String,
    /// The file, below the copy's `stockade/`.
    pub file: String,
    /// What is wrong with it.
    pub reason: Reason,
    /// More details than the reason gives, if there are any.
    pub detail: Option<String>,
}

impl FileProblem {
    /// What is wrong with it, for people.
    pub fn explain(&self) -> &str {
        self.detail.as_deref().unwrap_or_else(|| self.reason.explain())
    }
}

/// The result of a check on several copies.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How much the check proves.
    pub level: Level,
    /// Who made the sets: the worst verdict of any of them.
    pub origin: OriginVerdict,
    /// Who signed the origins, trusted or not.
    pub signers: Vec<Address>,
    /// Whether there were pins to compare the origins with.
    pub pinned: bool,
    /// The sets that were checked.
    pub sets: Vec<SetId>,
    /// The ids of the copies that were checked.
    pub copies: Vec<String>,
    /// One verdict for each key and copy.
    pub keys: Vec<KeyVerdict>,
    /// Files that are not as they should be.
    pub files: Vec<FileProblem>,
    /// Warnings for people, which no verdict covers.
    pub warnings: Vec<String>,
    /// The keys that are shares of a validator's key.
    pub shares: BTreeMap<PublicKey, ShareOf>,
    /// How many shares were opened and found in each cluster's lock.
    pub in_locks: BTreeMap<LockHash, usize>,
}

/// The number of verdicts of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Proven.
    pub proven: usize,
    /// Contradicted.
    pub contradicted: usize,
    /// Inconclusive.
    pub inconclusive: usize,
}

impl Counts {
    /// Counts the verdicts of `reasons`.
    pub fn of(reasons: impl IntoIterator<Item = Reason>) -> Self {
        let mut counts = Self::default();
        for reason in reasons {
            match reason.verdict() {
                Verdict::Proven => counts.proven += 1,
                Verdict::Contradicted => counts.contradicted += 1,
                Verdict::Inconclusive => counts.inconclusive += 1,
            }
        }
        counts
    }
}

impl Report {
    /// The number of verdicts of each kind, over all keys and copies.
    pub fn counts(&self) -> Counts {
        Counts::of(self.keys.iter().map(|key| key.reason))
    }

    /// Whether there are keys, all of them are proven, and no file is damaged.
    pub fn all_proven(&self) -> bool {
        let counts = self.counts();
        counts.proven > 0
            && counts.contradicted == 0
            && counts.inconclusive == 0
            && self.files.iter().all(|file| file.reason == Reason::Unlisted)
    }
}
