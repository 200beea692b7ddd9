//! EIP-191 version 0x45, `personal_sign`: the only kind of text that every wallet displays and signs.

use sha3::{Digest, Keccak256};

use super::{Address, Signature, signature::SignatureError};

/// The digest that a wallet signs for `message`.
pub fn digest(message: &[u8]) -> [u8; 32] {
    let mut hasher = Keccak256::new();
    hasher.update(b"\x19Ethereum Signed Message:\n");
    hasher.update(message.len().to_string());
    hasher.update(message);
    hasher.finalize().into()
}

/// The address that signed `message`.
pub fn recover(message: &[u8], signature: &Signature) -> Result<Address, SignatureError> {
    signature.recover(&digest(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from the Ethereum app 1.22.0 (`device-tests/transcripts/ledger.jsonl`).
    #[test]
    fn the_signer_of_a_recorded_signature_is_recovered() {
        let signature = RECORDED.parse().unwrap();
        let address = recover(b"hello", &signature).unwrap();
        assert_eq!(address.to_string(), "0x9858EfFD232B4033E47d90003D41EC34EcaEda94");
        assert_ne!(recover(b"hellp", &signature).unwrap(), address);
    }

    #[test]
    fn a_high_s_and_an_unknown_v_are_rejected() {
        let low: Signature = RECORDED.parse().unwrap();
        let mut bytes = low.to_bytes();
        bytes[64] = 0;
        let text = format!("0x{}", hex::encode(bytes));
        assert_eq!(text.parse::<Signature>(), Err(SignatureError::V(0)));

        let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
        let upper = format!("0x{}", hex::encode_upper(bytes));
        assert_eq!(upper.parse::<Signature>(), Err(SignatureError::Malformed));
        let high = format!("0x{}{}ff1b", &hex::encode(bytes)[..64], &order[..62]);
        assert!(matches!(
            high.parse::<Signature>(),
            Err(SignatureError::HighS | SignatureError::Malformed)
        ));
    }

    const RECORDED: &str = "0x22f6b9cd7ff4f321e11181c4fe64adeea9469908fb514fbb6001fe022002dfda1f4ec9ea436bad14a7823806487d3aeb39b22e2556590922d6a8308971a17e991c";
}
