//! Errors of backups and attestations.

use stockade::{
    attest::AttestError,
    backup::{
        BackupError, restore_request::RestoreError, restore_sets::NotTogether,
        splittable::NotSplittable, whereabouts::WhereaboutsError,
    },
    custodian::CustodianError,
    device::DeviceError,
    store::BucketAddress,
};

use super::{CommandError, Kind, store};

impl From<CustodianError> for CommandError {
    fn from(error: CustodianError) -> Self {
        let hint = match error {
            CustodianError::Signature { .. } => {
                "do not use this file; enroll the wallet again with `stockade custodian enroll`"
            }
            _ => "",
        };
        Self::hinted(Kind::Input, &error, hint)
    }
}

impl From<BackupError> for CommandError {
    fn from(error: BackupError) -> Self {
        let (kind, hint) = match error {
            BackupError::Store(error) => return error.into(),
            BackupError::Custodian(error) => return error.into(),
            BackupError::Enroll(error) => return error.into(),
            BackupError::Device(error) => return error.into(),
            BackupError::Secret(error) => return error.into(),
            BackupError::Open(error) => return error.into(),
            ref error => classify(error),
        };
        Self::hinted(kind, &error, hint)
    }
}

fn classify(error: &BackupError) -> (Kind, &'static str) {
    match error {
        BackupError::RetiredInPart { source, .. } => {
            let kind = match source.as_ref() {
                BackupError::Store(error) => store::classify(error).0,
                error => classify(error).0,
            };
            (kind, "allow what was refused, then run the same command again: it removes the rest")
        }
        BackupError::NoCopy(path) if BucketAddress::of(path).is_some() => {
            (Kind::File, "check that the prefix is the one that was given to --copy")
        }
        BackupError::Overwritten { .. } => (
            Kind::File,
            "this medium holds less than it claims: do not trust it, and repair to another one",
        ),
        BackupError::TooMuch(_) => (
            Kind::File,
            "somebody may have filled this copy: look at it, and name the other copies without it",
        ),
        BackupError::NoCopy(_) => {
            (Kind::File, "check that the stick is mounted and that the path is right")
        }
        BackupError::NotMarked(_) => (Kind::File, "make a copy writable"),
        BackupError::NoPlace { .. } => (
            Kind::File,
            "check that the stick is mounted and that the path is right. If so, create the folder first",
        ),
        BackupError::DamagedCopy { .. } | BackupError::TargetNotEmpty(_) => (Kind::File, ""),
        BackupError::KeyInTarget(..) => (
            Kind::File,
            "a client may run the key from there: name a new folder, and never run a key from two",
        ),
        BackupError::NotRetirable { .. } => (
            Kind::Input,
            "nothing was removed; scrub both sets, and repair them before you try again",
        ),
        BackupError::KeysLost { .. } => (
            Kind::Input,
            "name more copies, or use the wallet that the keys are from; --skip-bad leaves them out",
        ),
        BackupError::NoCustodian => (
            Kind::Usage,
            "name custodian files with --custodian, or the wallet to enroll with --device",
        ),
        BackupError::Misread(_) => (
            Kind::Input,
            "use printable ASCII (letters without accents, digits and signs), which every program \
             reads alike",
        ),
        BackupError::SameCopy(_) => (Kind::Usage, "name each copy once"),
        BackupError::SameCustodian(_) => (Kind::Input, "name each custodian once"),
        BackupError::Threshold(_) => (
            Kind::Usage,
            "name custodians with --custodian, and how many of them are needed with --threshold",
        ),
        BackupError::TestSeed { .. } => {
            (Kind::TestSeed, "use a real wallet that was set up with a mnemonic of its own")
        }
        BackupError::Unopened { .. } => (
            Kind::Input,
            "correct these files or their passwords, or leave them out with --skip-bad. `stockade \
             keystore doctor` tells more about a keystore that does not open",
        ),
        BackupError::SeveralSets(_) => (
            Kind::Usage,
            "name one set with --set, as `stockade backup list` shows it. `stockade backup \
             restore --all-sets` restores all of them to one folder; other commands take one set at a time",
        ),
        BackupError::NotRestorable { .. } | BackupError::NotOpened { .. } => {
            (Kind::Input, "`stockade backup scrub` and `stockade backup drill` tell more")
        }
        BackupError::Random(_) | BackupError::Json(_) | BackupError::Batch(_) => {
            (Kind::Internal, "")
        }
        BackupError::WrongSigner(_) => (Kind::Protocol, ""),
        _ => (Kind::Input, ""),
    }
}

