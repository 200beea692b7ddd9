//! Finds where a keystore file deviates from the form that every client accepts. Also reads files
//! that [`super::Keystore::parse`] refuses, to tell which clients refuse them too.

use std::fmt;

use serde_json::{Map, Value};

use super::rules::{self, Rule};
use stockade_base::json::clip;

/// A deviation found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deviation {
    /// The kind of deviation, and which clients refuse it.
    pub rule: &'static Rule,
    /// Where in the file it is. May be empty.
    pub detail: String,
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rule.words)?;
        match self.detail.as_str() {
            "" => Ok(()),
            detail => write!(f, " ({detail})"),
        }
    }
}

type Found = Vec<Deviation>;

const FIELDS: [&str; 7] = ["crypto", "description", "pubkey", "path", "uuid", "version", "name"];

/// All deviations that the JSON of a keystore shows.
pub(super) fn find(file: &Map<String, Value>, crypto: &Map<String, Value>) -> Vec<Deviation> {
    let mut found = Found::new();
    version(file, &mut found);
    path_and_uuid(file, &mut found);
    // `null` and nothing are the same to most readers, but not to Lodestar's schema.
    if file.get("description").is_some_and(Value::is_null) {
        found.push(deviation(&rules::DESCRIPTION_NULL, ""));
    }
    pubkey(file, &mut found);
    unknown(&rules::UNKNOWN_FIELD, "", file, &FIELDS, &mut found);
    unknown(&rules::UNKNOWN_FIELD, "crypto.", crypto, &["kdf", "checksum", "cipher"], &mut found);
    modules(crypto, &mut found);
    kdf(crypto, &mut found);
    messages(crypto, &mut found);
    found
}

pub(super) fn deviation(rule: &'static Rule, detail: impl Into<String>) -> Deviation {
    Deviation { rule, detail: detail.into() }
}

fn version(file: &Map<String, Value>, found: &mut Found) {
    match file.get("version") {
        Some(Value::String(text)) if text == "4" => {
            found.push(deviation(&rules::VERSION_TEXT, ""));
        }
        Some(Value::Number(number)) if number.as_u64() == Some(4) => {}
        Some(_) => found.push(deviation(&rules::NOT_A_KEYSTORE, "version")),
        None => found.push(deviation(&rules::FIELD_MISSING, "version")),
    }
}

fn path_and_uuid(file: &Map<String, Value>, found: &mut Found) {
    match file.get("path").and_then(Value::as_str) {
        None => found.push(deviation(&rules::PATH_MISSING, "")),
        Some(path) if !is_plain_path(path) => found.push(deviation(&rules::PATH_FORM, "")),
        Some(_) => {}
    }
    match file.get("uuid").and_then(Value::as_str) {
        None => found.push(deviation(&rules::UUID_MISSING, "")),
        Some(uuid) if uuid.len() != 36 || uuid::Uuid::parse_str(uuid).is_err() => {
            found.push(deviation(&rules::UUID_FORM, ""));
        }
        Some(_) => {}
    }
}

/// ethstaker-deposit-cli's pattern: `m/` and at least two plain numbers.
pub(super) fn is_plain_path(path: &str) -> bool {
    let is_number = |level: &str| !level.is_empty() && level.bytes().all(|b| b.is_ascii_digit());
    path.strip_prefix("m/").is_some_and(|rest| rest.contains('/') && rest.split('/').all(is_number))
}

fn pubkey(file: &Map<String, Value>, found: &mut Found) {
    let Some(text) = file.get("pubkey").and_then(Value::as_str) else {
        return found.push(deviation(&rules::PUBKEY_MISSING, ""));
    };
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() != 96 || !is_hex(digits) {
        return found.push(deviation(&rules::PUBKEY_FORM, ""));
    }
    if digits.len() != text.len() {
        found.push(deviation(&rules::PUBKEY_0X, ""));
    }
    if is_upper(digits) {
        found.push(deviation(&rules::PUBKEY_UPPER, ""));
    }
    if digits.parse::<crate::bls::PublicKey>().is_err() {
        found.push(deviation(&rules::OTHER_KEY, "it is not a point on the curve"));
    }
}

