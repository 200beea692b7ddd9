//! Failure messages. The code says what is wrong; the text differs between models, and is only
//! repeated.

use trezor_client::protos::Failure;

use crate::device::DeviceError;

const INVALID_PROTOCOL: i32 = 17;
const FIRMWARE_ERROR: i32 = 99;

const SESSION_ENDED: &str = "its session has ended; open the device again";

/// The error that `failure` is, on the device named `device`.
pub(super) fn error(device: &str, failure: &Failure) -> DeviceError {
    // 0 is no failure's code.
    let code = failure.code.map_or(0, |code| code.value());
    let device = device.to_owned();
    match code {
        // Of old or Bitcoin-only firmware, to a message that it does not know.
        1 => DeviceError::Unsupported {
            device,
            what: "do this with its firmware (UnexpectedMessage, 1)".to_owned(),
        },
        4 | 6 => DeviceError::Rejected(device),
        5 => DeviceError::Locked(device),
        11 => DeviceError::NotInitialized(device),
        15 | 19 => DeviceError::Busy(device),
        other => DeviceError::Refused {
            device,
            code: format!("{other} {}", name(other)),
            message: message(other, failure),
        },
    }
}

/// Whether the request that `failure` answers is done with for certain. A One that finds fault with an
/// acknowledgement goes on asking.
pub(super) fn ends_request(failure: &Failure) -> bool {
    !matches!(failure.code.map_or(0, |code| code.value()), 0..=3 | 5 | 99)
}

/// Whether a device says that it does not speak codec v1. What it speaks is THP.
pub(super) fn is_invalid_protocol(failure: &Failure) -> bool {
    failure.code.is_some_and(|code| code.value() == INVALID_PROTOCOL)
}

/// Whether `failure` may be the answer to an earlier Cancel. It is one if nobody was asked anything.
pub(super) fn is_cancelled(failure: &Failure) -> bool {
    failure.code.is_some_and(|code| matches!(code.value(), 4 | 6))
}

/// Whether `failure` may be the answer to a packet that is not part of a message ("Invalid magic").
pub(super) fn is_of_firmware(failure: &Failure) -> bool {
    failure.code.is_some_and(|code| code.value() == FIRMWARE_ERROR)
}

/// What is wrong when a device has begun another session instead of going on with ours.
pub(super) fn session_ended(device: &str) -> DeviceError {
    DeviceError::Refused {
        device: device.to_owned(),
        code: "14 InvalidSession".to_owned(),
        message: SESSION_ENDED.to_owned(),
    }
}

fn name(code: i32) -> &'static str {
    match code {
        2 => "ButtonExpected",
        3 => "DataError",
        7 => "PinInvalid",
        8 => "InvalidSignature",
        9 => "ProcessError",
        10 => "NotEnoughFunds",
        12 => "PinMismatch",
        13 => "WipeCodeMismatch",
        14 => "InvalidSession",
        16 => "ThpUnallocatedSession",
        INVALID_PROTOCOL => "InvalidProtocol",
        FIRMWARE_ERROR => "FirmwareError",
        _ => "unknown",
    }
}

fn message(code: i32, failure: &Failure) -> String {
    match code {
        7 => "the PIN was wrong".to_owned(),
        14 | 16 => SESSION_ENDED.to_owned(),
        _ => printable(failure.message(), 120),
    }
}

/// What a device says, fit for a terminal: at most `most` characters, and none that control it.
pub(super) fn printable(text: &str, most: usize) -> String {
    text.chars().filter(|c| !stockade_base::shown::is_harmful(*c)).take(most).collect()
}
