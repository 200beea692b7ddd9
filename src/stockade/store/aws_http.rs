//! A limit on answers: AWS's SDK would read an answer to its end, however long it is.

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};

/// Five times a page of a listing of Secrets Manager with every tag that a secret can have.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// Puts a limit on every answer that `client` receives.
pub fn bounded_client(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Bounded(client))
}

#[derive(Debug)]
struct Bounded<T>(T);

/// An answer that is longer than the limit. It is not read to its end.
#[derive(Debug, thiserror::Error)]
#[error("more than {MAX_ANSWER} bytes")]
pub struct AnswerTooLong;

impl HttpClient for Bounded<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Bounded(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Bounded<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let mut response = call.await?;
            let length = response.headers().get("content-length");
            if length.and_then(|length| length.parse().ok()).is_some_and(|n: usize| n > MAX_ANSWER)
            {
                return Err(ConnectorError::user(Box::new(AnswerTooLong)));
            }
            let body = std::mem::replace(response.body_mut(), SdkBody::taken());
            let mut pieces = ByteStream::new(body);
            let mut bytes = Vec::new();
            let failed = |error| ConnectorError::io(Box::new(error));
            while let Some(piece) = pieces.try_next().await.map_err(failed)? {
                if bytes.len() + piece.len() > MAX_ANSWER {
                    return Err(ConnectorError::user(Box::new(AnswerTooLong)));
                }
                bytes.extend_from_slice(&piece);
            }
            *response.body_mut() = SdkBody::from(bytes);
            Ok(response)
        })
    }
}
