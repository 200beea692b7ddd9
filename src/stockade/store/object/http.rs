//! Sends object_store's requests and receives their answers. The same rules hold for all services:
//! no redirect is followed and no proxy from the environment is used, because both would receive
//! the credentials; every answer has a size limit; failed requests are repeated as `patience`
//! allows; and every refusal becomes a [`Refusal`].
//!
//! A put to S3 has a Content-MD5 (RFC 1864), since a bucket with Object Lock refuses puts without
//! one. The header is added after the request was signed, which is allowed for a header of that
//! name.

use std::{
    error::Error as StdError,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::StreamExt as _;
use md5::{Digest as _, Md5};
use object_store::{
    ClientConfigKey, ClientOptions, Error, HeaderMap,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
        HttpResponseBody, HttpService,
    },
};
use reqwest::{Certificate, header::HeaderValue, redirect::Policy};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    cause::{cause, innermost},
    future::Future,
    odd_names,
    patience::Patience,
    refusal::{Meaning, Refusal},
};

/// The time limit of one request. A keystore is a few kilobytes.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);
pub(super) const CONNECT: Duration = Duration::from_secs(10);

/// The longest answer that is not an object. A page of a listing has 1,000 names (Azure: 5,000) of
/// at most 1,024 characters.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// The most memory, in MiB, that answers to several requests take at once. An object for which there is
/// no room is read piece by piece, like one that is longer than an answer may be.
const MAX_ANSWERS: usize = 2 * MAX_ANSWER / MIB;
const MIB: usize = 1024 * 1024;
/// Pages of a listing may be empty, but no service sends many empty ones.
const MAX_EMPTY_PAGES: usize = 100;

/// The Content-MD5 of a body, passed from a put to its request.
#[derive(Debug, Clone)]
pub(super) struct ContentMd5(HeaderValue);

impl ContentMd5 {
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let text = BASE64_STANDARD.encode(Md5::digest(bytes));
        HeaderValue::try_from(text).ok().map(Self)
    }
}

/// How often a request was sent. If more than once, an earlier attempt may have succeeded.
#[derive(Debug, Clone, Default)]
pub(super) struct Attempts(Arc<AtomicUsize>);

impl Attempts {
    pub(super) fn repeated(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 1
    }
}

/// Marks a request whose answer is an object, with the longest that its reader accepts.
#[derive(Debug, Clone)]
pub(super) struct IsObject(pub u64);

/// What is known about a service from its answers.
#[derive(Debug)]
pub(super) struct Seen {
    /// The server that objects are put to.
    pub host: OnceLock<String>,
    future: Future,
    empty_pages: AtomicUsize,
}

impl Seen {
    pub(super) fn new(future: Future) -> Self {
        Self { host: OnceLock::new(), future, empty_pages: AtomicUsize::new(0) }
    }
}

/// Connects to a service.
#[derive(Debug)]
pub(super) struct Connector {
    /// Whether puts have a Content-MD5. Azure would require it to be signed.
    pub content_md5: bool,
    /// The trusted certificates, if not the system's.
    pub roots: Option<Vec<Certificate>>,
    /// The proxy that the user configured. It sees that there is a connection, and where to.
    pub proxy: Option<String>,
    /// What the answers tell.
    pub seen: Arc<Seen>,
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let in_clear = options.get_config_value(&ClientConfigKey::AllowHttp);
        let in_clear = in_clear.as_deref() == Some("true");
        let failed = |error: reqwest::Error| Error::Generic { store: "HTTP", source: error.into() };
        let mut client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .https_only(!in_clear)
            .http1_only()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT)
            .user_agent(concat!("stockade/", env!("CARGO_PKG_VERSION")));
        if let Some(roots) = &self.roots {
            client = client.tls_certs_only(roots.clone());
        }
        // Unencrypted requests stay on this machine.
        if let Some(proxy) = self.proxy.as_ref().filter(|_| !in_clear) {
            client = client.proxy(reqwest::Proxy::https(proxy).map_err(failed)?);
        }
        Ok(HttpClient::new(Service {
            client: HttpClient::new(client.build().map_err(failed)?),
            content_md5: self.content_md5,
            patience: Patience::default(),
            seen: Arc::clone(&self.seen),
            room: Semaphore::new(MAX_ANSWERS),
        }))
    }
}

#[derive(Debug)]
struct Service {
    client: HttpClient,
    content_md5: bool,
    patience: Patience,
    seen: Arc<Seen>,
    /// Room for answers, in MiB.
    room: Semaphore,
}

/// The service was not asked: it failed a moment ago, after all attempts.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Gone(String);

