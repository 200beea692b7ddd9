//! The one map from the library's errors to a kind, a hint and an exit code.

#[cfg(feature = "cloud")]
mod cloud;
mod store;

use std::fmt;

use stockade::{
    attest::AttestError,
    backup::{BackupError, whereabouts::WhereaboutsError},
    bls::ShareError,
    custodian::{CustodianError, EnrollError, OpenError},
    device::DeviceError,
    device_secret::SecretError,
    store::BucketAddress,
    validator::ValidatorError,
};
#[cfg(feature = "rpc")]
use stockade_services::rpc::RpcError;

/// What kind of error it is: a closed list that others rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Usage,
    Input,
    File,
    TestSeed,
    NotFound,
    Busy,
    Permission,
    Timeout,
    Disconnected,
    Locked,
    WrongApp,
    AppTooOld,
    NotInitialized,
    Unsupported,
    Refused,
    Protocol,
    Declined,
    Rejected,
    Internal,
}

impl Kind {
    /// Its word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Input => "input",
            Self::File => "file",
            Self::TestSeed => "test_seed",
            Self::NotFound => "not_found",
            Self::Busy => "busy",
            Self::Permission => "permission",
            Self::Timeout => "timeout",
            Self::Disconnected => "disconnected",
            Self::Locked => "locked",
            Self::WrongApp => "wrong_app",
            Self::AppTooOld => "app_too_old",
            Self::NotInitialized => "not_initialized",
            Self::Unsupported => "unsupported",
            Self::Refused => "refused",
            Self::Protocol => "protocol",
            Self::Declined => "declined",
            Self::Rejected => "rejected",
            Self::Internal => "internal",
        }
    }

    /// The exit code of a command that ends with it.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Input | Self::File | Self::TestSeed => 3,
            Self::NotFound
            | Self::Busy
            | Self::Permission
            | Self::Timeout
            | Self::Disconnected
            | Self::Locked
            | Self::WrongApp
            | Self::AppTooOld
            | Self::NotInitialized
            | Self::Unsupported
            | Self::Refused
            | Self::Protocol => 4,
            Self::Declined | Self::Rejected => 5,
            Self::Internal => 70,
        }
    }
}

/// Why a command ended without doing what it was asked.
#[derive(Debug)]
pub struct CommandError {
    kind: Kind,
    message: String,
    hint: Option<String>,
}

impl CommandError {
    /// An error of `kind`.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// Options that do not fit together.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Input that is none.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Kind::Input, message)
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// What kind of error it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    fn hinted(kind: Kind, error: &impl fmt::Display, hint: &str) -> Self {
        let error = Self::new(kind, error.to_string());
        if hint.is_empty() { error } else { error.with_hint(hint) }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<DeviceError> for CommandError {
    fn from(error: DeviceError) -> Self {
        let (kind, hint) = match &error {
            DeviceError::NotFound(_) => (
                Kind::NotFound,
                "plug it in and unlock it, or start the emulator; `stockade device list` shows what is there",
            ),
            DeviceError::Busy(_) => (
                Kind::Busy,
                "close other wallet programs (Ledger Live, Trezor Suite) and try again",
            ),
            DeviceError::Permission(_) => (
                Kind::Permission,
                "on Linux, install docs/udev/70-stockade.rules as README says, and plug the wallet in again",
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
                "set the wallet up with the vendor's program first; Stockade never makes words",
            ),
            DeviceError::Ambiguous { .. } => {
                (Kind::Usage, "name one with --device, as `stockade device list` shows it")
            }
            DeviceError::Unsupported { .. } => (Kind::Unsupported, ""),
            DeviceError::Foreseen(refusal) => (Kind::Unsupported, refusal.advice),
            DeviceError::Refused { .. } => (Kind::Refused, ""),
            DeviceError::Rejected(_) => (
                Kind::Rejected,
                "what was not approved was not done; run the command again to approve",
            ),
            DeviceError::Declined(_) => (
                Kind::Declined,
                "what was not approved was not done; reject what the wallet still shows",
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
                (Kind::NotFound, "is the node running, and the URL right?")
            }
            RpcError::Timeout { .. } => (Kind::Timeout, "try again, or another node"),
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
                "plug in the wallet that is meant, or enter its passphrase exactly as before",
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
                "go back to the firmware that the wallet was enrolled with, or use another custodian",
            ),
        }
    }
}

