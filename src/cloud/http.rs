//! JSON over HTTP: one request, one answer, both small enough to hold; TLS against a given CA; a
//! token that never travels in clear, is never followed elsewhere by a redirect, and never shown.

use std::{fmt, sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use ureq::{
    Agent,
    http::Uri,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};
use zeroize::Zeroizing;

use crate::{
    json::{self, JsonError},
    secret::SecretText,
};

/// The longest answer that is read: a listing of a hundred thousand keys is a third of it.
const MAX_ANSWER: usize = 64 * 1024 * 1024;
/// How much of what a server says of an error is repeated.
const MAX_MESSAGE: usize = 300;

/// A service, how it is trusted, and what it asks of those who call.
pub struct Endpoint {
    base: String,
    agent: Agent,
    header: Option<(&'static str, SecretText)>,
}

/// Why a service did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// Not a URL that can be used.
    #[error("{url}: {why}")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No certificate in a file that should hold some.
    #[error("no PEM certificate in it")]
    NoCertificate,
    /// Nobody answered there.
    #[error("cannot reach {url}: {why}")]
    Unreachable {
        /// Where.
        url: String,
        /// What the system said.
        why: String,
    },
    /// TLS failed: most often, a certificate that nobody here trusts.
    #[error("{url} is not trusted: {why}")]
    Untrusted {
        /// Where.
        url: String,
        /// What TLS said.
        why: String,
    },
    /// No answer, or not all of it, in time.
    #[error("{url} did not answer within {} seconds", after.as_secs())]
    Timeout {
        /// Where.
        url: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// It answered with an error.
    #[error("{url} answered {status}{}", said(message))]
    Status {
        /// Where.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What it said beside.
        message: String,
    },
    /// Its answer is not what its API documents.
    #[error("{url} gave an answer that its API does not have: {why}")]
    Answer {
        /// Where.
        url: String,
        /// What is wrong with it.
        why: String,
    },
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

impl HttpError {
    /// The HTTP status, where the server answered with an error.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }
}

impl Endpoint {
    /// The service at `url` (`https://..`; `http://` for this machine alone, for keys and tokens
    /// travel). It is trusted by the certificates in `ca` (PEM), else by the public ones. Every
    /// answer must be there within `timeout`.
    pub fn new(url: &str, ca: Option<&[u8]>, timeout: Duration) -> Result<Self, HttpError> {
        let base = url.trim_end_matches('/').to_owned();
        require_safe(&base)?;
        let mut tls = TlsConfig::builder();
        if let Some(pem) = ca {
            tls = tls.root_certs(RootCerts::Specific(Arc::new(certificates(pem)?)));
        }
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .timeout_global(Some(timeout))
            .timeout_connect(Some(timeout.min(Duration::from_secs(10))))
            .http_status_as_error(false)
            // A redirect would carry keys to where nobody said.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("stockade/", env!("CARGO_PKG_VERSION")));
        Ok(Self { base, agent: config.build().new_agent(), header: None })
    }

    /// Sends `Authorization: Bearer <token>` with every request.
    pub fn with_bearer(self, token: &SecretText) -> Self {
        self.with_header("Authorization", SecretText::new(format!("Bearer {}", token.expose())))
    }

    /// Sends the header `name` with every request.
    pub fn with_header(self, name: &'static str, value: SecretText) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.base
    }

    /// GET.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, HttpError> {
        self.parse(&self.get_bytes(path)?)
    }

    /// GET, as it comes: for answers that hold secrets.
    pub fn get_bytes(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        self.call("GET", path, None)
    }

    /// POST.
    pub fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, HttpError> {
        self.parse(&self.send("POST", path, body)?)
    }

    /// DELETE with a body, as the keymanager API has it.
    pub fn delete<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, HttpError> {
        self.parse(&self.send("DELETE", path, body)?)
    }

    /// Any method with a body, and whatever is answered.
    pub fn send(
        &self,
        method: &'static str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        let mut bytes = Zeroizing::new(Vec::new());
        serde_json::to_writer(&mut *bytes, body).map_err(|error| self.answer(error))?;
        self.call(method, path, Some(&bytes))
    }

    /// An answer of one's own format.
    pub fn parse<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, HttpError> {
        let value = json::from_slice(bytes, MAX_ANSWER);
        value.map_err(|error: JsonError| self.answer(error))
    }

    /// Says of this service that it did not answer by its API.
    pub fn answer(&self, why: impl fmt::Display) -> HttpError {
        HttpError::Answer { url: self.base.clone(), why: json::clip(&why.to_string(), MAX_MESSAGE) }
    }

    fn call(
        &self,
        method: &'static str,
        path: &str,
        body: Option<&[u8]>,
    ) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("Accept", "application/json");
        if let Some((name, value)) = &self.header {
            request = request.header(*name, value.expose());
        }
        let malformed = |_| HttpError::Url { url: self.base.clone(), why: "not a valid request" };
        let answered = match body {
            Some(body) => {
                let request = request.header("Content-Type", "application/json").body(body);
                let request = request.map_err(malformed)?;
                self.agent.run(
                    self.agent.configure_request(request).allow_non_standard_methods(true).build(),
                )
            }
            None => self.agent.run(request.body(()).map_err(malformed)?),
        };
        let mut response = answered.map_err(|error| self.failed(error))?;
        let status = response.status();
        let body = response.body_mut().with_config().limit(MAX_ANSWER as u64).read_to_vec();
        let body = Zeroizing::new(body.map_err(|error| self.failed(error))?);
        match status.is_success() {
            true => Ok(body),
            false => Err(HttpError::Status {
                url: self.base.clone(),
                status: status.as_u16(),
                message: message(&body),
            }),
        }
    }

    fn failed(&self, error: ureq::Error) -> HttpError {
        let url = self.base.clone();
        let after = self.agent.config().timeouts().global.unwrap_or_default();
        match error {
            ureq::Error::Timeout(_) => HttpError::Timeout { url, after },
            ureq::Error::HostNotFound => {
                HttpError::Unreachable { url, why: "no such host".to_owned() }
            }
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) => {
                HttpError::Untrusted { url, why: error.to_string() }
            }
            // rustls' verdict on a certificate arrives as an I/O error of the handshake.
            ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => {
                HttpError::Untrusted { url, why: io.to_string() }
            }
            ureq::Error::Io(io) => HttpError::Unreachable { url, why: io.to_string() },
            ureq::Error::ConnectionFailed => {
                HttpError::Unreachable { url, why: "the connection failed".to_owned() }
            }
            other => HttpError::Answer { url, why: json::clip(&other.to_string(), MAX_MESSAGE) },
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("base", &self.base).finish_non_exhaustive()
    }
}

/// Whether `url` is one of a service that others will call: nothing is sent to it from here.
pub fn require_url(url: &str) -> Result<(), HttpError> {
    match require_safe(url) {
        // In clear between two other machines: public keys and what is to be signed, no keys.
        Err(HttpError::Url { why: IN_CLEAR, .. }) => Ok(()),
        result => result,
    }
}

const IN_CLEAR: &str = "keys would travel in clear: use https://, or a tunnel to this machine";

pub(super) fn require_safe(url: &str) -> Result<(), HttpError> {
    let bad = |why| HttpError::Url { url: json::clip(url, MAX_MESSAGE), why };
    let uri: Uri = url.parse().map_err(|_| bad("not a URL"))?;
    let host = uri.host().ok_or_else(|| bad("no host in this URL"))?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(bad("a URL is no place for a password: it is shown"));
    }
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let here = host == "localhost"
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if here => Ok(()),
        Some("http") => Err(bad(IN_CLEAR)),
        _ => Err(bad("a URL begins with https:// or http://")),
    }
}