/// An answer that is not read to its end.
#[derive(Debug, thiserror::Error)]
enum Endless {
    #[error("the answer is longer than {MAX_ANSWER} bytes")]
    Answer,
    #[error("the listing has {MAX_EMPTY_PAGES} empty pages in a row")]
    Pages,
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if let Some(why) = self.patience.gone() {
            return Err(HttpError::new(HttpErrorKind::Unknown, Gone(why)));
        }
        let sum = request.extensions().get::<Option<ContentMd5>>().cloned().flatten();
        if let Some(ContentMd5(sum)) = sum.filter(|_| self.content_md5) {
            request.headers_mut().insert("content-md5", sum);
        }
        if let Some(Attempts(attempts)) = request.extensions().get() {
            attempts.fetch_add(1, Ordering::Relaxed);
            let host = request.uri().authority().map(ToString::to_string);
            host.map(|host| self.seen.host.set(host));
        }
        let object = request.extensions().get::<IsObject>().map(|IsObject(limit)| *limit);
        let is_listing = request.uri().query().is_some_and(|query| {
            query.split('&').any(|part| part == "list-type=2" || part == "comp=list")
        });
        let begun = Instant::now();
        let response = match self.client.execute(request).await {
            Ok(response) => response,
            Err(error) => return Err(self.no_answer(begun, error)),
        };
        let (parts, body) = response.into_parts();
        self.seen.future.look(&parts.headers);
        // A long object is read piece by piece, within its reader's limit.
        let held = object.and_then(|limit| self.hold(content_length(&parts.headers)?, limit));
        if object.is_some() && held.is_none() && parts.status.is_success() {
            self.patience.answered();
            return Ok(HttpResponse::from_parts(parts, body));
        }
        let bytes = match bounded(body).await {
            Ok(bytes) => bytes,
            Err(Cut::Endless(endless)) => {
                return Err(HttpError::new(HttpErrorKind::Decode, endless));
            }
            // The object exists, but the answer ended early.
            Err(Cut::Http(error)) => {
                return Err(HttpError::new(again(self.patience.failed(begun)), error));
            }
        };
        if parts.status.is_success() {
            self.patience.answered();
            let body = if is_listing { self.listing(&bytes)? } else { bytes.into() };
            return Ok(HttpResponse::from_parts(parts, body));
        }
        let refusal = Refusal::read(parts.status.as_u16(), &parts.headers, &bytes);
        match (refusal.meaning(), refusal.status) {
            (Meaning::Busy, _) => {
                self.patience.is_there();
                // object_store repeats every request that failed with this kind of error.
                Err(HttpError::new(again(self.patience.failed(begun)), refusal))
            }
            // object_store itself handles the answers to conditions and missing objects.
            (Meaning::Other, 304 | 404 | 409 | 412) => {
                self.patience.answered();
                Ok(HttpResponse::from_parts(parts, bytes.into()))
            }
            _ => {
                self.patience.answered();
                Err(HttpError::new(HttpErrorKind::Unknown, refusal))
            }
        }
    }
}

impl Service {
    /// Reserves memory for an object of `len` bytes; `None` if it is too long for that.
    fn hold(&self, len: u64, limit: u64) -> Option<SemaphorePermit<'_>> {
        let fits = len <= limit.min(MAX_ANSWER as u64);
        let mib = u32::try_from(len.div_ceil(MIB as u64)).ok().filter(|_| fits)?;
        self.room.try_acquire_many(mib).ok()
    }

    fn no_answer(&self, begun: Instant, error: HttpError) -> HttpError {
        let may_pass = !matches!(error.kind(), HttpErrorKind::Unknown | HttpErrorKind::Decode)
            && untrusted(&error).is_none();
        if may_pass && self.patience.no_answer(begun, &innermost(&error)) {
            error
        } else {
            HttpError::new(HttpErrorKind::Unknown, error)
        }
    }

    /// Prepares a page of a listing for object_store.
    fn listing(&self, bytes: &[u8]) -> Result<HttpResponseBody, HttpError> {
        let page = odd_names::page(&String::from_utf8_lossy(bytes));
        if let Some(class) = page.archived {
            self.seen.future.archived(class);
        }
        let empty = match page.objects {
            0 => self.seen.empty_pages.fetch_add(1, Ordering::Relaxed) + 1,
            _ => {
                self.seen.empty_pages.store(0, Ordering::Relaxed);
                0
            }
        };
        // An empty last page is what an empty folder looks like.
        let goes_on = ["<NextContinuationToken>", "<NextMarker>"];
        if !goes_on.iter().any(|token| page.xml.contains(token)) {
            self.seen.empty_pages.store(0, Ordering::Relaxed);
        } else if empty > MAX_EMPTY_PAGES {
            return Err(HttpError::new(HttpErrorKind::Decode, Endless::Pages));
        }
        Ok(page.xml.into())
    }
}

fn again(again: bool) -> HttpErrorKind {
    if again { HttpErrorKind::Request } else { HttpErrorKind::Unknown }
}

/// Why an answer was not read to its end.
enum Cut {
    Endless(Endless),
    Http(HttpError),
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get("content-length")?.to_str().ok()?.parse().ok()
}

async fn bounded(body: HttpResponseBody) -> Result<Vec<u8>, Cut> {
    let mut bytes = Vec::new();
    let mut pieces = body.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(Cut::Http)?;
        if bytes.len() + piece.len() > MAX_ANSWER {
            return Err(Cut::Endless(Endless::Answer));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// The TLS error, if it is the reason for a missing answer: usually an untrusted certificate.
pub(super) fn untrusted(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(tls.to_string());
        }
        next = cause(error);
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_tls_error_is_found_inside_a_system_error() {
        let tls = rustls::Error::General("nobody vouches for it".to_owned());
        let within = io::Error::new(io::ErrorKind::InvalidData, tls);
        let error = HttpError::new(HttpErrorKind::Connect, io::Error::other(within));
        assert!(untrusted(&error).unwrap().contains("nobody vouches for it"));
        let other = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(untrusted(&HttpError::new(HttpErrorKind::Connect, other)), None);
    }
}
