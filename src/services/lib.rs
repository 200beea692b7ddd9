//! Services on the network that hold validator keys or know of them: the keymanager API, Web3signer,
//! HashiCorp Vault, AWS Secrets Manager, and an Ethereum node.

pub mod cloud;
mod http;
pub mod rpc;
