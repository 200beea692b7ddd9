//! Errors of folders and buckets.

use std::io::ErrorKind;

use stockade::store::StoreError;

use super::{CommandError, Kind};

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        let (kind, hint) = classify(&error);
        Self::hinted(kind, &error, hint)
    }
}

pub(super) fn classify(error: &StoreError) -> (Kind, &'static str) {
    match error {
        StoreError::Busy(_) => (Kind::Busy, "wait until the other command has finished"),
        StoreError::Leased { .. } => (
            Kind::Busy,
            "wait until the other command has finished; if you are sure that none is running, remove \
             that object",
        ),
        StoreError::NoConditions(_) => (
            Kind::Unsupported,
            "only its lock.json was written. Name a bucket of a service that honours `If-None-Match` \
             and `If-Match`; docs/guides/buckets.md lists some",
        ),
        StoreError::Untrusted { .. } => (
            Kind::Refused,
            "for a certificate of your own, name its CA with AWS_CA_BUNDLE (S3 only)",
        ),
        StoreError::Address { .. } => (Kind::Usage, ""),
        StoreError::NoBucket(_) => (
            Kind::File,
            "check its name and region. Stockade does not create buckets: their owner does",
        ),
        StoreError::Interrupted(_) => (Kind::Declined, "run the same command again"),
        StoreError::Changed(_) => (Kind::Busy, "run the same command again"),
        StoreError::Refused { .. } => (
            Kind::Permission,
            "the credentials are those that the service's own tools find. Check that they are valid, \
             that the clock is right, and that they permit to list, get and put objects there",
        ),
        StoreError::Unreachable { .. } => {
            (Kind::NotFound, "check the address and the endpoint, then run the same command again")
        }
        StoreError::ReadBack(_) => {
            (Kind::File, "this medium does not keep what is written: do not trust it")
        }
        StoreError::Exists(_) => {
            (Kind::File, "existing files are never overwritten: name another place")
        }
        StoreError::TwoNames { .. } => (
            Kind::File,
            "nothing was changed. Unmount it, repair it with `fsck.vfat -a -w` or `fsck.exfat -p`, \
             mount it again, and run the same command",
        ),
        StoreError::Io { source, .. } => (Kind::File, io_hint(source.kind())),
        _ => (Kind::File, ""),
    }
}

fn io_hint(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "make room, or name another place; what was there before is unchanged"
        }
        ErrorKind::ReadOnlyFilesystem => {
            "it is read-only: look for a switch on the stick, or check its file system and mount it \
             again; what was there before is unchanged"
        }
        ErrorKind::PermissionDenied => "run as the user who owns it, or name another place",
        _ => {
            "the medium may be failing, or was unplugged: plug it in again, scrub it, and keep another \
             one ready"
        }
    }
}
