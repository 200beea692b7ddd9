//! Random bytes for files: IVs and uuids. Secrets are made by [`stockade_base::secret`].

use super::KeystoreError;

/// A random IV.
pub(super) fn iv() -> Result<[u8; 16], KeystoreError> {
    let mut bytes = [0; 16];
    stockade_base::secret::fill_random(&mut bytes).map_err(KeystoreError::Random)?;
    Ok(bytes)
}

/// A random uuid, as text.
pub(super) fn uuid() -> Result<String, KeystoreError> {
    Ok(uuid::Builder::from_random_bytes(iv()?).into_uuid().to_string())
}
