//! What a transaction may cost at most: a mistyped fee, or that of a node that lies, must not cost a
//! fortune.

use stockade::eth::Transaction;

use super::options::Options;
use crate::{
    commands::decimal::show,
    error::{CommandError, Kind},
};

/// More gas than any of the requests uses: a node that asks for more is wrong.
const MOST_GAS: u64 = 1_000_000;

/// The highest cost of gas that is taken from a node, in wei: a tenth of a coin. The wallet shows it.
const MOST_GAS_COST: u128 = 100_000_000_000_000_000;

/// The highest fee for the request, in wei, that is allowed without [`Options::allow_fee_wei`]: a
/// thousandth of a coin. A Ledger does not show this fee when it explains the request.
const MOST_UNSEEN: u128 = 1_000_000_000_000_000;

/// The highest fee for the request that is allowed.
fn most_fee(options: &Options) -> u128 {
    options.allow_fee_wei.unwrap_or(MOST_UNSEEN)
}

/// Refuses a high `--fee-wei`: a mistyped one would be signed unseen, and the excess lost.
pub fn require_seen(options: &Options) -> Result<(), CommandError> {
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

/// Refuses values of a node that are too high: a node that lies must not cost a fortune.
pub fn require_modest(
    transaction: &Transaction,
    options: &Options,
    fee_is_given: bool,
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
    if !fee_is_given && gas_cost.is_none() {
        return refuse(
            format!("more than {} {coin} for gas", show(MOST_GAS_COST, 18)),
            "--max-fee-gwei",
        );
    }
    Ok(())
}
