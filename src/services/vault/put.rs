//! Creates secrets, and reads them back.

use std::{collections::BTreeMap, thread, time::Duration};

use serde::Serialize;

use super::{
    Data, Engine, KvVersion, Vault, VaultError,
    kv::{Metadata, Secret},
};
use crate::{
    endpoint::{Endpoint, HttpError},
    secret_store::{Field, Fields, Written, same_secret},
};
use stockade_base::secret::SecretText;

/// The pauses, in milliseconds, while a secret that was just written is absent: standbys that answer
/// reads may receive it later.
const PAUSES: [u64; 4] = [200, 400, 800, 1600];

#[derive(Serialize)]
struct PutV2<'a> {
    options: Cas,
    data: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct Cas {
    /// 0 to write only if there is no version yet.
    cas: u32,
}

impl Vault {
    /// Creates the secret at `path` with `value` in its field `field`, reads it back and compares. A secret
    /// that exists is never changed.
    ///
    /// Version 1 cannot write conditionally, so another program may write between the check and the write.
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
            // Another program may have written the same in the meantime.
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

    /// Checks what is there before writing: the same value, or nothing. All else is an error.
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
            // A write would replace the whole secret, including other fields.
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

    /// Writes a whole secret; with version 2 only if there is none.
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
        // Version 2 answers with the version that it created, version 1 with nothing.
        if engine.version == KvVersion::V2 && answer.is_empty() {
            return Err(VaultError::NotVersion2 {
                mount: engine.mount.clone(),
                written: format!("{}/data/{path}", engine.mount),
            });
        }
        // Reading back shows the same, but may be forbidden.
        match self.parse::<Data<Metadata>>(&answer).ok().and_then(|made| made.data.time()) {
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
