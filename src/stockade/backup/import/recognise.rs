//! Recognises a file by its content. Only this module decides whether a file holds keys. No field
//! of a keystore is dropped unless it is known to be harmless.

use std::{
    io::{self, Read as _},
    path::Path,
};

use serde_json::{Map, Value};
use zeroize::Zeroizing;

pub use super::content::{Archive, Content, DirkShare};
use super::{
    archive::{self, Kind, MAX_ARCHIVE},
    definitions::Definitions,
    keystore_list::KeystoreList,
    sniff,
    text::decode,
    walk,
};
use crate::store::private_file;
use stockade_base::json;
use stockade_keystore::{
    distributed::DirkAccount,
    eth2_keystore::{Keystore, MAX_KEYSTORE_BYTES, UnnamedKeystore},
};

/// The longest file that is read whole: folders of keystores also hold histories and lists of
/// keystores.
const MAX_OTHER: u64 = 64 * 1024 * 1024;
/// How much of a long file is read to recognise it.
const START: u64 = MAX_KEYSTORE_BYTES as u64 + 1;

/// Fields that a set keeps, or that can be dropped. ethdo and dirk call the encryption `encryptor`,
/// and the account `name`, which becomes the description.
const FIELDS: [&str; 8] =
    ["crypto", "description", "pubkey", "path", "uuid", "version", "name", "encryptor"];
/// Fields of dirk's distributed accounts.
const DISTRIBUTED: [&str; 3] = ["signing_threshold", "verificationvector", "participants"];

/// Recognises a file. One that cannot be read is bad: it may be a key that somebody relies on.
pub fn look(path: &Path) -> Content {
    let content = read(path).map_or_else(Content::Bad, |bytes| match bytes {
        Read::Whole(bytes) => recognise(path, &bytes),
        Read::Start(bytes) => sniff::long(path, &bytes),
        Read::Packed(kind, bytes) => archive::open(path, kind, &bytes, recognise_from),
    });
    if walk::is_litter(path) && !content.is_taken() {
        Content::other(walk::LITTER_WHY)
    } else {
        content
    }
}

enum Read {
    Whole(Zeroizing<Vec<u8>>),
    /// The start of a file that is too long for a keystore and is not a list.
    Start(Zeroizing<Vec<u8>>),
    Packed(Kind, Zeroizing<Vec<u8>>),
}

fn read(path: &Path) -> Result<Read, String> {
    let (start, len) = private_file::read_start(path, START).map_err(|error| error.to_string())?;
    let start = Zeroizing::new(start);
    if let Some(kind) = Kind::of(path, &start) {
        if len > MAX_ARCHIVE {
            return Err(kind.bad("of more than 64 MiB"));
        }
        let bytes = private_file::read_regular(path, MAX_ARCHIVE).map_err(|e| e.to_string())?;
        return Ok(Read::Packed(kind, Zeroizing::new(bytes)));
    }
    if (start.len() as u64) < START {
        return Ok(Read::Whole(start));
    }
    if !is_read_whole(path, &start) {
        return Ok(Read::Start(start));
    }
    if len > MAX_OTHER && !walk::may_be_keystore(path) {
        Ok(Read::Start(start))
    } else {
        match private_file::read_regular(path, MAX_OTHER) {
            Ok(bytes) => Ok(Read::Whole(Zeroizing::new(bytes))),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Whether a file that is longer than a keystore may still be imported: JSON, or a list.
fn is_read_whole(path: &Path, start: &[u8]) -> bool {
    let text = decode(start);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'[' | b'"')) || is_definitions(path)
}

/// Recognises what `reader` returns, which should be `size` bytes long. Reads no more than is
/// needed.
fn recognise_from(path: &Path, reader: &mut dyn io::Read, size: u64) -> io::Result<Content> {
    // Reserved in full, so that possible secrets are not moved in memory.
    let room = |most: u64| Vec::with_capacity(size.min(most).saturating_add(1) as usize);
    let mut start = Zeroizing::new(room(START));
    let mut reader = reader.take(START);
    reader.read_to_end(&mut start)?;
    if (start.len() as u64) < START {
        return Ok(recognise(path, &start));
    }
    if !is_read_whole(path, &start) {
        return Ok(sniff::long(path, &start));
    }
    let mut bytes = Zeroizing::new(room(MAX_OTHER));
    bytes.extend_from_slice(&start);
    reader.set_limit(MAX_OTHER);
    reader.read_to_end(&mut bytes)?;
    match reader.limit() {
        0 => Ok(Content::bad("longer than any list of keystores")),
        _ => Ok(recognise(path, &bytes)),
    }
}

fn is_definitions(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "validator_definitions")
}

