//! The options that all subcommands of `tx` have in common.

use stockade::{
    eth::{Address, Fee},
    path::DerivationPath,
    staking::Network,
};

use crate::{commands::decimal, error::CommandError};

/// The options of every subcommand of `tx`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// mainnet, sepolia, hoodi, gnosis or chiado
    #[arg(long, value_parser = crate::commands::network::parse)]
    pub network: Network,
    /// The path of the withdrawal address in the wallet
    #[arg(long, default_value = "m/44'/60'/0'/0/0")]
    pub path: DerivationPath,
    /// The withdrawal address as you know it: if the wallet has another one, nothing is signed
    #[arg(long, value_name = "0x..")]
    pub withdrawal_address: Option<Address>,
    /// The URL of an Ethereum node, http[s]://HOST:PORT, that provides the values not given below. Or
    /// set STOCKADE_RPC_URL
    #[arg(long, env = "STOCKADE_RPC_URL", hide_env = true, value_name = "URL")]
    pub rpc_url: Option<String>,
    /// Send the transaction with that node; otherwise it is printed for you to send
    #[arg(long)]
    pub send: bool,
    /// The number of transactions that the address has sent before
    #[arg(long)]
    pub nonce: Option<u64>,
    /// The fee that the contract asks for the request, in wei; any excess is lost
    #[arg(long, value_name = "WEI")]
    pub fee_wei: Option<u128>,
    /// Allow a fee for the request of up to this many wei: a Ledger does not show it [default: a
    /// thousandth of a coin]
    #[arg(long, value_name = "WEI")]
    pub allow_fee_wei: Option<u128>,
    /// The highest price for a unit of gas, in Gwei
    #[arg(long, value_name = "GWEI")]
    pub max_fee_gwei: Option<String>,
    /// The tip for a unit of gas, in Gwei [default: 1, or --max-fee-gwei if that is lower]
    #[arg(long, value_name = "GWEI")]
    pub priority_fee_gwei: Option<String>,
    /// The gas limit [default: 200000, or the node's estimate and a quarter more]
    #[arg(long, value_name = "GAS")]
    pub gas_limit: Option<u64>,
    /// Allow a well-known seed on a network of real money; for tests only
    #[arg(long, hide = true)]
    pub allow_test_seed: bool,
}

impl Options {
    /// The fee that was given, if any.
    pub fn fee(&self) -> Result<Option<Fee>, CommandError> {
        const GWEI: u128 = 1_000_000_000;
        let parse = |option, text: &Option<String>| {
            text.as_ref().map(|text| decimal::parse(option, text, 9)).transpose()
        };
        let bound = parse("--max-fee-gwei", &self.max_fee_gwei)?;
        let tip = parse("--priority-fee-gwei", &self.priority_fee_gwei)?;
        match (bound, tip) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(CommandError::usage("--priority-fee-gwei needs --max-fee-gwei")),
            (Some(bound), Some(tip)) if tip > bound => {
                Err(CommandError::usage("--priority-fee-gwei is higher than --max-fee-gwei"))
            }
            (Some(max_fee_per_gas), tip) => Ok(Some(Fee::Eip1559 {
                max_fee_per_gas,
                max_priority_fee_per_gas: tip.unwrap_or(GWEI.min(max_fee_per_gas)),
            })),
        }
    }
}
