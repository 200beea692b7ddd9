//! From a request to a transaction that the wallet signed: built, said in words, signed, printed.

use std::num::NonZeroU64;

use serde_json::json;
use stockade::{
    backup::custodians::require_real,
    device::{DeviceError, Request, Show, Wallet},
    device_secret::check_address,
    eth::{Address, Fee, Transaction, transaction},
    staking::{ExecutionRequest, Network},
};

use super::{node, options::Options};
use crate::{
    CommandResult,
    commands::{amount::coins, decimal::show},
    context::Context,
    error::{CommandError, Kind},
    output::Outcome,
};

/// Builds `request`, has the wallet sign it, and prints or sends it.
pub fn run(request: &ExecutionRequest, options: &Options, context: &mut Context) -> CommandResult {
    // Whatever can be wrong is found before the wallet is spoken to.
    let source = node::source(options)?;
    let mut wallet = context.open()?;
    require_transactions(&mut *wallet)?;
    wallet.foresee(&Request::Address { path: &options.path })?;
    let terminal = &mut context.terminal;
    let check = check_address(&mut *wallet, terminal)?;
    require_real(options.network, &*wallet, &check, &[], options.allow_test_seed)?;
    let from = wallet.address(&options.path, Show::Silently, terminal)?;
    require_expected(options, &from)?;
    let transaction = source.fill(request, &from, options)?;
    let asked = Request::Transaction { path: &options.path, transaction: &transaction };
    wallet.foresee(&asked)?;
    terminal.say(&words(request, &transaction, &from, options.network));
    let transactions = require_transactions(&mut *wallet)?;
    let signature = transactions.sign_transaction(&options.path, &transaction, terminal)?;
    if transaction.recover(&signature).ok() != Some(from) {
        let message = format!("the wallet's signature is not one of {from}");
        return Err(CommandError::new(Kind::Protocol, message));
    }
    let raw = transaction.signed(&signature);
    let sent = if options.send { Some(source.send(&raw)) } else { None };
    Ok(outcome(request, &transaction, &from, options, &raw, sent))
}

fn require_transactions(
    wallet: &mut dyn Wallet,
) -> Result<&mut dyn stockade::device::Transactions, CommandError> {
    let device = wallet.identity().name();
    let unsupported = DeviceError::Unsupported { device, what: "sign transactions".to_owned() };
    wallet.transactions().ok_or_else(|| unsupported.into())
}

fn require_expected(options: &Options, from: &Address) -> Result<(), CommandError> {
    match options.withdrawal_address {
        Some(expected) if expected != *from => {
            let path = &options.path;
            let message = format!("the wallet's address at {path} is {from}, not {expected}");
            Err(CommandError::input(message)
                .with_hint("plug in the wallet that holds it, or name its path with --path"))
        }
        _ => Ok(()),
    }
}

/// What is about to be signed, for people.
fn words(
    request: &ExecutionRequest,
    transaction: &Transaction,
    from: &Address,
    network: Network,
) -> String {
    let what = match request {
        ExecutionRequest::Exit { validator } => format!(
            "Exit of validator 0x{validator}: it stops for good, and its whole balance is paid out"
        ),
        ExecutionRequest::Withdrawal { validator, gwei } => {
            let amount = u128::from(gwei.get()) * 1_000_000_000 * 1_000_000_000
                / u128::from(network.gwei_per_coin());
            format!(
                "Withdrawal of {} {} from validator 0x{validator}, which goes on{}",
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
            "Switch of validator 0x{validator} to 0x02 credentials: it compounds, and pays out \
             nothing above 32 by itself any more"
        ),
    };
    let coin = network.fee_coin();
    let gas = transaction.most_gas_cost();
    let total = gas.and_then(|gas| gas.checked_add(transaction.value));
    let most = |wei: Option<u128>| wei.map_or("more than all the".to_owned(), |wei| show(wei, 18));
    let (gas, total) = (most(gas), most(total));
    format!(
        "{what}\n  network   {network} (chain {})\n  from      {from}: only the validator's own \
         withdrawal address can ask this; from any other the fee is lost\n  to        {} (system \
         contract), nonce {}\n  fee       {} {coin} to the contract, which a Ledger does not show, and at \
         most {gas} {coin} for gas: at most {total} {coin} in all",
        transaction.chain_id,
        transaction.to,
        transaction.nonce,
        show(transaction.value, 18),
    )
}

/// Where an amount is counted in another coin than gas, a Ledger shows neither the coin nor the number.
fn on_screen(gwei: NonZeroU64, network: Network) -> String {
    if network.gwei_per_coin() == 1_000_000_000 {
        return String::new();
    }
    let shown = show(u128::from(gwei.get()), 9);
    format!(" (a Ledger shows it as {shown} {})", network.fee_coin())
}

fn outcome(
    request: &ExecutionRequest,
    transaction: &Transaction,
    from: &Address,
    options: &Options,
    raw: &[u8],
    sent: Option<Result<(), CommandError>>,
) -> Outcome {
    let hash = format!("0x{}", hex::encode(transaction::hash(raw)));
    let raw = format!("0x{}", hex::encode(raw));
    let is_sent = matches!(sent, Some(Ok(())));
    let mut text = format!("Signed by {from}: transaction {hash}\n{raw}\n");
    text += match &sent {
        Some(Ok(())) => "Sent. It counts once it is in a block that is final.",
        Some(Err(_)) => "It may or may not have been sent: look for its hash before you try again.",
        None => "Not sent: hand the line that begins with 0x to any node or broadcaster.",
    };
    let (kind, validator, target) = match request {
        ExecutionRequest::Exit { validator } => ("exit", validator, None),
        ExecutionRequest::Withdrawal { validator, .. } => ("withdrawal", validator, None),
        ExecutionRequest::Consolidation { source, target } => {
            ("consolidation", source, Some(target))
        }
        ExecutionRequest::Compounding { validator } => ("compounding", validator, None),
    };
    let amount = match request {
        ExecutionRequest::Withdrawal { gwei, .. } => Some(gwei.get()),
        _ => None,
    };
    let (max_fee, priority_fee) = match transaction.fee {
        Fee::Legacy { gas_price } => (gas_price, gas_price),
        Fee::Eip1559 { max_fee_per_gas, max_priority_fee_per_gas } => {
            (max_fee_per_gas, max_priority_fee_per_gas)
        }
    };
    // Wei do not fit the numbers of JSON's readers, so they are text.
    let json = json!({
        "request": kind,
        "validator": validator,
        "target": target,
        "amount_gwei": amount,
        "coins": amount.map(|gwei| coins(gwei, options.network)),
        "network": options.network,
        "path": options.path.to_string(),
        "from": from,
        "to": transaction.to,
        "chain_id": transaction.chain_id,
        "nonce": transaction.nonce,
        "value_wei": transaction.value.to_string(),
        "gas_limit": transaction.gas_limit,
        "max_fee_per_gas_wei": max_fee.to_string(),
        "max_priority_fee_per_gas_wei": priority_fee.to_string(),
        "data": format!("0x{}", hex::encode(&transaction.data)),
        "raw": raw,
        "hash": hash,
        "sent": is_sent,
    });
    let mut outcome = Outcome::done(text, json);
    if let Some(Err(error)) = sent {
        (outcome.ok, outcome.error) = (false, Some(error));
    }
    outcome
}
