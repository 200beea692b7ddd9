//! Sends one JSON-RPC request and reads the answer.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::RpcError;
use crate::http::{self, Failure, Request, Uri};
use stockade_base::json::{self, JsonError, clip};

/// The longest answer that is read, in bytes. All answers to the requests made here are shorter.
const MAX_ANSWER: usize = 256 * 1024;

/// How much of a node's own message is shown.
const MAX_MESSAGE: usize = 200;

/// A connection to one node.
pub(super) struct Client {
    http: http::Client,
    url: String,
    name: String,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    result: Option<Value>,
    #[serde(default)]
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i64,
    message: String,
}

impl Client {
    pub(super) fn new(url: &str, timeout: Duration) -> Result<Self, RpcError> {
        let uri: Uri = url.parse().map_err(|_| RpcError::Url)?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(RpcError::Url);
        }
        let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        let name = format!("{}{port}", uri.host().ok_or(RpcError::Url)?);
        Ok(Self {
            http: http::Client::new(http::Tls::default(), timeout),
            url: url.to_owned(),
            name,
        })
    }

    /// The node's name in errors.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Calls `method`, which only reads. The request is repeated while the node is busy.
    pub(super) fn call(&self, method: &'static str, params: &Value) -> Result<Value, RpcError> {
        self.post(method, params, http::Client::repeat)
    }

    /// Calls `method`, which has an effect, once.
    pub(super) fn call_once(
        &self,
        method: &'static str,
        params: &Value,
    ) -> Result<Value, RpcError> {
        self.post(method, params, http::Client::send)
    }

    fn post(
        &self,
        method: &'static str,
        params: &Value,
        send: fn(&http::Client, &Request<'_>) -> Result<http::Answer, Failure>,
    ) -> Result<Value, RpcError> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let body = body.to_string();
        let request = Request {
            method: "POST",
            url: &self.url,
            headers: &[],
            body: Some(body.as_bytes()),
            limit: MAX_ANSWER,
        };
        let answered = send(&self.http, &request).map_err(|failure| self.failed(failure))?;
        if !(200..=299).contains(&answered.status) {
            let node = self.name.clone();
            return Err(RpcError::Status { node, status: answered.status });
        }
        let bytes = answered.body;
        let answer: Answer = json::from_slice(&bytes, MAX_ANSWER).map_err(|e| self.json(e))?;
        match (answer.result, answer.error) {
            (_, Some(Refusal { code, message })) => Err(RpcError::Refused {
                node: self.name.clone(),
                method,
                code,
                message: clip(&message, MAX_MESSAGE),
            }),
            (Some(result), None) => Ok(result),
            (None, None) => Err(RpcError::Answer {
                node: self.name.clone(),
                method,
                what: "neither a result nor an error".to_owned(),
            }),
        }
    }

    fn failed(&self, failure: Failure) -> RpcError {
        let node = self.name.clone();
        match failure {
            Failure::Malformed => RpcError::Url,
            Failure::Timeout => RpcError::Timeout { node, after: self.http.timeout() },
            Failure::TooLong => {
                self.json(JsonError::TooLarge { len: MAX_ANSWER + 1, limit: MAX_ANSWER })
            }
            Failure::Unreachable(why) | Failure::Untrusted(why) | Failure::Broken(why) => {
                RpcError::Unreachable { node, why: clip(&why, MAX_MESSAGE) }
            }
        }
    }

    fn json(&self, error: JsonError) -> RpcError {
        RpcError::Json { node: self.name.clone(), error }
    }
}
