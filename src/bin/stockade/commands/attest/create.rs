use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;
use stockade::{
    attest::{self, Challenge},
    backup::{Copy, SetId, custodians::require_real, drill, origin::Pins, scrub},
    device_secret::check_address,
    path::DerivationPath,
    timestamp::Timestamp,
};

use crate::{
    CommandResult,
    commands::report,
    context::{Context, read_expected, read_signers},
    error::CommandError,
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
    /// The path of the key that signs
    #[arg(long, default_value = "m/44'/60'/0'/0/0")]
    path: DerivationPath,
    /// Who else may have made the sets: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Keys that must be there: a key a line, a deposit_data file, or a keymanager listing
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// Real money behind a seed that the whole world knows; for tests alone
    #[arg(long, hide = true)]
    allow_test_seed: bool,
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
        let copies = Copy::open_all(&self.copy)?;
        let expected = read_expected(self.expect.as_deref())?;
        let mut pins = Pins { wallet: None, signers: read_signers(&self.signer)? };
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read(&copies, self.set.as_ref(), &mut progress)?;
        let mut wallet = context.open()?;
        let terminal = &mut context.terminal;
        let address = check_address(&mut *wallet, terminal)?;
        for set in &scrubbed.sets {
            let custodians = set.custodians(&pins);
            let allow = self.allow_test_seed;
            require_real(set.id.network(), &*wallet, &address, &custodians, allow)?;
        }
        let mut found = match self.check {
            Check::Scrub => {
                let pins = Pins { wallet: Some(address), ..pins.clone() };
                scrubbed.report(&copies, &pins)
            }
            Check::Drill => {
                let options = drill::Options { pins: pins.clone(), ..Default::default() };
                let wallet = &mut *wallet;
                drill::drill(&copies, &scrubbed, &options, wallet, terminal, &mut progress)?
            }
        };
        scrub::expect(&mut found, &expected);
        pins.wallet = Some(address);
        let attested = attest::create(
            &copies,
            &scrubbed,
            &found,
            &pins,
            challenge.as_ref(),
            &self.path,
            Timestamp::now(),
            &mut *wallet,
            terminal,
        )?;
        Ok(outcome(&attested, report::outcome(&found, &copies)))
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
