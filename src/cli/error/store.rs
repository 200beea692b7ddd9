//! The same of places that hold files: folders and buckets.

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
        StoreError::Busy(_) => (Kind::Busy, "wait until the other one is done"),
        StoreError::Leased { .. } => (
            Kind::Busy,
            "wait until the other one is done; if you know that none runs, remove that object",
        ),
        StoreError::NoConditions(_) => (
            Kind::Unsupported,
            "nothing was written but its lock.json. Name a bucket of a service that honours \
                 `If-None-Match` and `If-Match`; docs/guides/buckets.md names some",
        ),
        StoreError::Untrusted { .. } => (
            Kind::Refused,
            "for a certificate of your own, name its CA with AWS_CA_BUNDLE (S3 alone)",
        ),
        StoreError::Address { .. } => (Kind::Usage, ""),
        StoreError::NoBucket(_) => {
            (Kind::File, "is its name right, and the region? Buckets are made by their owner")
        }
        StoreError::Interrupted(_) => (Kind::Declined, "run the same command again"),
        StoreError::Changed(_) => (Kind::Busy, "run the same command again"),
        StoreError::Refused { .. } => (
            Kind::Permission,
            "the credentials are found as by the service's own tools: are they valid, is the clock \
                 right, and do they allow to list, get and put objects there?",
        ),
        StoreError::Unreachable { .. } => {
            (Kind::NotFound, "are the address and the endpoint right? Run the same command again")
        }
        StoreError::ReadBack(_) => {
            (Kind::File, "this medium does not keep what is written: do not trust it")
        }
        StoreError::Exists(_) => (Kind::File, "nothing is overwritten: name another place"),
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
            "make room, or name another place; what was there before is as it was"
        }
        ErrorKind::ReadOnlyFilesystem => {
            "it takes no writes: look for a switch on the stick, or check its file system and \
             mount it again; what was there before is as it was"
        }
        ErrorKind::PermissionDenied => "run as the user who owns it, or name another place",
        _ => {
            "the medium may be failing, or was pulled out: plug it in again, scrub it, and have \
             another at hand"
        }
    }
}
