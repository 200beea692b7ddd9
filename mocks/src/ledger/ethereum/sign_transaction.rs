//! SIGN TX: legacy, EIP-2930, EIP-1559 and EIP-7702 transactions.
//!
//! Not simulated: the P2 modes for calls that descriptors explain.

use super::{
    Ethereum, KNOWS_7702, Version,
    amounts::{amount, decimal, fits, product},
    answer::{Answer, Status},
    command::Command,
    network::network,
    plugin::{Judgement, Plugin},
    review::Review,
    transaction::{Fields, Kind, Transaction},
};
use crate::{Decision, User};

pub(super) const INSTRUCTION: u8 = 0x04;

const FIRST: u8 = 0x00;
const MORE: u8 = 0x80;

/// The app's buffers for the texts of the fees and of the value, in bytes.
const ROOM_FOR_FEES: usize = 50;
const ROOM_FOR_VALUE: usize = 79;

/// A transaction being received.
pub(super) struct Signing {
    path: Vec<u32>,
    transaction: Transaction,
    /// The plugin that explains its data; `Some(None)` once data has arrived that none explains.
    plugin: Option<Option<Plugin>>,
    /// The number of pieces of data that the user has confirmed one by one.
    confirmed: usize,
}

impl Ethereum {
    /// P1 00 begins a transaction with path and bytes; P1 80 continues it. The chunk that
    /// completes it starts the review.
    pub(super) fn sign_transaction(
        &mut self,
        command: &Command<'_>,
        user: &mut User,
    ) -> Result<Answer, Status> {
        let (mut signing, chunk) = match (command.p2, command.p1) {
            (0, FIRST) => {
                if self.is_in_the_middle() {
                    self.reset();
                }
                Signing::begin(command, self.version)?
            }
            (0, MORE) => {
                let signing = self.transaction.take().ok_or(Status::COMMAND_NOT_ALLOWED)?;
                (signing, command.data)
            }
            _ => return Err(Status::WRONG_P1_P2),
        };
        signing.transaction.extend(chunk)?;
        if self.look_at_data(&mut signing, chunk.len(), user)? == Decision::Reject {
            return Ok(Answer::rejected());
        }
        if signing.transaction.fields()?.whole {
            return self.review(&signing, user);
        }
        self.transaction = Some(signing);
        Ok(Answer::silent([]))
    }

    /// Judges the data received so far, or asks the user to confirm it word by word.
    fn look_at_data(
        &self,
        signing: &mut Signing,
        chunk: usize,
        user: &mut User,
    ) -> Result<Decision, Status> {
        let fields = signing.transaction.fields()?;
        let to = fields.to.unwrap_or_default();
        // Contract creations, and calls with less than a selector, are not explained.
        if fields.data.is_empty() || to.is_empty() || fields.data_length < 4 {
            return Ok(Decision::Approve);
        }
        let Some(selector) = fields.data.first_chunk::<4>() else {
            return Err(Status::INCORRECT_DATA);
        };
        let begins = signing.plugin.is_none();
        let plugin = *signing.plugin.get_or_insert_with(|| {
            if self.settings.debug_contracts {
                None
            } else {
                Plugin::of(to, *selector, self.version)
            }
        });
        if begins && chunk < 4 {
            return Err(Status::INCORRECT_DATA);
        }
        match plugin {
            Some(plugin) => {
                plugin.judge(fields.data, &self.withdrawal_key()?)?;
                Ok(Decision::Approve)
            }
            None if !self.settings.blind_signing => Err(Status::INCORRECT_DATA),
            None if !self.settings.debug_contracts => Ok(Decision::Approve),
            None => {
                let (decision, confirmed) = confirm(&fields, signing.confirmed, user);
                signing.confirmed = confirmed;
                Ok(decision)
            }
        }
    }

