//! `/eth/v1/validator/{pubkey}/..`: the fee recipient, gas limit and graffiti of a key.

use std::fmt;

use serde_json::{Value, json};

use super::{Keymanager, KeymanagerError, prefixed};
use stockade_base::json::clip;
use stockade_keystore::bls::PublicKey;

/// The longest value that is kept. Graffiti has at most 32 bytes, but a client may answer anything.
const MAX_TEXT: usize = 100;

/// A client's settings for a key. `None` if the client returns none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The address that receives the fees.
    pub fee_recipient: Option<String>,
    /// The gas limit requested from builders.
    pub gas_limit: Option<String>,
    /// The text written into blocks.
    pub graffiti: Option<String>,
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("fee recipient", &self.fee_recipient),
            ("gas limit", &self.gas_limit),
            ("graffiti", &self.graffiti),
        ];
        let parts = parts
            .iter()
            .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name} {value}")));
        f.write_str(&parts.collect::<Vec<_>>().join(", "))
    }
}

impl Keymanager {
    /// Reads the client's settings for `key`. Errors count as no setting: most clients return one if the
    /// key has no setting of its own, or if they do not support the request.
    pub fn settings(&self, key: &PublicKey) -> Settings {
        let read = |what: &str, field: &str| {
            let answer: Value = self.endpoint.get(&path(key, what)).ok()?;
            let value = answer.get("data")?.get(field)?.clone();
            let text = match value {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            let text = clip(text.trim(), MAX_TEXT);
            (!text.is_empty()).then_some(text)
        };
        Settings {
            fee_recipient: read("feerecipient", "ethaddress"),
            gas_limit: read("gas_limit", "gas_limit"),
            graffiti: read("graffiti", "graffiti"),
        }
    }

    /// Writes each setting for `key`. Returns those that the client refused and does not already have.
    pub fn set(&self, key: &PublicKey, wanted: &Settings) -> Vec<(&'static str, KeymanagerError)> {
        let all = [
            ("fee recipient", "feerecipient", "ethaddress", &wanted.fee_recipient),
            ("gas limit", "gas_limit", "gas_limit", &wanted.gas_limit),
            ("graffiti", "graffiti", "graffiti", &wanted.graffiti),
        ];
        let mut refused = Vec::new();
        for (name, what, field, value) in all {
            let Some(value) = value else { continue };
            let set = self.endpoint.post_repeatable(&path(key, what), &json!({ field: value }));
            let Err(error) = set else { continue };
            let has = self.settings(key);
            let has = match what {
                "feerecipient" => has.fee_recipient,
                "gas_limit" => has.gas_limit,
                _ => has.graffiti,
            };
            // Clients differ in the capitals of an address.
            let same = |has: String| match what {
                "feerecipient" => has.eq_ignore_ascii_case(value),
                _ => has == *value,
            };
            if !has.is_some_and(same) {
                refused.push((name, error.into()));
            }
        }
        refused
    }
}

fn path(key: &PublicKey, what: &str) -> String {
    format!("/eth/v1/validator/{}/{what}", prefixed(key))
}
