//! HashiCorp Vault.

use stockade_services::{endpoint::HttpError, vault::VaultError};

use super::super::{CommandError, Kind};

impl From<VaultError> for CommandError {
    fn from(error: VaultError) -> Self {
        let (kind, hint) = match error {
            VaultError::Denied { .. } => (
                Kind::Permission,
                "does the token's policy allow `read`, `list` and `create` there?",
            ),
            VaultError::ReadOnly { .. } => {
                (Kind::Permission, "a delivery needs `create` and `read` there")
            }
            VaultError::Token { .. } => (
                Kind::Permission,
                "get another token: this one was revoked, expired, or reached its number of uses",
            ),
            VaultError::NoToken { .. } => {
                (Kind::Usage, "use --token-file or --approle-file, or a proxy that has a token")
            }
            VaultError::Http(HttpError::Status { status: 404, .. }) => (
                Kind::NotFound,
                "is a key/value engine mounted there, of the version that --kv names?",
            ),
            VaultError::Http(HttpError::Timeout { .. }) => {
                (Kind::Timeout, "is it reachable from here? Run the same command again")
            }
            VaultError::Http(error) => return error.into(),
            VaultError::NotWritten { source, .. } => return (*source).into(),
            VaultError::Path(_) | VaultError::Field(_) | VaultError::NotKeyValue { .. } => {
                (Kind::Usage, "")
            }
            VaultError::NotAMount { .. } => {
                (Kind::Usage, "the rest of it is the beginning of the path")
            }
            VaultError::ShortLived { .. } => (
                Kind::Refused,
                "keys would be deleted there: write `delete_version_after=0s` to its config, or name \
                 another mount",
            ),
            VaultError::Expires { .. } => (
                Kind::Refused,
                "set `delete_version_after=0s` in its metadata or in the engine's config, and write \
                 it again",
            ),
            VaultError::Deleted { .. } | VaultError::Destroyed { .. } => (Kind::Refused, ""),
            VaultError::Role { .. } => (
                Kind::Permission,
                "a secret id expires, or is limited to a number of logins: get a new one, and write it \
                 to the second line of --approle-file",
            ),
            VaultError::NotVersion2 { .. } => {
                (Kind::Input, "remove it there, and run the same command with --kv 1")
            }
            VaultError::Occupied { .. } => {
                (Kind::Refused, "check what it is; then name another path, or remove it yourself")
            }
            _ => (Kind::Protocol, "do not rely on what is stored there: see Vault's own log"),
        };
        Self::hinted(kind, &error, hint)
    }
}
