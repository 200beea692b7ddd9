//! Numbers in JSON-RPC.

use serde_json::Value;

/// Reads `0x` and at most 32 hex digits.
pub(super) fn number<N: TryFrom<u128>>(value: &Value) -> Option<N> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    let all_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u128::from_str_radix(digits, 16).ok().filter(|_| all_hex)?;
    N::try_from(number).ok()
}

/// Reads `0x` and 64 hex digits, the first half of which must be zero.
pub(super) fn word(value: &Value) -> Option<u128> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    let (high, low) = digits.split_at_checked(32)?;
    let zeros = high.bytes().all(|byte| byte == b'0');
    (zeros && low.len() == 32).then(|| number(&Value::from(format!("0x{low}"))))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_hex_and_fit() {
        let read = |text: &str| number::<u64>(&Value::from(text));
        assert_eq!(read("0x88bb0"), Some(560_048));
        assert_eq!(read("0x0"), Some(0));
        assert_eq!(read("0x10000000000000000"), None);
        for bad in ["", "0x", "1", "0x+1", "0x-1", "0xg", &format!("0x{}", "0".repeat(5000) + "g")]
        {
            assert_eq!(read(bad), None, "{bad:.20}");
        }
        assert_eq!(number::<u64>(&Value::from(5)), None);
    }

    #[test]
    fn words_have_64_digits_and_fit() {
        let read = |text: String| word(&Value::from(text));
        assert_eq!(read(format!("0x{:064x}", 7)), Some(7));
        assert_eq!(read(format!("0x{}{:032x}", "0".repeat(32), u128::MAX)), Some(u128::MAX));
        assert_eq!(read(format!("0x{:063x}", 7)), None);
        assert_eq!(read(format!("0x{}", "f".repeat(64))), None);
        assert_eq!(read("0x".into()), None);
    }
}
