//! An Ethereum node's JSON-RPC over HTTP: reads what a transaction needs, and sends it.
//!
//! A node is not trusted with anything that costs money: its answers are shown to the user, and the
//! wallet shows them again.
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
    /// The node at `url`, `http[s]://HOST[:PORT][/PATH]`. Each answer must arrive within `timeout`. Nothing
    /// is sent yet.
    pub fn new(url: &str, timeout: Duration) -> Result<Self, RpcError> {
        Ok(Self { client: Client::new(url, timeout)? })
    }

    /// The chain id (EIP-155).
    pub fn chain_id(&self) -> Result<u64, RpcError> {
        self.number("eth_chainId", json!([]))
    }

    /// The nonce of the next transaction of `address`, after all pending ones.
    pub fn next_nonce(&self, address: &Address) -> Result<u64, RpcError> {
        self.number("eth_getTransactionCount", json!([address, "pending"]))
    }

    /// The fee of a system contract in wei: the number that a call of `contract` without data returns.
    pub fn request_fee(&self, contract: &Address) -> Result<u128, RpcError> {
        const METHOD: &str = "eth_call";
        let answer =
            self.client.call(METHOD, &json!([{"to": contract, "data": "0x"}, "latest"]))?;
        quantity::word(&answer)
            .ok_or_else(|| self.answer(METHOD, "something else than a number of 32 bytes"))
    }

    /// A fee with the tip that the node suggests. It is enough until the base fee has doubled.
    pub fn fee(&self) -> Result<Fee, RpcError> {
        const METHOD: &str = "eth_feeHistory";
        let tip: u128 = self.number("eth_maxPriorityFeePerGas", json!([]))?;
        let history = self.client.call(METHOD, &json!(["0x1", "latest", []]))?;
        let next =
            history.get("baseFeePerGas").and_then(Value::as_array).and_then(|all| all.last());
        let base: u128 = next
            .and_then(quantity::number)
            .ok_or_else(|| self.answer(METHOD, "a history without the next block's base fee"))?;
        let bound = base.checked_mul(2).and_then(|twice| twice.checked_add(tip));
        let bound = bound.ok_or_else(|| self.answer(METHOD, "an impossibly large base fee"))?;
        Ok(Fee::Eip1559 { max_fee_per_gas: bound, max_priority_fee_per_gas: tip })
    }

    /// How much gas `transaction` would use if `from` sent it now. A node refuses one that would fail.
    pub fn estimate_gas(&self, from: &Address, transaction: &Transaction) -> Result<u64, RpcError> {
        let call = json!({
            "from": from,
            "to": transaction.to,
            "value": format!("{:#x}", transaction.value),
            "data": format!("0x{}", hex::encode(&transaction.data)),
        });
        self.number("eth_estimateGas", json!([call]))
    }

    /// Sends a signed transaction to the node. The node returns the transaction's hash; a different hash
    /// is an error.
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
        quantity::number(&answer).ok_or_else(|| {
            self.answer(method, "something else than a number, or one that is too large")
        })
    }

    fn answer(&self, method: &'static str, what: &'static str) -> RpcError {
        RpcError::Answer { node: self.client.name().to_owned(), method, what: what.to_owned() }
    }
}