    fn review(&self, signing: &Signing, user: &mut User) -> Result<Answer, Status> {
        let fields = signing.transaction.fields()?;
        let node = self.node(&signing.path)?;
        let (network, ticker) = network(fields.chain());
        let fees = decimal(&product(fields.price, fields.gas));
        if !fits(&fees, ticker, ROOM_FOR_FEES)
            || !fits(&decimal(fields.value), ticker, ROOM_FOR_VALUE)
        {
            return Err(Status::OVERFLOW);
        }
        let fees = amount(&fees, 18, ticker);
        let hash = signing.transaction.hash();
        let from = format!("0x{}", node.address());
        let (review, blind) = match signing.plugin.flatten() {
            Some(plugin)
                if plugin.judge(fields.data, &self.withdrawal_key()?)? == Judgement::Fine =>
            {
                let review = plugin.explain(fields.data, fields.value, ticker)?;
                let review =
                    network.iter().fold(review, |review, name| review.field("Network", name));
                (review.field("Max fees", fees), false)
            }
            _ => {
                let blind = fields.data_length > 0;
                let review = Review::of("transaction");
                let sends = !blind || fields.value.iter().any(|byte| *byte != 0);
                let review = if sends {
                    review.field("Amount", amount(&decimal(fields.value), 18, ticker))
                } else {
                    review
                };
                let review = review.field("To", recipient(&fields)).field("Max fees", fees);
                let review =
                    network.iter().fold(review, |review, name| review.field("Network", name));
                let name = if self.model.has_buttons() { "Tx hash" } else { "Transaction hash" };
                let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                if blind {
                    (review.field(name, format!("0x{digits}")), true)
                } else {
                    (review, false)
                }
            }
        };
        if blind && !self.settings.blind_signing {
            return Err(Status::INCORRECT_DATA);
        }
        Answer::reviewed(user, &review.first("From", from).text(blind), || {
            let (r, s, odd) = node.sign(&hash).ok_or(Status::INTERNAL)?;
            let parity = u64::from(odd);
            let v = match (signing.transaction.kind, fields.chain_id) {
                (Kind::Legacy, None) => 27 + parity,
                (Kind::Legacy, Some(chain)) => {
                    // The firmware uses the first four bytes of the chain id; its clients know that.
                    let first = chain.iter().take(4);
                    let first = first.fold(0, |sum, byte| sum << 8 | u64::from(*byte));
                    first * 2 + 35 + parity
                }
                _ => parity,
            };
            // The firmware sends the lowest byte.
            Ok([&[v as u8], &r[..], &s].concat())
        })
    }

    fn withdrawal_key(&self) -> Result<[u8; 48], Status> {
        let path = [12381, 3600, self.withdrawal_index, 0];
        self.seed.bls_public_key(&path).ok_or(Status::INTERNAL)
    }
}

impl Signing {
    /// Reads `path | [type] | bytes`. Returns the transaction and the bytes.
    fn begin<'a>(command: &Command<'a>, version: Version) -> Result<(Self, &'a [u8]), Status> {
        let (path, rest) = command.path()?;
        let (first, after) = rest.split_first().ok_or(Status::INCORRECT_DATA)?;
        let (kind, bytes) = match first {
            0x01 => (Kind::Eip2930, after),
            0x02 => (Kind::Eip1559, after),
            0x04 if version >= KNOWS_7702 => (Kind::Eip7702, after),
            0x00..=0x7f => return Err(Status::TRANSACTION_TYPE),
            _ => (Kind::Legacy, rest),
        };
        let signing =
            Self { path, transaction: Transaction::new(kind), plugin: None, confirmed: 0 };
        Ok((signing, bytes))
    }
}

fn recipient(fields: &Fields<'_>) -> String {
    match fields.to.and_then(|to| to.first_chunk()) {
        Some(to) => format!("0x{}", crate::seed::checksummed(to)),
        None => "Contract".into(),
    }
}

/// Shows the pieces of data that have arrived and are not yet confirmed: the selector, then words of
/// 32 bytes. Returns the number of confirmed pieces.
fn confirm(fields: &Fields<'_>, confirmed: usize, user: &mut User) -> (Decision, usize) {
    let (selector, words) = fields.data.split_at_checked(4).unwrap_or((fields.data, &[]));
    let complete = fields.data.len() == fields.data_length;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    let selector = format!("Verify selector\nSelector: {}", hex(selector));
    let words = words.chunks(32).filter(|word| complete || word.len() == 32).map(|word| {
        let mut padded = [0; 32];
        for (to, from) in padded.iter_mut().zip(word) {
            *to = *from;
        }
        let parts: Vec<_> = padded.chunks(8).map(|part| shortened(part, hex)).collect();
        format!("Verify parameter\nParameter: {}", parts.join(":"))
    });
    let mut count = confirmed;
    for shown in std::iter::once(selector).chain(words).skip(confirmed) {
        if user.decide(&shown) == Decision::Reject {
            return (Decision::Reject, count);
        }
        count += 1;
    }
    (Decision::Approve, count)
}

/// Eight bytes without leading zeros, but at least one byte.
fn shortened(part: &[u8], hex: impl Fn(&[u8]) -> String) -> String {
    let zeros = part.iter().take_while(|byte| **byte == 0).count();
    match part.get(zeros..) {
        Some(rest) if !rest.is_empty() => hex(rest),
        _ => "00".into(),
    }
}
