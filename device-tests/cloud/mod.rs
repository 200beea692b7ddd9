//! The clients of services, against servers that answer as their API documents it, and against
//! servers that do not.

#[cfg(feature = "aws")]
mod aws_endless;
pub(crate) mod aws_server;
mod busy;
pub(crate) mod cell;
pub(crate) mod client;
mod hostile;
mod keymanager;
pub(crate) mod manners;
pub(crate) mod permits;
pub(crate) mod s3_server;
pub(crate) mod server;
pub(crate) mod tls_server;
mod trust;
pub(crate) mod validator_client;
mod vault;
pub(crate) mod vault_server;

use std::time::Duration;

use stockade_services::endpoint::Endpoint;

/// The service at `url`, waited for a second.
fn endpoint(url: &str) -> Endpoint {
    Endpoint::new(url, None, Duration::from_secs(1)).unwrap()
}
