//! Opens the store at an address.

use std::path::Path;

use super::{BucketAddress, Directory, Store, StoreError};

/// The store `name` below `dir`: a folder, which must not be a link, or an address in a bucket.
/// Creates nothing.
pub fn open(dir: &Path, name: &str) -> Result<Box<dyn Store>, StoreError> {
    match BucketAddress::of(dir) {
        None => Ok(Box::new(Directory::below(dir, name))),
        Some(address) => open_bucket(address?.below(name)?, dir),
    }
}

#[cfg(feature = "buckets")]
fn open_bucket(address: BucketAddress, _dir: &Path) -> Result<Box<dyn Store>, StoreError> {
    Ok(Box::new(super::object::Bucket::open(address)?))
}

#[cfg(not(feature = "buckets"))]
fn open_bucket(_address: BucketAddress, dir: &Path) -> Result<Box<dyn Store>, StoreError> {
    let why = "this build has no support for buckets (feature `buckets`)";
    Err(StoreError::Address { path: dir.to_owned(), why })
}
