//! EthereumSignTx and EthereumSignTxEIP1559 (messages-ethereum.proto). The One shows the beginning of
//! the data and then asks for the rest; core firmware asks for it first.

use sha3::{Digest, Keccak256};

use super::{
    super::{failure::NO_KEY, rlp, screen::code},
    Command, Failure, Message, Model, Reply, Screen, State, Step, key_steps,
};
use crate::trezor::{kind, protobuf::Writer};

/// The most data requested at a time.
const CHUNK: usize = 1024;
/// The most pages of data that the One shows before it warns that there is more.
const PAGE: usize = 24;
const MOST_PAGES: usize = 5;
/// The largest chain id whose v fits into 32 bits.
const MOST_CHAIN: u64 = (u32::MAX as u64 - 36) / 2;

const TOO_MUCH: Failure =
    Failure::new(3, "Too much data", "Invalid data length").at("ethereum.c:1038");
const EMPTY: Failure =
    Failure::new(3, "Empty data chunk received", "Invalid data length").at("ethereum.c:1044");
/// Firmware accepts less than 16 MB.
const MOST_DATA: usize = 16_000_000;
const MALFORMED: Failure =
    Failure::new(3, "Malformed address", "Invalid address").at("ethereum.c:258");
/// The largest total length of a price and the gas limit, in bytes.
const MOST_FEE: usize = 30;
/// Wanchain's transaction types.
const WANCHAIN: [u64; 2] = [1, 6];
const UNSAFE: &str = "Safety check failed";

pub(super) struct SignTx {
    path: Vec<u32>,
    typed: bool,
    /// Nonce, prices and gas limit, unchanged, in the order of the transaction.
    numbers: Vec<Vec<u8>>,
    to: String,
    value: Vec<u8>,
    data: Vec<u8>,
    length: usize,
    chain_id: u64,
    /// Wanchain's type of a legacy transaction.
    tx_type: Option<u64>,
    access_list: Vec<Access>,
}

/// An entry of an access list.
struct Access {
    address: String,
    storage_keys: Vec<Vec<u8>>,
}

impl Access {
    fn read(bytes: &[u8]) -> Self {
        let (message, _) = Message::read(bytes);
        Self {
            address: message.text(1).unwrap_or_default(),
            storage_keys: message.all_bytes(2).into_iter().map(<[u8]>::to_vec).collect(),
        }
    }

    fn rlp(&self) -> Result<Vec<u8>, Failure> {
        let keys: Vec<Vec<u8>> = self.storage_keys.iter().map(|key| rlp::string(key)).collect();
        Ok(rlp::list(&[rlp::string(&address(&self.address)?), rlp::list(&keys)]))
    }
}

impl SignTx {
    /// Reads a legacy transaction.
    pub(super) fn read(message: &Message<'_>) -> Self {
        let tx_type = message.number(10);
        Self { tx_type, ..Self::with(message, false, &[2, 3, 4], [11, 6, 7, 8, 9]) }
    }

    /// Reads an EIP-1559 transaction, whose message has the maximum fee before the tip.
    pub(super) fn read_eip1559(message: &Message<'_>) -> Self {
        let access_list = message.all_bytes(11).into_iter().map(Access::read).collect();
        Self { access_list, ..Self::with(message, true, &[2, 4, 3, 5], [6, 7, 8, 9, 10]) }
    }

    fn with(message: &Message<'_>, typed: bool, numbers: &[u64], fields: [u64; 5]) -> Self {
        let bytes = |field| message.bytes(field).map(<[u8]>::to_vec).unwrap_or_default();
        let [to, value, data, length, chain] = fields;
        let number = |field| message.number(field).unwrap_or_default();
        Self {
            path: message.path(),
            typed,
            numbers: numbers.iter().map(|field| bytes(*field)).collect(),
            to: message.text(to).unwrap_or_default(),
            value: bytes(value),
            data: bytes(data),
            length: usize::try_from(number(length)).unwrap_or(usize::MAX),
            chain_id: number(chain),
            tx_type: None,
            access_list: Vec::new(),
        }
    }

    /// The request for the next part of the data, if any is missing.
    fn next_chunk(&self) -> Option<Step> {
        let left = self.length.checked_sub(self.data.len()).filter(|left| *left > 0)?;
        let request = Writer::default().number(1, left.min(CHUNK) as u64).finish();
        Some(Step::Ask(kind::ETHEREUM_TX_ACK, (kind::ETHEREUM_TX_REQUEST, request)))
    }

    /// The checks before anything is shown: first those for both kinds of transactions,
    /// then those for each kind.
    fn check(&self) -> Option<Failure> {
        let failure = |one, core, place| Some(Failure::new(3, one, core).at(place));
        let same = |text, place| failure(text, text, place);
        if self.chain_id == 0 {
            return same("Chain ID out of bounds", "ethereum.c:564");
        }
        if self.length > 0 && self.data.is_empty() {
            return same("Data length provided, but no initial chunk", "ethereum.c:572");
        }
        if self.length > MOST_DATA {
            return same("Data length exceeds limit", "ethereum.c:580");
        }
        if self.data.len() > self.length {
            return same("Invalid size of initial chunk", "ethereum.c:589");
        }
        if !matches!(self.to.len(), 0 | 40 | 42) {
            return failure(UNSAFE, "Invalid recipient address", "ethereum.c:604");
        }
        if self.to.is_empty() && self.length == 0 {
            return failure(UNSAFE, "Contract creation without data", "ethereum.c:604");
        }
        let (gas, prices) = self.numbers.split_last()?;
        let prices = prices.get(1..).unwrap_or_default();
        if prices.iter().any(|price| price.len() + gas.len() > MOST_FEE) {
            let place = if self.typed { "ethereum.c:935" } else { "ethereum.c:827" };
            return failure(UNSAFE, "Fee overflow", place);
        }
        if self.tx_type.is_some_and(|kind| !WANCHAIN.contains(&kind)) {
            return failure("Txtype out of bounds", "tx_type out of bounds", "ethereum.c:838");
        }
        None
    }

