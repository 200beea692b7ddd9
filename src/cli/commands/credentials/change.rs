use std::path::PathBuf;

use serde_json::json;
use stockade::{
    bls::PublicKey,
    device::Request,
    eth::Address,
    interact::Interact as _,
    staking::{
        CredentialChange, DEPOSIT_CLI_VERSION, Network, SignedCredentialChange,
        WithdrawalCredentials, write_credential_changes,
    },
    store::private_file,
    validator::{Withdrawal, withdrawal_address},
};

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
    output::Outcome,
};

/// Change withdrawal credentials from 0x00 to 0x01: name the address that is paid, for good
///
/// Signed by the withdrawal keys of a Ledger, in its BTEC app, or of a mnemonic (BLS to execution
/// change). The app shows a root alone: compare it with the one that is printed. Beacon nodes take
/// the file as it is. The chain takes one change a validator, and the address is final.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// mainnet, sepolia, hoodi, gnosis or chiado
    #[arg(long, value_parser = crate::cli::network)]
    network: Network,
    #[command(flatten)]
    mnemonic: MnemonicArgs,
    /// The index I of the first one's withdrawal key m/12381/3600/I/0
    #[arg(long, value_name = "I")]
    index: u32,
    /// The validators' numbers on their chain, in the order of their indices
    #[arg(long, required = true, num_args = 1.., value_name = "N")]
    validator_index: Vec<u64>,
    /// Their credentials as the chain has them (64 hex digits, 00..), to compare before signing
    #[arg(long, num_args = 1.., value_name = "HEX")]
    withdrawal_credentials: Vec<String>,
    /// Who is paid from then on: `device` (m/44'/60'/0'/0/0 of the wallet), or an address with its
    /// checksum
    #[arg(long, value_name = "device|0x..")]
    withdrawal_address: String,
    /// What the file says of the tool that made it
    #[arg(long, value_name = "VERSION", default_value = DEPOSIT_CLI_VERSION, value_parser = version)]
    deposit_cli_version: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Real money behind a seed that the whole world knows; for tests alone
    #[arg(long, hide = true)]
    allow_test_seed: bool,
}

impl Args {
    /// Signs every change.
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
            // Before the wallet is asked to show an address.
            self.compare_all(words, &expected, context)?;
        }
        let to = receiver(withdrawal, words.is_some(), context)?;
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
        index.ok_or_else(|| CommandError::usage("--index: too high"))
    }

    /// Whether every validator has the key of these words that is meant for it.
    fn compare_all(
        &self,
        keys: &mut WithdrawalKeys,
        expected: &[WithdrawalCredentials],
        context: &mut Context,
    ) -> Result<(), CommandError> {
        for (place, expected) in expected.iter().enumerate() {
            let from = keys.public_key(self.index_of(place)?, context)?;
            self.compare(Some(expected), place, &from)?;
        }
        Ok(())
    }

    /// Whether the validator has this key, as far as the chain's word for it was given.
    fn compare(
        &self,
        expected: Option<&WithdrawalCredentials>,
        place: usize,
        from: &PublicKey,
    ) -> Result<(), CommandError> {
        match expected {
            Some(expected) if *expected != WithdrawalCredentials::from_bls_key(from) => {
                let index = self.index_of(place)?;
                let validator = self.validator_index.get(place).copied().unwrap_or_default();
                Err(CommandError::input(format!(
                    "the withdrawal key at index {index} has other credentials than validator \
                     {validator}",
                ))
                .with_hint("another index, another passphrase, or another mnemonic"))
            }
            _ => Ok(()),
        }
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

    fn expected(&self) -> Result<Vec<WithdrawalCredentials>, CommandError> {
        let given = &self.withdrawal_credentials;
        if !given.is_empty() && given.len() != self.validator_index.len() {
            return Err(CommandError::usage(
                "--withdrawal-credentials: one for each --validator-index, in their order",
            ));
        }
        let read = |text: &String| {
            let digits = text.strip_prefix("0x").unwrap_or(text);
            digits.parse().map_err(|error| {
                CommandError::usage(format!("--withdrawal-credentials {text:.80}: {error}"))
            })
        };
        given.iter().map(read).collect()
    }

    fn outcome(&self, changes: &[CredentialChange]) -> Outcome {
        let mut text = format!(
            "Signed {} credential changes for {} into {}\n",
            changes.len(),
            self.network,
            crate::shown(&self.out)
        );
        for change in changes {
            text += &format!("  validator {} to {}\n", change.validator_index, change.to);
        }
        if self.withdrawal_credentials.is_empty() {
            text += "Not shown by this: that these validators have these keys; with \
                     --withdrawal-credentials they are compared.\n";
        }
        text += "Each is final once a beacon node took it.";
        let list = changes.iter().map(|change| {
            json!({
                "validator_index": change.validator_index,
                "from_bls_pubkey": change.from,
                "to_execution_address": change.to,
                "signing_root": format!("0x{}", hex::encode(change.signing_root(self.network))),
            })
        });
        let json = json!({
            "network": self.network,
            "changes": list.collect::<Vec<_>>(),
            "out": self.out.to_string_lossy(),
        });
        Outcome::done(text, json)
    }
}

/// Who is paid. Where the wallet is at hand beside typed words, it shows what it is asked about;
/// where it signs itself, its Ethereum app is opened for its own address alone.
fn receiver(
    withdrawal: Withdrawal,
    from_words: bool,
    context: &mut Context,
) -> Result<Address, CommandError> {
    match withdrawal {
        Withdrawal::To(address) if !from_words || !context.any_device() => {
            context.terminal.note(&format!("Withdrawals will go to {address}, for good."));
            Ok(address)
        }
        withdrawal => {
            let mut wallet = context.open()?;
            if !from_words {
                wallet.foresee(&Request::BlsSignature)?;
                require_somebody(context)?;
            }
            Ok(withdrawal_address(withdrawal, &mut *wallet, &mut context.terminal)?)
        }
    }
}

/// A wallet shows the address in one app and signs in another, and an app is closed only when somebody
/// answers here. Without anybody it would fail after the address was approved.
fn require_somebody(context: &Context) -> Result<(), CommandError> {
    match context.terminal.attended() {
        true => Ok(()),
        false => Err(CommandError::usage(
            "no terminal to ask on before the app that showed the address is closed",
        )
        .with_hint(
            "name the address itself with --withdrawal-address; `stockade address --confirm` shows it",
        )),
    }
}
