//! The values of a transaction: those given on the command line, and those of a node for the rest.

use std::time::Duration;

use stockade::{
    eth::{Address, Fee, Transaction},
    staking::ExecutionRequest,
};
use stockade_services::rpc::{Node, RpcError};

use super::{
    limits::{require_modest, require_seen},
    options::Options,
};
use crate::error::CommandError;

/// Enough gas for any of the requests.
const GAS_LIMIT: u64 = 200_000;

/// The longest wait for an answer of a node.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The values of a transaction.
pub struct Source {
    node: Option<Node>,
    fee: Option<Fee>,
}

/// Reads the options, and makes sure that the node is on the right chain.
pub fn source(options: &Options) -> Result<Source, CommandError> {
    let fee = options.fee()?;
    require_seen(options)?;
    let Some(url) = &options.rpc_url else {
        if options.send {
            return Err(CommandError::usage("--send needs a node: name it with --rpc-url"));
        }
        for (option, given) in [
            ("--nonce", options.nonce.is_some()),
            ("--fee-wei", options.fee_wei.is_some()),
            ("--max-fee-gwei", fee.is_some()),
        ] {
            if !given {
                let message = format!("{option} is missing: give it, or a node with --rpc-url");
                return Err(CommandError::usage(message));
            }
        }
        return Ok(Source { node: None, fee });
    };
    let node = Node::new(url, TIMEOUT)?;
    let (chain, wanted) = (node.chain_id()?, options.network.chain_id());
    if chain != wanted {
        let network = options.network;
        let message = format!("the node is on chain {chain}, but {network} is chain {wanted}");
        return Err(CommandError::input(message).with_hint("name a node of that network"));
    }
    Ok(Source { node: Some(node), fee })
}

impl Source {
    /// The transaction for `request`, sent by `from`.
    pub fn fill(
        &self,
        request: &ExecutionRequest,
        from: &Address,
        options: &Options,
    ) -> Result<Transaction, CommandError> {
        let to = request.contract();
        let mut transaction = Transaction {
            chain_id: options.network.chain_id(),
            nonce: self.given_or(options.nonce, |node| node.next_nonce(from))?,
            fee: self.given_or(self.fee, Node::fee)?,
            gas_limit: options.gas_limit.unwrap_or(GAS_LIMIT),
            to,
            value: self.given_or(options.fee_wei, |node| node.request_fee(&to).map(roomy))?,
            data: request.calldata(),
        };
        if let (Some(node), None) = (&self.node, options.gas_limit) {
            let gas = node.estimate_gas(from, &transaction)?;
            transaction.gas_limit = gas.saturating_add(gas / 4);
        }
        require_modest(&transaction, options, self.fee.is_some())?;
        Ok(transaction)
    }

    /// Sends the signed transaction to the node.
    pub fn send(&self, raw: &[u8]) -> Result<(), CommandError> {
        let node = self.node.as_ref().ok_or_else(|| CommandError::usage("no node"))?;
        Ok(node.send(raw)?)
    }

    fn given_or<T>(
        &self,
        given: Option<T>,
        ask: impl FnOnce(&Node) -> Result<T, RpcError>,
    ) -> Result<T, CommandError> {
        match (given, &self.node) {
            (Some(given), _) => Ok(given),
            (None, Some(node)) => Ok(ask(node)?),
            (None, None) => {
                Err(CommandError::usage("a value is missing: name a node with --rpc-url"))
            }
        }
    }
}

/// Twice the fee: other requests may get into a block earlier, and each raises the fee for the next. The
/// excess is lost, but the fee is a few wei unless there are many requests.
fn roomy(fee: u128) -> u128 {
    fee.saturating_mul(2)
}
