//! The values of a transaction: those given on the command line, and those of a node for the rest.

use std::time::Duration;

use stockade::{
    eth::{Address, Fee, Transaction},
    staking::ExecutionRequest,
};
use stockade_services::rpc::{Node, RpcError};

use super::options::Options;
use crate::{
    commands::decimal::show,
    error::{CommandError, Kind},
};

/// Enough gas for any of the requests.
const GAS_LIMIT: u64 = 200_000;

/// More gas than any of the requests uses: a node that asks for more is wrong.
const MOST_GAS: u64 = 1_000_000;

/// The highest cost of gas that is taken from a node, in wei: a tenth of a coin. The wallet shows it.
const MOST_GAS_COST: u128 = 100_000_000_000_000_000;

/// The highest fee for the request, in wei, that is allowed without [`Options::allow_fee_wei`]: a
/// thousandth of a coin. A Ledger does not show this fee when it explains the request.
const MOST_UNSEEN: u128 = 1_000_000_000_000_000;

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

/// The highest fee for the request that is allowed.
fn most_fee(options: &Options) -> u128 {
    options.allow_fee_wei.unwrap_or(MOST_UNSEEN)
}

/// Refuses a high `--fee-wei`: a mistyped one would be signed unseen, and the excess lost.
fn require_seen(options: &Options) -> Result<(), CommandError> {
    let (coin, most) = (options.network.fee_coin(), most_fee(options));
    match options.fee_wei.filter(|fee| *fee > most) {
        Some(fee) => Err(CommandError::usage(format!(
            "--fee-wei {fee} is {} {coin}, more than the {} {coin} that are allowed",
            show(fee, 18),
            show(most, 18)
        ))
        .with_hint(format!(
            "the fee is a few wei unless there are many requests, and a Ledger does not show it; if it \
             is right, also give --allow-fee-wei {fee}"
        ))),
        None => Ok(()),
    }
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
        self.require_modest(&transaction, options)?;
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

    /// Refuses values of a node that are too high: a node that lies must not cost a fortune.
    fn require_modest(
        &self,
        transaction: &Transaction,
        options: &Options,
    ) -> Result<(), CommandError> {
        let coin = options.network.fee_coin();
        let refuse = |what: String, option: &str| {
            let message = format!("the node asks for {what}, which is unlikely to be right");
            let hint = format!("if it is right, give the value yourself with {option}");
            Err(CommandError::new(Kind::Refused, message).with_hint(hint))
        };
        if options.fee_wei.is_none() && transaction.value > most_fee(options) {
            let fee = show(transaction.value, 18);
            let option = "--fee-wei and --allow-fee-wei: a Ledger does not show this fee";
            return refuse(format!("a fee of {fee} {coin} for the request"), option);
        }
        if options.gas_limit.is_none() && transaction.gas_limit > MOST_GAS {
            return refuse(format!("{} gas", transaction.gas_limit), "--gas-limit");
        }
        let gas_cost = transaction.most_gas_cost().filter(|cost| *cost <= MOST_GAS_COST);
        if self.fee.is_none() && gas_cost.is_none() {
            return refuse(
                format!("more than {} {coin} for gas", show(MOST_GAS_COST, 18)),
                "--max-fee-gwei",
            );
        }
        Ok(())
    }
}

/// Twice the fee: other requests may get into a block earlier, and each raises the fee for the next. The
/// excess is lost, but the fee is a few wei unless there are many requests.
fn roomy(fee: u128) -> u128 {
    fee.saturating_mul(2)
}
