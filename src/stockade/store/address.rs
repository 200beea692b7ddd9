//! Addresses of copies outside of folders: a prefix in a bucket of an object store. Such an address
//! is a `Path`, as a folder's is (`s3://bucket/prefix`), so that messages and arguments treat both
//! alike. A folder of that name is written `./s3:/bucket/prefix`.

use std::{fmt, path::Path};

use super::{StoreError, StorePath};

/// The service that a bucket belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Amazon S3, and services with the same protocol.
    S3,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage.
    Azure,
}

/// A prefix in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BucketAddress {
    /// The service.
    pub service: Service,
    /// The bucket, or Azure's container.
    pub bucket: String,
    /// The prefix of all object names; `None` for a whole bucket.
    pub prefix: Option<StorePath>,
}

impl Service {
    fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gcs => "gs",
            Self::Azure => "az",
        }
    }
}

impl BucketAddress {
    /// The bucket address that `path` is; `None` if it is a folder's. Anything that looks like a
    /// URL is never treated as a folder, since nobody would look for a copy there.
    pub fn of(path: &Path) -> Option<Result<Self, StoreError>> {
        let text = path.to_str()?;
        let (scheme, rest) = text.split_once("://")?;
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte);
        (!scheme.is_empty() && scheme.bytes().all(letters)).then(|| Self::parse(scheme, rest, path))
    }

    fn parse(scheme: &str, rest: &str, path: &Path) -> Result<Self, StoreError> {
        let refuse = |why| StoreError::Address { path: path.to_owned(), why };
        let services = [Service::S3, Service::Gcs, Service::Azure];
        let service = services.into_iter().find(|service| service.scheme() == scheme);
        let service = service
            .ok_or_else(|| refuse("not a place for a copy: use a folder, s3://, gs:// or az://"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if bucket.is_empty() || !bucket.bytes().all(plain) {
            return Err(refuse(
                "not a bucket name: use letters, digits and ._- (no keys, no port)",
            ));
        }
        let prefix = match prefix.trim_end_matches('/') {
            "" => None,
            prefix => Some(prefix.parse().map_err(|_| {
                refuse("not a prefix: use names of letters, digits and ._-, separated by /")
            })?),
        };
        Ok(Self { service, bucket: bucket.to_owned(), prefix })
    }

    /// The same address with `name` appended to the prefix.
    pub(super) fn below(self, name: &str) -> Result<Self, StoreError> {
        let prefix = match &self.prefix {
            Some(prefix) => prefix.join(name)?,
            None => name.parse()?,
        };
        Ok(Self { prefix: Some(prefix), ..self })
    }

    /// The name of the object at `path` in the bucket.
    #[cfg(any(feature = "buckets", test))]
    pub(super) fn key(&self, path: &StorePath) -> String {
        match &self.prefix {
            Some(prefix) => format!("{prefix}/{path}"),
            None => path.to_string(),
        }
    }

    /// The address of the bucket without the prefix.
    pub fn bucket_alone(&self) -> String {
        format!("{}://{}", self.service.scheme(), self.bucket)
    }
}

impl fmt::Display for BucketAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.bucket_alone())?;
        self.prefix.iter().try_for_each(|prefix| write!(f, "/{prefix}"))
    }
}

/// Fails if `path` is not a folder's, for files that must stay on this machine.
pub fn require_folder(path: &Path) -> Result<(), StoreError> {
    match BucketAddress::of(path) {
        None => Ok(()),
        Some(_) => {
            let why = "this can only be written to a folder on this machine, not to a bucket";
            Err(StoreError::Address { path: path.to_owned(), why })
        }
    }
}

/// Whether `path` can hold copies: an existing folder, or an address in a bucket.
pub fn is_place(path: &Path) -> bool {
    path.is_dir() || BucketAddress::of(path).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Result<BucketAddress, StoreError>> {
        BucketAddress::of(Path::new(text))
    }

    #[test]
    fn an_address_has_a_bucket_and_an_optional_prefix() {
        let address = of("s3://bucket/a/b/").unwrap().unwrap();
        assert_eq!((address.service, address.to_string()), (Service::S3, "s3://bucket/a/b".into()));
        assert_eq!(address.key(&"set/file".parse().unwrap()), "a/b/set/file");
        let whole = of("gs://bucket").unwrap().unwrap();
        assert_eq!(whole.key(&"set/file".parse().unwrap()), "set/file");
        assert_eq!(of("az://container/x").unwrap().unwrap().service, Service::Azure);
    }

    #[test]
    fn a_url_is_never_a_folder() {
        for text in ["/media/a", "a:b", "./s3:/bucket", "s3:/bucket", "C:\\a", "", "://x"] {
            assert!(of(text).is_none(), "{text}");
        }
        for text in [
            "S3://bucket",
            "https://bucket.s3.amazonaws.com/a",
            "s3://",
            "s3:///a",
            "s3://key:secret@bucket/a",
            "s3://bucket:9000/a",
            "s3://bucket/../a",
            "s3://bucket/a?versionId=1",
            "s3://bucket/a b",
            "s3://bucket//a",
        ] {
            assert!(of(text).unwrap().is_err(), "{text}");
        }
    }
}
