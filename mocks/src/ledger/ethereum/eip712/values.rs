//! The EIP-712 values that a host sends, and their hashes.

use std::collections::VecDeque;

use sha3::{Digest, Keccak256};

use super::schema::{Field, Kind, Schema};
use crate::{
    ledger::ethereum::{amounts::decimal, answer::Status},
    seed::checksummed,
};

/// A schema can refer to itself; the depth of values is limited.
const MAX_DEPTH: usize = 16;

/// The values of one of the two signed structs.
pub(super) struct Values {
    pub(super) root: String,
    events: Vec<Event>,
    /// An incomplete value, and its final length.
    partial: Option<(usize, Vec<u8>)>,
}

#[derive(Clone)]
enum Event {
    Array(u8),
    Value(Vec<u8>),
}

/// A hash, and the name and text of every value in it.
pub(super) struct Hashed {
    pub(super) hash: [u8; 32],
    pub(super) shown: Vec<(String, String)>,
}

impl Values {
    /// Starts the values of the struct `root`.
    pub(super) fn new(root: String) -> Self {
        Self { root, events: Vec::new(), partial: None }
    }

    /// Adds the length of an array.
    pub(super) fn array(&mut self, length: u8) {
        self.events.push(Event::Array(length));
    }

    /// Adds a value, `length (2) | bytes`, or more bytes of an incomplete one.
    pub(super) fn value(&mut self, bytes: &[u8], more: bool) -> Result<(), Status> {
        let (length, mut value) = match self.partial.take() {
            Some(partial) => partial,
            None => {
                let length = bytes.first_chunk::<2>().ok_or(Status::INCORRECT_DATA)?;
                (usize::from(u16::from_be_bytes(*length)), Vec::new())
            }
        };
        let begins = value.is_empty() && bytes.len() >= 2;
        value.extend(bytes.iter().skip(if begins { 2 } else { 0 }));
        match (more, value.len() == length) {
            (false, true) => self.events.push(Event::Value(value)),
            (true, false) if value.len() < length => self.partial = Some((length, value)),
            _ => return Err(Status::INCORRECT_DATA),
        }
        Ok(())
    }

    /// The number of stored bytes.
    pub(super) fn size(&self) -> usize {
        let size = |event: &Event| match event {
            Event::Array(_) => 1,
            Event::Value(value) => value.len() + 1,
        };
        self.events.iter().map(size).sum()
    }

    /// The hash of the struct, if its values are complete and there are no others.
    pub(super) fn hash(&self, schema: &Schema) -> Result<Hashed, Status> {
        let mut events = self.events.iter().cloned().collect();
        let mut walk = Walk { schema, events: &mut events, shown: Vec::new() };
        let hash = walk.hash_struct(&self.root, 0)?;
        let shown = walk.shown;
        if events.is_empty() && self.partial.is_none() {
            Ok(Hashed { hash, shown })
        } else {
            Err(Status::INCORRECT_DATA)
        }
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    events: &'a mut VecDeque<Event>,
    shown: Vec<(String, String)>,
}

impl Walk<'_> {
    fn hash_struct(&mut self, name: &str, depth: usize) -> Result<[u8; 32], Status> {
        if depth > MAX_DEPTH {
            return Err(Status::INCORRECT_DATA);
        }
        let mut hasher = Keccak256::new();
        hasher.update(self.schema.type_hash(name)?);
        for field in &self.schema.get(name)?.fields {
            hasher.update(self.encode(field, &field.arrays, depth)?);
        }
        Ok(hasher.finalize().into())
    }

    fn encode(
        &mut self,
        field: &Field,
        arrays: &[Option<u8>],
        depth: usize,
    ) -> Result<[u8; 32], Status> {
        if let Some((outermost, inner)) = arrays.split_last() {
            let Some(Event::Array(length)) = self.events.pop_front() else {
                return Err(Status::INCORRECT_DATA);
            };
            if outermost.is_some_and(|fixed| fixed != length) {
                return Err(Status::INCORRECT_DATA);
            }
            let mut hasher = Keccak256::new();
            for _ in 0..length {
                hasher.update(self.encode(field, inner, depth)?);
            }
            return Ok(hasher.finalize().into());
        }
        if let Kind::Struct(name) = &field.kind {
            return self.hash_struct(name, depth + 1);
        }
        let Some(Event::Value(value)) = self.events.pop_front() else {
            return Err(Status::INCORRECT_DATA);
        };
        self.shown.push((field.name.clone(), show(&field.kind, &value)));
        encode_value(&field.kind, &value).ok_or(Status::INCORRECT_DATA)
    }
}

/// Encodes a value in 32 bytes, as EIP-712 specifies.
fn encode_value(kind: &Kind, value: &[u8]) -> Option<[u8; 32]> {
    let longest = match kind {
        Kind::Text | Kind::Bytes => return Some(Keccak256::digest(value).into()),
        Kind::Int { bytes } | Kind::Uint { bytes } | Kind::FixedBytes { bytes } => *bytes,
        Kind::Address => 20,
        Kind::Bool => 1,
        Kind::Struct(_) => return None,
    };
    if value.len() > usize::from(longest) {
        return None;
    }
    let negative = matches!(kind, Kind::Int { bytes } if value.len() == usize::from(*bytes))
        && value.first().is_some_and(|first| first & 0x80 != 0);
    let mut word = [if negative { 0xff } else { 0 }; 32];
    let skip = if matches!(kind, Kind::FixedBytes { .. }) { 0 } else { 32 - value.len() };
    for (to, from) in word.iter_mut().skip(skip).zip(value) {
        *to = *from;
    }
    Some(word)
}

fn show(kind: &Kind, value: &[u8]) -> String {
    let hex = || value.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    match kind {
        Kind::Text => String::from_utf8_lossy(value).into_owned(),
        Kind::Uint { .. } | Kind::Int { .. } => decimal(value),
        Kind::Bool => (value.last() == Some(&1)).to_string(),
        Kind::Address => value
            .first_chunk()
            .map_or_else(String::new, |address| format!("0x{}", checksummed(address))),
        Kind::Bytes | Kind::FixedBytes { .. } | Kind::Struct(_) => format!("0x{}", hex()),
    }
}
