//! A service with a JSON API over HTTP. Answers are limited in size. Tokens are never sent unencrypted
//! to another machine, never follow a redirect, and are never shown.

mod message;
mod tls;

use std::{fmt, io, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::http::{self, Answer, Client, Failure, Request, Uri};
use message::message;
#[cfg(feature = "aws")]
pub(crate) use message::without_keys;
use stockade_base::{
    json::{self, JsonError},
    secret::SecretText,
};
pub use tls::Tls;

/// The longest answer that is read. A listing of a hundred thousand keys takes a third of it.
const MAX_ANSWER: usize = 64 * 1024 * 1024;
/// The longest answer with a single secret. A thousand keys take a fifteenth of it.
const MAX_SECRET: usize = 1024 * 1024;
/// How much of a server's message is shown.
const MAX_MESSAGE: usize = 300;

/// How a request is sent: once, or repeatedly while the service is busy.
type SendFn = fn(&Client, &Request<'_>) -> Result<Answer, Failure>;

/// A service: its URL, TLS settings, and the headers of every request.
pub struct Endpoint {
    base: String,
    client: Client,
    headers: Vec<(&'static str, SecretText)>,
}

/// Why a request to a service failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The URL is invalid or not allowed.
    #[error("{url}: {why}")]
    Url {
        /// The given URL.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The file holds no certificate.
    #[error("the file holds no PEM certificate")]
    NoCertificate,
    /// The client certificate cannot be used.
    #[error("the client certificate cannot be used: {0}")]
    ClientCertificate(&'static str),
    /// The name is not valid for a server.
    #[error("`{0}`: not the name of a server")]
    ServerName(String),
    /// The service cannot be reached.
    #[error("cannot reach {url}: {why}")]
    Unreachable {
        /// The service's URL.
        url: String,
        /// The system's message.
        why: String,
    },
    /// TLS failed, most often because the certificate is not trusted.
    #[error("{url} is not trusted: {why}")]
    Untrusted {
        /// The service's URL.
        url: String,
        /// The TLS library's message.
        why: String,
    },
    /// The answer did not arrive completely in time.
    #[error("{url} did not answer within {} seconds", after.as_secs())]
    Timeout {
        /// The service's URL.
        url: String,
        /// The time limit.
        after: Duration,
    },
    /// The service answered with an error.
    #[error("{url} answered {status}{}{}", said(message), again(*retry_after))]
    Status {
        /// The service's URL.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The service's message.
        message: String,
        /// After which time the service wants the request to be repeated.
        retry_after: Option<Duration>,
    },
    /// The answer is not what the API documents.
    #[error("{url} gave an answer that its API does not allow: {why}")]
    Answer {
        /// The service's URL.
        url: String,
        /// What is wrong with it.
        why: String,
    },
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

fn again(after: Option<Duration>) -> String {
    after.map(|after| format!(" (try again after {} seconds)", after.as_secs())).unwrap_or_default()
}

impl HttpError {
    /// The HTTP status, if the service answered with an error.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }
}

impl Endpoint {
    /// The service at `url`. Because keys and tokens are sent, `http://` is allowed only on this machine.
    /// `ca` are the trusted certificate authorities (PEM), by default the system's. Every answer must
    /// arrive within `timeout`.
    pub fn new(url: &str, ca: Option<&[u8]>, timeout: Duration) -> Result<Self, HttpError> {
        Self::with_tls(url, &Tls { authorities: ca, ..Tls::default() }, timeout)
    }

    /// Like [`Endpoint::new`], with all TLS settings.
    pub fn with_tls(url: &str, tls: &Tls<'_>, timeout: Duration) -> Result<Self, HttpError> {
        let base = url.trim_end_matches('/').to_owned();
        require_safe(&base)?;
        let client = Client::new(tls.read(&base)?, timeout);
        Ok(Self { base, client, headers: Vec::new() })
    }

    /// Sends `Authorization: Bearer <token>` with every request.
    pub fn with_bearer(self, token: &SecretText) -> Self {
        self.with_header("Authorization", SecretText::new(format!("Bearer {}", token.expose())))
    }

    /// Sends the header `name` with every request.
    pub fn with_header(mut self, name: &'static str, value: SecretText) -> Self {
        self.set_header(name, value);
        self
    }

    /// Sends the header `name` with every request from now on, in place of an earlier one.
    pub(crate) fn set_header(&mut self, name: &'static str, value: SecretText) {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value));
    }

    /// The service's URL.
    pub fn url(&self) -> &str {
        &self.base
    }

    /// Sends GET, and parses the answer.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, HttpError> {
        self.parse(&self.get_bytes(path)?)
    }

    /// Sends GET, and returns the answer as it is.
    pub fn get_bytes(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        self.read("GET", path)
    }

    /// Sends GET for a single secret, and returns the answer as it is.
    pub fn get_secret(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        self.call("GET", path, None, MAX_SECRET, Client::repeat)
    }

    /// Sends GET for a single secret, and returns status and body. A body with status 404 may tell what
    /// became of the secret. With a message, status 404 is an error.
    pub(crate) fn get_secret_or_absence(
        &self,
        path: &str,
    ) -> Result<(u16, Zeroizing<Vec<u8>>), HttpError> {
        let answer = self.ask("GET", path, None, MAX_SECRET, Client::repeat)?;
        match answer.status {
            404 if message(&answer.body, None, &[]).is_empty() => Ok((404, answer.body)),
            status => Ok((status, self.require_success(answer, None)?)),
        }
    }

    /// Sends a request with a method that only reads, and returns the answer as it is.
    pub fn read(&self, method: &'static str, path: &str) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        self.call(method, path, None, MAX_ANSWER, Client::repeat)
    }

    /// Sends POST once, and parses the answer.
    pub fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, HttpError> {
        self.parse(&self.send_json("POST", path, body, Client::send)?)
    }

    /// Sends POST once, and returns the answer as it is.
    pub(crate) fn post_once(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        self.send_json("POST", path, body, Client::send)
    }

    /// Sends POST, repeatedly if the service is busy, and returns the answer as it is.
    pub fn post_repeatable(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        self.send_json("POST", path, body, Client::repeat)
    }

    /// Sends DELETE with a body, as the keymanager API requires, and parses the answer.
    pub fn delete<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, HttpError> {
        self.parse(&self.send_json("DELETE", path, body, Client::send)?)
    }

    fn send_json(
        &self,
        method: &'static str,
        path: &str,
        body: &impl Serialize,
        send: SendFn,
    ) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        self.call(method, path, Some(&self.to_json(body)?), MAX_ANSWER, send)
    }

    fn to_json(&self, body: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        // Allocated at full size: a buffer that grows leaves copies of keys behind.
        let mut size = Size(0);
        serde_json::to_writer(&mut size, body).map_err(|error| self.answer(error))?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(size.0));
        serde_json::to_writer(&mut *bytes, body).map_err(|error| self.answer(error))?;
        Ok(bytes)
    }

    /// Parses an answer. It may hold secrets, which an error does not show.
    pub fn parse<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, HttpError> {
        let value = json::from_secret_slice(bytes, MAX_ANSWER);
        value.map_err(|error: JsonError| self.answer(error))
    }

    /// The error that the service's answer is not what its API documents.
    pub fn answer(&self, why: impl fmt::Display) -> HttpError {
        HttpError::Answer { url: self.base.clone(), why: json::clip(&why.to_string(), MAX_MESSAGE) }
    }

    fn call(
        &self,
        method: &'static str,
        path: &str,
        body: Option<&[u8]>,
        limit: usize,
        send: SendFn,
    ) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        let answer = self.ask(method, path, body, limit, send)?;
        self.require_success(answer, body)
    }

    fn ask(
        &self,
        method: &'static str,
        path: &str,
        body: Option<&[u8]>,
        limit: usize,
        send: SendFn,
    ) -> Result<Answer, HttpError> {
        let headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (*name, value.expose())).collect();
        let request = Request {
            method,
            url: &format!("{}{path}", self.base),
            headers: &headers,
            body,
            limit,
        };
        send(&self.client, &request).map_err(|failure| self.failed(failure, limit))
    }

    fn require_success(
        &self,
        answer: Answer,
        sent: Option<&[u8]>,
    ) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        let status = answer.status;
        if (200..=299).contains(&status) {
            return Ok(answer.body);
        }
        let secrets: Vec<_> = self.headers.iter().map(|(_, value)| value.expose()).collect();
        let said = match (message(&answer.body, sent, &secrets), answer.location) {
            (_, Some(location)) if (300..=399).contains(&status) => {
                format!(
                    "it redirects to {}, which is not followed",
                    json::clip(&location, MAX_MESSAGE)
                )
            }
            (said, _) => said,
        };
        let (url, retry_after) = (self.base.clone(), answer.retry_after);
        Err(HttpError::Status { url, status, message: said, retry_after })
    }

    fn failed(&self, failure: Failure, limit: usize) -> HttpError {
        let url = self.base.clone();
        match failure {
            Failure::Malformed => HttpError::Url { url, why: "not a valid request" },
            Failure::Timeout => HttpError::Timeout { url, after: self.client.timeout() },
            Failure::Unreachable(why) => HttpError::Unreachable { url, why },
            Failure::Untrusted(why) => HttpError::Untrusted { url, why },
            Failure::TooLong => self.answer(format!("more than {limit} bytes")),
            Failure::Broken(why) => self.answer(why),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("base", &self.base).finish_non_exhaustive()
    }
}

