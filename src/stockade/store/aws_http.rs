//! The SDK of AWS reads an answer to its end, however long it is. Through this client it does not.

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

/// A page of a listing of Secrets Manager, with every tag that a secret can have, is a fifth of it.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// `client` with a bound on every answer.
pub fn bounded_client(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Bounded(client))
}

#[derive(Debug)]
struct Bounded<T>(T);

/// An answer that is too long to be one. It is not read to its end.
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
