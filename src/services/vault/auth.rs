//! Authentication: a token, a proxy, or an AppRole.

use std::{
    fmt,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Data, Vault, VaultError, path};
use crate::endpoint::{Endpoint, HttpError};
use stockade_base::secret::SecretText;

/// Credentials for Vault.
#[derive(Debug)]
#[non_exhaustive]
pub enum Login {
    /// A token.
    Token(SecretText),
    /// No token: a Vault Agent or Proxy adds its own to every request.
    Proxy,
    /// An AppRole.
    AppRole {
        /// The mount of the auth method, usually `approle`.
        mount: String,
        /// The id of the role.
        role_id: SecretText,
        /// The secret id, if the role requires one.
        secret_id: Option<SecretText>,
        /// Whether `secret_id` is a wrapping token, which can be exchanged once for the secret id.
        wrapped: bool,
    },
}

/// The endpoint with the current token.
pub(super) struct Session {
    pub(super) endpoint: Endpoint,
    /// Whether this program obtained the token by logging in.
    own: bool,
    /// Whether the server could not be reached since then.
    pub(super) lost: bool,
    /// When to renew the token, and its time to live.
    renew: Option<(Instant, Duration)>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Credentials<'a> {
    role_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_id: Option<&'a str>,
}

#[derive(Deserialize)]
struct Answer {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    client_token: Option<SecretText>,
    #[serde(default)]
    lease_duration: u64,
    #[serde(default)]
    renewable: bool,
}

#[derive(Deserialize)]
struct LookedUp {
    #[serde(default)]
    ttl: u64,
    #[serde(default)]
    renewable: bool,
}

#[derive(Deserialize)]
struct Unwrapped {
    secret_id: SecretText,
}

const TOKEN: &str = "X-Vault-Token";

impl Vault {
    /// Logs in at `endpoint` in the root namespace.
    pub fn login(endpoint: Endpoint, login: Login) -> Result<Self, VaultError> {
        Self::login_in(endpoint, "", login)
    }

    /// Logs in at `endpoint` in `namespace`; empty for the root namespace. The namespace is sent as part of
    /// the path, so that a server without namespaces refuses it instead of ignoring it.
    pub fn login_in(
        endpoint: Endpoint,
        namespace: &str,
        mut login: Login,
    ) -> Result<Self, VaultError> {
        let root = match path::encode_any(namespace.trim_matches('/'))? {
            none if matches!(none.as_str(), "" | "root") => "/v1/".to_owned(),
            namespace => format!("/v1/{namespace}/"),
        };
        // A proxy in front of Vault may require this header.
        let mut endpoint =
            endpoint.with_header("X-Vault-Request", SecretText::new("true".to_owned()));
        if let Login::AppRole { secret_id: Some(secret_id), wrapped: wrapped @ true, .. } =
            &mut login
        {
            endpoint.set_header(TOKEN, SecretText::new(secret_id.expose().to_owned()));
            let answer = endpoint.post(&format!("{root}sys/wrapping/unwrap"), &json!({}));
            let answer: Data<Unwrapped> = answer.map_err(refused)?;
            *secret_id = answer.data.secret_id;
            *wrapped = false;
        }
        let url = endpoint.url().to_owned();
        let session = Session { endpoint, own: false, lost: false, renew: None };
        let vault = Self { url, root, login, session: session.into() };
        vault.log_in()?;
        Ok(vault)
    }

    /// Logs in for the first time or again.
    pub(super) fn log_in(&self) -> Result<(), VaultError> {
        let mut session = self.session.borrow_mut();
        match &self.login {
            Login::Token(token) => {
                session.endpoint.set_header(TOKEN, SecretText::new(token.expose().to_owned()));
            }
            Login::Proxy => {}
            Login::AppRole { mount, role_id, secret_id, .. } => {
                let credentials = Credentials {
                    role_id: role_id.expose(),
                    secret_id: secret_id.as_ref().map(SecretText::expose),
                };
                session.own = false;
                session.endpoint.set_header(TOKEN, SecretText::new(String::new()));
                let mount = path::encode(mount.trim_matches('/'))?;
                let url = format!("{}auth/{mount}/login", self.root);
                let answer: Answer = session.endpoint.post(&url, &credentials).map_err(refused)?;
                let Some(token) = answer.auth.client_token else {
                    return Err(session.endpoint.answer("it contains no token").into());
                };
                session.endpoint.set_header(TOKEN, token);
                session.own = true;
                session.note(answer.auth.lease_duration, answer.auth.renewable);
            }
        }
        Ok(())
    }

    /// Looks the token up, so that an invalid one is found before anything else. A policy may forbid the
    /// lookup, which is not an error.
    pub fn look_up(&self) -> Result<(), VaultError> {
        match self.get_bytes("auth/token/lookup-self") {
            Ok(bytes) => {
                let mut session = self.session.borrow_mut();
                // A proxy renews its own token.
                if let (Login::Token(_), Ok(said)) =
                    (&self.login, session.endpoint.parse::<Data<LookedUp>>(&bytes))
                {
                    session.note(said.data.ttl, said.data.renewable);
                }
                Ok(())
            }
            Err(VaultError::Denied { .. }) => Ok(()),
            Err(VaultError::Http(HttpError::Status { status: 400..=428 | 430..=499, .. })) => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Renews the token after two thirds of its time to live. If that fails, it is used until it expires.
    pub(super) fn renew_in_time(&self) {
        let mut session = self.session.borrow_mut();
        let Some((due, ttl)) = session.renew else { return };
        if Instant::now() < due {
            return;
        }
        session.renew = None;
        let url = format!("{}auth/token/renew-self", self.root);
        if let Ok(answer) = session.endpoint.post::<Answer>(&url, &json!({})) {
            // A token near its maximum lifetime is extended only a little. Renewing again would then happen
            // with every request.
            let given = Duration::from_secs(answer.auth.lease_duration);
            if given * 2 > ttl {
                session.note(answer.auth.lease_duration, answer.auth.renewable);
            }
        }
    }
}

impl Session {
    fn note(&mut self, ttl: u64, renewable: bool) {
        let ttl = Duration::from_secs(ttl.min(u64::from(u32::MAX)));
        self.renew = (renewable && !ttl.is_zero()).then(|| (Instant::now() + ttl * 2 / 3, ttl));
    }
}

impl Drop for Vault {
    /// Revokes a token obtained by logging in, which would otherwise stay valid.
    fn drop(&mut self) {
        let session = self.session.get_mut();
        if session.own && !session.lost {
            let url = format!("{}auth/token/revoke-self", self.root);
            let _ = session.endpoint.post_once(&url, &json!({}));
        }
    }
}

fn refused(error: HttpError) -> VaultError {
    match error {
        HttpError::Status { url, status: 400 | 401 | 403, message, .. } => {
            VaultError::Role { url, message }
        }
        other => other.into(),
    }
}
