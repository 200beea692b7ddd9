//! What is tried on every device.

mod addresses;
mod failures;
mod identity;
mod keys;
mod messages;
mod secrets;
mod transactions;

use super::subject::Subject;

/// What came of an operation; a failure panics.
pub(super) enum Outcome {
    Passed,
    /// The device, or the user beside it, does not do this, and why.
    NotOffered(&'static str),
}

/// Something that is tried on every device.
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) run: fn(&Subject) -> Outcome,
}

/// All of them, in order: a person beside a real device gets through them once.
pub(super) const OPERATIONS: [Operation; 20] = [
    Operation { name: "identify and state", run: identity::identify },
    Operation { name: "capabilities", run: identity::capabilities },
    Operation { name: "addresses, silently", run: addresses::silently },
    Operation { name: "addresses, shown", run: addresses::shown },
    Operation { name: "sign a short message", run: messages::short },
    Operation { name: "sign 600 bytes", run: messages::long },
    Operation { name: "sign the same twice", run: messages::twice },
    Operation { name: "secrets by eip191-v1", run: secrets::eip191 },
    Operation { name: "secrets by slip11-v1", run: secrets::slip11 },
    Operation { name: "another wallet's secret", run: secrets::of_another_wallet },
    Operation { name: "BLS keys, silently", run: keys::bls_silently },
    Operation { name: "BLS keys, shown", run: keys::bls_shown },
    Operation { name: "CipherKeyValue", run: keys::cipher_key_value },
    Operation { name: "a payment, legacy", run: transactions::legacy },
    Operation { name: "a payment, EIP-1559", run: transactions::eip_1559 },
    Operation { name: "an exit, EIP-7002", run: transactions::exit },
    Operation { name: "a path refused", run: failures::path_refused },
    Operation { name: "rejected by its user", run: failures::rejected },
    Operation { name: "a session renewed", run: failures::session_renewed },
    Operation { name: "its user is away", run: failures::user_away },
];

/// The session with a user who does as the role says, or the reason why there is none, which is
/// what the operation comes to.
macro_rules! session {
    ($subject:expr, $role:expr) => {
        match $subject.session($role) {
            Ok(session) => session,
            Err(why) => return Outcome::NotOffered(why),
        }
    };
}
use session;
