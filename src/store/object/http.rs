//! Content-MD5 (RFC 1864) on every put: a bucket of S3 that locks what is put (Object Lock) takes nothing
//! without it. It is added to requests that are signed already, which a header of that name may be.

use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use md5::{Digest as _, Md5};
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService,
        ReqwestConnector,
    },
};
use reqwest::header::HeaderValue;

/// What is said of a body, on the way from a put to its request.
#[derive(Debug, Clone)]
pub(super) struct ContentMd5(HeaderValue);

impl ContentMd5 {
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let text = BASE64_STANDARD.encode(Md5::digest(bytes));
        HeaderValue::try_from(text).ok().map(Self)
    }
}

/// Connects as object_store itself does, and adds the header.
#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Service(ReqwestConnector::default().connect(options)?)))
    }
}

#[derive(Debug)]
struct Service(HttpClient);

#[async_trait]
impl HttpService for Service {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let sum = request.extensions().get::<Option<ContentMd5>>().cloned().flatten();
        if let Some(ContentMd5(sum)) = sum {
            request.headers_mut().insert("content-md5", sum);
        }
        self.0.execute(request).await
    }
}
