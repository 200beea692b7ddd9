//! The types of keys in Web3signer's configuration.

use clap::ValueEnum;

/// Where Web3signer finds a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeyType {
    /// In a keystore next to its configuration
    FileKeystore,
    /// In HashiCorp Vault
    Hashicorp,
    /// In AWS Secrets Manager
    AwsSecret,
}

impl KeyType {
    /// Its word, on the command line and in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::FileKeystore => "file-keystore",
            Self::Hashicorp => "hashicorp",
            Self::AwsSecret => "aws-secret",
        }
    }
}
