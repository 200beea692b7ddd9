//! Incomplete transactions.

use sha3::{Digest, Keccak256};

use super::{answer::Status, rlp};

/// The longest transaction that the mock stores. The firmware stores only what it needs.
const MAX_LENGTH: usize = 1024 * 1024;

/// The type of a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Legacy,
    Eip2930,
    Eip1559,
    Eip7702,
}

/// A transaction of which some bytes have arrived.
pub(super) struct Transaction {
    pub(super) kind: Kind,
    bytes: Vec<u8>,
}

/// The fields read so far.
#[derive(Default)]
pub(super) struct Fields<'a> {
    /// `None` if it is not protected by EIP-155.
    pub(super) chain_id: Option<&'a [u8]>,
    pub(super) price: &'a [u8],
    pub(super) gas: &'a [u8],
    pub(super) to: Option<&'a [u8]>,
    pub(super) value: &'a [u8],
    /// The part of the data that has arrived, once any has.
    pub(super) data: &'a [u8],
    /// The length of the complete data.
    pub(super) data_length: usize,
    /// Whether the transaction is complete.
    pub(super) whole: bool,
}

impl Transaction {
    /// A transaction of `kind` of which nothing has arrived.
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, bytes: Vec::new() }
    }

    pub(super) fn extend(&mut self, chunk: &[u8]) -> Result<(), Status> {
        self.bytes.extend(chunk);
        if self.bytes.len() > MAX_LENGTH { Err(Status::INSUFFICIENT_MEMORY) } else { Ok(()) }
    }

    /// Reads the bytes that have arrived.
    pub(super) fn fields(&self) -> Result<Fields<'_>, Status> {
        let mut fields = Fields::default();
        let Some((list, rest)) = rlp::item(&self.bytes)? else { return Ok(fields) };
        if !list.is_list || !rest.is_empty() {
            return Err(Status::INCORRECT_DATA);
        }
        let mut payload = list.bytes;
        let order: &[Field] = match self.kind {
            Kind::Legacy => &LEGACY,
            Kind::Eip2930 => &EIP_2930,
            Kind::Eip1559 => &EIP_1559,
            Kind::Eip7702 => &EIP_7702,
        };
        for field in order {
            // Like the firmware: a transaction that ends here counts as one from before EIP-155,
            // even if its list announces more.
            if *field == Field::LegacyChainId && payload.is_empty() {
                fields.whole = true;
                return Ok(fields);
            }
            let Some((item, after)) = rlp::item(payload)? else { return Ok(fields) };
            if item.is_list != field.is_list() {
                return Err(Status::INCORRECT_DATA);
            }
            fields.set(*field, &item)?;
            if !item.is_whole() {
                return Ok(fields);
            }
            payload = after;
        }
        fields.whole = list.is_whole() && payload.is_empty();
        if list.is_whole() && !fields.whole { Err(Status::INCORRECT_DATA) } else { Ok(fields) }
    }

    /// The bytes whose hash is signed.
    pub(super) fn hash(&self) -> [u8; 32] {
        let mut hasher = Keccak256::new();
        match self.kind {
            Kind::Legacy => {}
            Kind::Eip2930 => hasher.update([0x01]),
            Kind::Eip1559 => hasher.update([0x02]),
            Kind::Eip7702 => hasher.update([0x04]),
        }
        hasher.update(&self.bytes);
        hasher.finalize().into()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    ChainId,
    LegacyChainId,
    Price,
    Gas,
    To,
    Value,
    Data,
    AccessList,
    Authorizations,
    /// A number that the mock ignores: nonce, tip, r, s.
    Other,
}

impl Field {
    fn is_list(self) -> bool {
        matches!(self, AccessList | Authorizations)
    }
}

use Field::{
    AccessList, Authorizations, ChainId, Data, Gas, LegacyChainId, Other, Price, To, Value,
};

const LEGACY: [Field; 9] = [Other, Price, Gas, To, Value, Data, LegacyChainId, Other, Other];
const EIP_2930: [Field; 8] = [ChainId, Other, Price, Gas, To, Value, Data, AccessList];
const EIP_1559: [Field; 9] = [ChainId, Other, Other, Price, Gas, To, Value, Data, AccessList];
const EIP_7702: [Field; 10] =
    [ChainId, Other, Other, Price, Gas, To, Value, Data, AccessList, Authorizations];

impl<'a> Fields<'a> {
    fn set(&mut self, field: Field, item: &rlp::Item<'a>) -> Result<(), Status> {
        let longest = match field {
            Data | AccessList | Authorizations => usize::MAX,
            To => 20,
            _ => 32,
        };
        if item.length > longest || (field == To && !matches!(item.length, 0 | 20)) {
            return Err(Status::INCORRECT_DATA);
        }
        if field == Data {
            (self.data, self.data_length) = (item.bytes, item.length);
            return Ok(());
        }
        if !item.is_whole() {
            return Ok(());
        }
        match field {
            ChainId | LegacyChainId => self.chain_id = Some(item.bytes),
            Price => self.price = item.bytes,
            Gas => self.gas = item.bytes,
            To => self.to = Some(item.bytes),
            Value => self.value = item.bytes,
            Data | AccessList | Authorizations | Other => {}
        }
        Ok(())
    }

    /// The chain id: 0 if there is none.
    pub(super) fn chain(&self) -> u64 {
        let bytes = self.chain_id.unwrap_or_default();
        bytes.iter().fold(0_u64, |sum, byte| sum.wrapping_shl(8) | u64::from(*byte))
    }
}
