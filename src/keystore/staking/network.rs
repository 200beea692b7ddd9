//! The networks that validators run on, and their constants.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::Fork;

/// A network. Ephemery is not supported: it restarts every month with another root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Network {
    /// Ethereum.
    Mainnet,
    /// The test network for applications; its validators are a closed group.
    Sepolia,
    /// The test network for validators.
    Hoodi,
    /// Gnosis Chain.
    Gnosis,
    /// Gnosis Chain's test network.
    Chiado,
}

/// There is no network with this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown network `{0}`: the networks are mainnet, sepolia, hoodi, gnosis and chiado")]
pub struct UnknownNetwork(String);

impl Network {
    /// All networks.
    pub const ALL: [Self; 5] =
        [Self::Mainnet, Self::Sepolia, Self::Hoodi, Self::Gnosis, Self::Chiado];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mainnet => "mainnet",
            Self::Sepolia => "sepolia",
            Self::Hoodi => "hoodi",
            Self::Gnosis => "gnosis",
            Self::Chiado => "chiado",
        }
    }

    /// Whether real money is at stake.
    pub fn is_real_money(self) -> bool {
        matches!(self, Self::Mainnet | Self::Gnosis)
    }

    /// The version of `fork` on this network. Signatures are bound to it.
    pub fn fork_version(self, fork: Fork) -> [u8; 4] {
        // The variants are in order, so this counts the forks.
        let number = fork as u8;
        match self {
            Self::Mainnet => [number, 0x00, 0x00, 0x00],
            // Counted in decimal digits: 69, 70, 71.
            Self::Sepolia if number == 0 => [0x90, 0x00, 0x00, 0x69],
            Self::Sepolia => [0x90, 0x00, 0x00, 0x6f + number],
            Self::Hoodi => [0x10 + 0x10 * number, 0x00, 0x09, 0x10],
            Self::Gnosis => [number, 0x00, 0x00, 0x64],
            Self::Chiado => [number, 0x00, 0x00, 0x6f],
        }
    }

    /// The fork version at genesis. Deposits and credential changes are signed for it.
    pub fn genesis_fork_version(self) -> [u8; 4] {
        self.fork_version(Fork::Phase0)
    }

    /// The Capella fork version. Exits are signed for it, in later forks too (EIP-7044).
    pub fn capella_fork_version(self) -> [u8; 4] {
        self.fork_version(Fork::Capella)
    }

    /// The root of the genesis validators, which identifies the chain in a slashing-protection history.
    pub fn genesis_validators_root(self) -> [u8; 32] {
        match self {
            Self::Mainnet => MAINNET_ROOT,
            Self::Sepolia => SEPOLIA_ROOT,
            Self::Hoodi => HOODI_ROOT,
            Self::Gnosis => GNOSIS_ROOT,
            Self::Chiado => CHIADO_ROOT,
        }
    }

    /// The coin that its validators stake.
    pub fn coin(self) -> &'static str {
        match self {
            Self::Mainnet | Self::Sepolia | Self::Hoodi => "ETH",
            Self::Gnosis | Self::Chiado => "GNO",
        }
    }

    /// The consensus layer Gwei of one staked coin. On Gnosis, 1 GNO is 32·10⁹ Gwei, so a whole validator
    /// has 32·10⁹ Gwei there too.
    pub fn gwei_per_coin(self) -> u64 {
        match self {
            Self::Mainnet | Self::Sepolia | Self::Hoodi => 1_000_000_000,
            Self::Gnosis | Self::Chiado => 32_000_000_000,
        }
    }

    /// The chain id of its execution layer (EIP-155).
    pub fn chain_id(self) -> u64 {
        match self {
            Self::Mainnet => 1,
            Self::Sepolia => 11_155_111,
            Self::Hoodi => 560_048,
            Self::Gnosis => 100,
            Self::Chiado => 10_200,
        }
    }

    /// The coin that pays for its transactions.
    pub fn fee_coin(self) -> &'static str {
        match self {
            Self::Mainnet | Self::Sepolia | Self::Hoodi => "ETH",
            Self::Gnosis | Self::Chiado => "xDAI",
        }
    }

    /// The network with this genesis fork version.
    pub fn from_genesis_fork_version(version: [u8; 4]) -> Option<Self> {
        Self::ALL.into_iter().find(|network| network.genesis_fork_version() == version)
    }

    /// The network with this genesis validators root.
    pub fn from_genesis_validators_root(root: &[u8; 32]) -> Option<Self> {
        Self::ALL.into_iter().find(|network| network.genesis_validators_root() == *root)
    }
}

impl FromStr for Network {
    type Err = UnknownNetwork;

