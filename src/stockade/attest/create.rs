//! Making attestations: what a check found, signed by the wallet, kept beside every copy.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    AttestError, Attestation, AttestedLevel, Challenge, Statement, StatementVersion,
    chain::{self, Signed},
    verify,
};
use crate::backup::{
    BackupError, Copy, Digest, SetId, history,
    inspect::ReadManifest,
    origin::{OriginVerdict, Pins},
    scrub::{Scrubbed, ScrubbedSet},
    verdict::{Counts, Level, Reason, Report},
};
use stockade_base::{
    eth::{Address, personal_message},
    path::DerivationPath,
    timestamp::Timestamp,
};
use stockade_keystore::bls::PublicKey;
use stockade_wallet::{
    device::{Request, Show, Wallet},
    interact::Interact,
};

/// An attestation that was made.
#[derive(Debug)]
pub struct Attested {
    /// What it says.
    pub statement: Statement,
    /// The file.
    pub attestation: Attestation,
}

/// What was checked, and how.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    /// Where.
    pub copies: &'a [Copy],
    /// What was read there.
    pub scrubbed: &'a Scrubbed,
    /// What was found.
    pub report: &'a Report,
    /// Whose sets a wallet signs for.
    pub pins: &'a Pins,
}

/// How old a statement may be that another wallet joins in: as long as two people may need to meet.
const MAX_JOIN_AGE: i64 = 7 * 86_400;

/// Has `wallet` sign, for every set, what was found of it, with the key at `path`; and adds the
/// attestation to every copy. One press a set.
pub fn create(
    checked: Checked<'_>,
    challenge: Option<&Challenge>,
    path: &DerivationPath,
    now: Timestamp,
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
) -> Result<Vec<Attested>, AttestError> {
    checked.require_own()?;
    wallet.foresee(&Request::Address { path })?;
    let address = wallet.address(path, Show::Silently, user)?;
    let statements = checked.statements(challenge, &address, now)?;
    for set in &checked.scrubbed.sets {
        for why in history::unreadable(checked.copies, &set.id)? {
            user.note(&format!("warning: not attested, since it is not a slashing history: {why}"));
        }
    }
    // All of them before the first press.
    for statement in &statements {
        wallet.foresee(&Request::Message { path, message: &statement.to_string() })?;
    }
    let mut done: Vec<Attested> = Vec::new();
    for statement in statements {
        match checked.attest(statement, &address, path, wallet, user) {
            Ok(attested) => done.push(attested),
            Err(error) if done.is_empty() => return Err(error),
            Err(error) => {
                let written = done.into_iter().map(|one| one.statement.set).collect();
                return Err(AttestError::PartlyAttested { written, source: Box::new(error) });
            }
        }
    }
    Ok(done)
}

/// Makes sure, as far as it can be known before a check that takes presses of its own, that
/// `wallet` will sign what [`create`] would have it sign of what was found until now.
pub fn foresee(
    checked: Checked<'_>,
    challenge: Option<&Challenge>,
    path: &DerivationPath,
    now: Timestamp,
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
) -> Result<(), AttestError> {
    wallet.foresee(&Request::Address { path })?;
    let address = wallet.address(path, Show::Silently, user)?;
    // Whether there is anything to sign shows when all was checked.
    let statements = checked.statements(challenge, &address, now).unwrap_or_default();
    for statement in statements {
        wallet.foresee(&Request::Message { path, message: &statement.to_string() })?;
    }
    Ok(())
}

/// `now`, or the next second where the last statement is of this one: each has a time, and with it a
/// file's name, of its own, and none is of the future.
fn later_than(last: Option<Timestamp>, now: Timestamp) -> Timestamp {
    if last != Some(now) {
        return now;
    }
    std::thread::sleep(Duration::from_secs(1));
    Timestamp::from_unix(now.unix() + 1).unwrap_or(now)
}

