//! Recognises files that are not readable keystores, so that the report says what was skipped and
//! what may hold a key.

use std::path::Path;

use serde_json::Value;

use super::{content::Content, walk::may_be_keystore};
use stockade_base::json;

/// Fields that only keystores and files with keystores have.
const MARKS: [&[u8]; 4] = [b"crypto", b"ciphertext", b"voting_keystore", b"\\u"];
/// The first bytes of archives.
const ARCHIVES: [(&[u8], &str); 8] = [
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
];
/// The first bytes of files that other programs encrypted.
const ENCRYPTED: [&[u8]; 4] =
    [b"age-encryption.org/", b"-----BEGIN AGE ", b"-----BEGIN PGP ", b"Salted__"];

/// Whether JSON may hold a keystore, without parsing it.
pub(crate) fn may_hold_keystore(text: &[u8]) -> bool {
    MARKS.iter().any(|mark| contains(text, mark))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Describes JSON without a keystore.
pub(crate) fn other_json(text: &[u8]) -> &'static str {
    let has = |part: &str| contains(text, part.as_bytes());
    match () {
        () if has("\"interchange_format_version\"") => "a slashing history: name it with --history",
        () if has("\"cluster_definition\"") => "charon's cluster lock: a backup does not keep it",
        () if has("\"deposit_data_root\"") || has("\"withdrawal_credentials\"") => "deposit data",
        () if has("\"share_public_keys\"") || has("\"sharesData\"") => "key shares for SSV",
        () => "JSON of another kind",
    }
}

/// JSON of a known kind that has no `crypto` of its own.
pub(crate) fn known_json(value: &Value) -> Option<Content> {
    let has = |value: &Value, fields: &[&str]| fields.iter().all(|f| value.get(f).is_some());
    if has(value, &["participants", "threshold", "data"]) {
        return Some(Content::Bad(
            "ethdo's shared export of a wallet: import it with `ethdo wallet sharedimport`, and name the \
             wallet's folder"
                .to_owned(),
        ));
    }
    if has(value, &["uuid", "name", "type", "version"]) {
        let what = "ethdo's or dirk's wallet file: its accounts are separate files";
        return Some(Content::Other(what.to_owned()));
    }
    if value.as_array().is_some_and(|list| {
        !list.is_empty() && list.iter().all(|entry| has(entry, &["uuid", "name"]))
    }) {
        return Some(Content::Other("ethdo's or dirk's index of accounts".to_owned()));
    }
    // The file has the form of a keystore, but the encrypted key is missing.
    let is_half = value.get("version").is_some_and(|version| version == 4)
        && (has(value, &["pubkey"]) || has(value, &["uuid"]));
    is_half.then(|| Content::Bad("half a keystore: `crypto` is missing".to_owned()))
}

/// Whether there is a keystore anywhere in it, as an object or as a text.
pub(crate) fn holds_keystore(value: &Value) -> bool {
    match value {
        Value::Object(fields) => {
            fields.get("crypto").is_some_and(Value::is_object)
                || fields.values().any(holds_keystore)
        }
        Value::Array(list) => list.iter().any(holds_keystore),
        Value::String(text) => {
            text.trim_start().starts_with(['{', '[', '"']) && may_hold_keystore(text.as_bytes())
        }
        _ => false,
    }
}

/// Describes a file that is not JSON.
pub(crate) fn not_json(path: &Path, text: &[u8], error: &str) -> Content {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    if text.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace()) {
        return if may_be_keystore(path) && !name.ends_with(".lock") {
            Content::Bad("the file is empty: perhaps writing it was interrupted".to_owned())
        } else {
            Content::Other("an empty file".to_owned())
        };
    }
    if let Some(content) = by_its_start(path, text) {
        return content;
    }
    if let Some(content) = hexadecimal(&name, text) {
        return content;
    }
    if MARKS[..3].iter().any(|mark| contains(text, mark)) {
        return Content::Bad(format!("a keystore that is cut off or damaged: {error}"));
    }
    if name.ends_with(".json") {
        return Content::Bad(format!("not JSON: {error}"));
    }
    if is_uuid(&name)
        && path
            .parent()
            .and_then(Path::file_name)
            .is_some_and(|folder| is_uuid(&folder.to_string_lossy()))
    {
        let why = "an account of ethdo or dirk that is encrypted as a whole (store passphrase)";
        return Content::Bad(why.to_owned());
    }
    Content::Other("not a keystore".to_owned())
}

/// Describes a file that is longer than any keystore, by its start.
pub(crate) fn long(path: &Path, start: &[u8]) -> Content {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    match by_its_start(path, start).or_else(|| hexadecimal(&name, start)) {
        Some(content) => content,
        None if name.ends_with(".json") => {
            Content::Bad("not JSON, and longer than any keystore".to_owned())
        }
        None => Content::Other("longer than any keystore, and of another kind".to_owned()),
    }
}

/// The kind of archive that starts with these bytes.
pub(crate) fn archive(start: &[u8]) -> Option<&'static str> {
    let is_tar = start.get(257..262) == Some(b"ustar");
    let archive = ARCHIVES.iter().find(|(magic, _)| start.starts_with(magic));
    archive.map(|(_, kind)| *kind).or(is_tar.then_some("tar"))
}

/// Whether this is a name of the old logs that clients pack.
pub(crate) fn is_log(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    name.contains(".log")
}

