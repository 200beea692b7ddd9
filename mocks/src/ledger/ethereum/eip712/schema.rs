//! The EIP-712 types that a host defines, and their encoding.

use std::collections::BTreeSet;

use sha3::{Digest, Keccak256};

use crate::ledger::ethereum::answer::Status;

/// The defined structs, in order.
#[derive(Default)]
pub(super) struct Schema {
    structs: Vec<Struct>,
}

pub(super) struct Struct {
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
}

pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The array levels, from the inside out; `None` is one of any length.
    pub(super) arrays: Vec<Option<u8>>,
}

#[derive(Clone)]
pub(super) enum Kind {
    Struct(String),
    Int { bytes: u8 },
    Uint { bytes: u8 },
    Address,
    Bool,
    Text,
    FixedBytes { bytes: u8 },
    Bytes,
}

const HAS_SIZE: u8 = 0x40;
const IS_ARRAY: u8 = 0x80;

impl Schema {
    /// Begins the struct `name`.
    pub(super) fn begin(&mut self, name: &[u8]) -> Result<(), Status> {
        self.structs.push(Struct { name: text(name)?, fields: Vec::new() });
        Ok(())
    }

    /// Adds a field to the last struct: `type | [length, name of a struct] | [size] |
    /// [count, arrays] | length, name`.
    pub(super) fn add(&mut self, definition: &[u8]) -> Result<(), Status> {
        let field = field(definition).ok_or(Status::INCORRECT_DATA)?;
        self.structs.last_mut().ok_or(Status::INCORRECT_DATA)?.fields.push(field);
        Ok(())
    }

    pub(super) fn get(&self, name: &str) -> Result<&Struct, Status> {
        self.structs.iter().find(|known| known.name == name).ok_or(Status::INCORRECT_DATA)
    }

    /// The type hash of the struct `name`, which includes all structs that it refers to, by name.
    pub(super) fn type_hash(&self, name: &str) -> Result<[u8; 32], Status> {
        let mut others = BTreeSet::new();
        self.refer(name, &mut others)?;
        others.remove(name);
        let mut written = self.get(name)?.written();
        for other in &others {
            written += &self.get(other)?.written();
        }
        Ok(Keccak256::digest(written).into())
    }

    fn refer<'s>(&'s self, name: &str, seen: &mut BTreeSet<&'s str>) -> Result<(), Status> {
        for field in &self.get(name)?.fields {
            if let Kind::Struct(other) = &field.kind
                && seen.insert(other)
            {
                self.refer(other, seen)?;
            }
        }
        Ok(())
    }
}

impl Struct {
    fn written(&self) -> String {
        let fields: Vec<String> = self.fields.iter().map(Field::written).collect();
        format!("{}({})", self.name, fields.join(","))
    }
}

impl Field {
    fn written(&self) -> String {
        let kind = match &self.kind {
            Kind::Struct(name) => name.clone(),
            Kind::Int { bytes } => format!("int{}", u16::from(*bytes) * 8),
            Kind::Uint { bytes } => format!("uint{}", u16::from(*bytes) * 8),
            Kind::Address => "address".into(),
            Kind::Bool => "bool".into(),
            Kind::Text => "string".into(),
            Kind::FixedBytes { bytes } => format!("bytes{bytes}"),
            Kind::Bytes => "bytes".into(),
        };
        let arrays = self.arrays.iter().map(|length| match length {
            Some(length) => format!("[{length}]"),
            None => "[]".into(),
        });
        format!("{kind}{} {}", arrays.collect::<String>(), self.name)
    }
}

fn field(definition: &[u8]) -> Option<Field> {
    let (&head, mut rest) = definition.split_first()?;
    let number = head & 0x0f;
    let struct_name = if number == 0 { Some(text(prefixed(&mut rest)?).ok()?) } else { None };
    let size = if head & HAS_SIZE != 0 { Some(byte(&mut rest)?) } else { None };
    let kind = match (number, struct_name, size) {
        (0, Some(name), None) => Kind::Struct(name),
        (1, _, Some(bytes @ 1..=32)) => Kind::Int { bytes },
        (2, _, Some(bytes @ 1..=32)) => Kind::Uint { bytes },
        (3, _, None) => Kind::Address,
        (4, _, None) => Kind::Bool,
        (5, _, None) => Kind::Text,
        (6, _, Some(bytes @ 1..=32)) => Kind::FixedBytes { bytes },
        (7, _, None) => Kind::Bytes,
        _ => return None,
    };
    let mut arrays = Vec::new();
    if head & IS_ARRAY != 0 {
        for _ in 0..byte(&mut rest)? {
            arrays.push(match byte(&mut rest)? {
                0 => None,
                1 => Some(byte(&mut rest)?),
                _ => return None,
            });
        }
    }
    let name = text(prefixed(&mut rest)?).ok()?;
    rest.is_empty().then_some(Field { name, kind, arrays })
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    Some(*first)
}

fn prefixed<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = byte(rest)?;
    let (bytes, after) = rest.split_at_checked(usize::from(length))?;
    *rest = after;
    Some(bytes)
}

fn text(bytes: &[u8]) -> Result<String, Status> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Status::INCORRECT_DATA)
}
