//! Documents without what differs from run to run: times, random ids, and folders of tests.

use serde_json::Value;

/// The same document with fixed values for all that differs.
pub(super) fn normal(document: &Value, folder: &str) -> Value {
    let mut ids = Vec::new();
    collect_ids(document, &mut ids);
    convert(document, "", &|text| {
        let mut text = text.replace(folder, "/media/example").replace(VECTORS, "/media/keys");
        for (place, id) in ids.iter().enumerate() {
            text = text.replace(id.as_str(), COPY_IDS[place % COPY_IDS.len()]);
        }
        words(&text)
    })
}

/// The test vectors, as tests name them.
const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../device-tests/vectors");

/// What ids of copies are shown as.
const COPY_IDS: [&str; 3] = ["a1b2c3d4", "b2c3d4e5", "c3d4e5f6"];

/// The ids of copies: the texts of fields named `copy`.
fn collect_ids(value: &Value, ids: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                match (name.as_str(), inner) {
                    ("copy", Value::String(id)) if !ids.contains(id) => ids.push(id.clone()),
                    ("copies" | "marked" | "sealed_in", Value::Array(list)) => {
                        let texts = list.iter().filter_map(Value::as_str).map(str::to_owned);
                        texts.for_each(|id| {
                            if !ids.contains(&id) {
                                ids.push(id)
                            }
                        });
                        collect_ids(inner, ids);
                    }
                    _ => collect_ids(inner, ids),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| collect_ids(inner, ids)),
        _ => {}
    }
}

fn convert(value: &Value, name: &str, text: &impl Fn(&str) -> String) -> Value {
    match value {
        // The file system of whoever runs the test.
        Value::Object(_) if name == "mount" => serde_json::json!({
            "dir": "/media/example",
            "source": "/dev/sdb1",
            "file_system": "exfat",
            "removable": true,
        }),
        Value::Object(fields) => {
            let convert = |(key, inner): (&String, &Value)| (text(key), convert(inner, key, text));
            Value::Object(fields.iter().map(convert).collect())
        }
        Value::Array(list) => list.iter().map(|inner| convert(inner, name, text)).collect(),
        Value::String(one) => Value::String(text(one)),
        other => other.clone(),
    }
}

/// The text with fixed values for its words that are times, or random.
fn words(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() {
            word.push(c);
            continue;
        }
        let shown = fixed(&out, &word).to_owned();
        out.push_str(&shown);
        word.clear();
        out.push(c);
    }
    out.pop();
    times(&out)
}

const SIGNATURE: &str = "0x40f2e45967c68c11ef5a50f492b5fd5b3771fad61aa2d79c54195bf7f13f99e1\
                         71222f1eb19c1ae33df01389d217738791840294b5aca73e7c23959831d1c3f81c";

/// What to show for a word, by what is before it.
fn fixed<'a>(before: &str, word: &'a str) -> &'a str {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    match word.len() {
        _ if digits(word) && before.ends_with("127.0.0.1:") => "5062",
        16 if word.ends_with('Z') && word.as_bytes()[8] == b'T' && digits(&word[..8]) => {
            "20261130T120000Z"
        }
        8 if digits(word) && word.starts_with("20") => "20261130",
        8 if hex(word) && before.ends_with("hoodi-") => "0a1b2c3d",
        10 if digits(word) && word.starts_with("17") => "1795000000",
        64 if hex(word) && !word.contains("00000000") => {
            "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
        }
        // A signature covers the time, so it differs, too.
        132 if word.starts_with("0x") => SIGNATURE,
        _ => word,
    }
}

/// Times in RFC 3339 and for people.
fn times(text: &str) -> String {
    let (long, short) = ("2026-11-30T12:00:00Z", "2026-11-30 12:00 UTC");
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let is = |shape: &str| {
            rest.len() >= shape.len()
                && rest.bytes().zip(shape.bytes()).all(|(is, shape)| {
                    if shape.is_ascii_digit() { is.is_ascii_digit() } else { is == shape }
                })
        };
        if let Some(shape) = [long, short].into_iter().find(|shape| is(shape)) {
            out.push_str(shape);
            rest = &rest[shape.len()..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}
