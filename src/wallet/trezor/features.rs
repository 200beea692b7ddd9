//! What a Trezor says of itself: its Features message.

use trezor_client::protos::Features;

use super::failure::printable;
use crate::device::{Identity, PassphraseUse, State};

/// The name that fw_vendor gives on emulators.
const EMULATOR: &str = "EMULATOR";

/// The identity that `features` tell of a device which is `simulated` for all its link knows.
pub(super) fn identity(features: &Features, simulated: bool) -> Identity {
    Identity {
        vendor: "Trezor",
        model: model(features),
        app: None,
        firmware: Some(format!(
            "{}.{}.{}",
            features.major_version(),
            features.minor_version(),
            features.patch_version()
        )),
        label: features.label.as_deref().map(|label| printable(label, 64)),
        passphrase: match features.passphrase_protection {
            Some(true) => PassphraseUse::On,
            Some(false) => PassphraseUse::Off,
            // A locked device keeps it to itself.
            None => PassphraseUse::Unknown,
        },
        simulated: simulated || features.fw_vendor() == EMULATOR,
    }
}

/// The identity of a device that tells no more than its model, by the vendor's name for it.
pub(super) fn hidden_identity(internal_model: &str, simulated: bool) -> Identity {
    Identity {
        vendor: "Trezor",
        model: known_model(internal_model).unwrap_or("device").to_owned(),
        app: None,
        firmware: None,
        label: None,
        passphrase: PassphraseUse::Unknown,
        simulated,
    }
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

/// Whether its wallet opens without PIN and passphrase.
pub(super) fn opens_silently(features: &Features) -> bool {
    state(features) == State::Ready && features.passphrase_protection == Some(false)
}

/// Whether it is a One, which has no way to enter a PIN or a passphrase.
pub(super) fn is_one(features: &Features) -> bool {
    model(features) == "One"
}

/// The state that `features` tell.
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
