//! The Features message, in which a Trezor describes itself.

use trezor_client::protos::Features;

use super::failure::printable;
use crate::device::{Identity, PassphraseUse, State};

/// The value of `fw_vendor` on emulators.
const EMULATOR: &str = "EMULATOR";

/// The identity of a device with these features. `simulated` says what the connection knows.
pub(super) fn identity(features: &Features, simulated: bool) -> Identity {
    let version = [features.major_version(), features.minor_version(), features.patch_version()];
    let mut identity = Identity::new("Trezor", model(features));
    identity.firmware = Some(version.map(|number| number.to_string()).join("."));
    identity.label = features.label.as_deref().map(|label| printable(label, 64));
    identity.passphrase = match features.passphrase_protection {
        Some(true) => PassphraseUse::On,
        Some(false) => PassphraseUse::Off,
        // A locked device does not report it.
        None => PassphraseUse::Unknown,
    };
    identity.simulated = simulated || features.fw_vendor() == EMULATOR;
    identity
}

/// The identity of a device that reports only its model, by the vendor's internal name.
pub(super) fn hidden_identity(internal_model: &str, simulated: bool) -> Identity {
    let mut identity = Identity::new("Trezor", known_model(internal_model).unwrap_or("device"));
    identity.simulated = simulated;
    identity
}

fn known_model(internal_model: &str) -> Option<&'static str> {
    Some(match internal_model {
        "T1B1" => "One",
        "T2T1" => "Model T",
        "T2B1" | "T3B1" => "Safe 3",
        "T3T1" => "Safe 5",
        "T3W1" => "Safe 7",
        _ => return None,
    })
}

fn model(features: &Features) -> String {
    let known = known_model(features.internal_model()).unwrap_or(match features.model() {
        "1" => "One",
        "T" => "Model T",
        "" => "device",
        other => return printable(other, 32),
    });
    known.to_owned()
}

/// Whether its wallet can be opened without PIN and passphrase.
pub(super) fn opens_silently(features: &Features) -> bool {
    state(features) == State::Ready && features.passphrase_protection == Some(false)
}

/// Whether it is a One, on which neither PIN nor passphrase can be entered.
pub(super) fn is_one(features: &Features) -> bool {
    model(features) == "One"
}

/// The state of a device with these features.
pub(super) fn state(features: &Features) -> State {
    if features.bootloader_mode() {
        State::Bootloader
    } else if !features.initialized() {
        State::Uninitialized
    } else if features.unlocked == Some(false) {
        State::Locked
    } else {
        State::Ready
    }
}
