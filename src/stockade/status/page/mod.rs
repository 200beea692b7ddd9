//! The state of all backups as one HTML page, for the owner or for an auditor. It needs no network and runs
//! no script.

mod html;
mod read;
mod style;
#[cfg(test)]
mod tests;

pub use read::{PageRequest, read};

use stockade_base::{eth::Address, timestamp::Timestamp};
use stockade_keystore::bls::PublicKey;

use super::CheckState;
use crate::backup::SetId;

/// What a page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// When it was made.
    pub at: Timestamp,
    /// Whether it is for an auditor: from manifests and attestations alone, without places and labels.
    pub public: bool,
    /// The addresses that count as the owner's.
    pub signers: Vec<Address>,
    /// The copies.
    pub copies: Vec<PageCopy>,
    /// The sets.
    pub sets: Vec<PageSet>,
    /// The attestations, newest first.
    pub attestations: Vec<PageAttestation>,
    /// What is to be done, the most urgent first. Empty for an auditor.
    pub tasks: Vec<PageTask>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// A copy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageCopy {
    /// Its id.
    pub id: String,
    /// Its label; empty if it has none, and for an auditor.
    pub label: String,
    /// Whether it is here, and when it was seen; empty for an auditor.
    pub state: String,
    /// Whether the owner should look at it.
    pub is_bad: bool,
}

/// A set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageSet {
    /// Its id.
    pub id: SetId,
    /// Its public keys, if a manifest lists them.
    pub keys: Vec<PublicKey>,
    /// How many keys it has, if that is known.
    pub number: Option<usize>,
    /// How many custodians open it.
    pub threshold: Option<u8>,
    /// The ids of its custodians.
    pub custodians: Vec<String>,
    /// The address that signed its manifest.
    pub signer: Option<Address>,
    /// Whether that is an address of the owner.
    pub is_own: bool,
    /// The last checks in each copy.
    pub copies: Vec<PagePair>,
}

/// The last checks of a set in a copy: scrub, drill and attestation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PagePair {
    /// The id of the copy.
    pub copy: String,
    /// The checks.
    pub checks: Vec<PageCheck>,
}

/// The last check of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageCheck {
    /// When it was.
    pub at: Option<Timestamp>,
    /// What that means now.
    pub state: CheckState,
}

/// An attestation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageAttestation {
    /// The time that it states; `None` if it states none.
    pub at: Option<Timestamp>,
    /// What it states, for people.
    pub what: String,
    /// The set that it is about.
    pub set: Option<SetId>,
    /// The ids of the copies that it covers.
    pub copies: Vec<String>,
    /// Who signed it, according to the file.
    pub by: Option<Address>,
    /// Why it does not count; empty if it does.
    pub problems: Vec<String>,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageTask {
    /// The task in words.
    pub text: String,
    /// What to type, if there is one command.
    pub command: Option<String>,
    /// Whether it is only due soon.
    pub soon: bool,
}

impl Page {
    /// How many different keys the sets list.
    pub fn keys(&self) -> usize {
        let keys = self.sets.iter().flat_map(|set| &set.keys);
        keys.collect::<std::collections::BTreeSet<_>>().len()
    }
}
