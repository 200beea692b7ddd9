//! Verdicts: proven, contradicted, inconclusive, each with a reason from a closed list.
//! "Could not tell" never reads as wrong, nor as right.

use super::{origin::OriginVerdict, set_id::SetId};
use stockade_base::eth::Address;
use stockade_keystore::bls::PublicKey;

/// What a check says of one key in one copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is as it should be, at the level of the check.
    Proven,
    /// The check could not tell.
    Inconclusive,
    /// It is not as it should be.
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
    /// Every byte is as written.
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

/// Why a verdict is what it is. A closed list: others rely on its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Nothing is wrong.
    Ok,
    /// A file's bytes changed since it was written.
    BitRot,
    /// A key or file that should be there is not.
    Missing,
    /// A file that no manifest lists.
    Unlisted,
    /// A file that is not of its format.
    Malformed,
    /// The keystore does not open with its password.
    WrongPassword,
    /// The key is not the one that its public key says.
    PubkeyMismatch,
    /// Another wallet, or another passphrase.
    NotThisWallet,
    /// The key comes from another source than the one that was asked.
    OtherSource,
    /// Two copies of one set list different content.
    ManifestDisagreement,
    /// Somebody without the set secret wrote the manifest.
    ManifestMac,
    /// Nothing says who made the set.
    OriginUnknown,
    /// The set's origin does not fit its content.
    OriginForged,
    /// Too few shares of the set secret.
    ShareMissing,
    /// A share, or the sealed secret, does not open or does not fit.
    ShareWrong,
    /// The wallet's firmware answers one prompt in two ways.
    FirmwareNotDeterministic,
    /// The system could not read it.
    Unreadable,
    /// Not looked at.
    NotChecked,
    /// A store does not let this caller read it.
    Denied,
    /// It is there, and the store deletes it by itself at a time that is set.
    Expires,
    /// A store says that it was deleted, and may still be brought back.
    Deleted,
    /// A store says that it was deleted for good.
    Destroyed,
    /// The same key is there a second time.
    Duplicate,
    /// The key is there, and not where a signer looks for it.
    Elsewhere,
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
        }
    }

    /// The reason in words, for people.
    pub fn explain(self) -> &'static str {
        match self {
            Self::Ok => "as it should be",
            Self::BitRot => "its bytes changed since it was written",
            Self::Missing => "it is not there",
            Self::Unlisted => "no manifest lists it",
            Self::Malformed => "it is not of its format",
            Self::WrongPassword => "it does not open with the set's password",
            Self::PubkeyMismatch => "the key in it is another than its public key says",
            Self::NotThisWallet => "this wallet (or this passphrase) is none of its custodians",
            Self::OtherSource => "it comes from another source, so this wallet cannot tell",
            Self::ManifestDisagreement => "the copies disagree about what the set holds",
            Self::ManifestMac => "its manifest was not written by the holder of the set secret",
            Self::OriginUnknown => {
                "it was not signed by this wallet, and no --signer says who should have"
            }
            Self::OriginForged => "its origin is not a signature over what it holds",
            Self::ShareMissing => {
                "too few of its custodians are here, or the sealed secret is in no copy whole"
            }
            Self::ShareWrong => {
                "the sealed secret, or a share of it, does not open or does not fit"
            }
            Self::FirmwareNotDeterministic => "the wallet answers one prompt in two ways",
            Self::Unreadable => "the system could not read it",
            Self::NotChecked => "it could not be looked at",
            Self::Denied => "reading it is not allowed",
            Self::Expires => "it is there now, and will be deleted at a time that is set",
            Self::Deleted => "it was deleted, and may still be brought back",
            Self::Destroyed => "it was deleted for good",
            Self::Duplicate => "the same key is there a second time",
            Self::Elsewhere => "it is there, and not where a signer looks for it",
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
            | Self::Elsewhere => Verdict::Contradicted,
            Self::Unlisted
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

/// What a check says of one key in one copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyVerdict {
    /// The key; `None` where only a damaged file says which it is.
    pub pubkey: Option<PublicKey>,
    /// Why.
    pub reason: Reason,
    /// The copy's id; `None` for a key that is in none.
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
    /// The same in more words than the reason has, where there are more.
    pub detail: Option<String>,
}

impl FileProblem {
    /// What is wrong with it, for people.
    pub fn explain(&self) -> &str {
        self.detail.as_deref().unwrap_or_else(|| self.reason.explain())
    }
}

/// What a check says of several copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How much it proves.
    pub level: Level,
    /// Who made the sets: the worst that is said of any.
    pub origin: OriginVerdict,
    /// Who signed the origins, whoever they are.
    pub signers: Vec<Address>,
    /// Whether anything said who should have made the sets.
    pub pinned: bool,
    /// The sets that were looked at.
    pub sets: Vec<SetId>,
    /// The ids of the copies that were looked at.
    pub copies: Vec<String>,
    /// One verdict a key and copy.
    pub keys: Vec<KeyVerdict>,
    /// Files that are not as they should be.
    pub files: Vec<FileProblem>,
    /// What a person should know and no verdict says.
    pub warnings: Vec<String>,
}

/// How many verdicts there are of each kind.
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
    /// The verdicts counted, key x copy.
    pub fn counts(&self) -> Counts {
        Counts::of(self.keys.iter().map(|key| key.reason))
    }

    /// Whether there are keys, and all are proven, and no file is damaged.
    pub fn all_proven(&self) -> bool {
        let counts = self.counts();
        counts.proven > 0
            && counts.contradicted == 0
            && counts.inconclusive == 0
            && self.files.iter().all(|file| file.reason == Reason::Unlisted)
    }
}
