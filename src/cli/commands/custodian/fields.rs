//! The fields of a custodian file, for the reference of JSON documents. The files themselves are
//! written and read by the library; `docs/formats/custodian.md` describes them.

use schemars::JsonSchema;

/// A custodian, as in its file.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct CustodianFields {
    /// `stockade-custodian`.
    format: String,
    /// The version of the format.
    version: u32,
    /// The id of the custodian.
    id: String,
    /// `wallet`, `age`, `plugin` or `passphrase`.
    kind: String,
    /// How the wallet derives its secret: `eip191-v1` or `slip11-v1`. Only of a wallet.
    #[schemars(skip_serializing_if = "Option::is_none")]
    scheme: Option<String>,
    /// The age recipient that sets are sealed to.
    recipient: String,
    /// The wallet's check address, with the checksum of EIP-55. Only of a wallet.
    #[schemars(skip_serializing_if = "Option::is_none")]
    check_address: Option<String>,
    /// Whether the wallet's passphrase is needed: a boolean or `unknown`. Only of a wallet.
    #[schemars(skip_serializing_if = "Option::is_none")]
    uses_passphrase: Option<serde_json::Value>,
    /// Whether the wallet has a publicly known seed, for tests. Only of a wallet.
    #[schemars(skip_serializing_if = "Option::is_none")]
    test: Option<bool>,
    /// The wallet's signature (EIP-191) over these fields, in hex. Only of a wallet.
    #[schemars(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    /// The identity of the recipient, sealed with the passphrase. Only of a passphrase.
    #[schemars(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    /// A name that only this file has. Absent in sets.
    #[schemars(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}
