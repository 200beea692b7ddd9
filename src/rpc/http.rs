//! One JSON-RPC request there, one answer back.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use ureq::{Agent, http::Uri};

use super::RpcError;
use crate::json::{self, JsonError, clip};

/// More than any answer to what is asked here.
const MAX_ANSWER: usize = 256 * 1024;

/// How much of a node's own words is repeated.
const MAX_MESSAGE: usize = 200;

/// Asks one node.
pub(super) struct Client {
    agent: Agent,
    uri: Uri,
    name: String,
    timeout: Duration,
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
        let agent = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            // A redirection would take the request, and the key in its URL, elsewhere.
            .max_redirects(0)
            .proxy(None)
            .build()
            .into();
        Ok(Self { agent, uri, name, timeout })
    }

    /// The node, as errors name it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What the node answers to `method`.
    pub(super) fn call(&self, method: &'static str, params: &Value) -> Result<Value, RpcError> {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let bytes = self.post(&request.to_string())?;
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

    fn post(&self, body: &str) -> Result<Vec<u8>, RpcError> {
        let request = self.agent.post(self.uri.clone()).header("content-type", "application/json");
        let mut response = request.send(body).map_err(|e| self.error(&e))?;
        let status = response.status();
        if !status.is_success() {
            return Err(RpcError::Status { node: self.name.clone(), status: status.as_u16() });
        }
        let limit = MAX_ANSWER as u64 + 1;
        response.body_mut().with_config().limit(limit).read_to_vec().map_err(|e| self.error(&e))
    }

    fn error(&self, error: &ureq::Error) -> RpcError {
        let node = self.name.clone();
        match error {
            ureq::Error::Timeout(_) => RpcError::Timeout { node, after: self.timeout },
            ureq::Error::BodyExceedsLimit(_) => {
                self.json(JsonError::TooLarge { len: MAX_ANSWER + 1, limit: MAX_ANSWER })
            }
            other => RpcError::Unreachable { node, why: clip(&other.to_string(), MAX_MESSAGE) },
        }
    }

    fn json(&self, error: JsonError) -> RpcError {
        RpcError::Json { node: self.name.clone(), error }
    }
}
