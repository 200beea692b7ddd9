//! Keys of a set that are lost in its copies, and are not delivered.

use serde::Serialize;
use stockade::{backup::verdict::Reason, bls::PublicKey};

/// A key that was left out.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LeftOut {
    /// The public key, in hex without 0x.
    #[cfg_attr(test, schemars(with = "String"))]
    pubkey: PublicKey,
    /// Why it was left out: a reason of the list of reasons.
    reason: &'static str,
}

/// The keys that were left out, for a document.
pub fn left_out(keys: &[(PublicKey, Reason)]) -> Vec<LeftOut> {
    let one =
        |(pubkey, why): &(PublicKey, Reason)| LeftOut { pubkey: *pubkey, reason: why.as_str() };
    keys.iter().map(one).collect()
}

/// The same for people, a line each.
pub fn left_out_text(keys: &[(PublicKey, Reason)]) -> String {
    let line = |(key, why): &(PublicKey, Reason)| format!("  LEFT OUT {key}: {}\n", why.explain());
    keys.iter().map(line).collect()
}
