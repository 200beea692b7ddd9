//! Services on the network that hold validator keys or know of them: the keymanager API, Web3signer,
//! HashiCorp Vault, AWS Secrets Manager, and an Ethereum node.

#![deny(missing_docs)]

#[cfg(feature = "aws")]
pub mod aws_secrets;
pub mod check;
pub mod delivery;
pub mod endpoint;
mod http;
pub mod import;
pub mod keymanager;
pub mod rpc;
pub mod secret_store;
pub mod vault;
pub mod web3signer;

/// The former paths of these modules.
#[doc(hidden)]
pub mod cloud {
    #[cfg(feature = "aws")]
    pub use crate::aws_secrets;
    pub use crate::endpoint::{Endpoint, HttpError, Tls, is_on_this_machine, require_url};
    pub use crate::{check, delivery, keymanager, vault, web3signer};

    pub mod take_over {
        pub use crate::import::*;
        pub use crate::import::{ImportError as TakeOverError, Purpose as Look};
    }
}
