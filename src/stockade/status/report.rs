//! What a status says.

use crate::{
    backup::{SetId, origin::OriginVerdict},
    profile::{Ages, CheckKind, Presence, Seen},
    validator::fleet::Warning,
};
use stockade_base::{eth::Address, timestamp::Timestamp};

/// The state of all backups.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusReport {
    /// When it was read.
    pub at: Timestamp,
    /// How old the results of checks may be.
    pub ages: Ages,
    /// The copies.
    pub copies: Vec<CopyStatus>,
    /// The sets, one for each manifest.
    pub sets: Vec<SetStatus>,
    /// How many different keys the sets list.
    pub keys: usize,
    /// How many of them are in one copy only.
    pub keys_in_one_copy: usize,
    /// What is to be done, the most urgent first.
    pub tasks: Vec<Task>,
    /// What the owner should know, and may be so on purpose.
    pub notes: Vec<Warning>,
}

impl StatusReport {
    /// Whether there is nothing to do now. What is due soon is not to be done now.
    pub fn is_fine(&self) -> bool {
        self.tasks.iter().all(|task| task.soon)
    }

    /// The copies that are not here.
    pub fn not_here(&self) -> impl Iterator<Item = &CopyStatus> {
        self.copies.iter().filter(|copy| copy.presence == Presence::NotHere)
    }
}

/// A copy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CopyStatus {
    /// Its id.
    pub id: String,
    /// A name for people.
    pub label: String,
    /// Whether it is usually not connected.
    pub away: bool,
    /// Whether it is here.
    pub presence: Presence,
    /// Where and when it was last seen, if this computer remembers.
    pub seen: Option<Seen>,
    /// How many sets it holds; `None` if it was not read.
    pub sets: Option<usize>,
}

/// A set, according to one manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SetStatus {
    /// Its id.
    pub id: SetId,
    /// Whether its manifest can be read.
    pub readable: bool,
    /// How many keys it lists.
    pub keys: usize,
    /// Who made it.
    pub origin: OriginVerdict,
    /// The address that signed it.
    pub signer: Option<Address>,
    /// The ids of its custodians.
    pub custodians: Vec<String>,
    /// How many of them are needed to open it.
    pub threshold: Option<u8>,
    /// Every copy that holds it, or held it when it was last checked.
    pub copies: Vec<PairStatus>,
}

/// A set in a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PairStatus {
    /// The id of the copy.
    pub copy: String,
    /// Whether the copy was read now. Otherwise only its records count.
    pub read: bool,
    /// The last check of each kind, in the order of [`CheckKind::ALL`].
    pub checks: Vec<CheckStatus>,
}

/// The last check of one kind of a set in a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckStatus {
    /// What is checked.
    pub kind: CheckKind,
    /// The last one that counts.
    pub last: Option<Last>,
    /// When it is due again; `None` if it never took place, or is not asked for.
    pub due: Option<Timestamp>,
    /// What that means now.
    pub state: CheckState,
}

/// The last check. Of several at the same time, one that failed counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Last {
    /// When, by the clock of the computer that checked.
    pub at: Timestamp,
    /// Whether something was not as it should be.
    pub failed: bool,
    /// Who attested it; `None` if only this computer's records say so.
    pub by: Option<Address>,
}

/// Whether a check is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckState {
    /// It is not asked for.
    Off,
    /// It is recent.
    Fine,
    /// It is due soon.
    DueSoon,
    /// It is overdue.
    Overdue,
    /// There never was one that counts.
    Never,
    /// The last one found something that is not as it should be, or could not be checked.
    Failed,
}

impl CheckState {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Fine => "fine",
            Self::DueSoon => "due_soon",
            Self::Overdue => "overdue",
            Self::Never => "never",
            Self::Failed => "failed",
        }
    }
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Task {
    /// What it is about.
    pub kind: TaskKind,
    /// Whether it is only due soon.
    pub soon: bool,
    /// The task in words.
    pub text: String,
    /// The ids of the copies that it concerns, if it concerns some.
    pub copies: Vec<String>,
    /// The sets that it concerns, if it concerns some.
    pub sets: Vec<SetId>,
}

/// What a task is about. Kinds may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TaskKind {
    /// A copy, set or record cannot be read.
    Unreadable,
    /// The clock shows a time before a check that took place.
    Clock,
    /// A check found something that is not as it should be.
    Failed(CheckKind),
    /// A copy does not hold a set any more.
    Missing,
    /// The copies disagree about a set.
    Disagreement,
    /// Sets that none of the owner's addresses signed.
    Origin,
    /// Sets with other custodians or another threshold than the profile names.
    Custodians,
    /// A copy is not here.
    NotHere,
    /// There is no set at all.
    NoSet,
    /// Keys that are in one copy only.
    OneCopy,
    /// Copies that one failure would destroy together, or keys in two sets.
    Risk,
    /// No address is known to be the owner's, so no set and no attestation counts.
    NoSigner,
    /// A check is overdue, due soon, or never took place.
    Due(CheckKind),
}

impl TaskKind {
    /// The word for it in JSON and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Clock => "clock",
            Self::Failed(CheckKind::Scrub) => "scrub_failed",
            Self::Failed(CheckKind::Drill) => "drill_failed",
            Self::Failed(CheckKind::Attestation) => "attestation_failed",
            Self::Missing => "missing",
            Self::Disagreement => "disagreement",
            Self::Origin => "origin",
            Self::Custodians => "custodians",
            Self::NotHere => "not_here",
            Self::NoSet => "no_set",
            Self::OneCopy => "one_copy",
            Self::Risk => "risk",
            Self::NoSigner => "no_signer",
            Self::Due(CheckKind::Scrub) => "scrub_due",
            Self::Due(CheckKind::Drill) => "drill_due",
            Self::Due(CheckKind::Attestation) => "attestation_due",
        }
    }
}
