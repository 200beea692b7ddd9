//! [EIP-712](https://eips.ethereum.org/EIPS/eip-712): types, their text, and the hash of values.

use std::collections::{BTreeMap, BTreeSet};

use sha3::{Digest as _, Keccak256};

use super::Message;

pub(super) const DOMAIN: &str = "EIP712Domain";

/// Deeper than any message that is signed in practice.
const DEEPEST: usize = 16;

/// Values by their path: 0 for the domain or 1 for the message, then indices.
pub(super) type Values = BTreeMap<Vec<u32>, Vec<u8>>;

/// Structs by name.
#[derive(Default)]
pub(super) struct Types(BTreeMap<String, Vec<(String, FieldType)>>);

/// EthereumFieldType (messages-ethereum-eip712.proto). Sizes are in bytes.
#[derive(Clone)]
pub(super) enum FieldType {
    Uint(u32),
    Int(u32),
    Bytes(Option<u32>),
    String,
    Bool,
    Address,
    Array { entry: Box<Self>, size: Option<u32> },
    Struct(String),
}

impl FieldType {
    fn read(message: &Message<'_>, depth: usize) -> Option<Self> {
        let size = message.number(2).map(|size| size as u32);
        Some(match message.number(1)? {
            1 => Self::Uint(size?),
            2 => Self::Int(size?),
            3 => Self::Bytes(size),
            4 => Self::String,
            5 => Self::Bool,
            6 => Self::Address,
            7 if depth < DEEPEST => {
                let (entry, _) = Message::read(message.bytes(3)?);
                Self::Array { entry: Box::new(Self::read(&entry, depth + 1)?), size }
            }
            8 => Self::Struct(message.text(4)?),
            _ => return None,
        })
    }

    /// Its name in the text of a type.
    fn name(&self) -> String {
        match self {
            Self::Uint(size) => format!("uint{}", size.saturating_mul(8)),
            Self::Int(size) => format!("int{}", size.saturating_mul(8)),
            Self::Bytes(Some(size)) => format!("bytes{size}"),
            Self::Bytes(None) => "bytes".to_owned(),
            Self::String => "string".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Address => "address".to_owned(),
            Self::Array { entry, size } => {
                let size = size.map(|size| size.to_string()).unwrap_or_default();
                format!("{}[{size}]", entry.name())
            }
            Self::Struct(name) => name.clone(),
        }
    }

    /// The struct that it contains, if any.
    fn structure(&self) -> Option<&str> {
        match self {
            Self::Array { entry, .. } => entry.structure(),
            Self::Struct(name) => Some(name),
            _ => None,
        }
    }
}

impl Types {
    /// Adds the members of `name`, and returns the structs in them that are not known yet.
    pub(super) fn learn(&mut self, name: String, message: &Message<'_>) -> Option<Vec<String>> {
        let mut members = Vec::new();
        for bytes in message.all_bytes(1) {
            let (member, _) = Message::read(bytes);
            let (field, _) = Message::read(member.bytes(1)?);
            members.push((member.text(2)?, FieldType::read(&field, 0)?));
        }
        let nested = members.iter().filter_map(|(_, field)| field.structure());
        let nested: Vec<_> = nested.map(str::to_owned).collect();
        self.0.insert(name, members);
        Some(nested.into_iter().filter(|name| !self.knows(name)).collect())
    }

    pub(super) fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn members(&self, name: &str) -> &[(String, FieldType)] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The digest that is signed.
    pub(super) fn digest(
        &self,
        primary_type: &str,
        values: &Values,
        metamask: bool,
    ) -> Option<[u8; 32]> {
        let encoding = Encoding { types: self, values, metamask };
        let mut hasher = Keccak256::new_with_prefix([0x19, 0x01]);
        hasher.update(encoding.hash(DOMAIN, &[0], 0)?);
        if primary_type != DOMAIN {
            hasher.update(encoding.hash(primary_type, &[1], 0)?);
        }
        Some(hasher.finalize().into())
    }

    /// encodeType: the struct, and after it those that it uses, sorted.
    fn text(&self, name: &str) -> String {
        let mut used = BTreeSet::new();
        self.used_by(name, &mut used);
        used.remove(name);
        let one = |name: &str| {
            let members = self.members(name).iter();
            let members: Vec<_> =
                members.map(|(name, field)| format!("{} {name}", field.name())).collect();
            format!("{name}({})", members.join(","))
        };
        std::iter::once(name).chain(used).map(one).collect()
    }

    fn used_by<'a>(&'a self, name: &'a str, used: &mut BTreeSet<&'a str>) {
        if used.insert(name) {
            for structure in self.members(name).iter().filter_map(|(_, field)| field.structure()) {
                self.used_by(structure, used);
            }
        }
    }
}

/// The values of a message and their encoding.
struct Encoding<'a> {
    types: &'a Types,
    values: &'a Values,
    metamask: bool,
}

impl Encoding<'_> {
    /// hashStruct of the values at `path`.
    fn hash(&self, name: &str, path: &[u32], depth: usize) -> Option<[u8; 32]> {
        let mut hasher = Keccak256::new_with_prefix(Keccak256::digest(self.types.text(name)));
        self.members(name, path, depth, &mut hasher)?;
        Some(hasher.finalize().into())
    }

    /// encodeData of the values at `path`.
    fn members(
        &self,
        name: &str,
        path: &[u32],
        depth: usize,
        hasher: &mut Keccak256,
    ) -> Option<()> {
        for (index, (_, field)) in (0..).zip(self.types.members(name)) {
            hasher.update(self.encode(field, &[path, &[index]].concat(), depth)?);
        }
        Some(())
    }

    fn encode(&self, field: &FieldType, path: &[u32], depth: usize) -> Option<[u8; 32]> {
        if depth > DEEPEST {
            return None;
        }
        match field {
            FieldType::Struct(name) => return self.hash(name, path, depth + 1),
            FieldType::Array { entry, size } => {
                let length = match size {
                    Some(length) => *length,
                    None => number(self.values.get(path)?),
                };
                let mut hasher = Keccak256::new();
                for index in 0..length {
                    let path = [path, &[index]].concat();
                    match &**entry {
                        FieldType::Struct(name) if !self.metamask => {
                            self.members(name, &path, depth + 1, &mut hasher)?;
                        }
                        entry => hasher.update(self.encode(entry, &path, depth + 1)?),
                    }
                }
                return Some(hasher.finalize().into());
            }
            _ => {}
        }
        let value = self.values.get(path)?.as_slice();
        Some(match field {
            FieldType::String | FieldType::Bytes(None) => Keccak256::digest(value).into(),
            FieldType::Bytes(Some(_)) => padded(value, 0, false)?,
            FieldType::Int(_) => {
                let negative = value.first().is_some_and(|byte| byte >> 7 == 1);
                padded(value, if negative { 0xff } else { 0 }, true)?
            }
            _ => padded(value, 0, true)?,
        })
    }
}

fn number(big_endian: &[u8]) -> u32 {
    big_endian.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

/// 32 bytes with `value` at their end or at their beginning.
fn padded(value: &[u8], filling: u8, at_end: bool) -> Option<[u8; 32]> {
    let filling = vec![filling; 32_usize.checked_sub(value.len())?];
    let both = if at_end { [&filling[..], value] } else { [value, &filling] };
    both.concat().try_into().ok()
}
