//! Sheets of custodian files, and how sheets describe custodians.

use stockade::{
    custodian::{AnyCustodian, PlainKind},
    device_secret::{Prompt, Scheme},
};

use super::{Sheet, SheetError, step, taking_back};
use crate::payload::Payload;

impl Sheet {
    /// A sheet of a custodian file.
    pub fn of_custodian(name: &str, file: Vec<u8>) -> Result<Self, SheetError> {
        let custodian =
            AnyCustodian::parse(&file).map_err(|error| SheetError::NotThis(error.to_string()))?;
        Self::new(Payload::file(name, file)?, |sheet| {
            sheet.title = format!("Custodian {}", custodian.id());
            sheet.what = vec![
                "This paper holds a custodian file. It says how to seal backups to this custodian. It \
                 opens nothing: that takes the custodian itself."
                    .to_owned(),
            ];
            sheet.facts = facts(&custodian);
            sheet.steps = vec![
                taking_back("custodian.json"),
                step("See what it is:", "stockade custodian show custodian.json".to_owned()),
                step(
                    "Name it when you make or reseal a backup. For a wallet, compare the check address \
                     with the wallet's first.",
                    "stockade backup create --custodian custodian.json ..".to_owned(),
                ),
            ];
        })
    }
}

/// What a sheet says of a custodian.
pub(super) fn facts(custodian: &AnyCustodian) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Custodian", format!("{}: {}", custodian.id(), kind(custodian)))];
    if let Some(wallet) = custodian.wallet() {
        facts.push(("Check address", format!("{} (at m/44'/60'/83'/0/0)", wallet.check_address)));
        let how = match wallet.scheme {
            Scheme::Eip191V1 => "signs this text at m/44'/60'/83'/0/0",
            Scheme::Slip11V1 => "encrypts by CipherKeyValue with this text as the key",
        };
        facts.push(("To open, it", format!("{how}: {}", Prompt::open_backups(&wallet.id))));
    }
    if let Some(recipient) = custodian.recipient() {
        facts.push(("Recipient", recipient.to_owned()));
    }
    facts
}

fn kind(custodian: &AnyCustodian) -> &'static str {
    match custodian.plain().map(|plain| plain.kind) {
        Some(PlainKind::Age) => "an age identity file, which its owner has",
        Some(PlainKind::Plugin) => "an age plugin",
        Some(PlainKind::Passphrase) => "a passphrase",
        None if custodian.wallet().is_some() => {
            "a hardware wallet, or another one set up from the same recovery words"
        }
        None => "of a kind that this release cannot use",
    }
}
