//! What `attest create` checked and signed.

use serde::Serialize;
use stockade::{
    attest::Attestation,
    backup::{Copy, verdict::Report},
};

use crate::{commands::report, output::Outcome};

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    #[serde(flatten)]
    report: report::Document,
    /// The attestations that were signed, one for each set.
    #[cfg_attr(test, schemars(with = "Vec<super::fields::AttestationFields>"))]
    attestations: Vec<Attestation>,
}

/// The report on the check, and the attestations.
pub fn outcome(attestations: Vec<Attestation>, found: &Report, copies: &[Copy]) -> Outcome {
    let mut text = String::from("\n");
    for Attestation { address, statement, .. } in &attestations {
        text += &format!("Attested by {address}\n  {statement}\n");
    }
    if let Some(first) = attestations.first() {
        text += &format!("To verify: stockade attest verify COPY.. --signer {}", first.address);
    }
    let document = |report| Document { report, attestations };
    let mut outcome = report::outcome(found, copies, document);
    outcome.text += &text;
    outcome
}
