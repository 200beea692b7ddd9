mod expected;
mod receiver;
mod report;

use std::path::PathBuf;

use stockade::{
    interact::Interact as _,
    staking::{
        CredentialChange, DEPOSIT_CLI_VERSION, Network, SignedCredentialChange,
        write_credential_changes,
    },
    store::private_file,
};

#[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
pub use self::report::Document;
use super::withdrawal_keys::WithdrawalKeys;
use crate::{
    CommandResult,
    commands::{
        amount::version,
        mnemonic::{MnemonicArgs, require_real_seed},
        withdrawal,
    },
    context::Context,
    error::CommandError,
};

/// Change withdrawal credentials from 0x00 to 0x01: set the withdrawal address, for good
///
/// Signs BLS-to-execution changes with the withdrawal keys of a Ledger (in its BTEC app) or of a
/// mnemonic. The BTEC app shows only a root: compare it with the one that is printed. Beacon nodes
/// accept the file as it is. The chain accepts one change per validator, and the address is final.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// mainnet, sepolia, hoodi, gnosis or chiado
    #[arg(long, value_parser = crate::commands::network::parse)]
    network: Network,
    #[command(flatten)]
    mnemonic: MnemonicArgs,
    /// The index I in the path m/12381/3600/I/0 of the first validator's withdrawal key
    #[arg(long, value_name = "I")]
    index: u32,
    /// The validators' indices on their chain, in the order of their derivation indices
    #[arg(long, required = true, num_args = 1.., value_name = "N")]
    validator_index: Vec<u64>,
    /// Their credentials on the chain (64 hex digits, 00..), to compare before signing
    #[arg(long, num_args = 1.., value_name = "HEX")]
    withdrawal_credentials: Vec<String>,
    /// The new withdrawal address: `device` (m/44'/60'/0'/0/0 of the wallet), or an address with its
    /// checksum
    #[arg(long, value_name = "device|0x..")]
    withdrawal_address: String,
    /// The tool version that the file names
    #[arg(long, value_name = "VERSION", default_value = DEPOSIT_CLI_VERSION, value_parser = version)]
    deposit_cli_version: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Allow a well-known seed on a network of real money; for tests only
    #[arg(long, hide = true)]
    allow_test_seed: bool,
}

impl Args {
    /// Signs the change of every validator.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let withdrawal = withdrawal::parse(&self.withdrawal_address)?;
        let expected = self.expected()?;
        private_file::require_new(&self.out)?;
        let seed = self.mnemonic.read(context)?;
        if let Some(seed) = &seed {
            require_real_seed(seed, self.network, self.allow_test_seed)?;
        }
        self.index_of(self.validator_index.len().saturating_sub(1))?;
        let mut words = seed.map(WithdrawalKeys::Words);
        if let Some(words) = &mut words {
            // Compared before the wallet is asked to show an address.
            self.compare_all(words, &expected, context)?;
        }
        let to = receiver::resolve(withdrawal, words.is_some(), context)?;
        let mut keys = match words {
            Some(words) => words,
            None => WithdrawalKeys::Device(context.open_bls_signer()?),
        };
        let mut changes = Vec::new();
        let mut signed = Vec::new();
        for (place, validator_index) in self.validator_index.iter().enumerate() {
            let index = self.index_of(place)?;
            let from = keys.public_key(index, context)?;
            let change = CredentialChange { validator_index: *validator_index, from, to };
            self.compare(expected.get(place), place, &from)?;
            signed.push(self.sign(&mut keys, index, &change, context)?);
            changes.push(change);
        }
        let text = write_credential_changes(&signed)
            .map_err(|error| CommandError::input(error.to_string()))?;
        private_file::create(&self.out, text.as_bytes())?;
        Ok(self.outcome(&changes))
    }

    /// The index of the withdrawal key of the validator at `place`.
    fn index_of(&self, place: usize) -> Result<u32, CommandError> {
        let index = u32::try_from(place).ok().and_then(|place| self.index.checked_add(place));
        index.ok_or_else(|| CommandError::usage("--index is too high"))
    }

    fn sign(
        &self,
        keys: &mut WithdrawalKeys,
        index: u32,
        change: &CredentialChange,
        context: &mut Context,
    ) -> Result<SignedCredentialChange, CommandError> {
        let root = change.signing_root(self.network);
        context.terminal.note(&format!(
            "Validator {} on {} will pay {}: root 0x{}",
            change.validator_index,
            self.network,
            change.to,
            hex::encode(root)
        ));
        let signature = keys.sign(index, &root, context)?;
        let signed = change.with_signature(self.network, &signature, &self.deposit_cli_version);
        signed.map_err(|error| CommandError::input(error.to_string()))
    }
}
