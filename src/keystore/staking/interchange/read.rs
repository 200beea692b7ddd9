//! Reads histories as clients and people write them.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    Interchange, InterchangeError, MAX_INTERCHANGE_BYTES, VERSION,
    record::{Record, Root, SignedAttestation, SignedBlock},
};
use crate::bls::PublicKey;
use stockade_base::json::{JsonError, clip, from_slice};

/// A record that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {number}{}: {why}", of(self.pubkey.as_ref()))]
#[non_exhaustive]
pub struct BadRecord {
    /// Its position in the file, counted from 1.
    pub number: usize,
    /// The key that it names, if it names one.
    pub pubkey: Option<PublicKey>,
    /// What is wrong with it.
    pub why: String,
}

fn of(key: Option<&PublicKey>) -> String {
    key.map(|key| format!(" (of {key})")).unwrap_or_default()
}

#[derive(Deserialize)]
struct File<'a> {
    metadata: Option<FileMetadata>,
    data: Option<Records>,
    /// The response of the keymanager API to a removal contains the history as a string.
    #[serde(borrow)]
    slashing_protection: Option<&'a RawValue>,
}

/// The records, each read separately, so that an invalid one does not affect the others.
#[derive(Default)]
struct Records {
    valid: Vec<Record>,
    /// The first invalid records.
    bad: Vec<BadRecord>,
    count: usize,
    /// Valid records that lack a list.
    incomplete: usize,
}

/// With more unreadable records than this, the file is something else.
const MAX_BAD: usize = 100;

const FILE_FIELDS: [&str; 2] = ["metadata", "data"];

#[derive(Deserialize)]
struct FileMetadata {
    interchange_format_version: Option<String>,
    genesis_validators_root: Option<String>,
}

#[derive(Deserialize)]
struct FileVotes {
    signed_blocks: Option<Vec<SignedBlock>>,
    signed_attestations: Option<Vec<SignedAttestation>>,
}

const RECORD_FIELDS: [&str; 3] = ["pubkey", "signed_blocks", "signed_attestations"];

/// What was read.
pub(super) struct Read {
    pub(super) history: Interchange,
    /// The records that cannot be read.
    pub(super) bad: Vec<BadRecord>,
    /// How many records lack a list, which counts as empty.
    pub(super) incomplete: usize,
}

/// The history in `content`.
pub(super) fn read(content: &[u8]) -> Result<Read, InterchangeError> {
    let (len, limit) = (content.len(), MAX_INTERCHANGE_BYTES);
    if len > limit {
        return Err(JsonError::TooLarge { len, limit }.into());
    }
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    match content.trim_ascii_start().first() {
        None => Err(InterchangeError::Nothing),
        // A history within a JSON string, as in the keymanager API.
        Some(b'"') => read_text(content),
        Some(b'{' | b'[' | b'n') => read_object(content, true),
        Some(_) => Err(other_file(content)),
    }
}

fn read_text(content: &[u8]) -> Result<Read, InterchangeError> {
    let text: String = from_slice(content, MAX_INTERCHANGE_BYTES)?;
    match text.trim() {
        "" => Err(InterchangeError::Nothing),
        _ => read_object(text.as_bytes(), false),
    }
}

fn read_object(content: &[u8], whole: bool) -> Result<Read, InterchangeError> {
    let file: Option<File<'_>> = from_slice(content, MAX_INTERCHANGE_BYTES)?;
    let Some(file) = file else { return Err(InterchangeError::Nothing) };
    if let (None, Some(text), true) = (&file.metadata, file.slashing_protection, whole) {
        let (text, bytes) = (text.get(), text.get().as_bytes());
        return if text.starts_with('"') { read_text(bytes) } else { read_object(bytes, false) };
    }
    let File { metadata, data, .. } = file;
    if metadata.is_none() || data.is_none() {
        require_known(content, &FILE_FIELDS)?;
    }
    let (version, root) = metadata.map_or((None, None), |metadata| {
        (metadata.interchange_format_version, metadata.genesis_validators_root)
    });
    let Records { valid, bad, count, incomplete } = data.unwrap_or_default();
    let chain = root.filter(|root| !root.is_empty()).map(|root| Root::read(&root));
    let chain = match chain {
        Some(Some(root)) if !root.is_zero() => Ok(root),
        None | Some(Some(_)) if count == 0 => return Err(InterchangeError::Nothing),
        Some(None) => Err(invalid("genesis_validators_root is not 0x and 64 hex digits")),
        None => Err(InterchangeError::NoChain("missing")),
        Some(Some(_)) => Err(InterchangeError::NoChain("all zeros")),
    };
    match version {
        Some(version) if version == VERSION => {}
        Some(version) => return Err(InterchangeError::Version(clip(&version, 20))),
        None => return Err(invalid("missing field `interchange_format_version`")),
    }
    let Root(chain) = chain?;
    if count > valid.len() + MAX_BAD {
        return Err(invalid(&format!("more than {MAX_BAD} of its {count} records cannot be read")));
    }
    let history = Interchange::from_records(Interchange::new(chain).metadata, valid);
    Ok(Read { history, bad, incomplete })
}