    fn from_str(text: &str) -> Result<Self, UnknownNetwork> {
        let found = Self::ALL.into_iter().find(|network| network.name() == text);
        found.ok_or_else(|| UnknownNetwork(stockade_base::json::clip(text, 40)))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

const MAINNET_ROOT: [u8; 32] = [
    0x4b, 0x36, 0x3d, 0xb9, 0x4e, 0x28, 0x61, 0x20, 0xd7, 0x6e, 0xb9, 0x05, 0x34, 0x0f, 0xdd, 0x4e,
    0x54, 0xbf, 0xe9, 0xf0, 0x6b, 0xf3, 0x3f, 0xf6, 0xcf, 0x5a, 0xd2, 0x7f, 0x51, 0x1b, 0xfe, 0x95,
];

const SEPOLIA_ROOT: [u8; 32] = [
    0xd8, 0xea, 0x17, 0x1f, 0x3c, 0x94, 0xae, 0xa2, 0x1e, 0xbc, 0x42, 0xa1, 0xed, 0x61, 0x05, 0x2a,
    0xcf, 0x3f, 0x92, 0x09, 0xc0, 0x0e, 0x4e, 0xfb, 0xaa, 0xdd, 0xac, 0x09, 0xed, 0x9b, 0x80, 0x78,
];

const HOODI_ROOT: [u8; 32] = [
    0x21, 0x2f, 0x13, 0xfc, 0x4d, 0xf0, 0x78, 0xb6, 0xcb, 0x7d, 0xb2, 0x28, 0xf1, 0xc8, 0x30, 0x75,
    0x66, 0xdc, 0xec, 0xf9, 0x00, 0x86, 0x74, 0x01, 0xa9, 0x20, 0x23, 0xd7, 0xba, 0x99, 0xcb, 0x5f,
];

const GNOSIS_ROOT: [u8; 32] = [
    0xf5, 0xdc, 0xb5, 0x56, 0x4e, 0x82, 0x9a, 0xab, 0x27, 0x26, 0x4b, 0x9b, 0xec, 0xd5, 0xdf, 0xaa,
    0x01, 0x70, 0x85, 0x61, 0x12, 0x24, 0xcb, 0x30, 0x36, 0xf5, 0x73, 0x36, 0x8d, 0xbb, 0x9d, 0x47,
];

const CHIADO_ROOT: [u8; 32] = [
    0x9d, 0x64, 0x2d, 0xac, 0x73, 0x05, 0x8f, 0xbf, 0x39, 0xc0, 0xae, 0x41, 0xab, 0x1e, 0x34, 0xe4,
    0xd8, 0x89, 0x04, 0x3c, 0xb1, 0x99, 0x85, 0x1d, 0xed, 0x70, 0x95, 0xbc, 0x99, 0xeb, 0x4c, 0x1e,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fork_versions_and_roots_identify_their_network() {
        for network in Network::ALL {
            assert_eq!(network.name().parse(), Ok(network));
            let version = network.genesis_fork_version();
            assert_eq!(Network::from_genesis_fork_version(version), Some(network));
            let root = network.genesis_validators_root();
            assert_eq!(Network::from_genesis_validators_root(&root), Some(network));
        }
        assert!("holesky".parse::<Network>().is_err());
        assert!("Mainnet".parse::<Network>().is_err());
    }

    /// The versions at genesis, of Capella and of Electra, as published by the networks.
    #[test]
    fn versions_are_the_published_ones() {
        for (network, versions) in [
            (Network::Mainnet, ["00000000", "03000000", "05000000"]),
            (Network::Sepolia, ["90000069", "90000072", "90000074"]),
            (Network::Hoodi, ["10000910", "40000910", "60000910"]),
            (Network::Gnosis, ["00000064", "03000064", "05000064"]),
            (Network::Chiado, ["0000006f", "0300006f", "0500006f"]),
        ] {
            let electra = network.fork_version(Fork::Electra);
            let own = [network.genesis_fork_version(), network.capella_fork_version(), electra];
            assert_eq!(own.map(hex::encode), versions, "{network}");
        }
    }

    /// As published by the networks and in ethstaker-deposit-cli's settings.
    #[test]
    fn roots_are_the_published_ones() {
        for (network, root) in [
            (Network::Mainnet, "4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95"),
            (Network::Sepolia, "d8ea171f3c94aea21ebc42a1ed61052acf3f9209c00e4efbaaddac09ed9b8078"),
            (Network::Hoodi, "212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f"),
            (Network::Gnosis, "f5dcb5564e829aab27264b9becd5dfaa017085611224cb3036f573368dbb9d47"),
            (Network::Chiado, "9d642dac73058fbf39c0ae41ab1e34e4d889043cb199851ded7095bc99eb4c1e"),
        ] {
            assert_eq!(hex::encode(network.genesis_validators_root()), root, "{network}");
        }
    }
}
