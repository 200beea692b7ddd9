//! `/eth/v1/remotekeys`: the keys for which a client uses a remote signer.

use serde::{Deserialize, Serialize};

use super::{
    KeyStatus, Keymanager, KeymanagerError, keystores::Data, keystores::Status, prefixed,
    unprefixed,
};
use crate::endpoint::HttpError;
use stockade::backup::whereabouts::Permit;
use stockade_keystore::bls::PublicKey;

const PATH: &str = "/eth/v1/remotekeys";

/// A key and the signer that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteKey {
    /// The key.
    pub pubkey: PublicKey,
    /// The URL of the signer. Empty if the client does not say.
    pub url: String,
}

impl RemoteKey {
    /// The signer, for people.
    pub fn signer(&self) -> &str {
        match self.url.as_str() {
            "" => "a signer that it does not name",
            url => url,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Row {
    pubkey: String,
    // The API's schema allows it to be missing.
    #[serde(default)]
    url: String,
}

#[derive(Serialize)]
struct Body {
    remote_keys: Vec<Row>,
}

impl Keymanager {
    /// The keys for which the client uses a remote signer.
    pub fn list_remote(&self) -> Result<Vec<RemoteKey>, KeymanagerError> {
        let rows: Data<Row> = self.endpoint.get(PATH)?;
        let listed = rows.data.into_iter().map(|row| {
            let pubkey = unprefixed(&row.pubkey)
                .ok_or_else(|| self.endpoint.answer("its listing has an invalid key"))?;
            Ok(RemoteKey { pubkey, url: row.url })
        });
        listed.collect()
    }

    /// Like [`Keymanager::list_remote`], but empty for a client that does not have this part of the API,
    /// and `None` if its answer does not tell whether it has remote keys.
    pub fn list_remote_if_any(&self) -> Result<Option<Vec<RemoteKey>>, KeymanagerError> {
        match self.list_remote() {
            Err(KeymanagerError::Http(error)) => match &error {
                _ if matches!(error.status(), Some(404 | 405 | 501)) => Ok(Some(Vec::new())),
                HttpError::Answer { .. } => Ok(None),
                HttpError::Status { status, .. } if !matches!(status, 401 | 403) => Ok(None),
                _ => Err(error.into()),
            },
            listed => listed.map(Some),
        }
    }

    /// Registers `keys` with the signer at `url`.
    pub fn add_remote(
        &self,
        permit: &Permit,
        keys: &[PublicKey],
        url: &str,
    ) -> Result<Vec<KeyStatus>, KeymanagerError> {
        let keys: Vec<_> = keys.iter().filter(|key| permit.covers(key)).collect();
        let row = |key: &&PublicKey| Row { pubkey: prefixed(key), url: url.to_owned() };
        let body = Body { remote_keys: keys.iter().map(row).collect() };
        let answer: Data<Status> = self.endpoint.post(PATH, &body)?;
        self.require_count(keys.len(), answer.data.len())?;
        Ok(answer.data.into_iter().map(KeyStatus::from).collect())
    }
}
