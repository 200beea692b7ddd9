//! How object_store's requests go out. What goes in clear stays on this machine: no proxy gets it,
//! whatever the environment names. And a put to S3 says its Content-MD5 (RFC 1864), without which a
//! bucket that locks what is put (Object Lock) takes nothing; it is added to requests that are signed
//! already, which a header of that name may be.

use std::time::Duration;

use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use md5::{Digest as _, Md5};
use object_store::{
    ClientConfigKey, ClientOptions, Error,
    client::{
        HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService,
        ReqwestConnector,
    },
};
use reqwest::header::HeaderValue;

/// What one request may take; a keystore is a few kilobytes.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);
pub(super) const CONNECT: Duration = Duration::from_secs(10);

/// What is said of a body, on the way from a put to its request.
#[derive(Debug, Clone)]
pub(super) struct ContentMd5(HeaderValue);

impl ContentMd5 {
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let text = BASE64_STANDARD.encode(Md5::digest(bytes));
        HeaderValue::try_from(text).ok().map(Self)
    }
}

/// Connects to a service.
#[derive(Debug)]
pub(super) struct Connector {
    /// Whether puts say their Content-MD5. Azure would have it signed.
    pub content_md5: bool,
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let in_clear = options.get_config_value(&ClientConfigKey::AllowHttp);
        let client = match in_clear.as_deref() {
            Some("true") => direct()?,
            _ => ReqwestConnector::default().connect(options)?,
        };
        Ok(HttpClient::new(Service { client, content_md5: self.content_md5 }))
    }
}

/// For this machine, and for what tells a machine in a cloud who it is.
fn direct() -> object_store::Result<HttpClient> {
    let client = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).connect_timeout(CONNECT);
    let client = client.build();
    client
        .map(HttpClient::new)
        .map_err(|error| Error::Generic { store: "HTTP", source: error.into() })
}

#[derive(Debug)]
struct Service {
    client: HttpClient,
    content_md5: bool,
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let sum = request.extensions().get::<Option<ContentMd5>>().cloned().flatten();
        if let Some(ContentMd5(sum)) = sum.filter(|_| self.content_md5) {
            request.headers_mut().insert("content-md5", sum);
        }
        self.client.execute(request).await
    }
}
