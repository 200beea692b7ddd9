//! The new withdrawal address.

use stockade::{
    device::Request,
    eth::Address,
    interact::Interact as _,
    validator::{Withdrawal, withdrawal_address},
};

use crate::{context::Context, error::CommandError};

/// The address. With a mnemonic, a wallet that is named shows it. A wallet that signs the changes
/// itself shows only its own address, because for that its Ethereum app must be opened.
pub fn resolve(
    withdrawal: Withdrawal,
    from_words: bool,
    context: &mut Context,
) -> Result<Address, CommandError> {
    match withdrawal {
        Withdrawal::To(address) if !from_words || !context.any_device() => {
            context.terminal.note(&format!("Withdrawals will go to {address}, for good."));
            Ok(address)
        }
        withdrawal => {
            let mut wallet = context.open()?;
            if !from_words {
                wallet.foresee(&Request::BlsSignature)?;
                require_terminal(context)?;
            }
            Ok(withdrawal_address(withdrawal, &mut *wallet, &mut context.terminal)?)
        }
    }
}

/// The wallet shows the address in one app and signs in another, and an app is only closed after a
/// question on the terminal. Without a terminal, that would fail after the address was approved.
fn require_terminal(context: &Context) -> Result<(), CommandError> {
    if context.terminal.attended() {
        return Ok(());
    }
    let message = "no terminal to ask on before the app that showed the address is closed";
    Err(CommandError::usage(message).with_hint(
        "name the address itself with --withdrawal-address; `stockade address --confirm` shows it",
    ))
}
