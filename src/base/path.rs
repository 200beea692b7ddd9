//! BIP-32 and EIP-2334 derivation paths: `m/44'/60'/0'/0/0`, `m/12381/3600/0/0/0`.

use std::{fmt, str::FromStr};

/// More levels than any standard uses; longer paths are rejected before they reach a device.
const MAX_LEVELS: usize = 10;

/// Bit 31 of a level, which marks it as hardened (BIP-32).
pub const HARDENED: u32 = 1 << 31;

/// A derivation path of 1 to 10 levels. A level with bit 31 set is hardened.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DerivationPath(Vec<u32>);

/// A text is not a derivation path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a derivation path: write 1 to {MAX_LEVELS} levels, such as m/44'/60'/0'/0/0")]
pub struct PathError(String);

impl DerivationPath {
    /// An Ethereum account (BIP-44): `m/44'/60'/<account>'/0/<index>`.
    pub fn ethereum(account: u32, index: u32) -> Result<Self, PathError> {
        format!("m/44'/60'/{account}'/0/{index}").parse()
    }

    /// `m/44'/60'/83'/0/0`: the account whose address identifies a wallet to Stockade (its check
    /// address), and whose key signs custodian files, origins and device secrets.
    pub fn check_address() -> Self {
        Self(vec![44 | HARDENED, 60 | HARDENED, 83 | HARDENED, 0, 0])
    }

    /// The signing key of validator `index` (EIP-2334): `m/12381/3600/<index>/0/0`.
    pub fn signing_key(index: u32) -> Self {
        Self(vec![12381, 3600, index, 0, 0])
    }

    /// The withdrawal key of validator `index` (EIP-2334): `m/12381/3600/<index>/0`.
    pub fn withdrawal_key(index: u32) -> Self {
        Self(vec![12381, 3600, index, 0])
    }

    /// Stockade's path for SLIP-0011: `m/1398033220'/0'`.
    pub fn cipher_key_value() -> Self {
        Self(vec![1_398_033_220 | HARDENED, HARDENED])
    }

    /// The levels, hardened ones with bit 31 set.
    pub fn levels(&self) -> &[u32] {
        &self.0
    }
}

impl FromStr for DerivationPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        // A hostile file may contain a path of thousands of levels: the error quotes little of it.
        let error = || PathError(text.chars().take(64).collect());
        let rest = text.strip_prefix("m/").ok_or_else(error)?;
        let mut levels = Vec::new();
        for level in rest.split('/') {
            if levels.len() == MAX_LEVELS {
                return Err(error());
            }
            levels.push(parse_level(level).ok_or_else(error)?);
        }
        Ok(Self(levels))
    }
}

/// Reads `12` or `12'`: at most 2^31 - 1 if hardened, otherwise any u32 (EIP-2333 has no hardening,
/// so all 32 bits are an index).
fn parse_level(level: &str) -> Option<u32> {
    let (digits, hardened) = match level.strip_suffix('\'') {
        Some(digits) => (digits, true),
        None => (level, false),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: u32 = digits.parse().ok()?;
    if !hardened {
        return Some(number);
    }
    (number < HARDENED).then_some(number | HARDENED)
}

impl fmt::Display for DerivationPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("m")?;
        // EIP-2334 levels are plain 32-bit indices, so bit 31 hardens nothing there.
        let eip2334 = self.0.first() == Some(&12381);
        for level in &self.0 {
            match level {
                hardened if !eip2334 && hardened & HARDENED != 0 => {
                    write!(f, "/{}'", hardened & !HARDENED)?;
                }
                plain => write!(f, "/{plain}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for DerivationPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_print_as_they_were_written() {
        for text in ["m/44'/60'/83'/0/0", "m/12381/3600/0/0/0", "m/1398033220'/0'", "m/0"] {
            assert_eq!(text.parse::<DerivationPath>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn malformed_paths_are_rejected() {
        for text in [
            "",
            "m",
            "m/",
            "44'/60'",
            "m/x",
            "m/-1",
            "m/+1",
            "m/4294967296",
            "m/2147483648'",
            "m/0//0",
        ] {
            assert!(text.parse::<DerivationPath>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_of_ten_thousand_levels_is_rejected_with_a_short_error() {
        let text = format!("m{}", "/0".repeat(10_000));
        assert!(text.parse::<DerivationPath>().unwrap_err().to_string().len() < 200);
    }
}
