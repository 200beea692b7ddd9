//! Why Vault did not do what was asked.

use crate::endpoint::HttpError;

/// Why Vault did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The way to it, or its answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A path that Vault would read as another.
    #[error("`{0}`: not a path of a secret: names with `/` between them")]
    Path(String),
    /// A name that no field has.
    #[error("`{0}`: not the name of a field")]
    Field(String),
    /// An AppRole that Vault does not take.
    #[error("{url} does not take this AppRole: {message}")]
    Role {
        /// Where.
        url: String,
        /// What it said.
        message: String,
    },
    /// The token does not count, or does not count any more.
    #[error("{url}: the token is not valid, or not valid any more: {message}")]
    Token {
        /// Where.
        url: String,
        /// What it said.
        message: String,
    },
    /// Nobody gave a token: neither the caller nor a proxy.
    #[error("{url} wants a token, and no token was sent")]
    NoToken {
        /// Where.
        url: String,
    },
    /// The token's policies do not allow this.
    #[error("{url} answered 403 for {path}: {message}")]
    Denied {
        /// Where.
        url: String,
        /// The path in the API.
        path: String,
        /// What it said.
        message: String,
    },
    /// Nothing at all may be written there.
    #[error("{url}: the token may not create secrets below {path}")]
    ReadOnly {
        /// Where.
        url: String,
        /// The folder.
        path: String,
    },
    /// Vault did not take what should be written.
    #[error("{path} was not written: {source}")]
    NotWritten {
        /// Which secret.
        path: String,
        /// Why.
        source: Box<VaultError>,
    },
    /// Written as to version 2, and answered as by version 1.
    #[error(
        "{mount} is version 1 of the key/value engine, and was taken for version 2: a secret was \
         written at {written}, where it does not belong"
    )]
    NotVersion2 {
        /// The engine.
        mount: String,
        /// What was written.
        written: String,
    },
    /// Another engine than one that keeps secrets by key.
    #[error("{mount} is not a key/value engine: it is `{kind}`")]
    NotKeyValue {
        /// The mount.
        mount: String,
        /// The engine's type.
        kind: String,
    },
    /// The mount ends elsewhere.
    #[error("{given} is not where an engine is mounted: {mount} is")]
    NotAMount {
        /// What was given.
        given: String,
        /// What Vault says.
        mount: String,
    },
    /// The engine deletes what it holds after a time.
    #[error("{mount} deletes every secret {after} after it was written (`delete_version_after`)")]
    ShortLived {
        /// The engine.
        mount: String,
        /// After how long, as Vault writes it.
        after: String,
    },
    /// It is there, and Vault will delete it.
    #[error("{path} is there, and Vault will delete it at {at} (`deletion_time`)")]
    Expires {
        /// Which secret.
        path: String,
        /// When, as Vault writes it.
        at: String,
    },
    /// The newest version was deleted, and can be brought back.
    #[error(
        "{path} was deleted at {at}: `vault kv undelete` brings it back, and `vault kv metadata \
         delete` makes room for another"
    )]
    Deleted {
        /// Which secret.
        path: String,
        /// When, as Vault writes it.
        at: String,
    },
    /// The newest version was destroyed.
    #[error("{path} was destroyed: `vault kv metadata delete` makes room for another")]
    Destroyed {
        /// Which secret.
        path: String,
    },
    /// Another value lies there already, and is left alone.
    #[error("{url}: {path} holds another value already, and nothing is overwritten")]
    Occupied {
        /// Where.
        url: String,
        /// Which secret.
        path: String,
    },
    /// What was written could not be read back: whether it is right is not known.
    #[error("{path} was written, and cannot be read back: {source}")]
    Unread {
        /// Which secret.
        path: String,
        /// Why.
        source: Box<VaultError>,
    },
    /// What was read back is not what was written.
    #[error("{url}: {path} does not hold what was written a moment ago")]
    ReadBack {
        /// Where.
        url: String,
        /// Which secret.
        path: String,
    },
}

impl VaultError {
    /// Whether it is about one secret alone, so that the others may still be read: the service is
    /// there and answered.
    pub(crate) fn is_about_one_secret(&self) -> bool {
        match self {
            Self::Http(HttpError::Status { status, .. }) => matches!(status, 400 | 404),
            Self::Http(HttpError::Answer { .. }) => true,
            Self::Http(_) | Self::Token { .. } | Self::NoToken { .. } | Self::Role { .. } => false,
            _ => true,
        }
    }
}
