//! Compares two secrets. Keys are equal however they are written.

use stockade_base::secret::SecretText;

/// Whether two secrets have the same value.
pub(crate) fn same_secret(a: &SecretText, b: &SecretText) -> bool {
    let (a, b) = (a.expose(), b.expose());
    let lines = |text| str::lines(text).map(str::trim).filter(|line| !line.is_empty());
    let same = |(a, b)| match (digits(a), digits(b)) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => false,
    };
    a == b
        || lines(a).count() > 0
            && lines(a).count() == lines(b).count()
            && lines(a).zip(lines(b)).all(same)
}

/// The digits of a key, without 0x.
fn digits(line: &str) -> Option<&str> {
    let digits = line.strip_prefix("0x").or_else(|| line.strip_prefix("0X")).unwrap_or(line);
    let is_key = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_key.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_compared_by_value_and_everything_else_byte_by_byte() {
        let same = |a: &str, b: &str| {
            same_secret(&SecretText::new(a.to_owned()), &SecretText::new(b.to_owned()))
        };
        let (key, other) = ("ab".repeat(32), "cd".repeat(32));
        assert!(same(&format!("0x{key}"), &key.to_uppercase()));
        assert!(same(&format!("0x{key}\n0x{other}"), &format!("{key}\r\n{other}\n")));
        assert!(!same(&format!("{key}\n{other}"), &format!("{other}\n{key}")));
        assert!(!same(&key, &format!("{key}\n{other}")));
        assert!(!same(&key, &other));
        assert!(!same("Password", "password") && same("password", "password"));
        assert!(!same("", "\n"));
    }
}
