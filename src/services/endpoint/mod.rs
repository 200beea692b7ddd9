//! JSON over HTTP: one request, one answer, both small enough to hold; TLS against a given CA; a
//! token that never travels in clear, is never followed elsewhere by a redirect, and never shown.

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

/// The longest answer that is read: a listing of a hundred thousand keys is a third of it.
const MAX_ANSWER: usize = 64 * 1024 * 1024;
/// The longest answer that is one secret: a thousand keys are a fifteenth of it.
const MAX_SECRET: usize = 1024 * 1024;
/// How much of what a server says of an error is repeated.
const MAX_MESSAGE: usize = 300;

/// A service, how it is trusted, and what it asks of those who call.
pub struct Endpoint {
    base: String,
    client: Client,
    headers: Vec<(&'static str, SecretText)>,
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
    /// A client's certificate that cannot be used.
    #[error("the client's certificate cannot be used: {0}")]
    ClientCertificate(&'static str),
    /// A name that no server has.
    #[error("`{0}`: not the name of a server")]
    ServerName(String),
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
    #[error("{url} answered {status}{}{}", said(message), again(*retry_after))]
    Status {
        /// Where.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What it said beside.
        message: String,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
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

fn again(after: Option<Duration>) -> String {
    after.map(|after| format!(" (ask again after {} seconds)", after.as_secs())).unwrap_or_default()
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
    /// travel). It is trusted by the certificates in `ca` (PEM), else by those that this computer
    /// trusts. Every answer must be there within `timeout`.
    pub fn new(url: &str, ca: Option<&[u8]>, timeout: Duration) -> Result<Self, HttpError> {
        Self::with_tls(url, &Tls { authorities: ca, ..Tls::default() }, timeout)
    }

    /// The same, reached as `tls` says.
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
        self.read("GET", path)
    }

    /// GET of one secret, as it comes.
    pub fn get_secret(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        self.call("GET", path, None, MAX_SECRET, Client::repeat)
    }

    /// GET of one secret. With status 404 the answer may still say what became of the secret, so its
    /// body is returned too, unless the server gives a reason.
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

    /// Any method that only reads, and its answer as it comes.
    pub fn read(&self, method: &'static str, path: &str) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        self.call(method, path, None, MAX_ANSWER, Client::repeat)
    }

    /// POST.
    pub fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, HttpError> {
        self.parse(&self.call(
            "POST",
            path,
            Some(&self.to_json(body)?),
            MAX_ANSWER,
            Client::send,
        )?)
    }

    /// POST of what is sent once, and its answer as it comes.
    pub(crate) fn post_once(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        self.call("POST", path, Some(&self.to_json(body)?), MAX_ANSWER, Client::send)
    }

    /// POST of what may be sent twice, and its answer as it comes.
    pub fn post_repeatable(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        self.call("POST", path, Some(&self.to_json(body)?), MAX_ANSWER, Client::repeat)
    }

    /// DELETE with a body, as the keymanager API has it.
    pub fn delete<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, HttpError> {
        self.parse(&self.call(
            "DELETE",
            path,
            Some(&self.to_json(body)?),
            MAX_ANSWER,
            Client::send,
        )?)
    }

    fn to_json(&self, body: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        // Sized beforehand: a buffer that grew would leave copies of keys behind.
        let mut size = Size(0);
        serde_json::to_writer(&mut size, body).map_err(|error| self.answer(error))?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(size.0));
        serde_json::to_writer(&mut *bytes, body).map_err(|error| self.answer(error))?;
        Ok(bytes)
    }

    /// An answer of one's own format. It may hold secrets, of which an error repeats nothing.
    pub fn parse<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, HttpError> {
        let value = json::from_secret_slice(bytes, MAX_ANSWER);
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
        limit: usize,
        send: fn(&Client, &Request<'_>) -> Result<Answer, Failure>,
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
        send: fn(&Client, &Request<'_>) -> Result<Answer, Failure>,
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
                format!("it sends to {}, which is not followed", json::clip(&location, MAX_MESSAGE))
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

/// Whether `url` is one of a service that others will call: nothing is sent to it from here.
pub fn require_url(url: &str) -> Result<(), HttpError> {
    match require_safe(url) {
        // In clear between two other machines: public keys and what is to be signed, no keys.
        Err(HttpError::Url { why: IN_CLEAR, .. }) => Ok(()),
        result => result,
    }
}

const IN_CLEAR: &str = "keys would travel in clear: use https://, or a tunnel to this machine";

pub(crate) fn require_safe(url: &str) -> Result<(), HttpError> {
    let bad = |why| HttpError::Url { url: json::clip(url, MAX_MESSAGE), why };
    if url.starts_with("unix:") {
        return Err(bad("Unix sockets are not supported: use a listener on 127.0.0.1"));
    }
    let uri: Uri = url.parse().map_err(|_| bad("not a URL"))?;
    let host = uri.host().ok_or_else(|| bad("no host in this URL"))?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(bad("a URL is no place for a password: it is shown"));
    }
    if url.contains(['?', '#']) {
        return Err(bad("a URL of a service has no query and no fragment"));
    }
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_local(host) => Ok(()),
        Some("http") => Err(bad(IN_CLEAR)),
        _ => Err(bad("a URL begins with https:// or http://")),
    }
}

fn is_local(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether `url` is one of a service on this machine.
pub fn is_on_this_machine(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|uri| uri.host().is_some_and(is_local))
}

/// The certificates in a PEM file, of which there must be some.
pub(crate) fn certificates(pem: &[u8]) -> Result<http::Authorities, HttpError> {
    let found = http::certificates(pem);
    if found.is_empty() { Err(HttpError::NoCertificate) } else { Ok(found) }
}

/// Counts what is written.
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
    fn an_answer_that_is_not_understood_is_not_repeated() {
        let endpoint = endpoint("https://host").unwrap();
        let answer = r#"{"data":"25295f0d1d592a90"}"#;
        let refused = endpoint.parse::<std::collections::BTreeMap<String, u8>>(answer.as_bytes());
        let said = refused.unwrap_err().to_string();
        assert!(!said.contains("25295f") && said.contains("line 1"), "{said}");
    }
}
