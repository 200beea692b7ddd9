//! From an address to the store that is there.

use std::path::Path;

use super::{BucketAddress, Directory, Store, StoreError};

/// The store at `root`: a folder, or an address in a bucket. Nothing is made there yet.
pub fn open(root: &Path) -> Result<Box<dyn Store>, StoreError> {
    match BucketAddress::of(root) {
        None => Ok(Box::new(Directory::new(root))),
        Some(address) => open_bucket(address?, root),
    }
}

#[cfg(feature = "cloud")]
fn open_bucket(address: BucketAddress, _root: &Path) -> Result<Box<dyn Store>, StoreError> {
    Ok(Box::new(super::object::Bucket::open(address)?))
}

#[cfg(not(feature = "cloud"))]
fn open_bucket(_address: BucketAddress, root: &Path) -> Result<Box<dyn Store>, StoreError> {
    let why = "this build reaches no buckets (the feature `cloud`)";
    Err(StoreError::Address { path: root.to_owned(), why })
}
