use std::path::PathBuf;

use clap::ValueEnum;
use stockade::{
    attest::{self, Challenge, Checked},
    backup::{
        Access, Copy, SetId, Trust, custodians::require_real, drill, origin::Pins, room, scrub,
    },
    path::DerivationPath,
    profile::CheckKind,
    timestamp::Timestamp,
};

use super::created::outcome;
use crate::{
    CommandResult,
    context::{Context, read_expected, read_signers},
    error::{CommandError, Kind},
    unlockers::OpenArgs,
};

/// Check copies, and have the wallet sign the result
///
/// The statement is one line of text that the wallet shows. It is stored with every copy, and anyone
/// can verify it with only the wallet's address.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A copy. Can be repeated
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    copy: Vec<PathBuf>,
    /// Only this set
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// scrub (every byte is unchanged) or drill (every key opens)
    #[arg(long, value_enum, default_value_t = Check::Scrub)]
    check: Check,
    /// A text that a verifier asked for; the statement contains it
    #[arg(long, value_name = "TEXT")]
    challenge: Option<String>,
    /// Sign the same statement as this attestation, if this check has the same result. Another wallet,
    /// named with --signer, made it
    #[arg(long, value_name = "FILE", conflicts_with = "challenge")]
    join: Option<PathBuf>,
    /// The derivation path of the key that signs
    #[arg(long, default_value = "m/44'/60'/0'/0/0")]
    path: DerivationPath,
    /// Who else may have made the sets: a check address, or a custodian file; with --join also the
    /// address that signed the attestation
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Keys that must be in the sets: a file with one key on each line, a deposit_data file, or a
    /// keymanager listing
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// Allow real money behind a publicly known seed; for tests only
    #[arg(long, hide = true)]
    allow_test_seed: bool,
    #[command(flatten)]
    open: OpenArgs,
}

/// What is checked before the wallet signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Check {
    Scrub,
    Drill,
}

/// What `backup scrub --attest` and `backup drill --attest` pass on.
#[derive(Debug)]
pub struct Asked {
    pub copies: Vec<PathBuf>,
    pub set: Option<SetId>,
    pub signer: Vec<String>,
    pub expect: Option<PathBuf>,
    pub open: OpenArgs,
}

impl Args {
    /// The arguments that attest this check, signed by the wallet's first address.
    pub fn of(check: Check, asked: Asked) -> Result<Self, CommandError> {
        let path = DerivationPath::ethereum(0, 0)
            .map_err(|error| CommandError::new(Kind::Internal, error.to_string()))?;
        let Asked { copies: copy, set, signer, expect, open } = asked;
        let (challenge, join, allow_test_seed) = (None, None, false);
        Ok(Self { copy, set, check, challenge, join, path, signer, expect, allow_test_seed, open })
    }

    /// Checks, and attests the result, even if it is not good.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let challenge = self.challenge.as_deref().map(str::parse::<Challenge>).transpose();
        let challenge = challenge.map_err(|error| CommandError::usage(error.to_string()))?;
        let other = self.join.as_deref().map(attest::read).transpose()?;
        let copies = Copy::open_all(&self.copy)?;
        // Before anybody presses a button for what could not be stored.
        copies.iter().try_for_each(Copy::lock_to_write)?;
        room::require(&copies, room::SMALL)?;
        let expected = read_expected(self.expect.as_deref())?;
        let pins = Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? };
        let mut progress = context.terminal.progress();
        let read = match self.check {
            Check::Scrub => scrub::read,
            Check::Drill => scrub::read_to_open,
        };
        let scrubbed = read(&copies, self.set.as_ref(), &mut progress)?;
        let mut unlockers = self.open.unlockers_of(&scrubbed, context)?;
        let terminal = &mut context.terminal;
        for set in &scrubbed.sets {
            let custodians = set.custodians(&pins);
            let allow = self.allow_test_seed;
            for (wallet, address) in unlockers.wallets() {
                require_real(set.id.network(), wallet, address, &custodians, allow)?;
            }
        }
        let own = unlockers.pins(&pins);
        let bytes = scrubbed.report(&copies, &own);
        if let Some((wallet, _)) = unlockers.first_wallet() {
            let (path, now) = (&self.path, Timestamp::now());
            let checked =
                Checked { copies: &copies, scrubbed: &scrubbed, report: &bytes, pins: &own };
            attest::foresee(checked, challenge.as_ref(), path, now, wallet, terminal)?;
        }
        let statements = if other.is_some() { 1 } else { scrubbed.sets.len() };
        let mut found = match self.check {
            Check::Scrub => bytes,
            Check::Drill => {
                let trust = Trust { pins: pins.clone(), accept_unknown_origin: false };
                let mut access = Access::new(&mut unlockers, &trust, terminal, &mut progress);
                if let Some(count) = drill::approvals(&scrubbed, &access) {
                    access.user.expect_approvals(count + statements);
                }
                drill::drill(&copies, &scrubbed, &mut access)?
            }
        };
        scrub::expect(&mut found, &expected);
        unlockers.close();
        let kind = match self.check {
            Check::Scrub => CheckKind::Scrub,
            Check::Drill => CheckKind::Drill,
        };
        context.record(kind, &scrubbed, &found);
        let terminal = &mut context.terminal;
        let pins = unlockers.pins(&pins);
        let (wallet, _) = unlockers.first_wallet().ok_or_else(|| {
            CommandError::usage("an attestation must be signed by a wallet")
                .with_hint("name a wallet with --device")
        })?;
        let (copies, now, path) = (&copies, Timestamp::now(), &self.path);
        let checked = Checked { copies, scrubbed: &scrubbed, report: &found, pins: &pins };
        let attested = match &other {
            Some(other) => vec![attest::join(checked, other, path, now, wallet, terminal)?],
            None => attest::create(checked, challenge.as_ref(), path, now, wallet, terminal)?,
        };
        let attestations = attested.into_iter().map(|one| one.attestation).collect();
        Ok(outcome(attestations, &found, copies))
    }
}
