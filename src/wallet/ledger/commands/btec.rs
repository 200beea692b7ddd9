use crate::{
    interact::Attention,
    ledger::{
        apdu::{Apdu, TooLong},
        command::{Command, ReplyError},
    },
};
use stockade_base::reader::Reader;
use stockade_keystore::bls::{PublicKey, Signature};

/// `E0 05` of the BTEC app: gets the withdrawal public key m/12381/3600/index/0.
///
/// Specification: [commands of the app](https://github.com/LedgerHQ/app-btec/blob/develop/doc/COMMANDS.md).
#[derive(Debug, Clone, Copy)]
pub struct GetWithdrawalPublicKey {
    /// The validator's index in the wallet.
    pub index: u32,
}

impl Command for GetWithdrawalPublicKey {
    type Response = PublicKey;

    const SINCE: Option<&'static str> = None;

    fn apdus(&self) -> Result<Vec<Apdu>, TooLong> {
        Ok(vec![Apdu::new([0xe0, 0x05, 0x00, 0x00], self.index.to_be_bytes().to_vec())?])
    }

    fn parse(&self, data: &[u8]) -> Result<PublicKey, ReplyError> {
        let mut reader = Reader::new(data);
        let key = reader.array()?;
        reader.finish()?;
        PublicKey::from_bytes(key).map_err(|_| ReplyError::Invalid("not a BLS public key"))
    }
}

/// `E0 08` of the BTEC app: signs a 32-byte root with the withdrawal key m/12381/3600/index/0. Always
/// asks the user. (The app's specification says 07, but its code uses that for something else.)
///
/// Specification: [the app's code](https://github.com/LedgerHQ/app-btec/blob/develop/src/types.h).
#[derive(Debug, Clone, Copy)]
pub struct SignRoot<'a> {
    /// The validator's index in the wallet.
    pub index: u32,
    /// The root to sign.
    pub root: &'a [u8; 32],
}

impl Command for SignRoot<'_> {
    type Response = Signature;

    const SINCE: Option<&'static str> = None;

    fn apdus(&self) -> Result<Vec<Apdu>, TooLong> {
        let data = [&self.index.to_be_bytes()[..], self.root].concat();
        Ok(vec![Apdu::new([0xe0, 0x08, 0x00, 0x00], data)?])
    }

    fn attention(&self) -> Option<Attention<'_>> {
        Some(Attention::SigningRoot { index: self.index, root: self.root })
    }

    fn parse(&self, data: &[u8]) -> Result<Signature, ReplyError> {
        let mut reader = Reader::new(data);
        let signature = reader.array()?;
        reader.finish()?;
        Ok(Signature::from_bytes(signature))
    }
}
