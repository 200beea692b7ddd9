//! Paths of secrets: names joined by `/`, percent-encoded for a URL.

use super::VaultError;
use stockade_base::json::clip;

/// The longest path that is accepted.
const MAX_PATH: usize = 2048;

/// Encodes `path` for a URL. Names keep their bytes, and none can lead to another path.
pub(super) fn encode(path: &str) -> Result<String, VaultError> {
    let mut encoded = String::with_capacity(path.len());
    for (i, name) in path.split('/').enumerate() {
        if name.is_empty() || matches!(name, "." | "..") || path.len() > MAX_PATH {
            return Err(VaultError::Path(clip(path, 80)));
        }
        if i > 0 {
            encoded.push('/');
        }
        for byte in name.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    encoded.push(char::from(byte));
                }
                _ => encoded += &format!("%{byte:02X}"),
            }
        }
    }
    Ok(encoded)
}

/// Like [`encode`], but accepts an empty path, the root of a mount.
pub(super) fn encode_any(path: &str) -> Result<String, VaultError> {
    if path.is_empty() { Ok(String::new()) } else { encode(path) }
}

/// Joins `folder`, which may be empty, and `name`.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Checks that a path is valid, without logging in.
pub fn require_path(path: &str) -> Result<(), VaultError> {
    encode_any(path.trim_matches('/')).map(drop)
}

/// Checks that a field's name is valid.
pub fn require_field(name: &str) -> Result<(), VaultError> {
    let bad = name.trim().is_empty() || name.len() > 256 || name.contains(char::is_control);
    if bad { Err(VaultError::Field(clip(name, 80))) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_bytes_and_never_leads_to_another_path() {
        for (path, encoded) in [
            ("validators/0xab", "validators/0xab"),
            ("my keys/a@b:c+d", "my%20keys/a%40b%3Ac%2Bd"),
            ("a?list=true#x", "a%3Flist%3Dtrue%23x"),
            ("%2e%2e/ä\n", "%252e%252e/%C3%A4%0A"),
        ] {
            assert_eq!(encode(path).unwrap(), encoded);
        }
        for path in ["", "/a", "a/", "a//b", "a/../b", ".", &"a".repeat(MAX_PATH + 1)] {
            assert!(encode(path).is_err(), "{path}");
        }
        assert_eq!(encode_any("").unwrap(), "");
        assert!(require_path("/").is_ok() && require_path("a/../b").is_err());
    }

    #[test]
    fn the_name_of_a_field_is_checked() {
        assert!(require_field("value").is_ok());
        for name in ["", " ", "value\n"] {
            assert!(require_field(name).is_err(), "{name:?}");
        }
    }
}
