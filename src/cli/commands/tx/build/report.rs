//! The signed transaction, for people and as JSON.

use serde::Serialize;
use stockade::{
    eth::{Address, Fee, Transaction, transaction},
    staking::ExecutionRequest,
};

use super::Options;
use crate::{commands::amount::coins, error::CommandError, output::Outcome};

/// A signed transaction. Amounts of wei are texts, because they do not fit the numbers of many JSON
/// parsers.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The request: `exit`, `withdrawal`, `consolidation` or `compounding`.
    request: &'static str,
    /// The public key of the validator.
    validator: String,
    /// The public key of the validator that receives the balance (`consolidation` only).
    target: Option<String>,
    /// The amount to pay out, in Gwei of the consensus layer (`withdrawal` only).
    amount_gwei: Option<u64>,
    /// The same amount in coins, such as `1.5 ETH`.
    coins: Option<String>,
    /// The network.
    network: &'static str,
    /// The derivation path of the sender in the wallet.
    path: String,
    /// The sender.
    from: String,
    /// The system contract.
    to: String,
    /// The chain id.
    chain_id: u64,
    /// The sender's nonce.
    nonce: u64,
    /// The fee for the contract, in wei.
    value_wei: String,
    /// The gas limit.
    gas_limit: u64,
    /// The highest price for a unit of gas, in wei.
    max_fee_per_gas_wei: String,
    /// The tip for a unit of gas, in wei.
    max_priority_fee_per_gas_wei: String,
    /// The call data, in hex with 0x.
    data: String,
    /// The signed transaction, in hex with 0x, as nodes accept it.
    raw: String,
    /// The transaction's hash, in hex with 0x.
    hash: String,
    /// Whether a node accepted it (--send).
    sent: bool,
}

/// The report on a transaction that was signed, and on sending it.
pub fn outcome(
    request: &ExecutionRequest,
    transaction: &Transaction,
    from: &Address,
    options: &Options,
    raw: &[u8],
    sent: Option<Result<(), CommandError>>,
) -> Outcome {
    let hash = format!("0x{}", hex::encode(transaction::hash(raw)));
    let raw = format!("0x{}", hex::encode(raw));
    let mut text = format!("Signed by {from}: transaction {hash}\n{raw}\n");
    text += match &sent {
        Some(Ok(())) => "Sent. It takes effect once it is in a finalized block.",
        Some(Err(_)) => {
            "It may or may not have been sent: look for its hash in an explorer before you try again."
        }
        None => "Not sent: give the line that begins with 0x to any node or explorer to send it.",
    };
    let (kind, validator, target, amount) = match request {
        ExecutionRequest::Exit { validator } => ("exit", validator, None, None),
        ExecutionRequest::Withdrawal { validator, gwei } => {
            ("withdrawal", validator, None, Some(gwei.get()))
        }
        ExecutionRequest::Consolidation { source, target } => {
            ("consolidation", source, Some(target), None)
        }
        ExecutionRequest::Compounding { validator } => ("compounding", validator, None, None),
    };
    let (max_fee, priority_fee) = match transaction.fee {
        Fee::Legacy { gas_price } => (gas_price, gas_price),
        Fee::Eip1559 { max_fee_per_gas, max_priority_fee_per_gas } => {
            (max_fee_per_gas, max_priority_fee_per_gas)
        }
    };
    let document = Document {
        request: kind,
        validator: validator.to_string(),
        target: target.map(ToString::to_string),
        amount_gwei: amount,
        coins: amount.map(|gwei| coins(gwei, options.network)),
        network: options.network.name(),
        path: options.path.to_string(),
        from: from.to_string(),
        to: transaction.to.to_string(),
        chain_id: transaction.chain_id,
        nonce: transaction.nonce,
        value_wei: transaction.value.to_string(),
        gas_limit: transaction.gas_limit,
        max_fee_per_gas_wei: max_fee.to_string(),
        max_priority_fee_per_gas_wei: priority_fee.to_string(),
        data: format!("0x{}", hex::encode(&transaction.data)),
        raw,
        hash,
        sent: matches!(sent, Some(Ok(()))),
    };
    let mut outcome = Outcome::done(text, document);
    if let Some(Err(error)) = sent {
        (outcome.ok, outcome.error) = (false, Some(error));
    }
    outcome
}
