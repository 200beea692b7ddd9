//! Failure messages. The code is decisive; the text differs between models and is only quoted.

use trezor_client::protos::Failure;

use crate::device::DeviceError;

const INVALID_PROTOCOL: i32 = 17;
const FIRMWARE_ERROR: i32 = 99;

const SESSION_ENDED: &str = "the session has ended: open the device again";

/// The number of the failure's code, or 0, which is not a code.
fn code(failure: &Failure) -> i32 {
    failure.code.map_or(0, |code| code.value())
}

/// Converts `failure` into the error of the device named `device`.
pub(super) fn error(device: &str, failure: &Failure) -> DeviceError {
    let device = device.to_owned();
    match code(failure) {
        // Old or Bitcoin-only firmware, after a message that it does not know.
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

/// Whether `failure` certainly ends the request. A One that rejects an acknowledgement continues to
/// ask.
pub(super) fn ends_request(failure: &Failure) -> bool {
    !matches!(code(failure), 0..=3 | 5 | 99)
}

/// Whether the device does not speak codec v1. Then it speaks THP.
pub(super) fn is_invalid_protocol(failure: &Failure) -> bool {
    code(failure) == INVALID_PROTOCOL
}

/// Whether `failure` may be the answer to an earlier Cancel. It is, if the user has not been asked.
pub(super) fn is_cancelled(failure: &Failure) -> bool {
    matches!(code(failure), 4 | 6)
}

/// Whether `failure` may be the answer to a packet that is not part of a message ("Invalid magic").
pub(super) fn is_of_firmware(failure: &Failure) -> bool {
    code(failure) == FIRMWARE_ERROR
}

/// The error if a device has begun another session instead of continuing the current one.
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

/// At most `most` characters of a device's text, without those that control a terminal.
pub(super) fn printable(text: &str, most: usize) -> String {
    text.chars().filter(|c| !stockade_base::shown::is_harmful(*c)).take(most).collect()
}
