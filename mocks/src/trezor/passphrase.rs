//! The passphrase: sent by the host, or typed on a core model.

use super::{
    failure::Failure,
    model::Model,
    protobuf::Message,
    screen::{Screen, code, pages_of_core},
    step::Step,
};

/// The longest passphrase, in bytes.
const MOST: usize = 50;

const TOO_LONG: Failure =
    Failure::new(3, "string overflow", "Maximum passphrase length is 50 bytes")
        .at("messages.c:399");
/// The One's user has rejected it.
const DISMISSED: Failure = Failure::new(4, "Passphrase dismissed", "Cancelled");
const NONE_SENT: Failure = Failure::new(
    3,
    "No passphrase provided. Use empty string to set an empty passphrase.",
    "Passphrase not provided and on_device is False. Use empty string to set an empty passphrase.",
)
.at("protect.c:393");
const NOT_ON_DEVICE: Failure = Failure::new(
    3,
    "This firmware is incapable of passphrase entry on the device.",
    "Passphrase provided when it should not be",
)
.at("protect.c:386");
const NOT_BOTH: Failure = Failure::new(3, "", "Passphrase provided when it shouldn't be!");
pub(super) const ENTRY_CANCELLED: Failure =
    Failure::new(4, "Action cancelled by user", "Passphrase entry cancelled");

/// The steps after a PassphraseAck.
pub(super) fn sent(model: Model, ack: &Message<'_>) -> Result<Vec<Step>, Failure> {
    let passphrase = ack.text(1);
    let on_device = ack.flag(3).unwrap_or_default();
    if on_device && (model == Model::One || passphrase.is_some()) {
        return Err(NOT_ON_DEVICE);
    }
    if on_device {
        return Ok(vec![Step::TypePassphrase]);
    }
    let passphrase = passphrase.ok_or(NONE_SENT)?;
    Ok(used(passphrase))
}

/// The steps after a ThpCreateNewSession, which contains the passphrase.
pub(super) fn brought(passphrase: Option<String>, on_device: bool) -> Result<Vec<Step>, Failure> {
    match (passphrase, on_device) {
        (Some(_), true) => Err(NOT_BOTH),
        (None, true) => Ok(vec![Step::TypePassphrase]),
        (passphrase, false) => Ok(used(passphrase.unwrap_or_default())),
    }
}

/// A passphrase that is not empty is shown before it is used.
fn used(passphrase: String) -> Vec<Step> {
    if passphrase.is_empty() {
        return vec![Step::UsePassphrase(passphrase)];
    }
    let hidden = Screen::new(code::OTHER, "passphrase_host1", "Access hidden wallet?")
        .refused(DISMISSED.at("config.c:611"));
    let shown = Screen::new(code::OTHER, "passphrase_host2", passphrase.clone())
        .pages(pages_of_core(&passphrase))
        .refused(DISMISSED.at("config.c:620"));
    vec![Step::Press(hidden), Step::Press(shown), Step::UsePassphrase(passphrase)]
}

pub(super) fn check(passphrase: &str) -> Result<(), Failure> {
    if passphrase.len() > MOST { Err(TOO_LONG) } else { Ok(()) }
}
