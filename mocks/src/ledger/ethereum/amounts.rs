//! The format of amounts on the screen.

/// The decimal digits of a big-endian number of any length.
pub(super) fn decimal(big_endian: &[u8]) -> String {
    // The digits, lowest first: times 256 plus the next byte.
    let mut digits = vec![0_u16];
    for byte in big_endian {
        let mut carry = u16::from(*byte);
        for digit in &mut digits {
            let sum = *digit * 256 + carry;
            (*digit, carry) = (sum % 10, sum / 10);
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + *digit as u8)).collect()
}

/// A number with `decimals` decimal places, and its ticker: `0.00042 ETH`.
pub(super) fn amount(digits: &str, decimals: usize, ticker: &str) -> String {
    let padded = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = padded.split_at(padded.len() - decimals);
    let shown = format!("{whole}.{fraction}");
    format!("{} {ticker}", shown.trim_end_matches('0').trim_end_matches('.'))
}

/// Whether an amount with 18 decimal places fits into the app's buffer of `room` bytes, including
/// its terminator, after the ticker and a space.
pub(super) fn fits(digits: &str, ticker: &str, room: usize) -> bool {
    ticker.len() + 1 + digits.len().max(19) + 2 < room
}

/// The product of two big-endian numbers, as big-endian bytes.
pub(super) fn product(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0_u8; a.len() + b.len()];
    for (i, x) in a.iter().rev().enumerate() {
        let mut carry = 0_u32;
        for (byte, y) in bytes.iter_mut().rev().skip(i).zip(b.iter().rev().chain(&[0])) {
            let sum = u32::from(*byte) + u32::from(*x) * u32::from(*y) + carry;
            (*byte, carry) = (sum as u8, sum >> 8);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_no_zeros_that_mean_nothing() {
        let wei = |bytes: &[u8]| amount(&decimal(bytes), 18, "ETH");
        assert_eq!(wei(&[]), "0 ETH");
        assert_eq!(wei(&[1]), "0.000000000000000001 ETH");
        assert_eq!(wei(&100_000_000_000_000_000_u64.to_be_bytes()), "0.1 ETH");
        assert_eq!(wei(&32_000_000_000_000_000_000_u128.to_be_bytes()), "32 ETH");
        assert_eq!(decimal(&[0xff; 32]).len(), 78);
    }

    #[test]
    fn products_are_exact() {
        for (a, b) in [(0_u64, 7_u64), (20_000_000_000, 21_000), (u64::MAX, u64::MAX)] {
            let product = product(&a.to_be_bytes(), &b.to_be_bytes());
            assert_eq!(product, (u128::from(a) * u128::from(b)).to_be_bytes());
        }
        assert_eq!(product(&[], &[1]), [0]);
    }
}
