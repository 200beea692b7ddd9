//! What `validator create` made, for people and as JSON.

use serde::Serialize;
use serde_json::Value;
use stockade::{
    backup::Copy,
    validator::{CreatedValidators, Request},
};

use crate::{
    commands::{
        amount::coins,
        backup::created::{
            self, CreatedCopy, Failed, Placed, copies_text, created_copies, custodians_text, notes,
        },
        validator::before_deposit::{before_deposit, deposit_data},
    },
    output::{Outcome, value},
    shell,
};

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The id of the new set.
    set_id: String,
    /// The SHA-256 digest of the set's manifest, in hex.
    manifest: String,
    /// The batch of the keys, or null for keys of a mnemonic.
    batch: Option<u32>,
    /// The new keys, by ascending index.
    keys: Vec<Key>,
    /// The address that withdrawals go to, or null for 0x00 credentials.
    withdrawal_address: Option<String>,
    /// The amount of each deposit, in Gwei of the consensus layer.
    amount: u64,
    /// The check address of the wallet that signed the set, or that of the mnemonic.
    signer: String,
    /// The custodians that can open the set, each as in its custodian file.
    #[cfg_attr(test, schemars(with = "Vec<serde_json::Map<String, Value>>"))]
    custodians: Value,
    /// The number of custodians that it takes to open the set.
    threshold: u8,
    /// Whether this wallet was enrolled as its custodian.
    enrolled: bool,
    /// The deposit data file in the first copy that is a folder on this computer.
    deposit_data: Option<String>,
    /// The copies that hold the set now.
    copies: Vec<CreatedCopy>,
    /// What the user should know, for people.
    warnings: Vec<String>,
    #[serde(flatten)]
    failed: Failed,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Key {
    /// The public key: 48 bytes in hex.
    pubkey: String,
    /// Its path (EIP-2334).
    path: String,
}

/// The report on new keys.
pub fn outcome(
    created: &CreatedValidators,
    request: &Request,
    (copies, placed): (&[Copy], &[Placed]),
    refused: Option<String>,
    failed: Failed,
) -> Outcome {
    let set = &created.set;
    let root = created.batch.map_or("from the mnemonic".into(), |batch| format!("batch {batch}"));
    let count = created.keys.len();
    let keys = if count == 1 { "key" } else { "keys" };
    let mut text = failed.text();
    text += &format!("Made set {}: {count} {keys} for {}, {root}\n", set.set_id, request.network);
    for (pubkey, path) in &created.keys {
        text += &format!("  {pubkey}  {path}\n");
    }
    text += &format!("Each deposit is {}. ", coins(request.amount, request.network));
    text += &match created.withdrawal_address {
        Some(address) => format!("Withdrawals go to {address}\n"),
        None => "Nothing is paid out until `stockade credentials change` names an address\n".into(),
    };
    text += &custodians_text(&created.custodians);
    text += &copies_text(set, copies, placed);
    let mut warnings = super::warnings::of(created);
    warnings.extend(refused);
    warnings.extend(created::warnings(copies));
    warnings.extend(set.warnings.iter().cloned());
    text += &notes(&warnings);
    let deposit_data = deposit_data(&set.set_id, copies);
    text += &format!("Next: stockade backup drill{}\n", shell::copies(copies));
    text += &before_deposit(created, request.network, copies, deposit_data.as_deref());
    let key = |(pubkey, path): &(_, _)| key(pubkey, path);
    let document = Document {
        set_id: set.set_id.to_string(),
        manifest: set.manifest.to_string(),
        batch: created.batch,
        keys: created.keys.iter().map(key).collect(),
        withdrawal_address: created.withdrawal_address.map(|address| address.to_string()),
        amount: request.amount,
        signer: created.origin.to_string(),
        custodians: value(&created.custodians.custodians),
        threshold: created.custodians.threshold,
        enrolled: created.custodians.enrolled,
        deposit_data: deposit_data.map(|file| crate::shown(&file).to_string()),
        copies: created_copies(set, copies, placed),
        warnings,
        failed,
    };
    let ok = document.failed.is_empty();
    Outcome::checked(ok, text, document)
}

fn key(pubkey: &impl ToString, path: &impl ToString) -> Key {
    Key { pubkey: pubkey.to_string(), path: path.to_string() }
}
