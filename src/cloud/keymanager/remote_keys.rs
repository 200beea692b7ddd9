//! `/eth/v1/remotekeys`: the keys that a client has signed by Web3signer.

use serde::{Deserialize, Serialize};

use super::{
    KeyStatus, Keymanager, KeymanagerError, keystores::Data, keystores::Status, prefixed,
    unprefixed,
};
use crate::bls::PublicKey;

const PATH: &str = "/eth/v1/remotekeys";

/// A key, and the signer that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteKey {
    /// Which.
    pub pubkey: PublicKey,
    /// Where it is signed with.
    pub url: String,
}

#[derive(Serialize, Deserialize)]
struct Row {
    pubkey: String,
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

    /// The same; none of a client that does not have this part of the API.
    pub fn list_remote_if_any(&self) -> Result<Vec<RemoteKey>, KeymanagerError> {
        match self.list_remote() {
            Err(KeymanagerError::Http(error))
                if matches!(error.status(), Some(404 | 405 | 501)) =>
            {
                Ok(Vec::new())
            }
            listed => listed,
        }
    }

    /// Has the client sign with the signer at `url` for `keys`.
    pub fn add_remote(
        &self,
        keys: &[PublicKey],
        url: &str,
    ) -> Result<Vec<KeyStatus>, KeymanagerError> {
        let row = |key| Row { pubkey: prefixed(key), url: url.to_owned() };
        let body = Body { remote_keys: keys.iter().map(row).collect() };
        let answer: Data<Status> = self.endpoint.post(PATH, &body)?;
        self.require_count(keys.len(), answer.data.len())?;
        Ok(answer.data.into_iter().map(KeyStatus::from).collect())
    }
}
