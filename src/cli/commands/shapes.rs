//! Schemas of document parts that other modules build.

use schemars::JsonSchema;
use serde::Serialize;

/// A file that holds no key.
#[derive(JsonSchema, Serialize)]
pub struct SkippedFile {
    /// The file.
    file: String,
    /// What it is instead, for people.
    what: String,
}

/// A copy that a set was written to.
#[derive(JsonSchema, Serialize)]
pub struct WrittenCopy {
    /// The id of the copy.
    copy: String,
    /// The folder or bucket.
    dir: String,
    /// How it was read back: `device`, or `cache_possible` if it may have come from memory.
    read_back: String,
    /// What its file system lacks: `modes` (permissions).
    lacks: Vec<String>,
    /// Whether this command made the copy.
    new: bool,
    /// The file system of the copy; null if it is unknown, or the copy is in a bucket.
    mount: Option<MountedAt>,
}

/// A file system.
#[derive(JsonSchema, Serialize)]
pub struct MountedAt {
    /// The folder where it is mounted.
    dir: String,
    /// What is mounted there: a device or a network share.
    source: String,
    /// Its type, as the kernel names it: `ext4`, `vfat`.
    file_system: String,
    /// Whether it is on a stick, a card or a USB disk.
    removable: bool,
}

/// A copy that a set could not be written to.
#[derive(JsonSchema, Serialize)]
pub struct NotWritten {
    /// The id of the copy.
    copy: String,
    #[serde(flatten)]
    place: FailedAt,
}

/// A folder or bucket with which something failed.
#[derive(JsonSchema, Serialize)]
pub struct FailedAt {
    /// The folder or bucket, as it was named.
    dir: String,
    /// The kind of error, as in `error.kind`.
    kind: String,
    /// What failed, and why, for people.
    message: String,
    /// What to do about it, for people.
    hint: Option<String>,
}

/// A split of keys into shares.
#[derive(JsonSchema, Serialize)]
pub struct SplitOfKeys {
    /// When the keys were split, as YYYYMMDDTHHMMSSZ.
    time: String,
    /// The number of shares of each key.
    shares: u8,
    /// The number of shares that sign together.
    threshold: u8,
    /// The public keys that were split.
    keys: Vec<String>,
}
