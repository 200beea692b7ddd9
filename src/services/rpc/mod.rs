//! The JSON-RPC of an Ethereum node, over HTTP: what a transaction needs to know, and sending it.
//!
//! A node is believed in nothing that costs money: what it says is shown to the user, and the
//! wallet shows it again.
//!
//! Specification: [execution-apis](https://ethereum.github.io/execution-apis/).

mod error;
mod http;
mod quantity;

use std::time::Duration;

use serde_json::{Value, json};

use self::http::Client;
use stockade_base::eth::{Address, Fee, Transaction};

pub use error::RpcError;

/// An Ethereum node.
pub struct Node {
    client: Client,
}

impl Node {
    /// The node at `url`, `http[s]://HOST[:PORT][/PATH]`, each of whose answers must come within
    /// `timeout`. Nothing is sent yet.
    pub fn new(url: &str, timeout: Duration) -> Result<Self, RpcError> {
        Ok(Self { client: Client::new(url, timeout)? })
    }

    /// The number of its chain (EIP-155).
    pub fn chain_id(&self) -> Result<u64, RpcError> {
        self.number("eth_chainId", json!([]))
    }

    /// The nonce of the next transaction of `address`, those that wait counted.
    pub fn next_nonce(&self, address: &Address) -> Result<u64, RpcError> {
        self.number("eth_getTransactionCount", json!([address, "pending"]))
    }

    /// What a call of `contract` without data answers, as a number: the fee that a system contract
    /// asks for, in wei.
    pub fn request_fee(&self, contract: &Address) -> Result<u128, RpcError> {
        const METHOD: &str = "eth_call";
        let answer =
            self.client.call(METHOD, &json!([{"to": contract, "data": "0x"}, "latest"]))?;
        quantity::word(&answer).ok_or_else(|| self.answer(METHOD, "no number of 32 bytes"))
    }

    /// A fee that lasts while the base fee doubles, with the tip that the node suggests.
    pub fn fee(&self) -> Result<Fee, RpcError> {
        const METHOD: &str = "eth_feeHistory";
        let tip: u128 = self.number("eth_maxPriorityFeePerGas", json!([]))?;
        let history = self.client.call(METHOD, &json!(["0x1", "latest", []]))?;
        let next =
            history.get("baseFeePerGas").and_then(Value::as_array).and_then(|all| all.last());
        let base: u128 = next
            .and_then(quantity::number)
            .ok_or_else(|| self.answer(METHOD, "no base fee of the next block"))?;
        let bound = base.checked_mul(2).and_then(|twice| twice.checked_add(tip));
        let bound = bound.ok_or_else(|| self.answer(METHOD, "a base fee beyond all the ether"))?;
        Ok(Fee::Eip1559 { max_fee_per_gas: bound, max_priority_fee_per_gas: tip })
    }

    /// How much gas `transaction` would use if `from` sent it now; a node refuses one that would
    /// fail.
    pub fn estimate_gas(&self, from: &Address, transaction: &Transaction) -> Result<u64, RpcError> {
        let call = json!({
            "from": from,
            "to": transaction.to,
            "value": format!("{:#x}", transaction.value),
            "data": format!("0x{}", hex::encode(&transaction.data)),
        });
        self.number("eth_estimateGas", json!([call]))
    }

    /// Hands a signed transaction to the node. It answers the transaction's hash, which the caller
    /// knows already: another one is an error.
    pub fn send(&self, raw: &[u8]) -> Result<(), RpcError> {
        const METHOD: &str = "eth_sendRawTransaction";
        let raw_hex = format!("0x{}", hex::encode(raw));
        let answer = self.client.call_once(METHOD, &json!([raw_hex]))?;
        let hash = format!("0x{}", hex::encode(stockade_base::eth::transaction::hash(raw)));
        match answer.as_str() {
            Some(text) if text.eq_ignore_ascii_case(&hash) => Ok(()),
            _ => Err(self.answer(METHOD, "the hash of another transaction")),
        }
    }

    fn number<N: TryFrom<u128>>(&self, method: &'static str, params: Value) -> Result<N, RpcError> {
        let answer = self.client.call(method, &params)?;
        quantity::number(&answer)
            .ok_or_else(|| self.answer(method, "no number, or too large a one"))
    }

    fn answer(&self, method: &'static str, what: &'static str) -> RpcError {
        RpcError::Answer { node: self.client.name().to_owned(), method, what: what.to_owned() }
    }
}
