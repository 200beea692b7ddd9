//! The calls that the app can explain: deposits, and the withdrawals and consolidations of
//! EIP-7002 and EIP-7251.

use sha2::{Digest, Sha256};

use super::{
    amounts::{amount, decimal},
    answer::Status,
    review::Review,
};
use crate::{ledger::Version, seed::checksummed};

const DEPOSIT_CONTRACT: [u8; 20] = [
    0x00, 0x00, 0x00, 0x00, 0x21, 0x9a, 0xb5, 0x40, 0x35, 0x6c, 0xbb, 0x83, 0x9c, 0xbe, 0x05, 0x30,
    0x3d, 0x77, 0x05, 0xfa,
];
const WITHDRAWAL_REQUESTS: [u8; 20] = [
    0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80, 0xd1, 0x9a, 0xd8, 0x35, 0x79, 0xa6,
    0x4c, 0x00, 0x70, 0x02,
];
const CONSOLIDATION_REQUESTS: [u8; 20] = [
    0x00, 0x00, 0xbb, 0xdd, 0xc7, 0xce, 0x48, 0x86, 0x42, 0xfb, 0x57, 0x9f, 0x8b, 0x00, 0xf3, 0xa5,
    0x90, 0x00, 0x72, 0x51,
];
const DEPOSIT: [u8; 4] = [0x22, 0x89, 0x51, 0x18];
/// The first version that explains EIP-7002 and EIP-7251.
const EXPLAINS_REQUESTS: Version = Version(1, 21, 0);

/// A kind of call that the app can explain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Plugin {
    Deposit,
    Withdrawal,
    Consolidation,
}

/// Whether a plugin can explain the data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Judgement {
    Fine,
    /// It cannot be explained: it is signed blindly, or not at all.
    Odd,
}

impl Plugin {
    /// The plugin for a call of `to` whose data begins with `selector`.
    pub(super) fn of(to: &[u8], selector: [u8; 4], version: Version) -> Option<Self> {
        match to {
            _ if to == DEPOSIT_CONTRACT && selector == DEPOSIT => Some(Self::Deposit),
            _ if version < EXPLAINS_REQUESTS => None,
            _ if to == WITHDRAWAL_REQUESTS => Some(Self::Withdrawal),
            _ if to == CONSOLIDATION_REQUESTS => Some(Self::Consolidation),
            _ => None,
        }
    }

    /// Judges the data received so far. `withdrawal_key` is the wallet's own: the app signs deposits
    /// only for that key.
    pub(super) fn judge(self, data: &[u8], withdrawal_key: &[u8; 48]) -> Result<Judgement, Status> {
        match self {
            Self::Deposit => judge_deposit(data, withdrawal_key),
            Self::Withdrawal => longest(data, 56),
            Self::Consolidation => longest(data, 96),
        }
    }

    /// The review of the complete data; an error if the data is too short.
    pub(super) fn explain(self, data: &[u8], value: &[u8], ticker: &str) -> Result<Review, Status> {
        match self {
            Self::Deposit => {
                let key = word(data, 5).and_then(|key| key.first_chunk::<20>());
                let key = key.ok_or(Status::INCORRECT_DATA)?;
                Ok(Review::of("transaction to deposit ETH2")
                    .field("Amount", amount(&decimal(value), 18, ticker))
                    .field("Validator", format!("0x{}", checksummed(key))))
            }
            Self::Withdrawal => explain_withdrawal(data, ticker).ok_or(Status::INCORRECT_DATA),
            Self::Consolidation => explain_consolidation(data).ok_or(Status::INCORRECT_DATA),
        }
    }
}

fn explain_withdrawal(data: &[u8], ticker: &str) -> Option<Review> {
    let (validator, gwei) = data.split_first_chunk::<48>()?;
    let gwei = u64::from_be_bytes(gwei.try_into().ok()?);
    let validator = hex(validator);
    Some(match gwei {
        0 => Review::of("transaction to do full exit").field("Validator", validator),
        _ => Review::of("transaction to do partial withdrawal")
            .field("Validator", validator)
            .field("Amount", amount(&gwei.to_string(), 9, ticker)),
    })
}

fn explain_consolidation(data: &[u8]) -> Option<Review> {
    let (source, target) = data.split_first_chunk::<48>()?;
    let target: &[u8; 48] = target.try_into().ok()?;
    Some(if source == target {
        Review::of("transaction to compound stake").field("Validator", hex(source))
    } else {
        Review::of("transaction to consolidate stake")
            .field("From validator", hex(source))
            .field("To validator", hex(target))
    })
}

/// A deposit with unusual offsets or lengths cannot be explained; credentials of another key end it
/// at once.
fn judge_deposit(data: &[u8], withdrawal_key: &[u8; 48]) -> Result<Judgement, Status> {
    let mut credentials: [u8; 32] = Sha256::digest(withdrawal_key).into();
    credentials[0] = 0;
    if word(data, 8).is_some_and(|word| *word != credentials) {
        return Err(Status::INCORRECT_DATA);
    }
    let numbers = [(0, 0x80), (1, 0xe0), (2, 0x120), (4, 0x30), (7, 0x20), (9, 0x60)];
    let odd = numbers.iter().any(|(at, expected)| {
        let last = word(data, *at).and_then(|word| word.last_chunk::<4>());
        last.is_some_and(|last| u32::from_be_bytes(*last) != *expected)
    });
    Ok(if odd { Judgement::Odd } else { Judgement::Fine })
}

fn longest(data: &[u8], length: usize) -> Result<Judgement, Status> {
    if data.len() > length { Err(Status::INCORRECT_DATA) } else { Ok(Judgement::Fine) }
}

/// The 32-byte word `at` after the selector.
pub(super) fn word(data: &[u8], at: usize) -> Option<&[u8; 32]> {
    data.get(4 + 32 * at..)?.first_chunk()
}

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("0x{digits}")
}
