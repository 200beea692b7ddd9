//! `/eth/v1/remotekeys`: the keys that a client has signed by Web3signer.

use serde::{Deserialize, Serialize};

use super::{
    KeyStatus, Keymanager, KeymanagerError, keystores::Data, keystores::Status, prefixed,
    unprefixed,
};
use crate::endpoint::HttpError;
use stockade::backup::whereabouts::Permit;
use stockade_keystore::bls::PublicKey;

const PATH: &str = "/eth/v1/remotekeys";

/// A key, and the signer that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteKey {
    /// Which.
    pub pubkey: PublicKey,
    /// Where it is signed with; empty where the client does not say.
    pub url: String,
}

impl RemoteKey {
    /// Where it is signed with, for people.
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
    // By the API's schema it may be missing.
    #[serde(default)]
    url: String,
}

#[derive(Serialize)]
struct Body {
    remote_keys: Vec<Row>,
}

impl Keymanager {
    /// The keys that the client has signed elsewhere.
    pub fn list_remote(&self) -> Result<Vec<RemoteKey>, KeymanagerError> {
        let rows: Data<Row> = self.endpoint.get(PATH)?;
        let listed = rows.data.into_iter().map(|row| {
            let pubkey = unprefixed(&row.pubkey)
                .ok_or_else(|| self.endpoint.answer("a key that is none in its listing"))?;
            Ok(RemoteKey { pubkey, url: row.url })
        });
        listed.collect()
    }

    /// The same; none of a client that does not have this part of the API. `None` where its answer is
    /// no listing, so that it cannot be told which keys it has signed elsewhere.
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

    /// Has the client sign with the signer at `url` for `keys`.
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
