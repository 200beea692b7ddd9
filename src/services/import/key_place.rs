//! The format of keys in Web3signer's key configuration, and the files that it names.

use std::path::{Path, PathBuf};

/// Whether a text is a key in the only form that Web3signer reads.
pub(super) fn is_plain_key(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The file that a configuration in `folder` names by its path, or by its URI, as Web3signer itself
/// does. If an absolute path does not exist here (because it is from a container or another machine),
/// the file with the same name in `folder` is used.
pub(super) fn file(named: &str, folder: &Path) -> Result<PathBuf, String> {
    let path = match named.strip_prefix("file:") {
        Some(uri) => of_uri(uri).ok_or_else(|| "a file's URI must be file:///PATH".to_owned())?,
        None => PathBuf::from(named),
    };
    let file = folder.join(&path);
    let sibling = path.file_name().map(|name| folder.join(name));
    Ok(match sibling {
        Some(sibling) if path.is_absolute() && !file.exists() && sibling.is_file() => sibling,
        _ => file,
    })
}

/// The path in a URI, given without `file:`.
fn of_uri(uri: &str) -> Option<PathBuf> {
    let path = match uri.strip_prefix("//") {
        Some(rest) => rest.strip_prefix("localhost").unwrap_or(rest),
        None => uri,
    };
    if !path.starts_with('/') || path.contains(['?', '#']) {
        return None;
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        match (byte, after) {
            (b'%', [high, low, after @ ..]) => {
                let digit =
                    |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
                bytes.push(digit(*high)? * 16 + digit(*low)?);
                rest = after;
            }
            (b'%', _) => return None,
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_read_as_java_writes_it() {
        let path = |named: &str| file(named, Path::new("keys"));
        for named in ["file:///a%20b/k.json", "file:/a b/k.json", "file://localhost/a%20b/k.json"] {
            assert_eq!(path(named), Ok(PathBuf::from("/a b/k.json")), "{named}");
        }
        assert_eq!(path("sub/k.json"), Ok(PathBuf::from("keys/sub/k.json")));
        for named in ["file:k.json", "file://host/k.json", "file:///k%2", "file:///k%zz", "file:"] {
            assert!(path(named).is_err(), "{named}");
        }
    }

    #[test]
    fn a_plain_key_has_nothing_around_it() {
        let digits = "1f".repeat(32);
        assert!(is_plain_key(&digits) && is_plain_key(&format!("0x{digits}")));
        for text in
            [format!("0X{digits}"), format!(" {digits}"), format!("{digits}\n"), "1f".to_owned()]
        {
            assert!(!is_plain_key(&text), "{text}");
        }
    }
}
