use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;
use stockade::{
    attest::{self, Challenge, Checked},
    backup::{Copy, SetId, custodians::require_real, drill, origin::Pins, room, scrub},
    path::DerivationPath,
    timestamp::Timestamp,
};

use crate::{
    CommandResult,
    commands::report,
    context::{Context, read_expected, read_signers},
    error::CommandError,
    hands::OpenArgs,
    output::Outcome,
};

/// Check copies, and have the wallet sign what was found
///
/// The statement is one line of text that the wallet shows. It is kept beside every copy, and
/// anyone can verify it with the wallet's address alone.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A copy. Once for each
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    copy: Vec<PathBuf>,
    /// This set alone
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// scrub (every byte is as written) or drill (every key opens)
    #[arg(long, value_enum, default_value_t = Check::Scrub)]
    check: Check,
    /// A text that a verifier asked for
    #[arg(long, value_name = "TEXT")]
    challenge: Option<String>,
    /// Sign the very statement of this attestation, by another wallet that --signer names, if this
    /// check finds the same
    #[arg(long, value_name = "FILE", conflicts_with = "challenge")]
    join: Option<PathBuf>,
    /// The path of the key that signs
    #[arg(long, default_value = "m/44'/60'/0'/0/0")]
    path: DerivationPath,
    /// Who else may have made the sets: a check address, or a custodian file; with --join also the
    /// address that signed the attestation
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Keys that must be there: a key a line, a deposit_data file, or a keymanager listing
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// Real money behind a seed that the whole world knows; for tests alone
    #[arg(long, hide = true)]
    allow_test_seed: bool,
    #[command(flatten)]
    open: OpenArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Check {
    Scrub,
    Drill,
}

impl Args {
    /// Checks, and attests whatever the check found: a statement that not all is well is one too.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let challenge = self.challenge.as_deref().map(str::parse::<Challenge>).transpose();
        let challenge = challenge.map_err(|error| CommandError::usage(error.to_string()))?;
        let other = self.join.as_deref().map(attest::read).transpose()?;
        let copies = Copy::open_all(&self.copy)?;
        // Before anybody presses a button for what could not be kept.
        copies.iter().try_for_each(Copy::lock_to_write)?;
        room::require(&copies, room::SMALL)?;
        let expected = read_expected(self.expect.as_deref())?;
        let pins = Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? };
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read(&copies, self.set.as_ref(), &mut progress)?;
        let mut hands = self.open.hands(context)?;
        let terminal = &mut context.terminal;
        for set in &scrubbed.sets {
            let custodians = set.custodians(&pins);
            let allow = self.allow_test_seed;
            for (wallet, address) in hands.wallets() {
                require_real(set.id.network(), wallet, address, &custodians, allow)?;
            }
        }
        let own = hands.pins(&pins);
        let bytes = scrubbed.report(&copies, &own);
        if let Some((wallet, _)) = hands.first_wallet() {
            let (path, now) = (&self.path, Timestamp::now());
            let checked =
                Checked { copies: &copies, scrubbed: &scrubbed, report: &bytes, pins: &own };
            attest::foresee(checked, challenge.as_ref(), path, now, wallet, terminal)?;
        }
        let mut found = match self.check {
            Check::Scrub => bytes,
            Check::Drill => {
                let options = drill::Options { pins: pins.clone(), ..Default::default() };
                drill::drill(&copies, &scrubbed, &options, &mut hands, terminal, &mut progress)?
            }
        };
        scrub::expect(&mut found, &expected);
        let pins = hands.pins(&pins);
        let (wallet, _) = hands.first_wallet().ok_or_else(|| {
            CommandError::usage("an attestation is signed by a wallet: name one with --device")
        })?;
        let (copies, now, path) = (&copies, Timestamp::now(), &self.path);
        let checked = Checked { copies, scrubbed: &scrubbed, report: &found, pins: &pins };
        let attested = match &other {
            Some(other) => vec![attest::join(checked, other, path, now, wallet, terminal)?],
            None => attest::create(checked, challenge.as_ref(), path, now, wallet, terminal)?,
        };
        Ok(outcome(&attested, report::outcome(&found, copies)))
    }
}

fn outcome(attested: &[attest::Attested], mut found: Outcome) -> Outcome {
    found.text.push('\n');
    for one in attested {
        let attestation = &one.attestation;
        found.text +=
            &format!("Attested by {}\n  {}\n", attestation.address, attestation.statement);
    }
    if let Some(first) = attested.first() {
        let signer = first.attestation.address;
        found.text += &format!("Verify: stockade attest verify COPY.. --signer {signer}");
    }
    let attestations = attested.iter().map(|one| json!(one.attestation));
    found.json.insert("attestations".to_owned(), attestations.collect());
    found
}