/// Recognises a file by its content. Its name is only used if the content does not decide.
pub fn recognise(path: &Path, bytes: &[u8]) -> Content {
    let text = decode(bytes);
    if is_definitions(path) {
        return match Definitions::parse(&text) {
            Ok(definitions) => Content::Definitions(definitions),
            Err(why) => Content::Bad(why),
        };
    }
    match KeystoreList::parse(&text) {
        Ok(Some(list)) => return Content::List(list),
        Ok(None) => {}
        Err(why) => return Content::Bad(why),
    }
    // A large file of another kind is not parsed further.
    if text.len() > MAX_KEYSTORE_BYTES && !sniff::may_hold_keystore(&text) {
        return match json::from_slice::<serde::de::IgnoredAny>(&text, MAX_OTHER as usize) {
            Ok(_) => Content::Other(sniff::other_json(&text).to_owned()),
            Err(error) => sniff::not_json(path, &text, &error.to_string()),
        };
    }
    match json::from_slice::<Value>(&text, MAX_OTHER as usize) {
        Ok(value) => of_json(&value, &text, true),
        Err(error) => sniff::not_json(path, &text, &error.to_string()),
    }
}

/// Like [`recognise`], for a text that should be a keystore.
pub fn recognise_text(text: &str) -> Content {
    match json::from_slice::<Value>(text.as_bytes(), MAX_OTHER as usize) {
        Ok(value) => of_json(&value, text.as_bytes(), true),
        Err(error) => Content::bad(format!("not a keystore: {error}")),
    }
}

fn of_json(value: &Value, text: &[u8], may_be_wrapped: bool) -> Content {
    if let Some((file, crypto)) = value.as_object().and_then(|f| Some((f, f.get("crypto")?))) {
        return of_keystore(file, crypto, text);
    }
    if may_be_wrapped && let Some(content) = wrapped(value) {
        return content;
    }
    if let Some(content) = sniff::known_json(value) {
        return content;
    }
    if sniff::holds_keystore(value) {
        Content::bad(
            "it holds a keystore in an unknown form: save the keystore as a file of its own",
        )
    } else {
        Content::Other(sniff::other_json(text).to_owned())
    }
}

/// A keystore in an API's answer (`{"data": ..}`), or in a JSON string.
fn wrapped(value: &Value) -> Option<Content> {
    let inner = match value {
        Value::String(text) => {
            let inner = json::from_slice::<Value>(text.as_bytes(), MAX_KEYSTORE_BYTES).ok()?;
            inner.get("crypto")?;
            return Some(of_json(&inner, text.as_bytes(), false));
        }
        value => value.get("data")?,
    };
    inner.get("crypto")?;
    Some(of_json(inner, inner.to_string().as_bytes(), false))
}

fn of_keystore(file: &Map<String, Value>, crypto: &Value, text: &[u8]) -> Content {
    if DISTRIBUTED.iter().any(|field| file.contains_key(*field)) {
        return distributed(file, text);
    }
    let has = |field: &str| file.get(field).is_some_and(|value| !value.is_null());
    if has("uuids") && !has("pubkey") && !has("version") {
        return Content::other("Lighthouse's cache of the keys in its folder");
    }
    if file.get("type").and_then(Value::as_str) == Some("hierarchical deterministic") {
        return Content::other(
            "ethdo's wallet: its accounts are separate files, its seed is not imported",
        );
    }
    if !crypto.is_object() {
        return Content::bad("not a keystore: its `crypto` is empty");
    }
    // A keystore of another standard is named for what it is, not for its fields.
    let is_named = has("pubkey") || file.get("version").is_some_and(|version| version != 4);
    let content = if is_named {
        match Keystore::parse(text) {
            Ok(keystore) => {
                // The account name of ethdo and dirk: dirk's permissions use it.
                let name = file.get("name").and_then(Value::as_str).unwrap_or_default();
                Content::Keystore(Box::new(keystore.named(name)))
            }
            Err(error) => return Content::bad(error.to_string()),
        }
    } else {
        match UnnamedKeystore::parse(text) {
            Ok(keystore) => Content::Unnamed(Box::new(keystore)),
            Err(error) => return Content::bad(error.to_string()),
        }
    };
    match file.iter().find(|(field, value)| !FIELDS.contains(&field.as_str()) && !value.is_null()) {
        None => content,
        Some((field, _)) => Content::Bad(format!(
            "its field `{}` is not known and would be lost: `stockade keystore doctor --repair` writes it without that field",
            json::clip(field, 40)
        )),
    }
}

/// An account of dirk's distributed wallet. Every field of it is kept: the keystore's in the
/// keystore, the others sealed beside it.
fn distributed(file: &Map<String, Value>, text: &[u8]) -> Content {
    let account = match DirkAccount::parse(text) {
        Some(Ok(account)) => account,
        Some(Err(why)) => {
            return Content::Bad(format!("a distributed account that cannot be used: {why}"));
        }
        None => return Content::bad("a distributed account that lacks some of its fields"),
    };
    let mut rest = file.clone();
    rest.remove("crypto");
    let rest = Value::Object(rest).to_string().into_bytes();
    match Keystore::parse(text) {
        Ok(keystore) => {
            let share = DirkShare { share: account.share, rest };
            Content::Share(Box::new(keystore.named(&account.name)), Box::new(share))
        }
        Err(error) => Content::bad(error.to_string()),
    }
}
