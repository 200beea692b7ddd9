//! A custodian's sealed part of the set secret: the secret itself if any one custodian opens the
//! set, otherwise one share of it. See `docs/formats/set.md`.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroizing;

use super::{error::BackupError, secret::SetSecret, set_id::SetId};
use crate::{
    custodian::{AnyCustodian, seal, shamir},
    store::NewFile,
};
use stockade_base::secret::SecretBytes;
use stockade_wallet::interact::Interact;

const SECRET: &str = "seal/secret.age";
const FORMAT: &str = "stockade-share";
const VERSION: u32 = 1;

/// The file that is sealed to the custodian at `x`, counted from 1.
pub(crate) fn file_of(threshold: u8, x: u8) -> String {
    match threshold {
        1 => SECRET.to_owned(),
        _ => format!("seal/share-{x}.age"),
    }
}

/// Seals `secret` so that any `threshold` of `custodians` open it together.
pub(crate) fn seal_all(
    secret: &SetSecret,
    set: &SetId,
    threshold: u8,
    custodians: &[AnyCustodian],
    user: &mut dyn Interact,
) -> Result<Vec<NewFile>, BackupError> {
    if threshold == 1 {
        let all: Vec<_> = custodians.iter().collect();
        let bytes = seal(secret.expose(), &all, user)?;
        return Ok(vec![NewFile { path: SECRET.parse()?, bytes }]);
    }
    let of = u8::try_from(custodians.len())
        .map_err(|_| BackupError::Threshold("too many custodians".to_owned()))?;
    let mut files = Vec::new();
    for ((x, custodian), value) in (1..).zip(custodians).zip(secret.split(threshold, of)?) {
        let share = Share { set: set.clone(), x, threshold, of, value };
        let bytes = seal(share.to_json().as_bytes(), &[custodian], user)?;
        files.push(NewFile { path: file_of(threshold, x).parse()?, bytes });
    }
    Ok(files)
}

/// One share of a set secret.
pub(crate) struct Share {
    set: SetId,
    /// The x at which the polynomials have this value.
    pub x: u8,
    threshold: u8,
    of: u8,
    /// The value.
    pub value: shamir::Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    format: String,
    version: u32,
    set: SetId,
    x: u8,
    threshold: u8,
    of: u8,
    share: Hex,
}

/// 64 hex digits, decoded directly into their final place.
struct Hex(shamir::Value);

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;

        impl de::Visitor<'_> for Digits {
            type Value = Hex;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("64 hex digits")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Hex, E> {
                let value = SecretBytes::try_new(|bytes| hex::decode_to_slice(text, bytes));
                // The text is a secret even if it is wrong, so the error does not repeat it.
                value.map(Hex).map_err(|_| E::custom("not 64 hex digits"))
            }
        }

        deserializer.deserialize_str(Digits)
    }
}

impl Share {
    /// Reads the content of the share of the custodian at `x` in `set`. An error says what it is
    /// instead.
    pub(crate) fn parse(
        bytes: &[u8],
        set: &SetId,
        x: u8,
        threshold: u8,
        of: usize,
    ) -> Result<Self, String> {
        let fields: Fields =
            serde_json::from_slice(bytes).map_err(|_| "it is not a share".to_owned())?;
        if fields.format != FORMAT || fields.version != VERSION {
            return Err("it is a share in a format that this version does not know".to_owned());
        }
        if fields.set != *set {
            return Err(format!("it is a share of another set, {}", fields.set));
        }
        if fields.x != x {
            return Err(format!("it is share {}, not {x}", fields.x));
        }
        if fields.threshold != threshold || usize::from(fields.of) != of {
            let (threshold, of) = (fields.threshold, fields.of);
            return Err(format!("it is one of {of} shares, of which {threshold} are needed"));
        }
        let value = fields.share.0;
        Ok(Self { set: fields.set, x, threshold, of: fields.of, value })
    }

    fn to_json(&self) -> Zeroizing<String> {
        let Self { set, x, threshold, of, value } = self;
        let digits = Zeroizing::new(hex::encode(value.expose()));
        Zeroizing::new(format!(
            "{{\"format\": \"{FORMAT}\", \"version\": {VERSION}, \"set\": \"{set}\", \"x\": {x}, \
             \"threshold\": {threshold}, \"of\": {of}, \"share\": \"{}\"}}\n",
            *digits
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share() -> Share {
        let set = "20261120-hoodi-7f3a19c2".parse().unwrap();
        Share { set, x: 2, threshold: 2, of: 3, value: SecretBytes::random().unwrap() }
    }

    #[test]
    fn a_share_survives_a_round_trip() {
        let share = share();
        let read = Share::parse(share.to_json().as_bytes(), &share.set, 2, 2, 3).unwrap();
        assert_eq!(read.value.expose(), share.value.expose());
    }

    #[test]
    fn a_misplaced_share_is_identified() {
        let share = share();
        let json = share.to_json();
        let parse = |set: &str, x, threshold, of| {
            Share::parse(json.as_bytes(), &set.parse().unwrap(), x, threshold, of).err().unwrap()
        };
        let set = share.set.as_str();
        assert!(
            parse("20261120-hoodi-00000000", 2, 2, 3).contains("another set, 20261120-hoodi-7")
        );
        assert!(parse(set, 1, 2, 3).contains("share 2"));
        assert!(parse(set, 2, 3, 3).contains("3 shares, of which 2"));
        assert!(parse(set, 2, 2, 4).contains("3 shares, of which 2"));
        for bad in ["", "{}", &json.replace("\"share\": \"", "\"share\": \"zz")] {
            let error = Share::parse(bad.as_bytes(), &share.set, 2, 2, 3).err().unwrap();
            assert_eq!(error, "it is not a share");
        }
    }
}