impl From<EnrollError> for CommandError {
    fn from(error: EnrollError) -> Self {
        match error {
            EnrollError::Secret(error) => error.into(),
            EnrollError::Device(error) => error.into(),
            error @ EnrollError::AddressNotConfirmed { .. } => {
                Self::hinted(Kind::Declined, &error, "check the wallet's passphrase and try again")
            }
            error @ EnrollError::Random(_) => Self::hinted(Kind::Internal, &error, ""),
            error => Self::hinted(Kind::Protocol, &error, ""),
        }
    }
}

impl From<CustodianError> for CommandError {
    fn from(error: CustodianError) -> Self {
        let hint = match error {
            CustodianError::Signature { .. } => {
                "do not use this file; enrol the wallet again with `stockade custodian enroll`"
            }
            _ => "",
        };
        Self::hinted(Kind::Input, &error, hint)
    }
}

impl From<BackupError> for CommandError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Store(error) => error.into(),
            BackupError::Custodian(error) => error.into(),
            BackupError::Enroll(error) => error.into(),
            BackupError::Device(error) => error.into(),
            BackupError::Secret(error) => error.into(),
            BackupError::Open(error) => error.into(),
            BackupError::RetiredInPart { ref source, .. } => {
                let (message, kind) = (error.to_string(), kind_of(source));
                let hint =
                    "allow what was refused, then run the same command again: it removes the rest";
                Self::hinted(kind, &message, hint)
            }
            error => {
                let (kind, hint) = classify(&error);
                Self::hinted(kind, &error, hint)
            }
        }
    }
}

/// The kind of an error that another one is about.
fn kind_of(error: &BackupError) -> Kind {
    match error {
        BackupError::Store(error) => store::classify(error).0,
        error => classify(error).0,
    }
}

fn classify(error: &BackupError) -> (Kind, &'static str) {
    match error {
        BackupError::NoCopy(path) if BucketAddress::of(path).is_some() => {
            (Kind::File, "is the prefix right? A copy's is what stood behind --copy")
        }
        BackupError::Overwritten { .. } => (
            Kind::File,
            "this medium holds less than it says: do not trust it, and repair to another one",
        ),
        BackupError::TooMuch(_) => (
            Kind::File,
            "somebody may have filled this copy: look at it, and name the other copies without it",
        ),
        BackupError::NoCopy(_) => (Kind::File, "is the stick mounted, and the path right?"),
        BackupError::NoPlace { .. } => (
            Kind::File,
            "is the stick mounted, and the path right? If it is, make that folder first",
        ),
        BackupError::DamagedCopy { .. } | BackupError::TargetNotEmpty(_) => (Kind::File, ""),
        BackupError::KeyInTarget(..) => (
            Kind::File,
            "a client may run it from there; name a new folder, and never run a key from two",
        ),
        BackupError::NotRetirable { .. } => (
            Kind::Input,
            "nothing was removed; scrub both sets, and repair them before you try again",
        ),
        BackupError::KeysLost { .. } => (
            Kind::Input,
            "name more copies, or use the wallet that made the keys; --skip-bad leaves them out",
        ),
        BackupError::NoCustodian => (
            Kind::Usage,
            "name custodian files with --custodian, or the wallet to enrol with --device",
        ),
        BackupError::Misread(_) => (
            Kind::Input,
            "use printable ASCII: letters without accents, digits and signs; every program reads those alike",
        ),
        BackupError::SameCopy(_) => (Kind::Usage, "name each copy once"),
        BackupError::SameCustodian(_) => (Kind::Input, "name each custodian once"),
        BackupError::Threshold(_) => (
            Kind::Usage,
            "name custodians with --custodian, and how many it takes with --threshold",
        ),
        BackupError::TestSeed { .. } => {
            (Kind::TestSeed, "use a real wallet, set up with words of its own")
        }
        BackupError::Unopened { .. } => (
            Kind::Input,
            "correct these, or their passwords; or leave them out with --skip-bad. `stockade \
                 keystore doctor` says more about a keystore that does not open",
        ),
        BackupError::SeveralSets(_) => (
            Kind::Usage,
            "`stockade backup list` shows them; a command takes one set at a time, so run it once \
             for each, into a folder of its own",
        ),
        BackupError::NotRestorable { .. } | BackupError::NotOpened { .. } => {
            (Kind::Input, "`stockade backup scrub` and `stockade backup drill` say more")
        }
        BackupError::Random(_) | BackupError::Json(_) | BackupError::Batch(_) => {
            (Kind::Internal, "")
        }
        BackupError::WrongSigner(_) => (Kind::Protocol, ""),
        _ => (Kind::Input, ""),
    }
}