impl<'de> Deserialize<'de> for Records {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EachRecord)
    }
}

struct EachRecord;

impl<'de> Visitor<'de> for EachRecord {
    type Value = Records;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Records, A::Error> {
        let mut records = Records::default();
        while let Some(raw) = seq.next_element::<&RawValue>()? {
            records.count += 1;
            match read_record(raw, records.count) {
                Ok((record, is_complete)) => {
                    records.valid.push(record);
                    records.incomplete += usize::from(!is_complete);
                }
                Err(bad) if records.bad.len() < MAX_BAD => records.bad.push(bad),
                Err(_) => {}
            }
        }
        Ok(records)
    }
}

/// A record, and whether it has both lists.
fn read_record(raw: &RawValue, number: usize) -> Result<(Record, bool), BadRecord> {
    let bad = |pubkey, why: String| BadRecord { number, pubkey, why };
    // The key is read first: it may be known even if the rest cannot be read.
    let pubkey = serde_json::from_str::<OnlyKey>(raw.get()).ok().and_then(|only| only.pubkey);
    let pubkey = match pubkey.map(|text| (text.parse::<PublicKey>(), text)) {
        Some((Ok(pubkey), _)) => pubkey,
        Some((Err(error), text)) => {
            return Err(bad(None, format!("pubkey {}: {error}", clip(&text, 100))));
        }
        None => return Err(bad(None, "missing field `pubkey`".to_owned())),
    };
    let votes = read_votes(raw).map_err(|error| bad(Some(pubkey), error.to_string()))?;
    let is_complete = votes.signed_blocks.is_some() && votes.signed_attestations.is_some();
    let record = Record {
        pubkey,
        signed_blocks: votes.signed_blocks.unwrap_or_default(),
        signed_attestations: votes.signed_attestations.unwrap_or_default(),
    };
    Ok((record, is_complete))
}

#[derive(Deserialize)]
struct OnlyKey {
    pubkey: Option<String>,
}

/// A missing array counts as empty (dirk omits empty arrays), unless an unknown field may be a
/// misspelling of it.
fn read_votes(raw: &RawValue) -> Result<FileVotes, JsonError> {
    let votes: FileVotes = serde_json::from_str(raw.get())?;
    if votes.signed_blocks.is_none() || votes.signed_attestations.is_none() {
        require_known(raw.get().as_bytes(), &RECORD_FIELDS)?;
    }
    Ok(votes)
}

/// Refuses unknown fields: one may be the misspelled name of a missing field.
fn require_known(object: &[u8], known: &[&str]) -> Result<(), JsonError> {
    let mut deserializer = serde_json::Deserializer::from_slice(object);
    match FirstUnknown(known).deserialize(&mut deserializer)? {
        None => Ok(()),
        Some(name) => {
            let (name, known) = (clip(&name, 40), known.join("`, `"));
            Err(JsonError::Invalid(format!(
                "unknown field `{name}`, and one of `{known}` is missing"
            )))
        }
    }
}

/// Finds the name of an object's first unknown field.
struct FirstUnknown<'k>(&'k [&'k str]);

impl<'de> DeserializeSeed<'de> for FirstUnknown<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FirstUnknown<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut first = None;
        while let Some(name) = map.next_key::<String>()? {
            map.next_value::<IgnoredAny>()?;
            if first.is_none() && !self.0.contains(&name.as_str()) {
                first = Some(name);
            }
        }
        Ok(first)
    }
}

fn invalid(what: &str) -> InterchangeError {
    JsonError::Invalid(what.to_owned()).into()
}

/// Recognises other files that people mistake for a history.
fn other_file(content: &[u8]) -> InterchangeError {
    let start = content.get(..content.len().min(4096)).unwrap_or_default();
    let holds = |text: &str| start.windows(text.len()).any(|part| part == text.as_bytes());
    if start.starts_with(b"SQLite format 3") {
        return InterchangeError::OtherFile(
            "it is an SQLite database, as Lighthouse and Nimbus keep it. Export it with the \
             client's own command (Lighthouse: `lighthouse account validator \
             slashing-protection export FILE`)",
        );
    }
    if holds("lastSignedBlockSlot") || holds("lastSignedAttestation") {
        return InterchangeError::OtherFile(
            "it is Teku's own record of one key. Export all keys with `teku \
             slashing-protection export --data-path=<teku's data> --to=FILE`",
        );
    }
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return InterchangeError::OtherFile("it is UTF-16 text; save it as UTF-8");
    }
    invalid("it is not JSON")
}