/// Has `wallet` sign the very statement of `other`, by another wallet that is one of the signers
/// named, where its own check found the same: the same set and manifest, the same counts at the same
/// level, in the same copies.
pub fn join(
    checked: Checked<'_>,
    other: &Attestation,
    path: &DerivationPath,
    now: Timestamp,
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
) -> Result<Attested, AttestError> {
    checked.require_own()?;
    let refuse = |why: String| AttestError::NotJoined(why);
    if !other.is_signed() {
        return Err(refuse(format!("{} did not sign it", other.address)));
    }
    let theirs: Statement = other.statement.parse()?;
    let age = now.unix() - theirs.time.unix();
    if !(0..=MAX_JOIN_AGE).contains(&age) {
        let days = MAX_JOIN_AGE / 86_400;
        return Err(refuse(format!("its time {} is not of the last {days} days", theirs.time)));
    }
    let set = checked.scrubbed.sets.iter().find(|set| set.id == theirs.set);
    let set = set.ok_or_else(|| refuse(format!("set {} is not in these copies", theirs.set)))?;
    let (previous, challenge) = (theirs.previous, theirs.challenge.clone());
    let version = theirs.version;
    let own = checked.statement(set, version, previous, challenge, theirs.time)?;
    if own != theirs {
        return Err(refuse(format!(
            "what was found here is another:\n  {own}\nthan it says:\n  {theirs}"
        )));
    }
    let request = Request::Message { path, message: &other.statement };
    wallet.foresee(&request)?;
    let address = wallet.address(path, Show::Silently, user)?;
    if address == other.address {
        return Err(refuse(format!("{address} signed it already")));
    }
    if !checked.pins.signers.contains(&other.address) {
        return Err(AttestError::UnknownMaker(other.address));
    }
    checked.require_in_order(&theirs, &other.address, &address, user)?;
    checked.attest(own, &address, path, wallet, user)
}

