//! The programs that take keystores, and what is known of each.

use serde::Serialize;

/// A program that takes keystores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Client {
    /// ethstaker-deposit-cli, the deposit tool.
    EthstakerDepositCli,
    /// Lighthouse.
    Lighthouse,
    /// Teku.
    Teku,
    /// Prysm.
    Prysm,
    /// Nimbus.
    Nimbus,
    /// Lodestar.
    Lodestar,
    /// Web3signer, the remote signer.
    Web3signer,
    /// ethdo, the command-line tool.
    Ethdo,
}

/// How it is known what a client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Its own keystore code was run on a file with this deviation.
    Measured,
    /// It was only read in its sources: likely, not certain.
    Read,
}

impl Client {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::EthstakerDepositCli,
        Self::Lighthouse,
        Self::Teku,
        Self::Prysm,
        Self::Nimbus,
        Self::Lodestar,
        Self::Web3signer,
        Self::Ethdo,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::EthstakerDepositCli => "ethstaker-deposit-cli",
            Self::Lighthouse => "Lighthouse",
            Self::Teku => "Teku",
            Self::Prysm => "Prysm",
            Self::Nimbus => "Nimbus",
            Self::Lodestar => "Lodestar",
            Self::Web3signer => "Web3signer",
            Self::Ethdo => "ethdo",
        }
    }

    /// The version, or the library, that was measured or read.
    pub fn version(self) -> &'static str {
        match self {
            Self::EthstakerDepositCli => "1.3.1",
            Self::Lighthouse => "5.3",
            Self::Teku => "2026-08",
            Self::Prysm | Self::Ethdo => "keystorev4 1.4.1",
            Self::Nimbus => "sources of 2024",
            Self::Lodestar => "bls-keystore 3.1.0",
            Self::Web3signer => "sources of 2025",
        }
    }

    /// Whether its own keystore code was run on the variants; else its sources were read.
    pub fn is_measured(self) -> bool {
        !matches!(self, Self::Nimbus | Self::Web3signer)
    }
}
