//! Withdrawal keys: those of a Ledger, whose BTEC app signs with them, or those of a mnemonic.

use stockade::{
    bls::{PublicKey, Signature},
    device::BlsSigner,
    mnemonic::Seed,
};

use crate::{context::Context, error::CommandError};

/// The withdrawal keys m/12381/3600/I/0 of one seed.
pub enum WithdrawalKeys {
    /// The keys of a wallet, which signs after its user approves.
    Device(Box<dyn BlsSigner>),
    /// The keys of a mnemonic that was typed or piped in.
    Words(Seed),
}

impl WithdrawalKeys {
    /// The public key at `index`.
    pub fn public_key(
        &mut self,
        index: u32,
        context: &mut Context,
    ) -> Result<PublicKey, CommandError> {
        match self {
            Self::Device(signer) => Ok(signer.withdrawal_public_key(index, &mut context.terminal)?),
            Self::Words(seed) => Ok(seed.withdrawal_key(index).map_err(bad_index)?.public_key()),
        }
    }

    /// The signature over `root` by the key at `index`.
    pub fn sign(
        &mut self,
        index: u32,
        root: &[u8; 32],
        context: &mut Context,
    ) -> Result<Signature, CommandError> {
        match self {
            Self::Device(signer) => Ok(signer.sign_root(index, root, &mut context.terminal)?),
            Self::Words(seed) => Ok(seed.withdrawal_key(index).map_err(bad_index)?.sign(root)),
        }
    }
}

fn bad_index(error: impl std::fmt::Display) -> CommandError {
    CommandError::input(error.to_string())
}