fn by_its_start(path: &Path, start: &[u8]) -> Option<Content> {
    if let Some(kind) = archive(start) {
        return Some(if is_log(path) {
            Content::Other("a packed log".to_owned())
        } else {
            Content::Bad(format!("an archive ({kind}): unpack it, and name the folder"))
        });
    }
    if ENCRYPTED.iter().any(|magic| start.starts_with(magic)) {
        return Some(if may_be_keystore(path) {
            Content::Bad("another program encrypted it: decrypt it first".to_owned())
        } else {
            Content::Other("another program encrypted it".to_owned())
        });
    }
    start.starts_with(b"SQLite format 3\0").then(|| Content::Other("a database".to_owned()))
}

fn hexadecimal(name: &str, text: &[u8]) -> Option<Content> {
    let text = text.trim_ascii();
    let digits = text.strip_prefix(b"0x").unwrap_or(text);
    if digits.len() < 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    Some(match digits.len() {
        64 if name.contains("enr-private-key") => Content::Other(
            "charon's key of this node (ENR), not a validator key: a backup does not keep it".to_owned(),
        ),
        64 => Content::Other("64 hexadecimal digits, but no sign that they are a signing key".to_owned()),
        ..200 => Content::Other("hexadecimal digits".to_owned()),
        _ => Content::Bad(
            "a long hexadecimal text: if it is ethdo's export of a wallet, import it with `ethdo wallet \
             import`, and name the wallet's folder"
                .to_owned(),
        ),
    })
}

fn is_uuid(name: &str) -> bool {
    name.len() == 36 && uuid::Uuid::parse_str(name).is_ok()
}

/// Why a file that the user named is refused.
pub(crate) fn not_a_keystore(what: &str) -> String {
    match what {
        "not a keystore" => what.to_owned(),
        what => format!("not a keystore: {}", json::clip(what, 300)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::import::recognise::recognise;

    #[test]
    fn the_name_of_an_account_becomes_the_description() {
        let folder = "device-tests/vectors/foreign/ethdo/19e52aa0-8410-4cab-9b23-aec0c70fce99";
        let file = "b91e559e-d897-4db0-9e61-e71f5270dafa";
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(folder).join(file);
        let found = recognise(&path, &std::fs::read(&path).unwrap());
        let Content::Keystore(keystore) = found else { panic!("{found:?}") };
        assert_eq!(keystore.description(), Some("v1"));
    }

    /// Under a name that tools give to keystores; or under any name, once it looks like a keystore.
    #[test]
    fn a_truncated_keystore_is_never_skipped() {
        let file = "device-tests/vectors/keystore-variants/01-scrypt-218.json";
        let whole =
            std::fs::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(file))
                .unwrap();
        let is_bad =
            |name: &str, bytes: &[u8]| matches!(recognise(Path::new(name), bytes), Content::Bad(_));
        let from = whole.windows(8).position(|window| window == b"\"crypto\"").unwrap() + 8;
        let end = whole.trim_ascii_end().len();
        for len in 0..end {
            assert!(is_bad("k.json", &whole[..len]), "{len}");
            assert!(len < from || is_bad("x", &whole[..len]), "{len}");
        }
        let utf16 = |len: usize| {
            let text = str::from_utf8(&whole[..len]).unwrap().encode_utf16();
            [0xff, 0xfe].into_iter().chain(text.flat_map(u16::to_le_bytes)).collect::<Vec<u8>>()
        };
        assert!((from..end).all(|len| is_bad("x", &utf16(len))));
        assert!(matches!(recognise(Path::new("x"), &utf16(end)), Content::Keystore(_)));
    }

    /// People act on these words.
    #[test]
    fn every_kind_of_file_is_recognised_by_its_content() {
        let hex = |count: usize| "ab".repeat(count);
        let uuid = "19e52aa0-8410-4cab-9b23-aec0c70fce99";
        let history = r#"{"metadata": {"interchange_format_version": "5"}, "data": []}"#;
        for (name, content, is_bad, what) in [
            ("notes", "the password is elsewhere".to_owned(), false, "not a keystore"),
            ("log", "{\"level\": 1}\n{\"level\": 2}\n".to_owned(), false, "not a keystore"),
            ("k.lock", String::new(), false, "empty"),
            ("voting-keystore.json.lock", String::new(), false, "empty"),
            ("voting-keystore.json", String::new(), true, "is empty"),
            ("x.json", "{".to_owned(), true, "not JSON"),
            ("x", format!("0x{}", hex(32)), false, "64 hexadecimal"),
            ("charon-enr-private-key", hex(32), false, "ENR"),
            ("wallet.dat", format!("0x01{}", hex(300)), true, "ethdo wallet"),
            ("history.json", history.to_owned(), false, "--history"),
            ("s", "SQLite format 3\0..".to_owned(), false, "database"),
            ("validator.log.1.gz", "\u{1f}not gzip".to_owned(), false, "not a keystore"),
            ("k.json.age", "age-encryption.org/v1\n".to_owned(), true, "decrypt it"),
            ("notes.age", "age-encryption.org/v1\n".to_owned(), false, "encrypted"),
            ("{}", "{}".to_owned(), false, "JSON of another kind"),
            ("nested", r#"{"a": [{"crypto": {}}]}"#.to_owned(), true, "unknown form"),
            ("text", r#"{"a": "{\"crypto\": {}}"}"#.to_owned(), true, "unknown form"),
            ("v3.json", r#"{"crypto": {}, "version": 3}"#.to_owned(), true, "version 3"),
            (&format!("{uuid}/{uuid}"), "\u{1}\u{2}".to_owned(), true, "encrypted as a whole"),
        ] {
            let found = recognise(Path::new(name), content.as_bytes());
            let (bad, said) = match found {
                Content::Bad(why) => (true, why),
                Content::Other(what) => (false, what),
                found => panic!("{name}: {found:?}"),
            };
            assert_eq!(bad, is_bad, "{name}: {said}");
            assert!(said.contains(what), "{name}: {said}");
        }
    }
}