    /// The bytes whose hash is signed.
    fn digest(&self) -> Result<[u8; 32], Failure> {
        let mut items: Vec<Vec<u8>> = self.numbers.iter().map(|bytes| rlp::string(bytes)).collect();
        items
            .extend([&address(&self.to)?, &self.value, &self.data].map(|bytes| rlp::string(bytes)));
        let chain = rlp::number(self.chain_id);
        let bytes = if self.typed {
            items.insert(0, chain);
            let list: Result<Vec<_>, _> = self.access_list.iter().map(Access::rlp).collect();
            items.push(rlp::list(&list?));
            [vec![2], rlp::list(&items)].concat()
        } else {
            if let Some(kind) = self.tx_type {
                items.insert(0, rlp::number(kind));
            }
            items.extend([chain, rlp::string(&[]), rlp::string(&[])]);
            rlp::list(&items)
        };
        Ok(Keccak256::digest(bytes).into())
    }

    fn screens_of_one(&self) -> Vec<Screen> {
        let page = |text: String, place| Screen::new(code::SIGN_TX, "", text).at(place);
        let mut screens = vec![page(format!("Send to {}?", self.to), "ethereum.c:768")];
        let pages = self.length.div_ceil(PAGE);
        for n in 1..=pages.min(MOST_PAGES) {
            screens.push(page(format!("Transaction data, page {n}"), "ethereum.c:785"));
        }
        if pages > MOST_PAGES {
            let warning = Screen::new(code::PROTECT_CALL, "", "Warning! Too long data to view.");
            screens.push(warning.at("ethereum.c:794"));
        }
        let fees: &[_] = if self.typed {
            &[
                ("Maximum fee per gas", "ethereum.c:951"),
                ("Priority fee per gas", "ethereum.c:961"),
                ("Maximum fee", "ethereum.c:970"),
            ]
        } else {
            &[("Really send, paying up to the fee?", "ethereum.c:855")]
        };
        screens.extend(fees.iter().map(|(text, place)| page((*text).to_owned(), place)));
        screens
    }

    fn screens_of_core(&self) -> Vec<Screen> {
        let mut screens = Vec::new();
        if self.length > 0 {
            let text = format!("All input data ({} bytes)", self.length);
            screens.push(Screen::new(code::SIGN_TX, "confirm_data", text));
        }
        let to = format!("Send to {}?", self.to);
        screens.push(Screen::new(code::SIGN_TX, "confirm_output", to));
        screens.push(Screen::new(code::SIGN_TX, "confirm_total", "Sign transaction?").pages(2));
        screens
    }
}

impl Command for SignTx {
    fn steps(&self, model: Model) -> Vec<Step> {
        let mut steps = key_steps(model, &self.path, "fsm_msg_ethereum.h:128");
        // Core firmware checks this before the path, the One after it.
        let at = if model == Model::One { steps.len() } else { steps.len() - 1 };
        if let Some(failure) = self.check() {
            steps.insert(at, Step::Fail(failure));
        }
        match model {
            Model::One => steps.extend([Step::Show].into_iter().chain(self.next_chunk())),
            _ => steps.extend(self.next_chunk().into_iter().chain([Step::Show])),
        }
        steps
    }

    fn screens(&self, state: &State) -> Result<Vec<Screen>, Failure> {
        address(&self.to)?;
        match state.model {
            Model::One => Ok(self.screens_of_one()),
            _ => Ok(self.screens_of_core()),
        }
    }

    fn heard(&mut self, message: &Message<'_>) -> Result<Vec<Step>, Failure> {
        let chunk = message.bytes(1).unwrap_or_default();
        if chunk.is_empty() {
            return Err(EMPTY);
        }
        self.data.extend_from_slice(chunk);
        if self.data.len() > self.length {
            Err(TOO_MUCH)
        } else {
            Ok(self.next_chunk().into_iter().collect())
        }
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        let node = state.node(&self.path)?;
        let (r, s, odd) = node.sign(&self.digest()?).ok_or(NO_KEY)?;
        let with_chain = !self.typed && self.chain_id <= MOST_CHAIN;
        let v = if with_chain { self.chain_id * 2 + 35 } else { 0 } + u64::from(odd);
        let reply = Writer::default().number(2, v).bytes(3, &r).bytes(4, &s);
        Ok((kind::ETHEREUM_TX_REQUEST, reply.finish()))
    }
}

/// The bytes of the recipient, possibly none.
fn address(text: &str) -> Result<Vec<u8>, Failure> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let nibble = |c: char| c.to_digit(16).map(|digit| digit as u8);
    let nibbles: Option<Vec<u8>> = digits.chars().map(nibble).collect();
    let nibbles = nibbles.filter(|n| matches!(n.len(), 0 | 40)).ok_or(MALFORMED)?;
    Ok(nibbles.chunks(2).map(|pair| pair.iter().fold(0, |byte, n| byte << 4 | n)).collect())
}
