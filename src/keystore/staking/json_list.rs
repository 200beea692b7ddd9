//! Lists in other tools' JSON files: with a byte-order mark, wrapped as by an API, or with a single
//! item in place of a list.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use stockade_base::json::{JsonError, from_slice};

/// Reads a list or a single item, bare or as `{"data": ..}`.
pub(super) fn parse_list<T: DeserializeOwned>(
    content: &[u8],
    limit: usize,
) -> Result<Vec<T>, JsonError> {
    let content = match content {
        [0xef, 0xbb, 0xbf, rest @ ..] => rest,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            return Err(JsonError::Invalid("it is UTF-16 text: save it as UTF-8".to_owned()));
        }
        content => content,
    };
    if content.trim_ascii_start().first() != Some(&b'{') {
        return from_slice(content, limit);
    }
    match from_slice::<Outer>(content, limit)?.data {
        None => Ok(vec![from_slice(content, limit)?]),
        Some(Shape::Many) => Ok(from_slice::<Wrapped<Vec<T>>>(content, limit)?.data),
        Some(Shape::One) => Ok(vec![from_slice::<Wrapped<T>>(content, limit)?.data]),
    }
}

#[derive(Deserialize)]
struct Outer {
    data: Option<Shape>,
}

#[derive(Deserialize)]
struct Wrapped<T> {
    data: T,
}

/// Whether a value is a list. The value itself is not kept.
enum Shape {
    Many,
    One,
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;

        impl<'de> Visitor<'de> for Look {
            type Value = Shape;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object or a list in `data`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Shape::Many)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Shape::One)
            }
        }

        deserializer.deserialize_any(Look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Named {
        name: u8,
    }

    fn names(content: &[u8]) -> Result<Vec<u8>, String> {
        let list = parse_list::<Named>(content, 1000).map_err(|error| error.to_string())?;
        Ok(list.into_iter().map(|one| one.name).collect())
    }

    #[test]
    fn one_and_many_are_read_bare_and_wrapped() {
        for (content, expected) in [
            (r#"{"name": 1}"#, &[1][..]),
            (r#" [{"name": 1}, {"name": 2}]"#, &[1, 2]),
            (r#"{"data": {"name": 1}}"#, &[1]),
            (r#"{"version": "x", "data": [{"name": 1}, {"name": 2}]}"#, &[1, 2]),
            ("\u{feff}[{\"name\": 3}]", &[3]),
            ("[]", &[]),
        ] {
            assert_eq!(names(content.as_bytes()).unwrap(), expected, "{content}");
        }
    }

    #[test]
    fn errors_are_about_the_item_itself() {
        for (content, word) in [
            (&br#"{"data": {"nome": 1}}"#[..], "missing field `name`"),
            (br#"{"nome": 1}"#, "missing field `name`"),
            (br#"{"data": 7}"#, "`data`"),
            (b"\xff\xfe[\0]\0", "UTF-16"),
        ] {
            let error = names(content).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