pub(super) fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, HttpError> {
    let certificate = |item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    };
    let found: Vec<_> = parse_pem(pem).filter_map(certificate).collect();
    if found.is_empty() { Err(HttpError::NoCertificate) } else { Ok(found) }
}

/// What a server says of an error: the field `message` or `errors` that most have, else its text.
fn message(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..4096).unwrap_or(body)).into_owned();
    let value: Option<serde_json::Value> = json::from_slice(body, 64 * 1024).ok();
    let field = value.as_ref().and_then(|value| {
        let message = value.get("message").and_then(|message| message.as_str().map(str::to_owned));
        message.or_else(|| value.get("errors").map(|errors| errors.to_string()))
    });
    json::clip(field.unwrap_or(text).trim(), MAX_MESSAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Result<Endpoint, HttpError> {
        Endpoint::new(url, None, Duration::from_secs(1))
    }

    #[test]
    fn keys_never_travel_in_clear_to_another_machine() {
        for url in [
            "https://vault.example:8200",
            "http://127.0.0.1:5062",
            "http://[::1]:1",
            "http://localhost/",
        ] {
            assert!(endpoint(url).is_ok(), "{url}");
        }
        for url in [
            "http://10.0.0.2:5062",
            "http://localhost.example",
            "ftp://127.0.0.1",
            "127.0.0.1:5062",
            "https://user:secret@host",
            "",
        ] {
            assert!(endpoint(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_token_is_never_shown() {
        let endpoint = endpoint("https://host").unwrap();
        let shown = format!("{:?}", endpoint.with_bearer(&SecretText::new("api-token-1".into())));
        assert!(!shown.contains("api-token"), "{shown}");
    }

    #[test]
    fn a_servers_message_is_cut_and_cleaned() {
        assert_eq!(message(br#"{"code":400,"message":"no\u001b[2J"}"#), "no\u{fffd}[2J");
        assert!(message(&[b'x'; 100_000]).len() <= MAX_MESSAGE + 2);
        assert_eq!(message(br#"{"errors":["permission denied"]}"#), r#"["permission denied"]"#);
    }
}
