//! The fields of a secret: texts, lists, objects and other JSON values.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use zeroize::Zeroizing;

use stockade_base::secret::SecretText;

/// The fields of a secret by their names, wiped when dropped.
pub(crate) type Fields = BTreeMap<String, Field>;

/// The value of a field.
pub(crate) enum Field {
    Text(SecretText),
    List(Vec<Field>),
    Object(Fields),
    /// A number, `true`, `false` or `null`, as JSON.
    Other(String),
}

impl Field {
    pub(crate) fn text(&self) -> Option<&SecretText> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Writes fields as JSON, for a keystore whose fields were stored as the secret's fields.
pub(crate) fn to_json(fields: &Fields) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::new());
    object(fields, &mut out);
    out
}

fn object(fields: &Fields, out: &mut String) {
    for (i, (name, field)) in fields.iter().enumerate() {
        out.push(if i == 0 { '{' } else { ',' });
        text(name, out);
        out.push(':');
        value(field, out);
    }
    out.push_str(if fields.is_empty() { "{}" } else { "}" });
}

fn value(field: &Field, out: &mut String) {
    match field {
        Field::Text(secret) => text(secret.expose(), out),
        Field::Object(fields) => object(fields, out),
        Field::Other(json) => out.push_str(json),
        Field::List(items) => {
            for (i, item) in items.iter().enumerate() {
                out.push(if i == 0 { '[' } else { ',' });
                value(item, out);
            }
            out.push_str(if items.is_empty() { "[]" } else { "]" });
        }
    }
}

fn text(text: &str, out: &mut String) {
    // Text can always be written as JSON.
    out.push_str(&Zeroizing::new(serde_json::to_string(text).unwrap_or_default()));
}

/// By hand, because serde's own buffer would not be wiped.
impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Field, E> {
        Ok(Field::Text(SecretText::new(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Field, E> {
        Ok(Field::Text(SecretText::new(text)))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Field, E> {
        Ok(Field::Other(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Field, E> {
        Ok(Field::Other(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Field, E> {
        Ok(Field::Other(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Field, E> {
        Ok(Field::Other(serde_json::Value::from(value).to_string()))
    }

    fn visit_unit<E>(self) -> Result<Field, E> {
        Ok(Field::Other("null".to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Field, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Field::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Field, A::Error> {
        let mut fields = Fields::new();
        while let Some((name, value)) = entries.next_entry()? {
            fields.insert(name, value);
        }
        Ok(Field::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_survive_a_round_trip() {
        let json =
            r#"{"a":"x\"\n","b":[1,-2,1.5,true,null,[]],"c":{"d":{}},"e":18446744073709551615}"#;
        let fields: Fields = serde_json::from_str(json).unwrap();
        assert_eq!(*to_json(&fields), json);
    }
}