impl From<ValidatorError> for CommandError {
    fn from(error: ValidatorError) -> Self {
        let hint = match &error {
            ValidatorError::Backup(_) | ValidatorError::Device(_) | ValidatorError::Secret(_) => "",
            ValidatorError::LargeBatch { .. } => {
                "begin another batch with --batch, or use --allow-large-batch"
            }
            ValidatorError::LargeMnemonic { .. } => {
                "make them of another mnemonic, or use --allow-large-batch"
            }
            ValidatorError::BlsCredentials => "use --credentials 0x01 or 0x02",
            ValidatorError::NoWithdrawalAddress => {
                "give --withdrawal-address 0x.. (with its checksum), or plug the wallet in and name it with --device"
            }
            ValidatorError::UnknownKeys { .. } => {
                "scrub the copies and repair the set; only with --recreate, --batch and --start is it passed over"
            }
            ValidatorError::Exists { .. } => {
                "leave --batch and --start out to get the next free ones; --recreate makes it again"
            }
            ValidatorError::Quorum { .. } => "use a --threshold of more than half of the --shares",
            ValidatorError::WithdrawalAddress { .. } => {
                "do not go on: something between you and the wallet changes what it says"
            }
            _ => "",
        };
        match error {
            ValidatorError::Backup(error) => error.into(),
            ValidatorError::Device(error) => error.into(),
            ValidatorError::Secret(error) => error.into(),
            ValidatorError::SharesWrong(_) => Self::hinted(Kind::Internal, &error, hint),
            ValidatorError::Quorum { .. } | ValidatorError::Share(ShareError::Numbers { .. }) => {
                Self::hinted(Kind::Usage, &error, hint)
            }
            error @ (ValidatorError::WithdrawalAddress { .. } | ValidatorError::Root(_)) => {
                Self::hinted(Kind::Protocol, &error, hint)
            }
            error => Self::hinted(Kind::Input, &error, hint),
        }
    }
}

impl From<AttestError> for CommandError {
    fn from(error: AttestError) -> Self {
        match error {
            AttestError::Backup(error) => error.into(),
            AttestError::Device(error) => error.into(),
            AttestError::PartlyAttested { ref written, ref source } => {
                let sets: Vec<_> = written.iter().map(|set| format!("{set}")).collect();
                Self::hinted(
                    match source.as_ref() {
                        AttestError::Device(DeviceError::Rejected(_)) => Kind::Rejected,
                        AttestError::Device(DeviceError::Declined(_)) => Kind::Declined,
                        AttestError::Backup(_) => Kind::File,
                        _ => Kind::Protocol,
                    },
                    &error,
                    &format!("attest the others one by one with --set; done: {}", sets.join(", ")),
                )
            }
            error @ AttestError::UnknownMaker(_) => Self::hinted(
                Kind::Input,
                &error,
                "ask whoever made it for their address, and name it with --signer beside the set's maker",
            ),
            error @ AttestError::WrongSigner(_) => Self::hinted(Kind::Protocol, &error, ""),
            error => Self::hinted(Kind::Input, &error, ""),
        }
    }
}

impl From<WhereaboutsError> for CommandError {
    fn from(error: WhereaboutsError) -> Self {
        let (kind, hint) = match error {
            WhereaboutsError::Backup(error) => return error.into(),
            WhereaboutsError::MaySign { .. } => (
                Kind::Input,
                "nothing left the set. Look there: where the keys do not sign, and never will again, \
                 say --off with the location",
            ),
            WhereaboutsError::NotRecorded { .. } => {
                (Kind::File, "make a copy writable: where keys go is written down before they go")
            }
            _ => (Kind::Internal, ""),
        };
        Self::hinted(kind, &error, hint)
    }
}
