//! Where a validator's money goes: 32 bytes that a deposit fixes.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use crate::bls::PublicKey;
use stockade_base::{eth::Address, reader::Reader};

/// Withdrawal credentials of one of the three kinds that the chain knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WithdrawalCredentials {
    /// 0x00: a BLS key, of whose hash these are the last 31 bytes. Nothing is paid out before a
    /// credential change names an address.
    Bls([u8; 31]),
    /// 0x01: an address; all above 32 coins' worth is paid out to it.
    Execution(Address),
    /// 0x02: an address; the validator compounds up to 2048 coins' worth (EIP-7251).
    Compounding(Address),
}

/// Why 32 bytes are no withdrawal credentials. A deposit to them could lose its money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// Not 64 hex digits.
    #[error("withdrawal credentials are 64 hex digits without 0x")]
    Malformed,
    /// The chain does not know this kind.
    #[error("withdrawal credentials of kind 0x{0:02x}: there are 0x00, 0x01 and 0x02")]
    Kind(u8),
    /// An address that nobody has.
    #[error("withdrawal credentials that pay the zero address: whatever it is paid is lost")]
    ZeroAddress,
    /// The eleven bytes between kind and address are zero in all that tools write.
    #[error("withdrawal credentials whose bytes 2 to 12 are not zero")]
    Padding,
}

impl WithdrawalCredentials {
    /// 0x00, of the withdrawal key.
    pub fn from_bls_key(key: &PublicKey) -> Self {
        let [_, tail @ ..]: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        Self::Bls(tail)
    }

    /// From the 32 bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, CredentialsError> {
        let [kind, tail @ ..] = *bytes;
        let address = || {
            let mut reader = Reader::new(&tail);
            match (reader.array(), reader.array()) {
                (Ok(padding), Ok(address)) if padding == [0; 11] && address == [0; 20] => {
                    Err(CredentialsError::ZeroAddress)
                }
                (Ok(padding), Ok(address)) if padding == [0; 11] => {
                    Ok(Address::from_bytes(address))
                }
                _ => Err(CredentialsError::Padding),
            }
        };
        match kind {
            0 => Ok(Self::Bls(tail)),
            1 => Ok(Self::Execution(address()?)),
            2 => Ok(Self::Compounding(address()?)),
            other => Err(CredentialsError::Kind(other)),
        }
    }

    /// The 32 bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        let (kind, tail): (u8, &[u8]) = match self {
            Self::Bls(tail) => (0, tail),
            Self::Execution(address) => (1, address.as_bytes()),
            Self::Compounding(address) => (2, address.as_bytes()),
        };
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().rev().zip(tail.iter().rev()) {
            *to = *from;
        }
        if let Some(first) = bytes.first_mut() {
            *first = kind;
        }
        bytes
    }

    /// The address that is paid; none for a BLS key.
    pub fn address(&self) -> Option<Address> {
        match self {
            Self::Bls(_) => None,
            Self::Execution(address) | Self::Compounding(address) => Some(*address),
        }
    }
}

impl FromStr for WithdrawalCredentials {
    type Err = CredentialsError;

    fn from_str(text: &str) -> Result<Self, CredentialsError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| CredentialsError::Malformed)?;
        Self::from_bytes(&bytes)
    }
}

/// 64 lowercase hex digits without 0x, as deposit data has them.
impl fmt::Display for WithdrawalCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bls::SecretKey;

    #[test]
    fn each_kind_reads_as_it_is_written() {
        let address = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94".parse().unwrap();
        let key = SecretKey::derive_master(&[1; 32]).unwrap().public_key();
        for (credentials, start) in [
            (WithdrawalCredentials::from_bls_key(&key), "00"),
            (
                WithdrawalCredentials::Execution(address),
                "0100000000000000000000009858effd232b4033e47d90003d41ec34ecaeda94",
            ),
            (
                WithdrawalCredentials::Compounding(address),
                "0200000000000000000000009858effd232b4033e47d90003d41ec34ecaeda94",
            ),
        ] {
            let text = credentials.to_string();
            assert!(text.starts_with(start), "{text}");
            assert_eq!(text.parse(), Ok(credentials));
        }
    }

    #[test]
    fn what_the_chain_does_not_know_is_refused() {
        let read = |text: String| text.parse::<WithdrawalCredentials>();
        assert_eq!(read("03".repeat(32)), Err(CredentialsError::Kind(3)));
        assert_eq!(read("01".repeat(32)), Err(CredentialsError::Padding));
        assert_eq!(read(format!("01{}", "00".repeat(31))), Err(CredentialsError::ZeroAddress));
        assert_eq!(read("00".repeat(31)), Err(CredentialsError::Malformed));
        assert_eq!(read(format!("0x{}", "00".repeat(32))), Err(CredentialsError::Malformed));
    }
}
