//! One request to Vault, and what is done where its answer is about the token or the leader.

use std::{thread, time::Duration};

use zeroize::Zeroizing;

use super::{Login, Vault, VaultError};
use crate::endpoint::{Endpoint, HttpError};

/// How long is waited, in seconds, while a cluster has no leader that this server reaches.
const PAUSES: [u64; 4] = [1, 2, 4, 8];

impl Vault {
    /// Asks for `path`, below the namespace: `kv/data/x`. A token of an AppRole that ran out is
    /// replaced once. Says of a denied request which path it was about.
    pub(super) fn call<T>(
        &self,
        path: &str,
        ask: impl Fn(&Endpoint, &str) -> Result<T, HttpError>,
    ) -> Result<T, VaultError> {
        let url = format!("{}{path}", self.root);
        let mut pauses = PAUSES.iter();
        let mut again = matches!(self.login, Login::AppRole { .. });
        loop {
            self.renew_in_time();
            let answered = ask(&self.session.borrow().endpoint, &url);
            let error = match answered {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match error {
                HttpError::Status { ref message, .. } if lacks_a_leader(&error, message) => {
                    match pauses.next() {
                        Some(seconds) => thread::sleep(Duration::from_secs(*seconds)),
                        None => return Err(error.into()),
                    }
                }
                HttpError::Status { url, status: 403, message, .. } if is_about_token(&message) => {
                    if !again {
                        return Err(VaultError::Token { url, message });
                    }
                    again = false;
                    self.log_in().map_err(|error| match error {
                        VaultError::Role { .. } => VaultError::Token { url, message },
                        other => other,
                    })?;
                }
                HttpError::Status { url, status: 400..=403, message, .. }
                    if matches!(self.login, Login::Proxy) && lacks_a_token(&message) =>
                {
                    return Err(VaultError::NoToken { url });
                }
                HttpError::Status { url, status: 401 | 403, message, .. } => {
                    return Err(VaultError::Denied { url, path: path.to_owned(), message });
                }
                error => {
                    self.session.borrow_mut().lost |=
                        matches!(error, HttpError::Unreachable { .. } | HttpError::Timeout { .. });
                    return Err(error.into());
                }
            }
        }
    }

    /// GET.
    pub(super) fn get_bytes(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.call(path, Endpoint::get_bytes)
    }

    /// An answer of Vault's own format.
    pub(super) fn parse<T: serde::de::DeserializeOwned>(
        &self,
        bytes: &[u8],
    ) -> Result<T, VaultError> {
        Ok(self.session.borrow().endpoint.parse(bytes)?)
    }

    /// Says that Vault did not answer by its API.
    pub(super) fn answer(&self, why: &str) -> VaultError {
        self.session.borrow().endpoint.answer(why).into()
    }
}

/// A standby that forwards nothing sends elsewhere, or says that it knows nobody to send to.
fn lacks_a_leader(error: &HttpError, message: &str) -> bool {
    match error.status() {
        Some(307) => true,
        Some(500) => message.contains("active cluster node not found"),
        _ => false,
    }
}

/// Vault says "permission denied" of a policy and of a token; of a token it adds this.
fn is_about_token(message: &str) -> bool {
    message.contains("invalid token") || message.contains("bad token")
}

/// What Vault says of a request without a token. Of a policy it says more.
fn lacks_a_token(message: &str) -> bool {
    message == "permission denied" || message.contains("missing client token")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_and_a_token_are_told_apart() {
        assert!(is_about_token("2 errors occurred: * permission denied * invalid token"));
        assert!(!is_about_token("1 error occurred: * permission denied"));
        assert!(!lacks_a_token("1 error occurred: * permission denied"));
        assert!(lacks_a_token("permission denied"));
    }
}
