//! Services on the network that hold keys or secrets: validator clients and Web3signer (the
//! keymanager API), HashiCorp Vault; and how keys get there.

#[cfg(feature = "aws")]
mod aws_guard;
#[cfg(feature = "aws")]
pub mod aws_secrets;
pub mod check;
pub mod delivery;
mod field;
mod http;
pub mod keymanager;
mod message;
mod same;
pub mod take_over;
mod tls;
pub mod vault;
pub mod web3signer;

pub use http::{Endpoint, HttpError, is_on_this_machine, require_url};
pub use tls::Tls;
