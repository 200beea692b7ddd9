//! Why a node did not answer what it was asked.

use std::time::Duration;

use stockade_base::json::JsonError;

/// Why a node did not answer what it was asked. A node is named by its host: what stands behind
/// that in its URL may be a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RpcError {
    /// The URL is none.
    #[error("the node's URL must be http[s]://HOST[:PORT][/PATH]")]
    Url,
    /// It could not be reached, or broke off.
    #[error("the node at {node} cannot be reached: {why}")]
    Unreachable {
        /// Its host.
        node: String,
        /// What the system says.
        why: String,
    },
    /// No answer in time.
    #[error("no answer from the node at {node} within {} seconds", after.as_secs_f32())]
    Timeout {
        /// Its host.
        node: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// It answered with an HTTP status that is no success.
    #[error("the node at {node} answered with HTTP status {status}")]
    Status {
        /// Its host.
        node: String,
        /// The status.
        status: u16,
    },
    /// Its answer is no JSON-RPC.
    #[error("the node at {node} answered no JSON-RPC: {error}")]
    Json {
        /// Its host.
        node: String,
        /// What is wrong.
        error: JsonError,
    },
    /// It said no.
    #[error("the node at {node} refused {method} ({code}): {message}")]
    Refused {
        /// Its host.
        node: String,
        /// What it was asked.
        method: &'static str,
        /// The code of JSON-RPC.
        code: i64,
        /// Its words.
        message: String,
    },
    /// Its answer is not what was asked for.
    #[error("the node at {node} answered {method} with {what}")]
    Answer {
        /// Its host.
        node: String,
        /// What it was asked.
        method: &'static str,
        /// What it answered.
        what: String,
    },
}
