//! How Web3signer's key configuration writes a key, and the files that it names.

use std::path::{Path, PathBuf};

/// Whether a text is a key as Web3signer reads it, with nothing around it.
pub(super) fn is_plain_key(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The file that a configuration in `folder` names: a path, or a URI as Web3signer itself writes it. If an
/// absolute path does not exist here (it is from a container or another machine), the file of the same
/// name in `folder` is taken.
pub(super) fn file(named: &str, folder: &Path) -> Result<PathBuf, String> {
    let path = match named.strip_prefix("file:") {
        Some(uri) => of_uri(uri)
            .ok_or_else(|| "a file's URI is file:///PATH, and this one is not".to_owned())?,
        None => PathBuf::from(named),
    };
    let file = folder.join(&path);
    let beside = path.file_name().map(|name| folder.join(name));
    Ok(match beside {
        Some(beside) if path.is_absolute() && !file.exists() && beside.is_file() => beside,
        _ => file,
    })
}

/// What follows `file:`.
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
    fn a_key_as_web3signer_reads_it_has_nothing_around_it() {
        let digits = "1f".repeat(32);
        assert!(is_plain_key(&digits) && is_plain_key(&format!("0x{digits}")));
        for text in
            [format!("0X{digits}"), format!(" {digits}"), format!("{digits}\n"), "1f".to_owned()]
        {
            assert!(!is_plain_key(&text), "{text}");
        }
    }
}
