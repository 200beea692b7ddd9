//! Errors of requests to a node.

use std::time::Duration;

use stockade_base::json::JsonError;

/// Why a request to a node failed. A node is named only by its host, because the rest of its URL may be
/// a secret key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RpcError {
    /// The URL is invalid.
    #[error("invalid URL of a node: it must be http[s]://HOST[:PORT][/PATH]")]
    Url,
    /// The node cannot be reached, or the connection broke.
    #[error("the node at {node} cannot be reached: {why}")]
    Unreachable {
        /// The node's host.
        node: String,
        /// The system's message.
        why: String,
    },
    /// The node did not answer in time.
    #[error("the node at {node} did not answer within {} seconds", after.as_secs_f32())]
    Timeout {
        /// The node's host.
        node: String,
        /// The time limit.
        after: Duration,
    },
    /// The node answered with an HTTP status other than success.
    #[error("the node at {node} answered with HTTP status {status}")]
    Status {
        /// The node's host.
        node: String,
        /// The status.
        status: u16,
    },
    /// The answer is not JSON-RPC.
    #[error("the answer of the node at {node} is not JSON-RPC: {error}")]
    Json {
        /// The node's host.
        node: String,
        /// What is wrong with it.
        error: JsonError,
    },
    /// The node refused the request.
    #[error("the node at {node} refused {method} ({code}): {message}")]
    Refused {
        /// The node's host.
        node: String,
        /// The method that was called.
        method: &'static str,
        /// The JSON-RPC error code.
        code: i64,
        /// The node's message.
        message: String,
    },
    /// The result is not what the method returns.
    #[error("the node at {node} answered {method} with {what}")]
    Answer {
        /// The node's host.
        node: String,
        /// The method that was called.
        method: &'static str,
        /// What the node answered.
        what: String,
    },
}
