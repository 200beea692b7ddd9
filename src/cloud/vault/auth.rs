//! How Vault knows who calls: a token, or AppRole, as automation has it.

use serde::{Deserialize, Serialize};

use super::{Vault, VaultError};
use crate::{
    cloud::{Endpoint, HttpError},
    secret::SecretText,
};

/// Who calls.
#[derive(Debug)]
pub enum Login {
    /// A token, made before.
    Token(SecretText),
    /// AppRole: a role, and the secret of it.
    AppRole {
        /// Which role.
        role_id: SecretText,
        /// What proves it.
        secret_id: SecretText,
    },
}

#[derive(Serialize)]
struct Credentials<'a> {
    role_id: &'a str,
    secret_id: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    client_token: String,
}

const TOKEN: &str = "X-Vault-Token";

impl Vault {
    /// Logs in at `endpoint`.
    pub fn login(endpoint: Endpoint, login: Login) -> Result<Self, VaultError> {
        let token = match login {
            Login::Token(token) => token,
            Login::AppRole { role_id, secret_id } => {
                let credentials =
                    Credentials { role_id: role_id.expose(), secret_id: secret_id.expose() };
                let answer = endpoint.post("/v1/auth/approle/login", &credentials);
                let answer: Answer = answer.map_err(|error| match error {
                    HttpError::Status { url, status: 400 | 401 | 403, message, .. } => {
                        VaultError::Role { url, message }
                    }
                    other => other.into(),
                })?;
                SecretText::new(answer.auth.client_token)
            }
        };
        Ok(Self { endpoint: endpoint.with_header(TOKEN, token) })
    }
}