fn unknown(
    rule: &'static Rule,
    prefix: &str,
    object: &Map<String, Value>,
    known: &[&str],
    found: &mut Found,
) {
    let other = object.keys().find(|name| !known.contains(&name.as_str()));
    if let Some(name) = other {
        found.push(deviation(rule, format!("{prefix}{}", clip(name, 40))));
    }
}

/// The three modules of `crypto`: their fields, and the order of these.
fn modules(crypto: &Map<String, Value>, found: &mut Found) {
    for name in ["kdf", "checksum", "cipher"] {
        let Some(module) = crypto.get(name).and_then(Value::as_object) else {
            found.push(deviation(&rules::FIELD_MISSING, format!("crypto.{name}")));
            continue;
        };
        let prefix = format!("crypto.{name}.");
        let known = ["function", "params", "message"];
        unknown(&rules::UNKNOWN_PARAMETER, &prefix, module, &known, found);
        for field in known.into_iter().filter(|field| !module.contains_key(*field)) {
            let rule = match (name, field) {
                ("kdf", "message") => &rules::KDF_MESSAGE,
                ("checksum", "params") => &rules::CHECKSUM_PARAMS,
                (_, "message") => continue, // reported by `messages`
                _ => &rules::FIELD_MISSING,
            };
            found.push(deviation(rule, format!("{prefix}{field}")));
        }
        let place = |field| module.keys().position(|key| key == field);
        if place("params").is_some_and(|params| Some(params) < place("function")) {
            found.push(deviation(&rules::PARAMS_FIRST, format!("crypto.{name}")));
        }
    }
    if text(crypto, &["kdf", "message"]).is_some_and(|message| !message.is_empty()) {
        found.push(deviation(&rules::KDF_MESSAGE_SET, ""));
    }
    if object(crypto, &["checksum", "params"]).is_some_and(|params| !params.is_empty()) {
        found.push(deviation(&rules::CHECKSUM_PARAMS_SET, ""));
    }
    if let Some(params) = object(crypto, &["cipher", "params"]) {
        unknown(&rules::UNKNOWN_PARAMETER, "crypto.cipher.params.", params, &["iv"], found);
    }
    for (name, function) in [("checksum", "sha256"), ("cipher", "aes-128-ctr")] {
        let named = text(crypto, &[name, "function"]);
        if named.is_some_and(|named| named != function) {
            found.push(deviation(&rules::FUNCTION, format!("crypto.{name}.function")));
        }
    }
}

fn kdf(crypto: &Map<String, Value>, found: &mut Found) {
    let Some(params) = object(crypto, &["kdf", "params"]) else { return };
    let number = |name: &str| params.get(name).and_then(Value::as_u64);
    let known: &[&str] = match text(crypto, &["kdf", "function"]) {
        Some("scrypt") => {
            scrypt(number("n"), number("r"), number("p"), found);
            &["dklen", "n", "r", "p", "salt"]
        }
        Some("pbkdf2") => {
            pbkdf2(number("c"), found);
            match params.get("prf").and_then(Value::as_str) {
                Some("hmac-sha256") => {}
                Some(_) => found.push(deviation(&rules::PRF, "crypto.kdf.params.prf")),
                None => found.push(deviation(&rules::FIELD_MISSING, "crypto.kdf.params.prf")),
            }
            &["dklen", "c", "prf", "salt"]
        }
        _ => return found.push(deviation(&rules::FUNCTION, "crypto.kdf.function")),
    };
    unknown(&rules::UNKNOWN_PARAMETER, "crypto.kdf.params.", params, known, found);
    match number("dklen") {
        Some(32) => {}
        Some(length) if length > 32 => found.push(deviation(&rules::DKLEN_LONG, "")),
        Some(_) => found.push(deviation(&rules::DKLEN_SHORT, "")),
        None => found.push(deviation(&rules::FIELD_MISSING, "crypto.kdf.params.dklen")),
    }
    salt(params, known.contains(&"n"), found);
}

