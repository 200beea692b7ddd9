//! Sends a request to Vault. Handles expired tokens and clusters without a leader.

use std::{thread, time::Duration};

use zeroize::Zeroizing;

use super::{Login, Vault, VaultError};
use crate::endpoint::{Endpoint, HttpError};

/// The pauses, in seconds, while a cluster has no leader or the server does not reach it.
const PAUSES: [u64; 4] = [1, 2, 4, 8];

impl Vault {
    /// Sends a request for `path` in the namespace, such as `kv/data/x`. An expired token of an AppRole is
    /// replaced once. The error of a denied request names the path.
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

    /// Sends a GET request.
    pub(super) fn get_bytes(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.call(path, Endpoint::get_bytes)
    }

    /// Parses an answer.
    pub(super) fn parse<T: serde::de::DeserializeOwned>(
        &self,
        bytes: &[u8],
    ) -> Result<T, VaultError> {
        Ok(self.session.borrow().endpoint.parse(bytes)?)
    }

    /// The error that Vault's answer is not what its API documents.
    pub(super) fn answer(&self, why: &str) -> VaultError {
        self.session.borrow().endpoint.answer(why).into()
    }
}

/// Whether a standby redirects to the leader instead of forwarding, or knows no leader.
fn lacks_a_leader(error: &HttpError, message: &str) -> bool {
    match error.status() {
        Some(307) => true,
        Some(500) => message.contains("active cluster node not found"),
        _ => false,
    }
}

/// Vault answers "permission denied" for both policies and tokens, but adds this for tokens.
fn is_about_token(message: &str) -> bool {
    message.contains("invalid token") || message.contains("bad token")
}

/// Vault's answer to a request without a token. For a policy the message is longer.
fn lacks_a_token(message: &str) -> bool {
    message == "permission denied" || message.contains("missing client token")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_errors_and_token_errors_are_distinguished() {
        assert!(is_about_token("2 errors occurred: * permission denied * invalid token"));
        assert!(!is_about_token("1 error occurred: * permission denied"));
        assert!(!lacks_a_token("1 error occurred: * permission denied"));
        assert!(lacks_a_token("permission denied"));
    }
}
