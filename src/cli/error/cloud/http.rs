//! HTTP, and the keymanager API.

use stockade_services::{endpoint::HttpError, keymanager::KeymanagerError};

use super::super::{CommandError, Kind};

const UNTRUSTED: &str = "name its certificate authority with --ca; nothing was sent to it";

/// What to do, by what TLS reported.
pub(super) fn untrusted(why: &str) -> &'static str {
    let said = |words: &[&str]| words.iter().any(|word| why.contains(word));
    if said(&["CertificateRequired", "BadCertificate"]) {
        // With TLS 1.3 the server reports this after the first request was sent.
        return "the server requires a client certificate: for Vault, name it with --vault-client-cert and \
                --vault-client-key; for another service, use an address that requires none";
    }
    if said(&["Expired", "expired"]) {
        return "its certificate has expired, or the clock of this computer is wrong; nothing was \
                sent to it";
    }
    if said(&["NotValidForName", "not valid for name"]) {
        return "its certificate is for another name: use the name in the certificate; nothing was \
                sent to it";
    }
    if said(&["does not use TLS"]) {
        return "does it serve https:// on this port? Nothing was sent to it";
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
            HttpError::Unreachable { .. } => {
                (Kind::NotFound, "is it running, and is the URL right?")
            }
            HttpError::Untrusted { why, .. } => (Kind::Refused, untrusted(why)),
            HttpError::Timeout { .. } => {
                (Kind::Timeout, "try again, or wait longer with --timeout")
            }
            HttpError::Status { status: 401 | 403, .. } => {
                (Kind::Permission, "does the named file hold the token that this service issued?")
            }
            HttpError::Status { status: 429, .. }
            | HttpError::Status { status: 503, retry_after: Some(_), .. } => {
                (Kind::Busy, "it is busy: run the same command again later")
            }
            HttpError::Status { status: 503, .. } => {
                (Kind::Refused, "it is not ready: it is still starting, or it is a sealed Vault")
            }
            HttpError::Status { status: 307, .. } => (
                Kind::Busy,
                "the leader of its cluster changed, or this server cannot reach it: run the same \
                 command again, or name the leader",
            ),
            HttpError::Status { .. } => (Kind::Refused, "see its own log for the reason"),
            _ => (Kind::Protocol, "is this the URL of such a service?"),
        };
        Self::hinted(kind, &error, hint)
    }
}

impl From<KeymanagerError> for CommandError {
    fn from(error: KeymanagerError) -> Self {
        match error {
            // Teku and Web3signer check the host name of the request before the token.
            KeymanagerError::Http(HttpError::Status { status: 403, ref message, .. })
                if message.to_ascii_lowercase().contains("host not authorized") =>
            {
                let hint = "its list of allowed hosts lacks the host in this URL: add it there, or use \
                            http://127.0.0.1 through a tunnel";
                Self::hinted(Kind::Permission, &error, hint)
            }
            KeymanagerError::Http(HttpError::Status { status: 404, .. }) => {
                let hint = "there is no keymanager API at this URL: is it enabled in the client \
                            (--key-manager-api-enabled, --rpc, --http, ..), and is this its port, without \
                            a path?";
                Self::hinted(Kind::NotFound, &error, hint)
            }
            KeymanagerError::Http(error) => error.into(),
            KeymanagerError::Stopped(_) => Self::hinted(Kind::Declined, &error, ""),
            error => Self::hinted(Kind::Protocol, &error, "see its own log for the reason"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_that_fails_is_told_apart() {
        for (why, word) in [
            ("received fatal alert: CertificateRequired", "client certificate"),
            ("invalid peer certificate: certificate expired: verified at time 1", "has expired"),
            ("invalid peer certificate: certificate not valid for name \"a\"", "another name"),
            ("the server does not use TLS", "https://"),
            ("invalid peer certificate: UnknownIssuer", "--ca"),
        ] {
            assert!(untrusted(why).contains(word), "{why}: {}", untrusted(why));
        }
    }
}
