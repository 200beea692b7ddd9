//! Making attestations: what a check found, signed by the wallet, kept beside every copy.

use std::collections::BTreeMap;

use super::{AttestError, Attestation, AttestedLevel, Challenge, Statement, verify};
use crate::{
    backup::{
        BackupError, Copy, SetId, history,
        origin::{OriginVerdict, Pins},
        scrub::Scrubbed,
        verdict::{Counts, Level, Reason, Report},
    },
    bls::PublicKey,
    device::{Show, Wallet},
    eth::personal_message,
    interact::Interact,
    path::DerivationPath,
    timestamp::Timestamp,
};

/// An attestation that was made.
#[derive(Debug)]
pub struct Attested {
    /// What it says.
    pub statement: Statement,
    /// The file.
    pub attestation: Attestation,
}

/// Has `wallet` sign, for every set, what `report` says of it, with the key at `path`; and adds
/// the attestation to every copy. One press a set.
#[allow(clippy::too_many_arguments, reason = "what was found, who signs, and when")]
pub fn create(
    copies: &[Copy],
    scrubbed: &Scrubbed,
    report: &Report,
    pins: &Pins,
    challenge: Option<&Challenge>,
    path: &DerivationPath,
    now: Timestamp,
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
) -> Result<Vec<Attested>, AttestError> {
    if let Some(damaged) = copies.iter().find(|copy| copy.damage().is_some()) {
        return Err(AttestError::DamagedCopy(damaged.dir().to_owned()));
    }
    for set in &scrubbed.sets {
        let read = set.manifest(pins).ok_or_else(|| AttestError::NoManifest(set.id.to_string()))?;
        if set.origin_of(read, pins) >= OriginVerdict::Unknown {
            return Err(AttestError::UnknownOrigin(set.id.to_string()));
        }
    }
    let address = wallet.address(path, Show::Silently, user)?;
    let mut made = Vec::new();
    for set in &scrubbed.sets {
        let read = set.manifest(pins).ok_or_else(|| AttestError::NoManifest(set.id.to_string()))?;
        let mut ids: Vec<String> = copies.iter().map(|copy| copy.id().to_owned()).collect();
        ids.sort();
        let statement = Statement {
            set: set.id.clone(),
            manifest: read.digest,
            level: match report.level {
                Level::Opened => AttestedLevel::Opened,
                _ => AttestedLevel::Bytes,
            },
            keys: counts(report, &set.id),
            copies: ids,
            history: history::newest_digest(copies, &set.id)?,
            previous: verify::newest(copies, &set.id, &address, now)?.map(|last| last.digest()),
            challenge: challenge.cloned(),
            time: now,
        };
        let text = statement.to_string();
        let signature = wallet.sign_personal(path, &text, user)?;
        match personal_message::recover(text.as_bytes(), &signature) {
            Ok(signer) if signer == address => {}
            _ => return Err(AttestError::WrongSigner(address)),
        }
        let attestation = Attestation::new(text, address, signature);
        let bytes = attestation.to_json().map_err(BackupError::from)?;
        let name = format!("attestations/{}/{now}-{address}.json", set.id);
        for copy in copies {
            copy.lock().map_err(BackupError::from)?;
            copy.add(&name, bytes.clone())?;
        }
        made.push(Attested { statement, attestation });
    }
    Ok(made)
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
