//! Builds a transaction, shows it in words, has the wallet sign it, and prints or sends it.

mod report;
mod words;

use stockade::{
    backup::custodians::require_real,
    device::{DeviceError, Request, Show, Transactions, Wallet},
    device_secret::check_address,
    eth::Address,
    staking::ExecutionRequest,
};

#[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
pub use self::report::Document;
use super::{node, options::Options};
use crate::{
    CommandResult,
    context::Context,
    error::{CommandError, Kind},
};

/// Builds the transaction for `request`, has the wallet sign it, and prints or sends it.
pub fn run(request: &ExecutionRequest, options: &Options, context: &mut Context) -> CommandResult {
    // Everything that can be checked without the wallet is checked first.
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
    terminal.say(&words::of(request, &transaction, &from, options.network));
    let transactions = require_transactions(&mut *wallet)?;
    let signature = transactions.sign_transaction(&options.path, &transaction, terminal)?;
    if transaction.recover(&signature).ok() != Some(from) {
        let message = format!("the wallet's signature is not one of {from}");
        return Err(CommandError::new(Kind::Protocol, message));
    }
    let raw = transaction.signed(&signature);
    let sent = options.send.then(|| source.send(&raw));
    Ok(report::outcome(request, &transaction, &from, options, &raw, sent))
}

fn require_transactions(wallet: &mut dyn Wallet) -> Result<&mut dyn Transactions, CommandError> {
    let device = wallet.identity().name();
    let unsupported = DeviceError::Unsupported { device, what: "sign transactions".to_owned() };
    wallet.transactions().ok_or_else(|| unsupported.into())
}

fn require_expected(options: &Options, from: &Address) -> Result<(), CommandError> {
    match options.withdrawal_address {
        Some(expected) if expected != *from => {
            let path = &options.path;
            let message = format!("the wallet's address at {path} is {from}, not {expected}");
            Err(CommandError::input(message).with_hint(
                "plug in the wallet that has this address, or name its path with --path",
            ))
        }
        _ => Ok(()),
    }
}
