use k256::ecdsa::VerifyingKey;

use crate::{
    device::Show,
    interact::Attention,
    ledger::{
        apdu::{Apdu, TooLong, encode_path},
        command::{Command, ReplyError},
    },
};
use stockade_base::{eth::Address, path::DerivationPath, reader::Reader};

/// `E0 02`: the address at a path.
///
/// The reply holds the public key and the address as text. The address is made of the key here,
/// and must equal the text.
///
/// Specification: [GET ETH PUBLIC ADDRESS](https://github.com/LedgerHQ/app-ethereum/blob/develop/doc/ethapp.adoc#get-eth-public-address).
#[derive(Debug, Clone, Copy)]
pub struct GetAddress<'a> {
    /// Where the key is.
    pub path: &'a DerivationPath,
    /// Whether the device shows the address and asks its user.
    pub show: Show,
}

impl Command for GetAddress<'_> {
    type Response = Address;

    const SINCE: Option<&'static str> = Some("1.0.0");

    fn apdus(&self) -> Result<Vec<Apdu>, TooLong> {
        let p1 = u8::from(self.show == Show::OnDevice);
        Ok(vec![Apdu::new([0xe0, 0x02, p1, 0x00], encode_path(self.path))?])
    }

    fn attention(&self) -> Option<Attention<'_>> {
        (self.show == Show::OnDevice).then_some(Attention::Address)
    }

    fn parse(&self, data: &[u8]) -> Result<Address, ReplyError> {
        let mut reader = Reader::new(data);
        let (key, text) = (reader.bytes_u8_len()?, reader.bytes_u8_len()?);
        reader.finish()?;
        let key = VerifyingKey::from_sec1_bytes(key)
            .map_err(|_| ReplyError::Invalid("the public key is no point of the curve"))?;
        let address = Address::of_public_key(&key);
        match address.to_string().strip_prefix("0x").is_some_and(|hex| hex.as_bytes() == text) {
            true => Ok(address),
            false => Err(ReplyError::Invalid("the address is not that of the public key")),
        }
    }
}
