//! Requests that the Ethereum app is known to refuse, from measurements or from its source code.

use crate::device::{Fact, Request};
use stockade_base::{eth::Transaction, path::HARDENED};

/// The open Ethereum app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct App {
    /// Major, minor, patch.
    pub(super) version: [u8; 3],
    /// Whether its user allows requests that it cannot explain.
    pub(super) blind_signing: bool,
}

/// The first version that explains withdrawal and consolidation requests, and that may use m/45'.
const REQUESTS_AND_45: [u8; 3] = [1, 21, 0];

/// The app's memory, which must hold both a message and the text that it shows.
const LONGEST_MESSAGE: usize = 8 * 1024;

/// The deposit contract of mainnet and Hoodi.
const DEPOSIT_CONTRACT: &str = "0x00000000219ab540356cBB839Cbe05303d7705Fa";

/// The contracts for withdrawals (EIP-7002) and consolidations (EIP-7251).
const REQUEST_CONTRACTS: [&str; 2] =
    ["0x00000961Ef480Eb55e80D19ad83579A64c007002", "0x0000BBdDc7CE488642fb579F8B00f3a590007251"];

pub(super) const FACTS: &[Fact<App>] = &[
    Fact {
        refuses: |app, request| request.path().is_some_and(|path| !may_use(app, path.levels())),
        why: "does not allow its Ethereum app to use this path",
        advice: "use a path that begins with m/44'/60'",
    },
    Fact {
        refuses: |_, request| matches!(request, Request::Message { message, .. } if message.len() > LONGEST_MESSAGE),
        why: "does not have enough memory for a text of this length",
        advice: "use a text of at most 8 KiB",
    },
    Fact {
        // The app refuses even with "Blind signing", unless "Debug contracts" is on too. It does not
        // report that setting.
        refuses: |app, request| match request {
            Request::Deposit { credentials } => *credentials != 0,
            Request::Transaction { transaction, .. } => {
                !app.blind_signing && is_deposit(transaction) && pays_to_an_address(transaction)
            }
            _ => false,
        },
        why: "signs only deposits with 0x00 credentials in its Ethereum app",
        advice: "send the deposit from another wallet; the sender gets no control over it",
    },
    Fact {
        refuses: |app, request| {
            needs_blind_signing(app, request, |transaction| {
                is_request(transaction) && !app.explains_requests()
            })
        },
        why: "cannot explain this request in an Ethereum app before version 1.21.0",
        advice: "update the app with the vendor's software",
    },
    Fact {
        refuses: |app, request| {
            needs_blind_signing(app, request, |transaction| {
                !is_request(transaction) && !is_deposit(transaction)
            })
        },
        why: "cannot explain this call in its Ethereum app",
        advice: "if you know what the call does, switch on Blind signing in the app's settings",
    },
    Fact {
        refuses: |_, request| matches!(request, Request::CipherKeyValue { .. }),
        why: "does not support CipherKeyValue, which scheme slip11-v1 needs",
        advice: "use scheme eip191-v1, which every wallet supports",
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
    /// Whether it shows its user only a hash of `transaction`.
    pub(super) fn shows_a_hash_of(&self, transaction: &Transaction) -> bool {
        let explained = if is_request(transaction) {
            self.explains_requests()
        } else {
            is_deposit(transaction)
        };
        self.blind_signing && !transaction.data.is_empty() && !explained
    }

    /// Whether the app refused `transaction` because of its setting "Debug contracts", which stops it
    /// from explaining requests. Its screen blames another setting.
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

/// Whether the withdrawal credentials of a deposit, the ninth word after the selector, are not 0x00.
fn pays_to_an_address(transaction: &Transaction) -> bool {
    transaction.data.get(4 + 8 * 32).is_some_and(|kind| *kind != 0)
}
