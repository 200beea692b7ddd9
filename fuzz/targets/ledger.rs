//! A Ledger that answers whatever the input says.

use std::{collections::VecDeque, time::Duration};

use stockade::{
    device::{Found, Show, Timeouts},
    eth::{Address, Fee, Transaction},
    ledger::{
        Apdu, Command, DeviceInfo, Exchange, ExchangeError, HidExchange, Ledger, Reply, commands,
    },
    path::DerivationPath,
    transport::{Link, Packet, TransportError, Wait},
};

use super::{Pieces, words::Person};

/// Nothing here waits for a device that is silent, but for an app that is to open.
const TIMEOUTS: Timeouts = Timeouts::new(Duration::from_secs(2), Duration::from_secs(2));
const TO_OPEN_AN_APP: Timeouts =
    Timeouts::new(Duration::from_millis(20), Duration::from_millis(20));

/// Replies, one for each APDU. After the last one the device is gone.
struct Replies(VecDeque<Vec<u8>>);

impl Replies {
    /// Each reply as its length and its bytes; an odd length gets 9000 at the end.
    fn new(data: &[u8]) -> Self {
        let mut pieces = Pieces(data);
        let mut replies = VecDeque::new();
        while let Some(length) = pieces.byte() {
            let mut reply = pieces.bytes(usize::from(length / 2)).to_vec();
            if length % 2 == 1 {
                reply.extend([0x90, 0]);
            }
            replies.push_back(reply);
        }
        Self(replies)
    }
}

impl Exchange for Replies {
    fn exchange(&mut self, _apdu: &Apdu, _wait: Wait<'_>) -> Result<Reply, ExchangeError> {
        let reply = self.0.pop_front().ok_or(TransportError::Disconnected)?;
        Reply::from_bytes(reply.into()).ok_or(ExchangeError::NoStatusWord)
    }
}

fn connected(exchange: Box<dyn Exchange>, timeouts: Timeouts) -> Box<Ledger> {
    Box::new(Ledger::new(exchange, DeviceInfo::new("ledger", "Nano X"), timeouts))
}

pub(super) fn transaction() -> Transaction {
    Transaction {
        chain_id: 560_048,
        nonce: 0,
        fee: Fee::Eip1559 { max_fee_per_gas: 2_000_000_000, max_priority_fee_per_gas: 1 },
        gas_limit: 100_000,
        to: Address::from_bytes([7; 20]),
        value: 1,
        data: vec![0x5a; 300],
    }
}

/// Everything that is asked of a wallet, and each result as text.
pub(super) fn everything(found: Box<dyn Found>) -> Vec<String> {
    let (mut found, mut user, mut said) = (found, Person, Vec::new());
    said.push(format!("{:?}", found.state()));
    said.push(format!("{:?}", found.identify()));
    let mut wallet = match found.open(&mut user) {
        Ok(wallet) => wallet,
        Err(error) => {
            said.push(format!("{error:?}"));
            return said;
        }
    };
    super::understood();
    let path = DerivationPath::check_address();
    said.push(format!("{:?}", wallet.identity()));
    for show in [Show::Silently, Show::OnDevice] {
        said.push(format!("{:?}", wallet.address(&path, show, &mut user)));
    }
    said.push(format!("{:?}", wallet.sign_personal(&path, "Hello", &mut user)));
    if let Some(signer) = wallet.transactions() {
        let signed = signer.sign_transaction(&path, &transaction(), &mut user);
        said.push(format!("{signed:?}"));
    }
    if let Some(keys) = wallet.bls_public_keys() {
        let key = keys.bls_public_key(&DerivationPath::signing_key(0), Show::Silently, &mut user);
        said.push(format!("{key:?}"));
    }
    if let Some(cipher) = wallet.cipher_key_value() {
        let path = DerivationPath::cipher_key_value();
        let answer = cipher.encrypt(&path, "key", &[7; 32], &mut user);
        said.push(format!("{:?}", answer.map(|secret| *secret.expose())));
    }
    if let Some(sessions) = wallet.sessions() {
        said.push(format!("{:?}", sessions.renew(&mut user)));
        said.push(format!("{:?}", wallet.address(&path, Show::Silently, &mut user)));
    }
    said
}

/// Replies to the commands of an open wallet, and to each command alone.
pub(super) fn apdu_replies(data: &[u8]) {
    let once = || everything(connected(Box::new(Replies::new(data)), TO_OPEN_AN_APP));
    same_unless_late(once().join(" "), once().join(" "));
    let btec = || {
        let mut user = Person;
        let signer =
            connected(Box::new(Replies::new(data)), TO_OPEN_AN_APP).open_bls_signer(&mut user);
        signer.map(|mut signer| {
            let key = signer.withdrawal_public_key(7, &mut user);
            format!("{key:?} {:?}", signer.sign_root(7, &[5; 32], &mut user))
        })
    };
    same_unless_late(format!("{:?}", btec()), format!("{:?}", btec()));

    let path = DerivationPath::check_address();
    alone(&commands::GetAppNameAndVersion, data);
    alone(&commands::GetAppConfiguration, data);
    alone(&commands::GetOsVersion, data);
    alone(&commands::GetAddress { path: &path, show: Show::Silently }, data);
    alone(&commands::GetEth2PublicKey { path: &path, show: Show::Silently }, data);
    alone(&commands::PersonalSign { path: &path, message: "Hello" }, data);
    alone(&commands::SignTransaction { path: &path, transaction: &transaction() }, data);
}

/// A machine that is busy may be too slow for one of the two.
fn same_unless_late(one: String, other: String) {
    assert!(one == other || one.contains("Timeout") || other.contains("Timeout"), "{one}\n{other}");
}

fn alone<C: Command>(command: &C, data: &[u8])
where
    C::Response: Sized,
{
    super::same(command.parse(data).err(), command.parse(data).err());
}

/// A device behind packets: each APDU is answered with the input's next packets, on its channel.
struct Packets {
    channel: [u8; 2],
    left: VecDeque<Packet>,
    idle: usize,
}

impl Link for Packets {
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError> {
        self.channel = [packet[0], packet[1]];
        Ok(())
    }

    fn receive(&mut self, _wait: Duration) -> Result<Option<Packet>, TransportError> {
        self.idle += 1;
        if self.idle.is_multiple_of(3) {
            return Ok(None);
        }
        let mut packet = self.left.pop_front().ok_or(TransportError::Disconnected)?;
        // Most packets are on the channel that was asked on.
        if packet[0] != 0xee {
            packet[..2].copy_from_slice(&self.channel);
        }
        Ok(Some(packet))
    }
}

/// Replies in packets.
pub(super) fn ledger_packets(data: &[u8]) {
    let left = super::framing::in_packets(data).into();
    let link = Packets { channel: [0; 2], left, idle: 0 };
    everything(connected(Box::new(HidExchange::new(link)), TIMEOUTS));
}
