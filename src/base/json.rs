//! JSON from untrusted files: its size and depth are checked before it is parsed.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// Deeper than any format in use; anything deeper is an attack on the parser.
const MAX_DEPTH: usize = 16;

/// How many characters of a parser's message are kept: it may quote the file.
const MAX_MESSAGE: usize = 200;

/// A file is not the JSON that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The file is larger than its format allows.
    #[error("the file has {len} bytes, more than the {limit} that its format allows")]
    TooLarge {
        /// The file's size in bytes.
        len: usize,
        /// The format's limit in bytes.
        limit: usize,
    },
    /// Objects or arrays are nested deeper than in any real file.
    #[error("nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// Not JSON, or a field is missing or has the wrong type: the parser's message.
    #[error("{0}")]
    Invalid(String),
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        Self::Invalid(clip(&error.to_string(), MAX_MESSAGE))
    }
}

/// Parses a file of at most `limit` bytes.
pub fn from_slice<'a, T: Deserialize<'a>>(bytes: &'a [u8], limit: usize) -> Result<T, JsonError> {
    check_limits(bytes, limit)?;
    Ok(serde_json::from_slice(bytes)?)
}

/// Parses a file of at most `limit` bytes that may contain secrets: an error gives its kind and
/// position, and never quotes the file.
pub fn from_secret_slice<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, JsonError> {
    use serde_json::error::Category;

    check_limits(bytes, limit)?;
    serde_json::from_slice(bytes).map_err(|error| {
        let what = match error.classify() {
            Category::Data => "a field is missing or has the wrong type",
            Category::Eof => "the file ends too early",
            Category::Syntax | Category::Io => "not JSON",
        };
        let (line, column) = (error.line(), error.column());
        JsonError::Invalid(format!("{what}, at line {line}, column {column}"))
    })
}

/// Deserializes an array of at most `N` elements. A longer one is rejected at element `N + 1`, before
/// the rest is read into memory.
pub fn at_most<'de, D, T, const N: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Bounded<T, const N: usize>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for Bounded<T, N> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "an array of at most {N} elements")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(next) = seq.next_element()? {
                if list.len() == N {
                    return Err(A::Error::invalid_length(N.saturating_add(1), &self));
                }
                list.push(next);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_seq(Bounded::<T, N>(PhantomData))
}

/// Deserializes a value that takes at most `N` bytes in the file. An enum is buffered until its tag is
/// known, which takes many times as much memory as the file; this bounds it.
pub fn short<'de, D, T, const N: usize>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let raw = <&RawValue>::deserialize(deserializer)?;
    if raw.get().len() > N {
        return Err(D::Error::custom(format!("a value of more than {N} bytes")));
    }
    serde_json::from_str(raw.get()).map_err(D::Error::custom)
}

/// Writes JSON as deposit tools do: indented by one space, without a final newline.
pub fn to_string_indented(value: &impl Serialize) -> Result<String, JsonError> {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter))?;
    String::from_utf8(out).map_err(|error| JsonError::Invalid(error.to_string()))
}

/// The first `limit` characters of untrusted text, safe to show in an error message.
pub fn clip(text: &str, limit: usize) -> String {
    let clean = |c: char| if crate::shown::is_harmful(c) { '\u{fffd}' } else { c };
    let mut clipped: String = text.chars().take(limit).map(clean).collect();
    if clipped.len() < text.len() {
        clipped.push_str("..");
    }
    clipped
}

/// The parser skips unknown fields without limiting their depth, so depth is counted here.
fn check_limits(bytes: &[u8], limit: usize) -> Result<(), JsonError> {
    if bytes.len() > limit {
        return Err(JsonError::TooLarge { len: bytes.len(), limit });
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(JsonError::TooDeep);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Named {
        name: String,
    }

    #[test]
    fn brackets_in_strings_are_not_depth() {
        let text = format!(r#"{{"name": "\"{}"}}"#, "[".repeat(100));
        let named: Named = from_slice(text.as_bytes(), 1000).unwrap();
        assert_eq!(named.name.len(), 101);
    }

    #[test]
    fn a_deeply_nested_unknown_field_is_rejected() {
        let text = format!(r#"{{"name": "x", "extra": {}{}}}"#, "[".repeat(20), "]".repeat(20));
        assert_eq!(from_slice::<Named>(text.as_bytes(), 1000), Err(JsonError::TooDeep));
    }

    #[test]
    fn size_is_checked_first() {
        let error = from_slice::<Named>(&[b'['; 1001], 1000);
        assert_eq!(error, Err(JsonError::TooLarge { len: 1001, limit: 1000 }));
    }

    #[test]
    fn an_error_quotes_little_of_a_hostile_file() {
        let text = format!("\"{}\"", "\u{1b}[31m".repeat(1000).replace('\u{1b}', "\\u001b"));
        let error = from_slice::<Named>(text.as_bytes(), 100_000).unwrap_err().to_string();
        assert!(error.len() < 250, "{} bytes", error.len());
        assert!(!error.contains('\u{1b}'));
    }
}
