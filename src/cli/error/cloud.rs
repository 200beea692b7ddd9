//! The same of services on the network.

#[cfg(feature = "aws")]
use stockade_services::cloud::aws_secrets::AwsError;
use stockade_services::cloud::{
    HttpError,
    delivery::{Absent, DeliveryError, since_removed},
    keymanager::KeymanagerError,
    take_over::TakeOverError,
    vault::VaultError,
};

use super::{CommandError, Kind};

const UNTRUSTED: &str = "name its certificate authority with --ca; nothing was sent to it";

/// How to go on, by what TLS said.
fn untrusted(why: &str) -> &'static str {
    let said = |words: &[&str]| words.iter().any(|word| why.contains(word));
    if said(&["CertificateRequired", "BadCertificate"]) {
        // With TLS 1.3 the server says so after the first request has left.
        return "it wants a certificate of the client: for Vault, name it with --vault-client-cert and \
                --vault-client-key. Elsewhere use an address that asks for none";
    }
    if said(&["Expired", "expired"]) {
        return "its certificate has expired, or the clock of this machine is wrong; nothing was \
                sent to it";
    }
    if said(&["NotValidForName", "not valid for name"]) {
        return "its certificate is for another name: use the name that is in it; nothing was sent \
                to it";
    }
    if said(&["does not use TLS"]) {
        return "is it https:// there, and the port right? Nothing was sent to it";
    }
    UNTRUSTED
}

impl From<HttpError> for CommandError {
    fn from(error: HttpError) -> Self {
        let (kind, hint) = match &error {
            HttpError::Url { .. } => (Kind::Usage, ""),
            HttpError::ClientCertificate(_) => {
                (Kind::Input, "--vault-client-cert and --vault-client-key take PEM")
            }
            HttpError::ServerName(_) => (Kind::Usage, ""),
            HttpError::NoCertificate => (Kind::Input, "--ca takes certificates in PEM"),
            HttpError::Unreachable { .. } => (Kind::NotFound, "is it running, and the URL right?"),
            HttpError::Untrusted { why, .. } => (Kind::Refused, untrusted(why)),
            HttpError::Timeout { .. } => {
                (Kind::Timeout, "try again, or give it longer with --timeout")
            }
            HttpError::Status { status: 401 | 403, .. } => (
                Kind::Permission,
                "is the token in the file that was named for it the one that it made?",
            ),
            HttpError::Status { status: 429, .. }
            | HttpError::Status { status: 503, retry_after: Some(_), .. } => {
                (Kind::Busy, "it is busy: run the same command again later")
            }
            HttpError::Status { status: 503, .. } => {
                (Kind::Refused, "it is not ready: still starting, or sealed if it is a Vault")
            }
            HttpError::Status { status: 307, .. } => (
                Kind::Busy,
                "the leader of its cluster changed, or this server does not reach it: run the same \
                 command again, or name the leader",
            ),
            HttpError::Status { .. } => (Kind::Refused, "its own log says more"),
            _ => (Kind::Protocol, "is there really such a service at this URL?"),
        };
        Self::hinted(kind, &error, hint)
    }
}

impl From<KeymanagerError> for CommandError {
    fn from(error: KeymanagerError) -> Self {
        match error {
            // Teku and Web3signer look at the name that they are called by before the token.
            KeymanagerError::Http(HttpError::Status { status: 403, ref message, .. })
                if message.to_ascii_lowercase().contains("host not authorized") =>
            {
                let hint = "its list of allowed hosts lacks the name in this URL: add it there, or use \
                            http://127.0.0.1 through a tunnel";
                Self::hinted(Kind::Permission, &error, hint)
            }
            KeymanagerError::Http(HttpError::Status { status: 404, .. }) => {
                let hint = "there is no keymanager API at this URL: is it switched on in the client \
                            (--key-manager-api-enabled, --rpc, --http, ..), and is this its port, without \
                            a path?";
                Self::hinted(Kind::NotFound, &error, hint)
            }
            KeymanagerError::Http(error) => error.into(),
            KeymanagerError::Stopped(_) => Self::hinted(Kind::Declined, &error, ""),
            error => Self::hinted(Kind::Protocol, &error, "its own log says more"),
        }
    }
}

impl From<DeliveryError> for CommandError {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::Keymanager(error) => error.into(),
            DeliveryError::Backup(error) => error.into(),
            DeliveryError::Removing { source, removed, in_question } => {
                // These say themselves how to go on.
                let again = !matches!(
                    *source,
                    DeliveryError::NotThere { .. }
                        | DeliveryError::NotKept { .. }
                        | DeliveryError::Unreadable { .. }
                );
                Self::from(*source).adding(&since_removed(removed, in_question), again)
            }
            DeliveryError::SignedElsewhere { .. } => Self::hinted(
                Kind::Input,
                &error,
                "nothing was removed. Remove the remote key from that client first",
            ),
            DeliveryError::Whereabouts(error) => error.into(),
            DeliveryError::NotThere { why: Absent::ElsewhereSince, .. } => Self::hinted(
                Kind::Input,
                &error,
                "nothing was removed. Export their history from where they ran last, and deliver them \
                 with --not-running and --history",
            ),
            DeliveryError::NotThere { ref url, .. } => {
                let hint = format!(
                    "nothing was removed. Look at that client: restart it, and list its keys. If it does \
                     not list them then, they are off there: run the same command again with --off {url}"
                );
                Self::hinted(Kind::Input, &error, &hint)
            }
            DeliveryError::ReadOnly { .. } => Self::hinted(
                Kind::Input,
                &error,
                "nothing was removed, and the keys still run there. Stop that client, remove the key \
                 files that it was started with, export its history, and deliver with --not-running and \
                 --history once it does not run them any more",
            ),
            DeliveryError::OtherNetwork { .. } => {
                Self::hinted(Kind::Input, &error, "nothing was removed, and nothing delivered")
            }
            DeliveryError::NotKept { .. } => Self::hinted(
                Kind::File,
                &error,
                "nothing was delivered. The client that ran them still has it: make the copy \
                 writable and run the same command again",
            ),
            DeliveryError::Unreadable { .. } => Self::hinted(
                Kind::Protocol,
                &error,
                "these keys were not delivered. What it said is kept beside the set as it came. Export \
                 the history with the client's own command, and deliver them with --not-running and \
                 --history",
            ),
            error => Self::hinted(Kind::Internal, &error, ""),
        }
    }
}

