//! Where a transaction's numbers come from: the command line, and a node for what is not given.

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

/// Enough for any of the requests.
const GAS_LIMIT: u64 = 200_000;

/// More than any of the requests uses: a node that asks for more is wrong.
const MOST_GAS: u64 = 1_000_000;

/// The most that gas may cost on a node's word alone, in wei: a tenth of a coin. The wallet shows it.
const MOST_GAS_COST: u128 = 100_000_000_000_000_000;

/// The highest fee for the request, in wei, that is sent without [`Options::allow_fee_wei`]: a
/// thousandth of a coin. A Ledger does not show this fee when it explains the request.
const MOST_UNSEEN: u128 = 1_000_000_000_000_000;

/// How long a node may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where a transaction's numbers come from.
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
            return Err(CommandError::usage("--send needs a node: --rpc-url"));
        }
        for (option, given) in [
            ("--nonce", options.nonce.is_some()),
            ("--fee-wei", options.fee_wei.is_some()),
            ("--max-fee-gwei", fee.is_some()),
        ] {
            if !given {
                let message = format!("{option} is needed, or --rpc-url to ask a node for it");
                return Err(CommandError::usage(message));
            }
        }
        return Ok(Source { node: None, fee });
    };
    let node = Node::new(url, TIMEOUT)?;
    let (chain, wanted) = (node.chain_id()?, options.network.chain_id());
    if chain != wanted {
        let network = options.network;
        let message = format!("the node is on chain {chain}, and {network} is chain {wanted}");
        return Err(CommandError::input(message).with_hint("name a node of that network"));
    }
    Ok(Source { node: Some(node), fee })
}

/// The highest fee for the request that may be sent.
fn most_fee(options: &Options) -> u128 {
    options.allow_fee_wei.unwrap_or(MOST_UNSEEN)
}

/// A mistyped `--fee-wei` would be signed unseen, and whatever is too much is lost.
fn require_seen(options: &Options) -> Result<(), CommandError> {
    let (coin, most) = (options.network.fee_coin(), most_fee(options));
    match options.fee_wei.filter(|fee| *fee > most) {
        Some(fee) => Err(CommandError::usage(format!(
            "--fee-wei {fee} is {} {coin}, more than the {} {coin} that may be sent",
            show(fee, 18),
            show(most, 18)
        ))
        .with_hint(format!(
            "the fee is a few wei while few ask, and a Ledger does not show it; if it is right, \
             give --allow-fee-wei {fee} as well"
        ))),
        None => Ok(()),
    }
}

impl Source {
    /// The transaction that makes `request`, sent by `from`.
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

    /// Hands it to the node.
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
            (None, None) => Err(CommandError::usage("a number is missing: --rpc-url")),
        }
    }

    /// A node that lies must not cost a fortune: what it alone says is bounded.
    fn require_modest(
        &self,
        transaction: &Transaction,
        options: &Options,
    ) -> Result<(), CommandError> {
        let coin = options.network.fee_coin();
        let refuse = |what: String, option: &str| {
            let message = format!("the node asks for {what}, which is hardly right");
            let hint = format!("if it is right all the same, give it yourself with {option}");
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

/// Twice the fee: others may ask before the transaction is in a block, and each makes the next one
/// dearer. What is too much is lost, but the fee is a few wei as long as few ask.
fn roomy(fee: u128) -> u128 {
    fee.saturating_mul(2)
}
