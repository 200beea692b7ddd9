//! Programs that read keystores, and what is known about each.

use serde::Serialize;

/// A program that reads keystores.
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

/// How it is known what a client does with a keystore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Evidence {
    /// Its sources were read: likely, but not certain.
    Read,
    /// Its own keystore code was run on such a file, but not the whole program.
    Library,
    /// The program itself was run on such a file.
    Measured,
}

impl Client {
    /// All programs.
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

    /// The program's name.
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

    /// The version that was run or read. For passwords, the version of its keystore library matters.
    pub fn version(self) -> &'static str {
        match self {
            Self::EthstakerDepositCli => "1.3.1",
            Self::Lighthouse => "5.3",
            Self::Teku => "90ed09b",
            Self::Prysm => "7.1.1 with keystorev4 1.1.3",
            Self::Nimbus => "sources of 2024",
            Self::Lodestar => "bls-keystore 3.1.0",
            Self::Web3signer => "3522fc8",
            Self::Ethdo => "1.39.1 with keystorev4 1.4.1",
        }
    }

    /// The month in which that version was run or read.
    pub fn as_of(self) -> &'static str {
        "2026-11"
    }

    /// How it is known that the client accepts a plain keystore: the best evidence there is for it.
    pub fn best_evidence(self) -> Evidence {
        match self {
            Self::Teku | Self::Prysm | Self::Web3signer | Self::Ethdo => Evidence::Measured,
            Self::EthstakerDepositCli | Self::Lighthouse | Self::Lodestar => Evidence::Library,
            Self::Nimbus => Evidence::Read,
        }
    }

    /// Whether the program or its own keystore code was run.
    pub fn is_measured(self) -> bool {
        self.best_evidence() > Evidence::Read
    }
}
