//! Decimal numbers.

use crate::error::CommandError;

/// Parses `32` or `32.5`, exactly, into units of 10^-`decimals`.
pub fn parse(option: &str, text: &str, decimals: u8) -> Result<u128, CommandError> {
    let bad = || {
        CommandError::usage(format!(
            "{option} {text:.40}: not a number such as 32 or 0.5 with at most {decimals} decimals"
        ))
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > usize::from(decimals) {
        return Err(bad());
    }
    let unit = 10_u128.pow(u32::from(decimals));
    let whole: u128 = whole.parse().map_err(|_| bad())?;
    let fraction = format!("{fraction:0<width$}", width = usize::from(decimals));
    let fraction: u128 = fraction.parse().map_err(|_| bad())?;
    let sum = whole.checked_mul(unit).and_then(|sum| sum.checked_add(fraction));
    sum.ok_or_else(bad)
}

/// Formats units of 10^-`decimals` without trailing zeros.
pub fn show(units: u128, decimals: u8) -> String {
    let width = usize::from(decimals);
    let digits = format!("{units:0>width$}", width = width + 1);
    let (whole, fraction) = digits.split_at_checked(digits.len() - width).unwrap_or_default();
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_in_both_directions() {
        for (text, decimals, units) in [
            ("32", 9, 32_000_000_000),
            ("0.000000001", 9, 1),
            ("1.5", 9, 1_500_000_000),
            ("0", 18, 0),
            ("340282366920938463463.374607431768211455", 18, u128::MAX),
        ] {
            assert_eq!(parse("--amount", text, decimals).unwrap(), units);
            assert_eq!(show(units, decimals), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for bad in ["", ".", "1.", ".5", "-1", "+1", "1e3", "0x10", "1.0000000001", "1,5", " 1"] {
            assert!(parse("--amount", bad, 9).is_err(), "{bad}");
        }
        assert!(parse("--amount", &"9".repeat(40), 18).is_err());
    }
}
