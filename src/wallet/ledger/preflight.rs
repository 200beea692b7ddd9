//! What the Ethereum app is known to refuse: facts measured on it, or read in its source.

use crate::device::{Fact, Request};
use stockade_base::{eth::Transaction, path::HARDENED};

/// What is known of the app that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct App {
    /// Major, minor, patch.
    pub(super) version: [u8; 3],
    /// Whether its user allows what it cannot explain.
    pub(super) blind_signing: bool,
}

/// The first version that explains withdrawal and consolidation requests, and that may use m/45'.
const REQUESTS_AND_45: [u8; 3] = [1, 21, 0];

/// The app's memory, in which a message and the text that it shows must fit together.
const LONGEST_MESSAGE: usize = 8 * 1024;

/// The contract that takes deposits, on mainnet and Hoodi.
const DEPOSIT_CONTRACT: &str = "0x00000000219ab540356cBB839Cbe05303d7705Fa";

/// The contracts of EIP-7002 and EIP-7251.
const REQUEST_CONTRACTS: [&str; 2] =
    ["0x00000961Ef480Eb55e80D19ad83579A64c007002", "0x0000BBdDc7CE488642fb579F8B00f3a590007251"];

pub(super) const FACTS: &[Fact<App>] = &[
    Fact {
        refuses: |app, request| request.path().is_some_and(|path| !may_use(app, path.levels())),
        why: "may not use this path in its Ethereum app",
        advice: "use a path that begins with m/44'/60'",
    },
    Fact {
        refuses: |_, request| matches!(request, Request::Message { message, .. } if message.len() > LONGEST_MESSAGE),
        why: "has no room for so long a text",
        advice: "make it shorter than 8 kilobytes",
    },
    Fact {
        // With "Blind signing" as well, unless "Debug contracts" is on too: the app does not tell.
        refuses: |app, request| match request {
            Request::Deposit { credentials } => *credentials != 0,
            Request::Transaction { transaction, .. } => {
                !app.blind_signing && is_deposit(transaction) && pays_to_an_address(transaction)
            }
            _ => false,
        },
        why: "signs deposits to 0x00 credentials alone in its Ethereum app",
        advice: "send the deposit from another wallet: who sends it has no say over it later",
    },
    Fact {
        refuses: |app, request| {
            needs_blind_signing(app, request, |transaction| {
                is_request(transaction) && !app.explains_requests()
            })
        },
        why: "cannot explain this request in an Ethereum app before 1.21.0",
        advice: "update the app with the vendor's program",
    },
    Fact {
        refuses: |app, request| {
            needs_blind_signing(app, request, |transaction| {
                !is_request(transaction) && !is_deposit(transaction)
            })
        },
        why: "cannot explain this call in its Ethereum app",
        advice: "switch on Blind signing in the app's settings, if you know what the call does",
    },
    Fact {
        refuses: |_, request| matches!(request, Request::CipherKeyValue { .. }),
        why: "has no CipherKeyValue, of which scheme slip11-v1 makes secrets",
        advice: "use scheme eip191-v1, which every wallet has",
    },
];

fn may_use(app: &App, levels: &[u32]) -> bool {
    match levels {
        [first, second, ..] if (*first, *second) == (44 | HARDENED, 60 | HARDENED) => true,
        [first, ..] if *first == 45 | HARDENED => app.version >= REQUESTS_AND_45,
        _ => false,
    }
}

fn needs_blind_signing(
    app: &App,
    request: &Request<'_>,
    unexplained: impl Fn(&Transaction) -> bool,
) -> bool {
    let Request::Transaction { transaction, .. } = request else { return false };
    !app.blind_signing && !transaction.data.is_empty() && unexplained(transaction)
}

impl App {
    /// Whether its user sees of `transaction` a hash alone.
    pub(super) fn shows_a_hash_of(&self, transaction: &Transaction) -> bool {
        let explained = match is_request(transaction) {
            true => self.explains_requests(),
            false => is_deposit(transaction),
        };
        self.blind_signing && !transaction.data.is_empty() && !explained
    }

    /// Whether it was refused though this app explains it: its setting "Debug contracts" keeps it
    /// from that, and its screen names the wrong one.
    pub(super) fn is_kept_from_explaining(&self, transaction: &Transaction) -> bool {
        is_request(transaction) && self.explains_requests() && !self.blind_signing
    }

    fn explains_requests(&self) -> bool {
        self.version >= REQUESTS_AND_45
    }
}

fn is_deposit(transaction: &Transaction) -> bool {
    transaction.to.to_string() == DEPOSIT_CONTRACT
}

fn is_request(transaction: &Transaction) -> bool {
    REQUEST_CONTRACTS.contains(&transaction.to.to_string().as_str())
}

/// Whether a deposit's withdrawal credentials, the ninth word after the selector, are not 0x00.
fn pays_to_an_address(transaction: &Transaction) -> bool {
    transaction.data.get(4 + 8 * 32).is_some_and(|kind| *kind != 0)
}
