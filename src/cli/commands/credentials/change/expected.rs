//! The credentials that the validators have on the chain, compared before anything is signed.

use stockade::{bls::PublicKey, staking::WithdrawalCredentials};

use super::Args;
use crate::{
    commands::credentials::withdrawal_keys::WithdrawalKeys, context::Context, error::CommandError,
};

impl Args {
    /// The credentials that were given.
    pub(super) fn expected(&self) -> Result<Vec<WithdrawalCredentials>, CommandError> {
        let given = &self.withdrawal_credentials;
        if !given.is_empty() && given.len() != self.validator_index.len() {
            return Err(CommandError::usage(
                "--withdrawal-credentials must have one value for each --validator-index, in the same order",
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

    /// Makes sure that every validator has its key of this mnemonic.
    pub(super) fn compare_all(
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

    /// Makes sure that the validator has this key, if its credentials were given.
    pub(super) fn compare(
        &self,
        expected: Option<&WithdrawalCredentials>,
        place: usize,
        from: &PublicKey,
    ) -> Result<(), CommandError> {
        if expected.is_none_or(|expected| *expected == WithdrawalCredentials::from_bls_key(from)) {
            return Ok(());
        }
        let index = self.index_of(place)?;
        let validator = self.validator_index.get(place).copied().unwrap_or_default();
        Err(CommandError::input(format!(
            "the withdrawal key at index {index} has other credentials than validator {validator}",
        ))
        .with_hint("the index, the passphrase or the mnemonic is wrong"))
    }
}