impl Checked<'_> {
    /// A wallet signs for sets whose origin is known, in copies that can be named.
    fn require_own(&self) -> Result<(), AttestError> {
        if let Some(damaged) = self.copies.iter().find(|copy| copy.damage().is_some()) {
            return Err(AttestError::DamagedCopy(damaged.dir().to_owned()));
        }
        for set in &self.scrubbed.sets {
            if set.origin_of(self.manifest(set)?, self.pins) >= OriginVerdict::Unknown {
                return Err(AttestError::UnknownOrigin(set.id.to_string(), self.whose(set)));
            }
        }
        Ok(())
    }

    /// Who signed the set, and which wallets are here.
    fn whose(&self, set: &ScrubbedSet) -> String {
        let list = |all: Vec<String>, none: &str| {
            if all.is_empty() { none.to_owned() } else { all.join(", ") }
        };
        let signers = set.copies.iter().flatten().filter_map(|inspection| inspection.signer);
        let signers: BTreeSet<_> = signers.map(|signer| signer.to_string()).collect();
        let here = self.pins.wallets.iter().map(ToString::to_string).collect();
        format!(
            "signed by {}; the wallet here: {}",
            list(signers.into_iter().collect(), "nobody"),
            list(here, "none")
        )
    }

    /// `joined` must be the next statement of its `maker`, and later than all that whoever joins in it
    /// signed: no chain may come to a fork by it.
    fn require_in_order(
        &self,
        joined: &Statement,
        maker: &Address,
        own: &Address,
        user: &mut dyn Interact,
    ) -> Result<(), AttestError> {
        let all = verify::statements(self.copies, &joined.set)?;
        let one = Signed { statement: joined.clone(), signers: [*maker].into() };
        if chain::last_before(maker, &one, &all) != joined.previous {
            return Err(AttestError::NotJoined(format!(
                "it does not follow the last statement of {maker} in these copies"
            )));
        }
        let mut mine = all.values().filter(|one| one.signers.contains(own));
        if mine.any(|own| own.statement.time >= joined.time) {
            return Err(AttestError::NotJoined(format!(
                "{own} signed a statement of that time or later: let {maker} make another one"
            )));
        }
        if let Some(last) = chain::last_before(own, &one, &all)
            && !chain::leads_to(joined, &last, &all)
        {
            user.note(
                "This statement does not lead back to the last one that this wallet signed: a \
                 policy that asks for chains cannot tell any more. Let this wallet make the \
                 statement, and the other one join.",
            );
        }
        Ok(())
    }

    fn manifest<'a>(&self, set: &'a ScrubbedSet) -> Result<&'a ReadManifest, AttestError> {
        set.manifest(self.pins).ok_or_else(|| AttestError::NoManifest(set.id.to_string()))
    }

    fn statements(
        &self,
        challenge: Option<&Challenge>,
        address: &Address,
        now: Timestamp,
    ) -> Result<Vec<Statement>, AttestError> {
        let statement = |set: &ScrubbedSet| {
            let previous = verify::newest(self.copies, &set.id, address, now)?;
            let time = later_than(previous.as_ref().map(|last| last.time), now);
            let previous = previous.map(|last| last.digest());
            let version = match self.manifest(set)?.manifest.shares().next() {
                Some(_) => StatementVersion::V3,
                None => StatementVersion::V2,
            };
            self.statement(set, version, previous, challenge.cloned(), time)
        };
        self.scrubbed.sets.iter().map(statement).collect()
    }

    fn statement(
        &self,
        set: &ScrubbedSet,
        version: StatementVersion,
        previous: Option<Digest>,
        challenge: Option<Challenge>,
        time: Timestamp,
    ) -> Result<Statement, AttestError> {
        let mut ids: Vec<String> = self.copies.iter().map(|copy| copy.id().to_owned()).collect();
        ids.sort();
        Ok(Statement {
            version,
            set: set.id.clone(),
            manifest: self.manifest(set)?.digest,
            level: match self.report.level {
                Level::Opened => AttestedLevel::Opened,
                _ => AttestedLevel::Bytes,
            },
            keys: counts(self.report, &set.id),
            copies: ids,
            shares: self.manifest(set)?.manifest.shares().count(),
            history: history::newest_digest(self.copies, &set.id)?,
            previous,
            challenge,
            time,
        })
    }

    fn attest(
        &self,
        statement: Statement,
        address: &Address,
        path: &DerivationPath,
        wallet: &mut dyn Wallet,
        user: &mut dyn Interact,
    ) -> Result<Attested, AttestError> {
        let text = statement.to_string();
        let signature = wallet.sign_personal(path, &text, user)?;
        match personal_message::recover(text.as_bytes(), &signature) {
            Ok(signer) if signer == *address => {}
            _ => return Err(AttestError::WrongSigner(*address)),
        }
        let attestation = Attestation::new(text, *address, signature);
        let bytes = attestation.to_json().map_err(BackupError::from)?;
        let name = format!("attestations/{}/{}-{address}.json", statement.set, statement.time);
        for copy in self.copies {
            copy.lock().map_err(BackupError::from)?;
            copy.add(&name, bytes.clone())?;
        }
        Ok(Attested { statement, attestation })
    }
}

/// One verdict a key: proven only where it is so in every copy.
fn counts(report: &Report, set: &SetId) -> Counts {
    let of_set = |file: &str| file.split('/').next() == Some(set.as_str());
    let mut worst: BTreeMap<Option<PublicKey>, Reason> = BTreeMap::new();
    for key in &report.keys {
        // A key that is expected and in no copy belongs to no set: it is counted with each.
        if key.file.as_deref().is_none_or(of_set) {
            let entry = worst.entry(key.pubkey).or_insert(key.reason);
            if key.reason.verdict() > entry.verdict() {
                *entry = key.reason;
            }
        }
    }
    let mut counts = Counts::of(worst.into_values());
    let damaged = report.files.iter().any(|f| of_set(&f.file) && f.reason != Reason::Unlisted);
    if damaged && counts.contradicted == 0 && counts.inconclusive == 0 {
        // No set with a damaged file is attested as whole.
        counts = Counts { inconclusive: counts.proven, ..Counts::default() };
    }
    counts
}
