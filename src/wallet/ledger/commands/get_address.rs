use crate::{
    device::Show,
    interact::Attention,
    ledger::{
        apdu::{Apdu, TooLong, encode_path},
        command::{Command, ReplyError},
    },
};
use stockade_base::{eth::Address, path::DerivationPath, reader::Reader};

/// `E0 02`: gets the address at a path.
///
/// The reply contains the public key and the address as text. The address is computed from the key
/// here, and must equal the text.
///
/// Specification: [GET ETH PUBLIC ADDRESS](https://github.com/LedgerHQ/app-ethereum/blob/develop/doc/ethapp.adoc#get-eth-public-address).
#[derive(Debug, Clone, Copy)]
pub struct GetAddress<'a> {
    /// The key's path.
    pub path: &'a DerivationPath,
    /// Whether the device shows the address for approval.
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
        let address = Address::from_public_key(key)
            .map_err(|_| ReplyError::Invalid("not a secp256k1 public key"))?;
        if address.to_string().strip_prefix("0x").is_some_and(|hex| hex.as_bytes() == text) {
            Ok(address)
        } else {
            Err(ReplyError::Invalid("the address does not match the public key"))
        }
    }
}