impl From<AttestError> for CommandError {
    fn from(error: AttestError) -> Self {
        let (kind, hint) = match error {
            AttestError::Backup(error) => return error.into(),
            AttestError::Device(error) => return error.into(),
            AttestError::PartlyAttested { ref written, ref source } => {
                let sets: Vec<_> = written.iter().map(ToString::to_string).collect();
                let kind = match source.as_ref() {
                    AttestError::Device(DeviceError::Rejected(_)) => Kind::Rejected,
                    AttestError::Device(DeviceError::Declined(_)) => Kind::Declined,
                    AttestError::Backup(_) => Kind::File,
                    _ => Kind::Protocol,
                };
                let hint =
                    format!("attest the others one by one with --set; done: {}", sets.join(", "));
                return Self::hinted(kind, &error, &hint);
            }
            AttestError::UnknownMaker(_) => (
                Kind::Input,
                "ask the people who made it for their address, and add it with --signer",
            ),
            AttestError::WrongSigner(_) => (Kind::Protocol, ""),
            _ => (Kind::Input, ""),
        };
        Self::hinted(kind, &error, hint)
    }
}

impl From<WhereaboutsError> for CommandError {
    fn from(error: WhereaboutsError) -> Self {
        let (kind, hint) = match error {
            WhereaboutsError::Backup(error) => return error.into(),
            WhereaboutsError::MaySign { .. } => (
                Kind::Input,
                "nothing left the set. Look there: if the keys are switched off for good, name the \
                 location with --off",
            ),
            WhereaboutsError::NotRecorded { .. } => {
                (Kind::File, "make a copy writable: where keys go is recorded before they go there")
            }
            _ => (Kind::Internal, ""),
        };
        Self::hinted(kind, &error, hint)
    }
}

impl From<NotSplittable> for CommandError {
    fn from(error: NotSplittable) -> Self {
        let hint = match error {
            NotSplittable::Backup(error) => return error.into(),
            NotSplittable::SignedKept(_) | NotSplittable::SignedGiven => {
                "switch them off for good, wait an hour, then try again"
            }
            NotSplittable::Unknown(_) => {
                "repair the copies, or move that file away; then try again"
            }
            _ => "",
        };
        Self::hinted(Kind::Input, &error, hint)
    }
}

impl From<NotTogether> for CommandError {
    fn from(error: NotTogether) -> Self {
        let (kind, hint) = match error {
            NotTogether::NoSet => (Kind::Usage, "name copies with sets, or leave out fewer"),
            NotTogether::Networks(_) => (Kind::Usage, "name one of them with --network"),
            NotTogether::Layout(_) => {
                (Kind::Usage, "restore each set to a folder of its own with --set")
            }
            NotTogether::Unknown(_) => {
                (Kind::Input, "repair the copies first, or leave the set out with --except-set")
            }
            NotTogether::SameKey { .. } => (
                Kind::Input,
                "leave the older set out with --except-set; `stockade backup retire` removes it for good",
            ),
            NotTogether::Shares { .. } => (
                Kind::Input,
                "leave one set out with --except-set, or restore each with --set for its own machine",
            ),
            _ => (Kind::Input, ""),
        };
        Self::hinted(kind, &error, hint)
    }
}

impl From<RestoreError> for CommandError {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::Backup(error) => error.into(),
            RestoreError::NotSplittable(error) => error.into(),
            RestoreError::NotTogether(error) => error.into(),
            RestoreError::Whereabouts(error @ WhereaboutsError::NotRecorded { .. }) => Self::from(
                error,
            )
            .with_hint(
                "make a copy writable. In an emergency, add --unrecorded: the copies then do not \
                     record where these keys are",
            ),
            RestoreError::Whereabouts(error) => error.into(),
            error => Self::hinted(
                Kind::Usage,
                &error,
                "keys are split only if a copy records it: make a copy writable",
            ),
        }
    }
}
