//! Sends one HTTP request and reads the answer. Redirects are not followed and proxies are not used,
//! because requests may contain secrets. Answers are limited in size, and all waits in time.

mod tls;

use std::{io, thread, time::Duration};

pub(crate) use ureq::http::Uri;
use ureq::{
    Agent,
    http::{HeaderMap, header::RETRY_AFTER},
    tls::Certificate,
};
use zeroize::Zeroizing;

pub(crate) use tls::Tls;
pub(crate) use tls::{ClientIdentity, ServerName};

/// The time limit for connecting.
const CONNECT: Duration = Duration::from_secs(10);
/// How many times a request to a busy server is repeated.
const REPEATS: u32 = 3;
/// The longest pause that a server may ask for. If it asks for more, the request fails as busy.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The certificate authorities that are trusted.
pub(crate) type Authorities = Vec<Certificate<'static>>;

/// An HTTP client.
pub(crate) struct Client {
    agent: Agent,
    timeout: Duration,
    server_name: Option<Box<ServerName>>,
}

/// A request.
pub(crate) struct Request<'a> {
    pub method: &'static str,
    pub url: &'a str,
    /// Credentials, and other headers that the service requires.
    pub headers: &'a [(&'static str, &'a str)],
    /// The JSON body.
    pub body: Option<&'a [u8]>,
    /// The longest answer that is read, in bytes.
    pub limit: usize,
}

/// An answer with any status.
pub(crate) struct Answer {
    pub status: u16,
    /// After which time the server wants the request to be repeated.
    pub retry_after: Option<Duration>,
    /// The target of a redirect, which is never followed.
    pub location: Option<String>,
    pub body: Zeroizing<Vec<u8>>,
}

/// Why there is no answer.
pub(crate) enum Failure {
    /// The URL, the method or a header is invalid.
    Malformed,
    /// The time limit passed.
    Timeout,
    /// The server cannot be reached, or the connection broke, with the system's message.
    Unreachable(String),
    /// TLS failed, most often because the certificate is not trusted.
    Untrusted(String),
    /// The answer is longer than the limit.
    TooLong,
    /// The answer is not HTTP.
    Broken(String),
}

impl Client {
    /// Every answer must arrive within `timeout`.
    pub(crate) fn new(mut tls: Tls, timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .tls_config(tls.config())
            .timeout_global(Some(timeout))
            .timeout_connect(Some(timeout.min(CONNECT)))
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("stockade/", env!("CARGO_PKG_VERSION")));
        if let Some(name) = tls.server_name {
            let connector = ureq::unversioned::transport::DefaultConnector::default();
            let agent = Agent::with_parts(config.build(), connector, name.clone());
            return Self { agent, timeout, server_name: Some(Box::new(name)) };
        }
        Self { agent: config.build().new_agent(), timeout, server_name: None }
    }

    /// The time limit for an answer.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Sends a request that may be repeated. While the server is busy (429, or 503 with a time), the
    /// request is repeated a few times, after the time that the server names.
    pub(crate) fn repeat(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        for repeat in 0..REPEATS {
            let answer = self.send(request)?;
            match answer.pause(repeat) {
                Some(pause) => thread::sleep(pause),
                None => return Ok(answer),
            }
        }
        self.send(request)
    }

    /// Sends a request once.
    pub(crate) fn send(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let mut builder = ureq::http::Request::builder()
            .method(request.method)
            .uri(request.url)
            .header("Accept", "application/json");
        if let Some(name) = &self.server_name {
            let (uri, host) = name.rename(request.url).ok_or(Failure::Malformed)?;
            builder = builder.uri(uri).header("Host", host);
        }
        for (name, value) in request.headers {
            builder = builder.header(*name, *value);
        }
        let answered = match request.body {
            Some(body) => {
                let builder = builder.header("Content-Type", "application/json");
                self.agent.run(builder.body(body).map_err(|_| Failure::Malformed)?)
            }
            None => self.agent.run(builder.body(()).map_err(|_| Failure::Malformed)?),
        };
        let mut response = answered?;
        // One more than the limit: ureq refuses an answer of exactly its limit.
        let limit = request.limit as u64 + 1;
        let body = response.body_mut().with_config().limit(limit).read_to_vec();
        let body = Zeroizing::new(body?);
        if body.len() > request.limit {
            return Err(Failure::TooLong);
        }
        let retry_after = retry_after(response.headers());
        Ok(Answer {
            status: response.status().as_u16(),
            retry_after,
            location: location(response.headers()),
            body,
        })
    }
}

