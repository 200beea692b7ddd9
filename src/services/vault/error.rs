//! Errors of requests to Vault.

use crate::endpoint::HttpError;

/// Why Vault did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// Vault was not reached, or gave an error or an invalid answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Not a valid path.
    #[error("`{0}`: not the path of a secret: it must be names separated by `/`")]
    Path(String),
    /// Not a valid name of a field.
    #[error("`{0}`: not the name of a field")]
    Field(String),
    /// Vault refused the AppRole.
    #[error("{url} refused the AppRole: {message}")]
    Role {
        /// Vault's URL.
        url: String,
        /// Vault's message.
        message: String,
    },
    /// The token is not valid or has expired.
    #[error("{url}: the token is not valid or has expired: {message}")]
    Token {
        /// Vault's URL.
        url: String,
        /// Vault's message.
        message: String,
    },
    /// No token was sent, and no proxy added one.
    #[error("{url} requires a token, but none was sent")]
    NoToken {
        /// Vault's URL.
        url: String,
    },
    /// The token's policies do not allow the request.
    #[error("{url} answered 403 for {path}: {message}")]
    Denied {
        /// Vault's URL.
        url: String,
        /// The path in the API.
        path: String,
        /// Vault's message.
        message: String,
    },
    /// The token's policies do not allow writing there.
    #[error("{url}: the token may not create secrets below {path}")]
    ReadOnly {
        /// Vault's URL.
        url: String,
        /// The folder.
        path: String,
    },
    /// Vault refused to write the secret.
    #[error("{path} was not written: {source}")]
    NotWritten {
        /// The path of the secret.
        path: String,
        /// Vault's answer.
        source: Box<VaultError>,
    },
    /// The engine answered like version 1 to a write for version 2.
    #[error(
        "{mount} is version 1 of the key/value engine, but was used as version 2: a secret was \
    written at {written}, where it does not belong"
    )]
    NotVersion2 {
        /// The engine.
        mount: String,
        /// The path that was written.
        written: String,
    },
    /// The engine is not a key/value engine.
    #[error("{mount} is not a key/value engine: it is `{kind}`")]
    NotKeyValue {
        /// The mount.
        mount: String,
        /// The engine's type.
        kind: String,
    },
    /// No engine is mounted there.
    #[error("no engine is mounted at {given}: the mount is {mount}")]
    NotAMount {
        /// The given mount.
        given: String,
        /// The mount according to Vault.
        mount: String,
    },
    /// The engine deletes secrets after some time.
    #[error("{mount} deletes every secret {after} after it was written (`delete_version_after`)")]
    ShortLived {
        /// The engine.
        mount: String,
        /// The time, as Vault writes it.
        after: String,
    },
    /// The secret exists, but Vault will delete it.
    #[error("{path} exists, but Vault will delete it at {at} (`deletion_time`)")]
    Expires {
        /// The path of the secret.
        path: String,
        /// The time, as Vault writes it.
        at: String,
    },
    /// The newest version was deleted and can be restored.
    #[error(
        "{path} was deleted at {at}: `vault kv undelete` restores it, and `vault kv metadata \
    delete` removes it for good"
    )]
    Deleted {
        /// The path of the secret.
        path: String,
        /// The time, as Vault writes it.
        at: String,
    },
    /// The newest version was destroyed.
    #[error("{path} was destroyed: `vault kv metadata delete` removes what is left of it")]
    Destroyed {
        /// The path of the secret.
        path: String,
    },
    /// The secret has another value, which is not overwritten.
    #[error("{url}: {path} already holds another value, which is not overwritten")]
    Occupied {
        /// Vault's URL.
        url: String,
        /// The path of the secret.
        path: String,
    },
    /// The secret could not be read back, so it is not known whether it is right.
    #[error("{path} was written, but cannot be read back: {source}")]
    Unread {
        /// The path of the secret.
        path: String,
        /// Why it cannot be read.
        source: Box<VaultError>,
    },
    /// The value that was read back differs from the one that was written.
    #[error("{url}: {path} does not hold what was just written")]
    ReadBack {
        /// Vault's URL.
        url: String,
        /// The path of the secret.
        path: String,
    },
}

impl VaultError {
    /// Whether the error concerns a single secret, so that others can still be read.
    pub(crate) fn is_about_one_secret(&self) -> bool {
        match self {
            Self::Http(HttpError::Status { status, .. }) => matches!(status, 400 | 404),
            Self::Http(HttpError::Answer { .. }) => true,
            Self::Http(_) | Self::Token { .. } | Self::NoToken { .. } | Self::Role { .. } => false,
            _ => true,
        }
    }
}
