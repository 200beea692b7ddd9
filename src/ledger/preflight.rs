//! What the Ethereum app is known to refuse: facts measured on it, or read in its source
//! (`docs/guides/transactions.md`).

use crate::{
    device::{Refusal, Request},
    eth::Transaction,
    path::{DerivationPath, HARDENED},
};

/// What is known of the app that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct App {
    /// Major, minor, patch.
    pub(super) version: [u8; 3],
    /// Whether its user allows what it cannot explain.
    pub(super) blind_signing: bool,
}

/// The first version that explains withdrawal and consolidation requests.
const EXPLAINS_REQUESTS: [u8; 3] = [1, 21, 0];

/// The first version that may use m/45'.
const KNOWS_45: [u8; 3] = [1, 21, 0];

/// The app's memory, in which a message and the text that it shows must fit together.
const LONGEST_MESSAGE: usize = 8 * 1024;

/// The contract that takes deposits, on mainnet.
const DEPOSIT_CONTRACT: &str = "0x00000000219ab540356cBB839Cbe05303d7705Fa";

/// The contracts of EIP-7002 and EIP-7251.
const REQUEST_CONTRACTS: [&str; 2] =
    ["0x00000961Ef480Eb55e80D19ad83579A64c007002", "0x0000BBdDc7CE488642fb579F8B00f3a590007251"];

/// Why the app on the device named `device` will refuse `request`, where that is known.
pub(super) fn refusal(device: &str, app: App, request: &Request<'_>) -> Option<Refusal> {
    let (Request::Address { path }
    | Request::Message { path, .. }
    | Request::Transaction { path, .. }) = request;
    path_refusal(device, app, path).or_else(|| match request {
        Request::Address { .. } => None,
        Request::Message { message, .. } => message_refusal(device, message),
        Request::Transaction { transaction, .. } => call_refusal(device, app, transaction),
    })
}

fn path_refusal(device: &str, app: App, path: &DerivationPath) -> Option<Refusal> {
    let allowed = match path.levels() {
        [first, second, ..] if (*first, *second) == (44 | HARDENED, 60 | HARDENED) => true,
        [first, ..] if *first == 45 | HARDENED => app.version >= KNOWS_45,
        _ => false,
    };
    (!allowed).then(|| Refusal {
        why: format!("the Ethereum app of the {device} may not use the path {path}"),
        advice: "use a path that begins with m/44'/60'",
    })
}

fn message_refusal(device: &str, message: &str) -> Option<Refusal> {
    (message.len() > LONGEST_MESSAGE).then(|| Refusal {
        why: format!("a text of {} bytes does not fit the {device}", message.len()),
        advice: "make it shorter",
    })
}

fn call_refusal(device: &str, app: App, transaction: &Transaction) -> Option<Refusal> {
    let to = transaction.to.to_string();
    if transaction.data.is_empty() {
        return None;
    }
    if app.blind_signing {
        // It would be refused as well, but where "Debug contracts" is on too: the app does not tell.
        return None;
    }
    if to == DEPOSIT_CONTRACT && pays_to_an_address(&transaction.data) {
        return Some(Refusal {
            why: format!(
                "the Ethereum app of the {device} signs deposits to 0x00 credentials alone"
            ),
            advice: "send the deposit from another wallet: who sends it has no say over it later",
        });
    }
    match REQUEST_CONTRACTS.contains(&to.as_str()) {
        true if app.version >= EXPLAINS_REQUESTS => None,
        true => Some(Refusal {
            why: format!(
                "the Ethereum app {} of the {device} cannot explain this request",
                app.version.map(|number| number.to_string()).join(".")
            ),
            advice: "update it to 1.21.0 or later with the vendor's program",
        }),
        false if to == DEPOSIT_CONTRACT => None,
        false => Some(Refusal {
            why: format!("the Ethereum app of the {device} cannot explain this call"),
            advice: "switch on Blind signing in its settings, if you know what the call does",
        }),
    }
}

/// Whether a deposit's withdrawal credentials, the ninth word after the selector, are not 0x00.
fn pays_to_an_address(data: &[u8]) -> bool {
    data.get(4 + 8 * 32).is_some_and(|kind| *kind != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eth::Fee;

    const NOW: App = App { version: [1, 22, 0], blind_signing: false };
    const OLD: App = App { version: [1, 20, 1], blind_signing: false };

    fn call(to: &str, data: Vec<u8>) -> Transaction {
        let (to, fee) = (to.parse().unwrap(), Fee::Legacy { gas_price: 1 });
        Transaction { chain_id: 1, nonce: 0, fee, gas_limit: 1, to, value: 0, data }
    }

    fn why(app: App, transaction: &Transaction) -> Option<String> {
        let path = "m/44'/60'/0'/0/0".parse().unwrap();
        let request = Request::Transaction { path: &path, transaction };
        refusal("Ledger Nano X", app, &request).map(|refusal| refusal.why)
    }

    #[test]
    fn requests_need_an_app_that_explains_them() {
        for contract in REQUEST_CONTRACTS {
            let request = call(contract, vec![1; 56]);
            assert_eq!(why(NOW, &request), None);
            assert!(why(OLD, &request).unwrap().contains("1.20.1"));
            assert_eq!(why(App { blind_signing: true, ..OLD }, &request), None);
        }
    }

    #[test]
    fn deposits_to_an_address_are_refused() {
        for (kind, refused) in [(0, false), (1, true), (2, true)] {
            let mut data = vec![0; 420];
            data[4 + 8 * 32] = kind;
            for app in [NOW, OLD] {
                assert_eq!(why(app, &call(DEPOSIT_CONTRACT, data.clone())).is_some(), refused);
            }
        }
    }

    #[test]
    fn other_calls_need_blind_signing_and_payments_do_not() {
        let to = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        assert!(why(NOW, &call(to, vec![1])).is_some());
        assert_eq!(why(App { blind_signing: true, ..NOW }, &call(to, vec![1])), None);
        assert_eq!(why(NOW, &call(to, Vec::new())), None);
    }

    #[test]
    fn paths_that_the_app_may_not_use() {
        let refused = |app, path: &str| {
            let path = path.parse().unwrap();
            refusal("Ledger", app, &Request::Address { path: &path }).is_some()
        };
        assert!(!refused(NOW, "m/44'/60'/83'/0/0") && !refused(NOW, "m/45'/0/0"));
        assert!(refused(OLD, "m/45'/0/0") && refused(NOW, "m/44'/0'/0'/0/0"));
        assert!(refused(NOW, "m/44/60") && refused(NOW, "m/0"));
    }
}
