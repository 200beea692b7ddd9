use crate::{
    interact::Attention,
    ledger::{
        apdu::{Apdu, TooLong, encode_path},
        command::{Command, ReplyError},
    },
};
use stockade_base::{eth::Signature, path::DerivationPath, reader::Reader};

/// `E0 08`: signs a text with EIP-191 `personal_sign`, in as many APDUs as it needs. Always asks the
/// user.
///
/// Specification: [SIGN ETH PERSONAL MESSAGE](https://github.com/LedgerHQ/app-ethereum/blob/develop/doc/ethapp.adoc#sign-eth-personal-message).
#[derive(Debug, Clone, Copy)]
pub struct PersonalSign<'a> {
    /// The key's path.
    pub path: &'a DerivationPath,
    /// The text to sign.
    pub message: &'a str,
}

impl Command for PersonalSign<'_> {
    type Response = Signature;

    const SINCE: Option<&'static str> = Some("1.0.8");

    fn apdus(&self) -> Result<Vec<Apdu>, TooLong> {
        let length = u32::try_from(self.message.len()).map_err(|_| TooLong(self.message.len()))?;
        let mut data = encode_path(self.path);
        data.extend_from_slice(&length.to_be_bytes());
        data.extend_from_slice(self.message.as_bytes());
        Apdu::in_chunks(0x08, data.chunks(Apdu::MAX_DATA))
    }

    fn attention(&self) -> Option<Attention<'_>> {
        Some(Attention::Message(self.message))
    }

    fn parse(&self, data: &[u8]) -> Result<Signature, ReplyError> {
        let mut reader = Reader::new(data);
        let (v, r, s) = (reader.u8()?, reader.array()?, reader.array()?);
        reader.finish()?;
        Signature::from_parts(r, s, v)
            .map_err(|_| ReplyError::Invalid("not a signature with a low s and v 27 or 28"))
    }
}
