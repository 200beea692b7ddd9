//! Errors of services on the network: kind, hint and exit code.

#[cfg(feature = "aws")]
mod aws;
mod delivery;
mod http;
mod import;
mod vault;
