//! Errors of wallets and of Ethereum nodes.

use stockade::{
    custodian::{EnrollError, OpenError},
    device::DeviceError,
    device_secret::SecretError,
};
#[cfg(feature = "rpc")]
use stockade_services::rpc::RpcError;

use super::{CommandError, Kind};

impl From<DeviceError> for CommandError {
    fn from(error: DeviceError) -> Self {
        let (kind, hint) = match &error {
            DeviceError::NotFound(_) => (
                Kind::NotFound,
                "plug it in and unlock it, or start the emulator; `stockade device list` shows what is \
                 plugged in",
            ),
            DeviceError::Busy(_) => (
                Kind::Busy,
                "close other wallet programs (Ledger Live, Trezor Suite) and try again",
            ),
            DeviceError::Permission(_) => (
                Kind::Permission,
                "on Linux, install docs/udev/70-stockade.rules as the README describes, then plug the \
                 wallet in again",
            ),
            DeviceError::Timeout { .. } => (
                Kind::Timeout,
                "look at the wallet: it may wait for you. Reject what it still shows, then try again",
            ),
            DeviceError::Disconnected(_) => (Kind::Disconnected, "plug it in again and try again"),
            DeviceError::Locked(_) => (Kind::Locked, "enter its PIN on the wallet and try again"),
            DeviceError::WrongApp { .. } => {
                (Kind::WrongApp, "unlock the wallet, open that app on it and try again")
            }
            DeviceError::AppTooOld { .. } => {
                (Kind::AppTooOld, "update that app with the vendor's program")
            }
            DeviceError::NotInitialized(_) => (
                Kind::NotInitialized,
                "set the wallet up with the vendor's program first; Stockade never creates a mnemonic",
            ),
            DeviceError::Ambiguous { .. } => {
                (Kind::Usage, "name one with --device, as `stockade device list` shows it")
            }
            DeviceError::Unsupported { .. } => (Kind::Unsupported, ""),
            DeviceError::Foreseen(refusal) => (Kind::Unsupported, refusal.advice),
            DeviceError::Refused { .. } => (Kind::Refused, ""),
            DeviceError::Rejected(_) => (
                Kind::Rejected,
                "nothing was done that was not approved; run the command again to approve",
            ),
            DeviceError::Declined(_) => (
                Kind::Declined,
                "nothing was done that was not approved; reject what the wallet still shows",
            ),
            _ => (Kind::Protocol, "plug the wallet in again and try again"),
        };
        Self::hinted(kind, &error, hint)
    }
}

#[cfg(feature = "rpc")]
impl From<RpcError> for CommandError {
    fn from(error: RpcError) -> Self {
        let (kind, hint) = match &error {
            RpcError::Url => (Kind::Usage, ""),
            RpcError::Unreachable { .. } => {
                (Kind::NotFound, "check that the node is running and that the URL is right")
            }
            RpcError::Timeout { .. } => (Kind::Timeout, "try again, or try another node"),
            RpcError::Refused { .. } => (Kind::Refused, ""),
            _ => (Kind::Protocol, "try another node"),
        };
        Self::hinted(kind, &error, hint)
    }
}

impl From<SecretError> for CommandError {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Device(error) => error.into(),
            SecretError::NotThisWallet { .. } => Self::hinted(
                Kind::Input,
                &error,
                "plug in the right wallet, or enter its passphrase exactly as before",
            ),
            error => Self::hinted(Kind::Protocol, &error, ""),
        }
    }
}

impl From<OpenError> for CommandError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Secret(error) => error.into(),
            error => Self::hinted(
                Kind::Protocol,
                &error,
                "install the firmware that the wallet was enrolled with, or use another custodian",
            ),
        }
    }
}

impl From<EnrollError> for CommandError {
    fn from(error: EnrollError) -> Self {
        let (kind, hint) = match error {
            EnrollError::Secret(error) => return error.into(),
            EnrollError::Device(error) => return error.into(),
            EnrollError::AddressNotConfirmed { .. } => {
                (Kind::Declined, "check the wallet's passphrase and try again")
            }
            EnrollError::Random(_) => (Kind::Internal, ""),
            _ => (Kind::Protocol, ""),
        };
        Self::hinted(kind, &error, hint)
    }
}
