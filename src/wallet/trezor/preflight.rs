//! Requests that Trezor's firmware is known to refuse, from measurements on its emulators or from its
//! source code.

use trezor_client::protos::{Features, SafetyCheckLevel};

use super::features;
use crate::device::{Fact, Request};
use stockade_base::path::HARDENED;

/// The device's firmware and its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Firmware {
    is_one: bool,
    /// Whether it refuses paths outside Ethereum's. The user can choose a warning instead.
    strict: bool,
}

impl Firmware {
    /// Reads `features`. Firmware that does not report how strict it is may be lenient.
    pub(super) fn new(features: &Features) -> Self {
        let level = features.safety_checks.map(|level| level.value());
        let strict = level == Some(SafetyCheckLevel::Strict as i32);
        Self { is_one: features::is_one(features), strict }
    }
}

/// The One's limits for a message and for the text of a CipherKeyValue, in bytes.
const LONGEST_MESSAGE_OF_ONE: usize = 1024;
const LONGEST_KEY_OF_ONE: usize = 255;

pub(super) const FACTS: &[Fact<Firmware>] = &[
    Fact {
        refuses: |firmware, request| {
            firmware.strict && request.path().is_some_and(|path| !is_ethereum(path.levels()))
        },
        why: "refuses this path, which its firmware does not allow for Ethereum",
        advice: "use m/44'/60'/ACCOUNT'/0/INDEX with an account up to 100 and an index up to \
                 1000000, or set its safety checks to prompt",
    },
    Fact {
        refuses: |firmware, request| {
            let length = match request {
                Request::Message { message, .. } => message.len(),
                _ => 0,
            };
            firmware.is_one && length > LONGEST_MESSAGE_OF_ONE
        },
        why: "does not accept a text of more than 1024 bytes",
        advice: "name fewer copies or a shorter text, or sign with another wallet",
    },
    Fact {
        refuses: |firmware, request| {
            let length = match request {
                Request::CipherKeyValue { key } => key.len(),
                _ => 0,
            };
            firmware.is_one && length > LONGEST_KEY_OF_ONE
        },
        why: "does not accept a prompt of more than 255 bytes",
        advice: "use a shorter prompt",
    },
    Fact {
        refuses: |_, request| matches!(request, Request::BlsSignature),
        why: "has no BLS keys",
        advice: "use a Ledger with the BTEC app, or type the mnemonic on a computer without a network \
                 (--from-mnemonic)",
    },
];

/// Whether firmware may allow `path` for Ethereum. Purpose, length and limits are fixed in the firmware;
/// the coin types follow from network definitions, so only Bitcoin's is certainly refused.
fn is_ethereum(path: &[u32]) -> bool {
    const MOST_ACCOUNT: u32 = 100;
    const MOST_INDEX: u32 = 1_000_000;
    let hardened = |level: u32| level.checked_sub(HARDENED);
    match path {
        [purpose, coin, account, rest @ ..] if hardened(*purpose) == Some(44) => {
            let (Some(coin), Some(account)) = (hardened(*coin), hardened(*account)) else {
                return false;
            };
            let below = match rest {
                [] => true,
                [index] => account == 0 && *index <= MOST_ACCOUNT,
                [change, index] => *change <= 1 && *index <= MOST_INDEX,
                _ => false,
            };
            coin != 0 && account <= MOST_ACCOUNT && below
        }
        [purpose, coin, account, change, index] if hardened(*purpose) == Some(45) => {
            (1..HARDENED).contains(coin)
                && *account <= MOST_ACCOUNT
                && *change <= 1
                && *index <= MOST_INDEX
        }
        _ => false,
    }
}
