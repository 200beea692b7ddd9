use crate::{
    device::Show,
    interact::Attention,
    ledger::{
        apdu::{Apdu, TooLong, encode_path},
        command::{Command, ReplyError},
    },
};
use stockade_base::{path::DerivationPath, reader::Reader};
use stockade_keystore::bls::PublicKey;

/// `E0 0E`: gets the BLS public key at an EIP-2334 path.
///
/// The specified reply has 48 bytes. If the key is displayed, current firmware sends 107 bytes instead:
/// a length byte 65 and 65 bytes that begin with the key, then a length byte 40 and 40 meaningless
/// bytes. Both formats are accepted.
///
/// Specification: [GET ETH2 PUBLIC KEY](https://github.com/LedgerHQ/app-ethereum/blob/develop/doc/ethapp.adoc#get-eth2-public-key).
#[derive(Debug, Clone, Copy)]
pub struct GetEth2PublicKey<'a> {
    /// The key's path, which begins with `m/12381/3600`.
    pub path: &'a DerivationPath,
    /// Whether the device shows the key for approval.
    pub show: Show,
}

impl Command for GetEth2PublicKey<'_> {
    type Response = PublicKey;

    const SINCE: Option<&'static str> = Some("1.6.0");

    fn apdus(&self) -> Result<Vec<Apdu>, TooLong> {
        let p1 = u8::from(self.show == Show::OnDevice);
        Ok(vec![Apdu::new([0xe0, 0x0e, p1, 0x00], encode_path(self.path))?])
    }

    fn attention(&self) -> Option<Attention<'_>> {
        (self.show == Show::OnDevice).then_some(Attention::PublicKey)
    }

    fn parse(&self, data: &[u8]) -> Result<PublicKey, ReplyError> {
        let mut reader = Reader::new(data);
        let key = match data.len() {
            48 => reader.array()?,
            _ => {
                let key = Reader::new(reader.bytes_u8_len()?).array()?;
                reader.bytes_u8_len()?;
                key
            }
        };
        reader.finish()?;
        PublicKey::from_bytes(key).map_err(|_| ReplyError::Invalid("not a BLS public key"))
    }
}