impl CommandError {
    /// The same with what became of the keys, and how to go on.
    fn adding(self, became: &str, again: bool) -> Self {
        const AGAIN: &str = "The same command again goes on from here";
        let hint = match (self.hint, again) {
            (None, true) => Some(AGAIN.to_owned()),
            (Some(hint), true) => Some(format!("{hint}. {AGAIN}")),
            (hint, false) => hint,
        };
        Self { kind: self.kind, message: self.message + became, hint }
    }
}

impl From<VaultError> for CommandError {
    fn from(error: VaultError) -> Self {
        let (kind, hint) = match error {
            VaultError::Denied { .. } => {
                (Kind::Permission, "does the token's policy allow to read, list and create there?")
            }
            VaultError::ReadOnly { .. } => {
                (Kind::Permission, "a delivery needs `create` and `read` there")
            }
            VaultError::Token { .. } => (
                Kind::Permission,
                "get another token: this one was revoked, ran out, or is good for no more requests",
            ),
            VaultError::NoToken { .. } => {
                (Kind::Usage, "use --token-file or --approle-file, or a proxy that has a token")
            }
            VaultError::Http(HttpError::Status { status: 404, .. }) => (
                Kind::NotFound,
                "is a key/value engine mounted there, and is it of the version that --kv says?",
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
                "keys would be lost there: write `delete_version_after=0s` to its config, or name \
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
                "a secret id expires, or is good for a number of logins: have a new one made, for \
                 the second line of --approle-file",
            ),
            VaultError::NotVersion2 { .. } => {
                (Kind::Input, "remove it there, and run the same command with --kv 1")
            }
            VaultError::Occupied { .. } => (
                Kind::Refused,
                "look what it is; name another path, or remove it yourself where it may go",
            ),
            _ => (Kind::Protocol, "do not rely on what lies there: Vault's own log says more"),
        };
        Self::hinted(kind, &error, hint)
    }
}

#[cfg(feature = "aws")]
impl From<AwsError> for CommandError {
    fn from(error: AwsError) -> Self {
        let (kind, hint) = match &error {
            AwsError::Http(HttpError::Answer { .. }) => (Kind::Protocol, ""),
            AwsError::Http(_) | AwsError::Name(_) => (Kind::Usage, ""),
            AwsError::NoRegion => (Kind::Usage, "name it with --aws-region, or in AWS_REGION"),
            AwsError::Service { code, .. } => match code.as_str() {
                "AccessDeniedException"
                | "UnrecognizedClientException"
                | "InvalidSignatureException"
                | "ExpiredTokenException" => {
                    (Kind::Permission, "who calls is found as by AWS's own tools: try them")
                }
                "ThrottlingException" | "Throttling" | "TooManyRequestsException" => {
                    (Kind::Busy, "it asks for fewer requests: run the same command again later")
                }
                _ => (Kind::Refused, ""),
            },
            AwsError::Untrusted { why, .. } => (Kind::Refused, untrusted(why)),
            AwsError::Unreachable { .. } => (
                Kind::NotFound,
                "are the region and the endpoint right, and does AWS's own tool get through?",
            ),
            AwsError::Occupied { .. } => {
                (Kind::Refused, "look what it is; name another prefix where it is to stay")
            }
            AwsError::ReadBack { .. } | AwsError::Unread { .. } => {
                (Kind::Protocol, "do not rely on what lies there")
            }
            AwsError::TooMany { .. } | AwsError::Endless { .. } => (Kind::Protocol, ""),
            _ => (Kind::Internal, ""),
        };
        Self::hinted(kind, &error, hint)
    }
}

impl From<TakeOverError> for CommandError {
    fn from(error: TakeOverError) -> Self {
        match error {
            TakeOverError::Http(error) => error.into(),
            TakeOverError::Vault(error) => error.into(),
            #[cfg(feature = "aws")]
            TakeOverError::Aws(error) => error.into(),
            TakeOverError::Store(error) => error.into(),
            TakeOverError::Backup(error) => error.into(),
            TakeOverError::Stopped => Self::hinted(Kind::Declined, &error, ""),
            TakeOverError::NothingOrDenied { .. } => {
                Self::hinted(Kind::Permission, &error, "is it spelled right?")
            }
            TakeOverError::Nothing(_) => Self::hinted(
                Kind::Input,
                &error,
                "is it spelled right, and may the one who calls list what is there?",
            ),
            error => Self::hinted(Kind::Input, &error, ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_that_fails_is_told_apart() {
        for (why, word) in [
            ("received fatal alert: CertificateRequired", "certificate of the client"),
            ("invalid peer certificate: certificate expired: verified at time 1", "has expired"),
            ("invalid peer certificate: certificate not valid for name \"a\"", "another name"),
            ("the server does not use TLS", "https://"),
            ("invalid peer certificate: UnknownIssuer", "--ca"),
        ] {
            assert!(untrusted(why).contains(word), "{why}: {}", untrusted(why));
        }
    }
}
