//! The keys of a place against the sets that should be there.

use std::collections::BTreeMap;

use stockade::{
    attest::delivery::Destination,
    backup::{
        Copy,
        origin::{OriginVerdict, Pins},
        scrub::{self, ScrubbedSet},
        unlockers::Unlockers,
        verdict::Reason,
    },
    bls::PublicKey,
};
use stockade_services::check::Found;

use super::{
    attest::{self, Attestation},
    check::Args,
    report::Report,
};
use crate::{
    CommandResult,
    context::{Context, read_signers},
    error::CommandError,
};

impl Args {
    /// Every key of the sets must be there, and no other.
    pub(super) fn with_sets(
        &self,
        found: &Found,
        to: Destination,
        copies: &[Copy],
        context: &mut Context,
    ) -> CommandResult {
        // Opened once: a wallet that asks for its passphrase asks once.
        let mut unlockers = Unlockers::new();
        let wallets = if self.attest { context.open_all()? } else { context.open_named()? };
        for wallet in wallets {
            unlockers.add_wallet(wallet, &mut context.terminal)?;
        }
        let pins = Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? };
        let pins = unlockers.pins(&pins);
        let mut progress = context.terminal.progress();
        let sets = scrub::read(copies, self.set.as_ref(), &mut progress)?.sets;
        let mut expected = BTreeMap::new();
        let mut origin = OriginVerdict::ThisWallet;
        for set in &sets {
            let (keys, judged) = expect(set, &pins)?;
            expected.extend(keys);
            origin = origin.max(judged);
        }
        if self.attest {
            attest::require_one(&sets)?;
        }
        let report = Report {
            place: self.place.to_string(),
            level: found.level,
            full: found.is_full(),
            origin,
            sets: sets.iter().map(|set| set.id.clone()).collect(),
            keys: found.against(&expected),
            shares: sets
                .iter()
                .filter_map(|set| set.manifest(&pins))
                .flat_map(|read| read.manifest.shares())
                .collect(),
        };
        let mut outcome = report.outcome();
        if let (true, [set]) = (self.attest, sets.as_slice()) {
            let path = self.note_path.clone();
            let attestation = Attestation { report: &report, set, to, copies, pins: &pins, path };
            attestation.add(&mut outcome, &mut unlockers, context);
        }
        Ok(outcome)
    }
}

/// The keys that a set should have put there, each with what is reported about one that is there.
fn expect(
    set: &ScrubbedSet,
    pins: &Pins,
) -> Result<(Vec<(PublicKey, Reason)>, OriginVerdict), CommandError> {
    let Some(read) = set.manifest(pins) else {
        let message = format!("set {}: no copy has an intact manifest", set.id);
        return Err(CommandError::input(message).with_hint("`stockade backup scrub` says why"));
    };
    let origin = set.origin_of(read, pins);
    let reason = match origin {
        OriginVerdict::ThisWallet | OriginVerdict::Signer => Reason::Ok,
        OriginVerdict::Unknown => Reason::OriginUnknown,
        OriginVerdict::Forged => Reason::OriginForged,
    };
    let keys = read.manifest.keystores.iter().map(|entry| (entry.pubkey, reason));
    Ok((keys.collect(), origin))
}
