//! The fields of an attestation file, for the reference of JSON documents. The files themselves are
//! written and read by the library; `docs/formats/attestation.md` describes them.

use schemars::JsonSchema;

/// An attestation, as in its file.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct AttestationFields {
    /// The version of the format.
    version: u32,
    /// The statement that was signed.
    statement: String,
    /// The address that signed it, with the checksum of EIP-55.
    address: String,
    /// The signature of the statement (EIP-191), in hex.
    signature: String,
}