fn scrypt(n: Option<u64>, r: Option<u64>, p: Option<u64>, found: &mut Found) {
    let (Some(n), Some(r), Some(p)) = (n, r, p) else {
        return found.push(deviation(&rules::FIELD_MISSING, "crypto.kdf.params"));
    };
    let cost = n.checked_mul(r).and_then(|cost| cost.checked_mul(p));
    // 128 bytes each make 4 GiB, Lighthouse's limit.
    if cost.is_none_or(|cost| cost >= 1 << 25) {
        return found.push(deviation(&rules::KDF_HUGE, ""));
    }
    if cost.is_some_and(|cost| cost < 1 << 20) {
        found.push(deviation(&rules::SCRYPT_WEAK, ""));
    }
    if (n, r, p) != (1 << 18, 8, 1) {
        found.push(deviation(&rules::SCRYPT_OTHER, ""));
    }
}

fn pbkdf2(c: Option<u64>, found: &mut Found) {
    match c {
        None => found.push(deviation(&rules::FIELD_MISSING, "crypto.kdf.params.c")),
        Some(c) if c < 1 << 18 => found.push(deviation(&rules::PBKDF2_WEAK, "")),
        Some(c) if c > 1 << 32 => found.push(deviation(&rules::KDF_HUGE, "")),
        Some(c) if c > 80_000_000 => found.push(deviation(&rules::PBKDF2_MANY, "")),
        Some(_) => {}
    }
}

fn salt(params: &Map<String, Value>, is_scrypt: bool, found: &mut Found) {
    let field = "crypto.kdf.params.salt";
    let Some(salt) = params.get("salt").and_then(Value::as_str) else {
        return found.push(deviation(&rules::FIELD_MISSING, field));
    };
    let digits = salt.strip_prefix("0x").unwrap_or(salt);
    if !is_hex(digits) {
        return found.push(deviation(&rules::NOT_HEX, field));
    }
    let checks = [
        (digits.len() != salt.len(), &rules::SALT_0X),
        (digits.is_empty(), &rules::SALT_EMPTY),
        (is_upper(digits), &rules::HEX_UPPER),
        (is_scrypt && salt.len() != 64, &rules::SALT_SCRYPT),
        (!is_scrypt && !digits.len().is_multiple_of(16), &rules::SALT_PBKDF2),
    ];
    let failed = checks.into_iter().filter(|(fails, _)| *fails);
    found.extend(failed.map(|(_, rule)| deviation(rule, field)));
}

/// The hexadecimal fields except for the salt, which clients treat differently.
fn messages(crypto: &Map<String, Value>, found: &mut Found) {
    for (path, bytes) in [
        (&["checksum", "message"][..], 32),
        (&["cipher", "message"][..], 32),
        (&["cipher", "params", "iv"][..], 16),
    ] {
        let field = format!("crypto.{}", path.join("."));
        let Some(value) = text(crypto, path) else {
            found.push(deviation(&rules::FIELD_MISSING, field));
            continue;
        };
        let digits = value.strip_prefix("0x").unwrap_or(value);
        let checks = [
            (!is_hex(digits), &rules::NOT_HEX),
            (digits.len() != value.len(), &rules::HEX_0X),
            (is_upper(digits), &rules::HEX_UPPER),
            (bytes == 16 && digits.len() != 32, &rules::IV_LENGTH),
            (bytes == 32 && digits.len() != 64, &rules::MESSAGE_LENGTH),
        ];
        let failed = checks.into_iter().filter(|(fails, _)| *fails);
        found.extend(failed.map(|(_, rule)| deviation(rule, &*field)));
    }
}

fn object<'a>(from: &'a Map<String, Value>, path: &[&str]) -> Option<&'a Map<String, Value>> {
    path.iter().try_fold(from, |object, name| object.get(*name)?.as_object())
}

fn text<'a>(from: &'a Map<String, Value>, path: &[&str]) -> Option<&'a str> {
    let (last, path) = path.split_last()?;
    object(from, path)?.get(*last)?.as_str()
}

fn is_hex(text: &str) -> bool {
    text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_upper(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_uppercase())
}
