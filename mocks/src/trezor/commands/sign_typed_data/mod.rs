//! EthereumSignTypedData: EIP-712 with types and values, which core firmware requests one by one
//! (messages-ethereum-eip712.proto). The One does not know it.

mod encoding;

use std::collections::VecDeque;

use super::{
    super::{failure::NO_KEY, screen::code},
    Command, Failure, Message, Model, Reply, Screen, State, Step, key_steps,
};
use crate::trezor::{kind, protobuf::Writer};
use encoding::{DOMAIN, FieldType, Types, Values};

const ODD_TYPE: Failure = Failure::new(3, "", "Invalid type");
const TOO_MUCH: Failure = Failure::new(3, "", "Too many values");
/// More types and values than the vendor's clients send; firmware is bounded by its memory.
const MOST: usize = 4096;

pub(super) struct SignTypedData {
    path: Vec<u32>,
    primary_type: String,
    /// Whether structs in arrays are hashed, as MetaMask does, and not only encoded.
    metamask: bool,
    types: Types,
    values: Values,
    /// The types whose members must be requested; the current request is first.
    unknown: VecDeque<String>,
    /// The requests and screens once all types are known; the current request is first.
    due: VecDeque<Due>,
}

enum Due {
    Value(Vec<u32>, FieldType),
    Press(Screen),
}

impl SignTypedData {
    pub(super) fn read(message: &Message<'_>) -> Self {
        let primary_type = message.text(2).unwrap_or_default();
        let mut unknown = VecDeque::from([DOMAIN.to_owned()]);
        if primary_type != DOMAIN {
            unknown.push_back(primary_type.clone());
        }
        Self {
            path: message.path(),
            primary_type,
            metamask: message.flag(3).unwrap_or(true),
            types: Types::default(),
            values: Values::default(),
            unknown,
            due: VecDeque::new(),
        }
    }

    fn heard_struct(&mut self, message: &Message<'_>) -> Result<(), Failure> {
        let Some(name) = self.unknown.pop_front() else { return Err(ODD_TYPE) };
        let nested = self.types.learn(name, message).ok_or(ODD_TYPE)?;
        for name in nested.into_iter().rev() {
            self.unknown.push_front(name);
        }
        while self.unknown.front().is_some_and(|name| self.types.knows(name)) {
            self.unknown.pop_front();
        }
        if self.types.len() > MOST {
            return Err(TOO_MUCH);
        }
        if self.unknown.is_empty() {
            self.plan();
        }
        Ok(())
    }

    /// The requests and screens after all types are known.
    fn plan(&mut self) {
        let page = |name, shown: &str| Due::Press(Screen::new(code::OTHER, name, shown).pages(2));
        self.plan_struct(DOMAIN, &[0]);
        self.due.push_back(page("confirm_typed_value", "EIP-712 domain"));
        if self.primary_type != DOMAIN {
            let name = self.primary_type.clone();
            let shown = format!("Show contents of {name}?");
            let screen = Screen::new(code::OTHER, "should_show_struct", shown);
            self.due.push_back(Due::Press(screen));
            self.plan_struct(&name, &[1]);
        }
        self.due.push_back(page("confirm_typed_data_final", "Really sign EIP-712 typed data?"));
    }

    fn plan_struct(&mut self, name: &str, path: &[u32]) {
        for (index, (_, field)) in (0..).zip(self.types.members(name)) {
            self.due.push_back(Due::Value([path, &[index]].concat(), field.clone()));
        }
    }

    fn heard_value(&mut self, message: &Message<'_>) -> Result<(), Failure> {
        let Some(Due::Value(path, field)) = self.due.pop_front() else { return Err(ODD_TYPE) };
        let value = message.bytes(1).unwrap_or_default();
        if let FieldType::Array { entry, .. } = &field {
            let length = value.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
            self.expect(&path, entry, length)?;
        }
        self.values.insert(path, value.to_vec());
        Ok(())
    }

    /// Requests the values of an array at `path` next.
    fn expect(&mut self, path: &[u32], entry: &FieldType, length: u32) -> Result<(), Failure> {
        if length as usize + self.due.len() + self.values.len() > MOST {
            return Err(TOO_MUCH);
        }
        for index in (0..length).rev() {
            self.due.push_front(Due::Value([path, &[index]].concat(), entry.clone()));
        }
        Ok(())
    }

    /// The next request, and the screens before it.
    fn next(&mut self) -> Result<Vec<Step>, Failure> {
        if let Some(name) = self.unknown.front() {
            return Ok(vec![ask_struct(name)]);
        }
        let mut steps = Vec::new();
        loop {
            match self.due.pop_front() {
                Some(Due::Press(screen)) => steps.push(Step::Press(screen)),
                Some(Due::Value(path, FieldType::Struct(name))) => {
                    let members = self.types.members(&name).to_vec();
                    for (index, (_, field)) in members.into_iter().enumerate().rev() {
                        let path = [&path[..], &[index as u32]].concat();
                        self.due.push_front(Due::Value(path, field));
                    }
                    if self.due.len() > MOST {
                        return Err(TOO_MUCH);
                    }
                }
                // The length of such an array is not requested.
                Some(Due::Value(path, FieldType::Array { entry, size: Some(length) })) => {
                    self.expect(&path, &entry, length)?;
                }
                Some(due @ Due::Value(..)) => {
                    if let Due::Value(path, _) = &due {
                        let request = Writer::default().numbers(1, &to_numbers(path)).finish();
                        steps.push(Step::Ask(
                            kind::ETHEREUM_TYPED_DATA_VALUE_ACK,
                            (kind::ETHEREUM_TYPED_DATA_VALUE_REQUEST, request),
                        ));
                    }
                    self.due.push_front(due);
                    return Ok(steps);
                }
                None => return Ok(steps),
            }
        }
    }
}

fn ask_struct(name: &str) -> Step {
    let request = Writer::default().text(1, name).finish();
    Step::Ask(
        kind::ETHEREUM_TYPED_DATA_STRUCT_ACK,
        (kind::ETHEREUM_TYPED_DATA_STRUCT_REQUEST, request),
    )
}

fn to_numbers(path: &[u32]) -> Vec<u64> {
    path.iter().map(|level| u64::from(*level)).collect()
}

impl Command for SignTypedData {
    fn steps(&self, model: Model) -> Vec<Step> {
        let mut steps = key_steps(model, &self.path, "");
        steps.push(Step::Show);
        steps.push(ask_struct(DOMAIN));
        steps
    }

    fn screens(&self, state: &State) -> Result<Vec<Screen>, Failure> {
        let address = format!("0x{}", state.node(&self.path)?.address());
        Ok(vec![Screen::new(code::SIGN_TX, "confirm_address", address)])
    }

    fn heard(&mut self, message: &Message<'_>) -> Result<Vec<Step>, Failure> {
        if self.unknown.is_empty() {
            self.heard_value(message)?;
        } else {
            self.heard_struct(message)?;
        }
        self.next()
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        let node = state.node(&self.path)?;
        let digest =
            self.types.digest(&self.primary_type, &self.values, self.metamask).ok_or(ODD_TYPE)?;
        let (r, s, odd) = node.sign(&digest).ok_or(NO_KEY)?;
        let signature = [&r[..], &s, &[27 + u8::from(odd)]].concat();
        let address = format!("0x{}", node.address());
        let reply = Writer::default().bytes(1, &signature).text(2, &address);
        Ok((kind::ETHEREUM_TYPED_DATA_SIGNATURE, reply.finish()))
    }
}
