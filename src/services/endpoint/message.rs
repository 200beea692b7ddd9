//! A server's error message, shortened and cleaned: it may repeat what it was sent, such as keys.

use serde_json::Value;

use stockade::backup::intake::NEARLY_A_KEY;
use stockade_base::json;

/// How much of a message is shown.
const MAX_MESSAGE: usize = 300;

/// The message in a server's answer: from the usual fields, else the whole text. Empty if the answer
/// has a known form without a message. Values that were `sent`, and values of `headers`, are removed:
/// some servers answer a wrong token with that token.
pub(super) fn message(body: &[u8], sent: Option<&[u8]>, headers: &[&str]) -> String {
    let text = || String::from_utf8_lossy(body.get(..4096).unwrap_or(body)).into_owned();
    let said = match json::from_slice(body, 64 * 1024) {
        Ok(Value::Object(fields)) => {
            let known = ["message", "error", "errors", "warnings"];
            let words: Vec<_> = known.iter().filter_map(|name| fields.get(*name)).collect();
            let first = words.iter().find_map(|words| in_words(words));
            match first {
                None if words.is_empty() && !fields.contains_key("data") => text(),
                first => first.unwrap_or_default(),
            }
        }
        _ => text(),
    };
    let said = match sent.map(std::str::from_utf8) {
        Some(sent) => without_keys(&without_values(said, sent.unwrap_or_default())),
        None => said,
    };
    let said = headers
        .iter()
        .flat_map(|header| parts(header))
        .fold(said, |said, part| said.replace(part, ".."));
    // Vault's messages have line breaks.
    let said: Vec<_> = said.split_ascii_whitespace().collect();
    json::clip(&said.join(" "), MAX_MESSAGE)
}

/// The value of a header and its parts: `Bearer TOKEN` and `TOKEN`.
fn parts(header: &str) -> impl Iterator<Item = &str> {
    // Anything shorter is a word, not a token: `true`, `Bearer`.
    const SHORTEST: usize = 8;
    let whole = [header].into_iter();
    whole.chain(header.split_whitespace()).filter(|part| part.len() >= SHORTEST)
}

/// Removes the values in the JSON that was `sent`, but not the names of its fields.
fn without_values(said: String, sent: &str) -> String {
    const SHORTEST: usize = 6;
    let mut parts = sent.split('"').skip(1).peekable();
    let mut said = said;
    while let Some(text) = parts.next() {
        let is_name = parts.next().is_some_and(|after| after.trim_start().starts_with(':'));
        if !is_name && text.len() >= SHORTEST && said.contains(text) {
            said = said.replace(text, "..");
        }
    }
    said
}

/// Removes long hexadecimal numbers, which may be signing keys. Those of 96 digits are public keys.
pub(crate) fn without_keys(said: &str) -> String {
    let mut kept = String::with_capacity(said.len());
    let mut rest = said;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_hexdigit();
        let end = rest.find(|c: char| c.is_ascii_hexdigit() != is_digit).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        kept += if is_digit && run.len() >= NEARLY_A_KEY && run.len() != 96 { ".." } else { run };
        rest = after;
    }
    kept
}

fn in_words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Array(all) => {
            let words: Vec<_> = all.iter().filter_map(in_words).collect();
            (!words.is_empty()).then(|| words.join("; "))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sent_values_are_never_shown() {
        let key = "25295f0d1d592a90b333e26e85149708208e9f8e8bc18f6c77bd62f8ad7a6866";
        let sent = format!(r#"{{"data":{{"value":"0x{key}","password":"hunter2hunter2"}}}}"#);
        let said = |echo: &str| message(echo.as_bytes(), Some(sent.as_bytes()), &[]);
        for echo in [
            format!("bad request: {sent}"),
            format!("{}{key}", " ".repeat(280)),
            format!("no: {}", key.to_uppercase()),
            "password hunter2hunter2 is too short".to_owned(),
        ] {
            let said = said(&echo).to_lowercase();
            assert!(!said.contains("25295f0d") && !said.contains("hunter2"), "{said}");
        }
        assert_eq!(said("password: no"), "password: no");
        let public = "8e".repeat(48);
        assert_eq!(said(&public), public);
    }

    #[test]
    fn a_token_is_never_shown() {
        let header = "Bearer api-token-0x5f2c";
        let echo =
            r#"{"code":403,"message":"FORBIDDEN: Invalid auth token: Bearer api-token-0x5f2c"}"#;
        let said = message(echo.as_bytes(), None, &[header]);
        assert_eq!(said, "FORBIDDEN: Invalid auth token: ..");
        let alone = format!("{}wrong: api-token-0x5f2c", " ".repeat(280));
        let said = message(alone.as_bytes(), Some(b"{}"), &[header]);
        assert!(!said.contains("5f2c") && !said.contains("api-"), "{said}");
    }

    #[test]
    fn a_message_is_shortened_and_cleaned() {
        let message = |body: &[u8]| super::message(body, None, &[]);
        assert_eq!(message(br#"{"code":400,"message":"no\u001b[2J"}"#), "no\u{fffd}[2J");
        assert!(message(&[b'x'; 100_000]).len() <= MAX_MESSAGE + 2);
        assert_eq!(message(br#"{"errors":["permission denied","x"]}"#), "permission denied; x");
        assert_eq!(message(br#"{"error":"Vault is sealed"}"#), "Vault is sealed");
        let lines = br#"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#;
        assert_eq!(message(lines), "1 error occurred: * permission denied");
        assert_eq!(message(br#"{"errors":[],"warnings":["another version"]}"#), "another version");
        assert_eq!(message(br#"{"detail":"no"}"#), r#"{"detail":"no"}"#);
        for nothing in [&b""[..], br#"{"errors":[]}"#, br#"{"data":{"data":null},"warnings":null}"#]
        {
            assert_eq!(message(nothing), "");
        }
    }
}
