//! SIGN EIP-712 and the commands before it: definitions (1A) and values (1C).
//!
//! Not simulated: filters (1E), which only make the screen explain more.

mod schema;
mod values;

use sha3::{Digest, Keccak256};

use self::{
    schema::Schema,
    values::{Hashed, Values},
};
use super::{
    Ethereum,
    answer::{Answer, Status},
    command::Command,
    review::Review,
};
use crate::User;

pub(super) const SIGN: u8 = 0x0c;
pub(super) const DEFINE: u8 = 0x1a;
pub(super) const IMPLEMENT: u8 = 0x1c;

const NAME: u8 = 0x00;
const ARRAY: u8 = 0x0f;
const FIELD: u8 = 0xff;

/// The struct that every message has in addition to its own.
const DOMAIN: &str = "EIP712Domain";

/// Approximately the app's heap, which must hold the stored message.
const HEAP: usize = 16 * 1024;

/// A message being received.
#[derive(Default)]
pub(super) struct TypedData {
    schema: Schema,
    defined: usize,
    values: Vec<Values>,
}

impl Ethereum {
    /// P2 00: the name of a struct; FF: one of its fields.
    pub(super) fn define_struct(&mut self, command: &Command<'_>) -> Result<Answer, Status> {
        let typed = self.typed_data.get_or_insert_default();
        typed.defined += command.data.len() + 1;
        if typed.defined > HEAP {
            return Err(Status::INSUFFICIENT_MEMORY);
        }
        match command.p2 {
            _ if !typed.values.is_empty() => return Err(Status::INCORRECT_DATA),
            NAME => typed.schema.begin(command.data)?,
            FIELD => typed.schema.add(command.data)?,
            _ => return Err(Status::WRONG_P1_P2),
        }
        Ok(Answer::silent([]))
    }

    /// P2 00: the struct of the values; 0F: the length of an array; FF: a value, with P1 01 if
    /// more of it follows.
    pub(super) fn implement_struct(&mut self, command: &Command<'_>) -> Result<Answer, Status> {
        // Nothing vouches for the meaning of the fields, so the user must have allowed this.
        let allowed = self.settings.blind_signing || self.settings.raw_messages;
        let typed = self.typed_data.as_mut().ok_or(Status::COMMAND_NOT_ALLOWED)?;
        match (command.p2, typed.values.last_mut()) {
            (NAME, _) => {
                let name = std::str::from_utf8(command.data).map_err(|_| Status::INCORRECT_DATA)?;
                typed.values.push(Values::new(typed.schema.get(name)?.name.clone()));
            }
            (ARRAY, Some(values)) => match command.data {
                [length] => values.array(*length),
                _ => return Err(Status::INCORRECT_DATA),
            },
            (FIELD, Some(values)) if allowed => values.value(command.data, command.p1 == 1)?,
            (ARRAY | FIELD, _) => return Err(Status::INCORRECT_DATA),
            _ => return Err(Status::WRONG_P1_P2),
        }
        if typed.values.iter().map(Values::size).sum::<usize>() > HEAP {
            Err(Status::INSUFFICIENT_MEMORY)
        } else {
            Ok(Answer::silent([]))
        }
    }

    /// P2 00: data is path and the two hashes; 01: path, after definitions and values.
    pub(super) fn sign_typed_data(
        &mut self,
        command: &Command<'_>,
        user: &mut User,
    ) -> Result<Answer, Status> {
        if command.p1 != 0 {
            return Err(Status::WRONG_P1_P2);
        }
        match command.p2 {
            0 => self.sign_hashes(command, user),
            1 => self.sign_values(command, user),
            _ => Err(Status::WRONG_P1_P2),
        }
    }

    fn sign_hashes(&mut self, command: &Command<'_>, user: &mut User) -> Result<Answer, Status> {
        let (path, hashes) = command.path()?;
        let (domain, message) = hashes.split_first_chunk().ok_or(Status::INCORRECT_DATA)?;
        let message: &[u8; 32] = message.try_into().map_err(|_| Status::INCORRECT_DATA)?;
        if !self.settings.blind_signing {
            return Err(Status::INCORRECT_DATA);
        }
        let review = Review::of("typed message")
            .field("Domain hash", hex(domain))
            .field("Message hash", hex(message));
        self.sign_eip712(&path, domain, message, &review, user)
    }

    fn sign_values(&mut self, command: &Command<'_>, user: &mut User) -> Result<Answer, Status> {
        let typed = self.typed_data.take().ok_or(Status::COMMAND_NOT_ALLOWED)?;
        let [domain, message] = &*typed.values else { return Err(Status::INCORRECT_DATA) };
        if domain.root != DOMAIN {
            return Err(Status::INCORRECT_DATA);
        }
        let (path, _) = command.path()?;
        let hashed =
            [(domain, domain.hash(&typed.schema)?), (message, message.hash(&typed.schema)?)];
        let mut review = Review::of("typed message");
        for (values, Hashed { hash, shown }) in &hashed {
            let raw = self.settings.raw_messages;
            if raw {
                review = review.field("Review struct", &*values.root);
            }
            review = if raw || values.root == DOMAIN {
                shown.iter().fold(review, |review, (name, text)| review.field(name, text))
            } else {
                review.field("Message hash", hex(hash))
            };
        }
        let [(_, domain), (_, message)] = &hashed;
        self.sign_eip712(&path, &domain.hash, &message.hash, &review, user)
    }

    fn sign_eip712(
        &self,
        path: &[u32],
        domain: &[u8; 32],
        message: &[u8; 32],
        review: &Review,
        user: &mut User,
    ) -> Result<Answer, Status> {
        let node = self.node(path)?;
        let digest = Keccak256::digest([&[0x19, 0x01], &domain[..], message].concat()).into();
        Answer::reviewed(user, &review.text(true), || {
            let (r, s, odd) = node.sign(&digest).ok_or(Status::INTERNAL)?;
            Ok([&[0x1b + u8::from(odd)], &r[..], &s].concat())
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("0x{digits}")
}
