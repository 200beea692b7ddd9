//! A secret written where nothing is, and read back.

use std::{collections::BTreeMap, thread, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    Engine, KvVersion, Vault, VaultError,
    kv::{Metadata, Secret},
};
use crate::{
    endpoint::{Endpoint, HttpError},
    secret_store::{Field, Fields, Written, same_secret},
};
use stockade_base::secret::SecretText;

/// How long a secret that was just written may be absent, in milliseconds: standbys that answer
/// reads may not have it at once.
const PAUSES: [u64; 4] = [200, 400, 800, 1600];

#[derive(Serialize)]
struct PutV2<'a> {
    options: Cas,
    data: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct Cas {
    /// 0: only where there is no version yet.
    cas: u32,
}

#[derive(Deserialize)]
struct Made {
    data: Metadata,
}

impl Vault {
    /// Writes `value` to the field `field` of the secret at `path`, where nothing is; reads it back
    /// and compares. Another value that is there already stays.
    ///
    /// Version 1 cannot be told to write only what is new: between looking and writing somebody
    /// else may write.
    pub fn put(
        &self,
        engine: &Engine,
        path: &str,
        field: &str,
        value: &SecretText,
    ) -> Result<Written, VaultError> {
        let look = || self.secret(engine, path);
        if let Some(there) = self.already(path, look()?, field, value)? {
            return Ok(there);
        }
        match self.write(engine, path, BTreeMap::from([(field, value.expose())])) {
            // Somebody else may have written the same meanwhile.
            Err(error) if is_check_and_set(&error) => {
                return match self.already(path, look()?, field, value)? {
                    Some(there) => Ok(there),
                    None => Err(error),
                };
            }
            written => written?,
        }
        let unread = |error| VaultError::Unread { path: path.to_owned(), source: Box::new(error) };
        let mut pauses = PAUSES.iter();
        loop {
            match (look().map_err(unread)?, pauses.next()) {
                (Secret::Absent, Some(pause)) => thread::sleep(Duration::from_millis(*pause)),
                (Secret::Held(fields, expires), _) if holds(&fields, field, value) => {
                    return self.lasting(path, expires, Written::New);
                }
                _ => {
                    return Err(VaultError::ReadBack {
                        url: self.url().to_owned(),
                        path: path.to_owned(),
                    });
                }
            }
        }
    }

    /// What is there before it is written: the same, or nothing. All else is an error.
    fn already(
        &self,
        path: &str,
        there: Secret,
        field: &str,
        value: &SecretText,
    ) -> Result<Option<Written>, VaultError> {
        let path = path.to_owned();
        match there {
            Secret::Absent => Ok(None),
            Secret::Deleted(at) => Err(VaultError::Deleted { path, at }),
            Secret::Destroyed => Err(VaultError::Destroyed { path }),
            Secret::Held(fields, expires) if holds(&fields, field, value) => {
                self.lasting(&path, expires, Written::Same).map(Some)
            }
            // A write replaces the secret as a whole, with whatever others keep in it.
            Secret::Held(..) => Err(VaultError::Occupied { url: self.url().to_owned(), path }),
        }
    }

    fn lasting(
        &self,
        path: &str,
        expires: Option<String>,
        written: Written,
    ) -> Result<Written, VaultError> {
        match expires {
            Some(at) => Err(VaultError::Expires { path: path.to_owned(), at }),
            None => Ok(written),
        }
    }

    /// Writes a whole secret: with version 2 only where none is.
    fn write(
        &self,
        engine: &Engine,
        path: &str,
        data: BTreeMap<&str, &str>,
    ) -> Result<(), VaultError> {
        let put = PutV2 { options: Cas { cas: 0 }, data };
        let sent = self.call(&engine.api(path, "data")?, |endpoint: &Endpoint, url| {
            match engine.version {
                KvVersion::V1 => endpoint.post_repeatable(url, &put.data),
                KvVersion::V2 => endpoint.post_repeatable(url, &put),
            }
        });
        let answer = sent.map_err(|error| match error {
            error @ VaultError::Http(_) => {
                VaultError::NotWritten { path: path.to_owned(), source: Box::new(error) }
            }
            error => error,
        })?;
        // Version 2 says which version of the secret it made, and version 1 nothing.
        if engine.version == KvVersion::V2 && answer.is_empty() {
            return Err(VaultError::NotVersion2 {
                mount: engine.mount.clone(),
                written: format!("{}/data/{path}", engine.mount),
            });
        }
        // The read-back says the same again, where it is allowed.
        match self.parse::<Made>(&answer).ok().and_then(|made| made.data.time()) {
            Some(at) => Err(VaultError::Expires { path: path.to_owned(), at }),
            None => Ok(()),
        }
    }
}

fn holds(fields: &Fields, field: &str, value: &SecretText) -> bool {
    fields.get(field).and_then(Field::text).is_some_and(|there| same_secret(there, value))
}

fn is_check_and_set(error: &VaultError) -> bool {
    let VaultError::NotWritten { source, .. } = error else { return false };
    matches!(&**source, VaultError::Http(HttpError::Status { status: 400, message, .. })
        if message.contains("check-and-set"))
}