impl Answer {
    /// How long to wait before repetition number `repeat`; `None` if repeating would not help.
    fn pause(&self, repeat: u32) -> Option<Duration> {
        let pause = match (self.status, self.retry_after) {
            (429 | 503, Some(pause)) => pause,
            (429, None) => Duration::from_secs(1 << repeat.min(REPEATS)),
            _ => return None,
        };
        (pause <= LONGEST_PAUSE).then_some(pause)
    }
}

fn location(headers: &HeaderMap) -> Option<String> {
    headers.get(ureq::http::header::LOCATION)?.to_str().ok().map(str::to_owned)
}

/// `Retry-After` in seconds. A date is ignored, because clocks differ.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse();
    seconds.ok().map(Duration::from_secs)
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        match error {
            ureq::Error::Timeout(_) => Self::Timeout,
            ureq::Error::HostNotFound => Self::Unreachable("no such host".to_owned()),
            ureq::Error::ConnectionFailed => Self::Unreachable("the connection failed".to_owned()),
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) => {
                Self::Untrusted(error.to_string())
            }
            // rustls' verdict on a certificate arrives as an I/O error of the handshake.
            ureq::Error::Io(io) if is_of_tls(&io) => {
                let why = io.to_string();
                if why.contains("InvalidContentType") {
                    return Self::Untrusted("the server does not use TLS".to_owned());
                }
                Self::Untrusted(why)
            }
            ureq::Error::Io(io) => Self::Unreachable(io.to_string()),
            ureq::Error::BodyExceedsLimit(_) => Self::TooLong,
            other => Self::Broken(other.to_string()),
        }
    }
}

/// Whether rustls says so: other libraries call an answer that is no HTTP invalid data as well.
pub(crate) fn is_of_tls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

/// The certificates in a PEM file. Empty if it holds none.
pub(crate) fn certificates(pem: &[u8]) -> Authorities {
    use ureq::tls::{PemItem, parse_pem};

    let certificate = |item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    };
    parse_pem(pem).filter_map(certificate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(status: u16, retry_after: Option<u64>, repeat: u32) -> Option<u64> {
        let retry_after = retry_after.map(Duration::from_secs);
        let answer = Answer { status, retry_after, location: None, body: Zeroizing::default() };
        answer.pause(repeat).map(|pause| pause.as_secs())
    }

    #[test]
    fn a_busy_server_is_asked_again_after_the_time_it_names_up_to_a_limit() {
        assert_eq!(pause(429, Some(7), 0), Some(7));
        assert_eq!(pause(503, Some(30), 2), Some(30));
        assert_eq!(pause(429, Some(31), 0), None);
        assert_eq!([0, 1, 2].map(|repeat| pause(429, None, repeat)), [Some(1), Some(2), Some(4)]);
        // A sealed Vault answers 503, and waiting does not unseal it.
        assert_eq!(pause(503, None, 0), None);
        assert_eq!(pause(500, Some(1), 0), None);
        assert_eq!(pause(200, Some(1), 0), None);
    }

    #[test]
    fn retry_after_is_read_only_in_seconds() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers).map(|after| after.as_secs())
        };
        assert_eq!(read(" 12 "), Some(12));
        for other in ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "1.5", ""] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
