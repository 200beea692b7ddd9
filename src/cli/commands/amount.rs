//! Amounts in coins of a network, as people write them.

use stockade::staking::Network;

use super::decimal;
use crate::error::CommandError;

/// The decimals of a coin that one Gwei of the consensus layer can take: a GNO counts as 32 coins there.
const DECIMALS: u8 = 14;

const UNIT: u128 = 10_u128.pow(DECIMALS as u32);

/// The value of --amount, such as `32.5` coins of the network, in Gwei of the consensus layer, exactly.
pub fn gwei(text: &str, network: Network) -> Result<u64, CommandError> {
    gwei_of("--amount", text, network)
}

/// The same for another option.
pub fn gwei_of(option: &str, text: &str, network: Network) -> Result<u64, CommandError> {
    let units = decimal::parse(option, text, DECIMALS)?;
    let parts = units.checked_mul(u128::from(network.gwei_per_coin()));
    let gwei = parts.filter(|parts| parts.is_multiple_of(UNIT)).map(|parts| parts / UNIT);
    gwei.and_then(|gwei| gwei.try_into().ok()).ok_or_else(|| {
        let coin = network.coin();
        CommandError::usage(format!("{option} {text:.40}: not a whole number of Gwei of {coin}"))
    })
}

/// Gwei of the consensus layer in coins of the network: `32 ETH`, `1 GNO`.
pub fn coins(gwei: u64, network: Network) -> String {
    let units = u128::from(gwei) * UNIT / u128::from(network.gwei_per_coin());
    format!("{} {}", decimal::show(units, DECIMALS), network.coin())
}

/// Parses the value of --deposit-cli-version.
pub fn version(text: &str) -> Result<String, String> {
    let mut parts = text.splitn(3, '.');
    let number = |part: Option<&str>| {
        part.is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let last = |part: Option<&str>| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+');
        part.is_some_and(|part| {
            part.starts_with(|c: char| c.is_ascii_digit()) && part.bytes().all(plain)
        })
    };
    if number(parts.next()) && number(parts.next()) && last(parts.next()) && text.len() <= 32 {
        Ok(text.to_owned())
    } else {
        Err("not a version such as 2.7.0".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        let eth = |text| gwei(text, Network::Mainnet);
        assert_eq!(eth("32").unwrap(), 32_000_000_000);
        assert_eq!(eth("32.5").unwrap(), 32_500_000_000);
        assert_eq!(eth("0.000000001").unwrap(), 1);
        let bad =
            ["", "-1", "1e3", "1.", ".5", "1.0000000001", "99999999999999999999", "18446744074"];
        for bad in bad {
            assert!(eth(bad).is_err(), "{bad}");
        }
    }

    /// As deposit tools count: a validator of Gnosis is 1 GNO, the least deposit 1/32 of it.
    #[test]
    fn a_gno_is_32_on_the_consensus_layer() {
        for (text, amount) in
            [("1", 32_000_000_000), ("0.03125", 1_000_000_000), ("64", 2_048_000_000_000)]
        {
            assert_eq!(gwei(text, Network::Gnosis).unwrap(), amount);
            assert_eq!(coins(amount, Network::Gnosis), format!("{text} GNO"));
        }
        assert!(gwei("0.00000000001", Network::Gnosis).is_err(), "less than a Gwei");
        assert_eq!(coins(1, Network::Gnosis), "0.00000000003125 GNO");
        assert_eq!(coins(33_500_000_000, Network::Hoodi), "33.5 ETH");
    }

    #[test]
    fn versions_are_versions() {
        for good in ["2.7.0", "1.3.1-dev", "2.8.0+1"] {
            assert_eq!(version(good).unwrap(), good);
        }
        for bad in [
            "",
            "2",
            "2.7",
            "2.7.",
            "v2.7.0",
            "2.7.0\n",
            "2.7.x",
            "1.2.34567890123456789012345678901",
        ] {
            assert!(version(bad).is_err(), "{bad:?}");
        }
    }
}
