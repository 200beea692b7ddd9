//! What is about to be signed, for people.

use std::num::NonZeroU64;

use stockade::{
    eth::{Address, Transaction},
    staking::{ExecutionRequest, Network},
};

use crate::commands::decimal::show;

/// The transaction and its cost in words.
pub fn of(
    request: &ExecutionRequest,
    transaction: &Transaction,
    from: &Address,
    network: Network,
) -> String {
    let coin = network.fee_coin();
    let gas = transaction.most_gas_cost();
    let total = gas.and_then(|gas| gas.checked_add(transaction.value));
    let most = |wei: Option<u128>| wei.map_or("more than all the".to_owned(), |wei| show(wei, 18));
    let (gas, total) = (most(gas), most(total));
    format!(
        "{}\n  network   {network} (chain {})\n  from      {from}: only the validator's own withdrawal \
         address can request this; from any other address the fee is lost\n  to        {} (system \
         contract), nonce {}\n  fee       {} {coin} to the contract, which a Ledger does not show, and \
         at most {gas} {coin} for gas: at most {total} {coin} in total",
        effect(request, network),
        transaction.chain_id,
        transaction.to,
        transaction.nonce,
        show(transaction.value, 18),
    )
}

fn effect(request: &ExecutionRequest, network: Network) -> String {
    match request {
        ExecutionRequest::Exit { validator } => format!(
            "Exit of validator 0x{validator}: it stops for good, and its whole balance is paid out"
        ),
        ExecutionRequest::Withdrawal { validator, gwei } => {
            let amount = u128::from(gwei.get()) * 1_000_000_000 * 1_000_000_000
                / u128::from(network.gwei_per_coin());
            format!(
                "Withdrawal of {} {} from validator 0x{validator}, which keeps validating{}",
                show(amount, 18),
                network.coin(),
                on_screen(*gwei, network)
            )
        }
        ExecutionRequest::Consolidation { source, target } => format!(
            "Consolidation: validator 0x{source} stops for good, and its whole balance goes to \
             validator 0x{target}"
        ),
        ExecutionRequest::Compounding { validator } => format!(
            "Switch of validator 0x{validator} to 0x02 credentials: it compounds, and no longer pays \
             out automatically what exceeds 32"
        ),
    }
}

/// How a Ledger shows an amount that is counted in another coin than gas: wrong in coin and number.
fn on_screen(gwei: NonZeroU64, network: Network) -> String {
    if network.gwei_per_coin() == 1_000_000_000 {
        return String::new();
    }
    let shown = show(u128::from(gwei.get()), 9);
    format!(" (a Ledger shows it as {shown} {})", network.fee_coin())
}