/// Checks the URL of a service that another program will use. Unencrypted connections are allowed.
pub fn require_url(url: &str) -> Result<(), HttpError> {
    match require_safe(url) {
        // The other program sends public keys and messages to sign, but no keys.
        Err(HttpError::Url { why: IN_CLEAR, .. }) => Ok(()),
        result => result,
    }
}

const IN_CLEAR: &str = "keys would be sent unencrypted: use https://, or a tunnel to this machine";

pub(crate) fn require_safe(url: &str) -> Result<(), HttpError> {
    let bad = |why| HttpError::Url { url: json::clip(url, MAX_MESSAGE), why };
    if url.starts_with("unix:") {
        return Err(bad("Unix sockets are not supported: use a listener on 127.0.0.1"));
    }
    let uri: Uri = url.parse().map_err(|_| bad("not a URL"))?;
    let host = uri.host().ok_or_else(|| bad("no host in this URL"))?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(bad("the URL must not contain a password, because it is shown"));
    }
    if url.contains(['?', '#']) {
        return Err(bad("a service's URL must not have a query or fragment"));
    }
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_local(host) => Ok(()),
        Some("http") => Err(bad(IN_CLEAR)),
        _ => Err(bad("the URL must begin with https:// or http://")),
    }
}

fn is_local(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether `url` is on this machine.
pub fn is_on_this_machine(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|uri| uri.host().is_some_and(is_local))
}

/// The certificates in a PEM file, which must hold at least one.
pub(crate) fn certificates(pem: &[u8]) -> Result<http::Authorities, HttpError> {
    let found = http::certificates(pem);
    if found.is_empty() { Err(HttpError::NoCertificate) } else { Ok(found) }
}

/// Counts the bytes that are written to it.
struct Size(usize);

impl io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Result<Endpoint, HttpError> {
        Endpoint::new(url, None, Duration::from_secs(1))
    }

    #[test]
    fn keys_are_never_sent_unencrypted_to_another_machine() {
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
            "unix:///run/vault.sock",
            "127.0.0.1:5062",
            "https://user:secret@host",
            "https://host?x=1",
            "https://host/#x",
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
    fn an_answer_that_cannot_be_parsed_is_not_shown() {
        let endpoint = endpoint("https://host").unwrap();
        let answer = r#"{"data":"25295f0d1d592a90"}"#;
        let refused = endpoint.parse::<std::collections::BTreeMap<String, u8>>(answer.as_bytes());
        let said = refused.unwrap_err().to_string();
        assert!(!said.contains("25295f") && said.contains("line 1"), "{said}");
    }
}
