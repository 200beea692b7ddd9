//! Withdrawal credentials: 32 bytes in a deposit that say who receives a validator's withdrawals.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use crate::bls::PublicKey;
use stockade_base::eth::Address;

/// Withdrawal credentials of one of the chain's three kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WithdrawalCredentials {
    /// 0x00: the last 31 bytes of a BLS key's hash. Nothing is paid out until a credential change names
    /// an address.
    Bls([u8; 31]),
    /// 0x01: an address, which receives everything above 32·10⁹ Gwei.
    Execution(Address),
    /// 0x02: an address. The validator compounds up to 2048·10⁹ Gwei (EIP-7251).
    Compounding(Address),
}

/// Why 32 bytes are not withdrawal credentials. A deposit with them could lose its money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// The text is not 64 hex digits.
    #[error("withdrawal credentials are 64 hex digits without 0x")]
    Malformed,
    /// The chain has no such kind.
    #[error("unknown kind of withdrawal credentials 0x{0:02x}: the kinds are 0x00, 0x01 and 0x02")]
    Kind(u8),
    /// They pay the zero address.
    #[error("these withdrawal credentials pay the zero address: all withdrawals would be lost")]
    ZeroAddress,
    /// The eleven bytes between kind and address are not zero.
    #[error("not withdrawal credentials: bytes 2 to 12 are not zero")]
    Padding,
}

impl WithdrawalCredentials {
    /// 0x00 credentials for a withdrawal key.
    pub fn from_bls_key(key: &PublicKey) -> Self {
        let [_, tail @ ..]: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        Self::Bls(tail)
    }

    /// Reads 32 bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, CredentialsError> {
        let [kind, tail @ ..] = *bytes;
        let address = || {
            let address = tail.strip_prefix(&[0; 11]).and_then(|rest| rest.try_into().ok());
            let address: [u8; 20] = address.ok_or(CredentialsError::Padding)?;
            if address == [0; 20] {
                return Err(CredentialsError::ZeroAddress);
            }
            Ok(Address::from_bytes(address))
        };
        match kind {
            0 => Ok(Self::Bls(tail)),
            1 => Ok(Self::Execution(address()?)),
            2 => Ok(Self::Compounding(address()?)),
            other => Err(CredentialsError::Kind(other)),
        }
    }

    /// The credentials as 32 bytes.
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

    /// The address that receives withdrawals; `None` for a BLS key.
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
    fn each_kind_survives_a_round_trip() {
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
    fn invalid_credentials_are_refused() {
        let read = |text: String| text.parse::<WithdrawalCredentials>();
        assert_eq!(read("03".repeat(32)), Err(CredentialsError::Kind(3)));
        assert_eq!(read("01".repeat(32)), Err(CredentialsError::Padding));
        assert_eq!(read(format!("01{}", "00".repeat(31))), Err(CredentialsError::ZeroAddress));
        assert_eq!(read("00".repeat(31)), Err(CredentialsError::Malformed));
        assert_eq!(read(format!("0x{}", "00".repeat(32))), Err(CredentialsError::Malformed));
    }
}
