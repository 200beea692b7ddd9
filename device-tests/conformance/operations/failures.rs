//! What goes wrong, and that the device can be used afterwards.

use std::time::{Duration, Instant};

use stockade::device::{DeviceError, PassphraseUse, Show};

use super::{
    super::{
        known::CIPHERED_ZEROS,
        subject::{Beside, Role, Subject},
    },
    Outcome, session,
};

const PATH: &str = "m/44'/60'/0'/0/0";
const BITCOIN: &str = "m/44'/0'/0'/0/0";

/// A path that is not Ethereum's is the device's refusal, with its code.
pub(in super::super) fn path_refused(subject: &Subject) -> Outcome {
    let mut session = session!(subject, Role::Idle);
    let error = session.address(BITCOIN, Show::Silently).unwrap_err();
    assert!(matches!(&error, DeviceError::Refused { code, .. } if !code.is_empty()), "{error}");
    session.require_usable();
    Outcome::Passed
}

/// "No" on the device is that, and nothing else, whatever it was asked.
pub(in super::super) fn rejected(subject: &Subject) -> Outcome {
    let mut session = session!(subject, Role::Rejects);
    let mut errors = vec![session.try_sign(PATH, "Stockade: reject this").map(drop)];
    // A person says no once.
    if !matches!(subject.beside, Beside::Person) {
        errors.push(session.address(PATH, Show::OnDevice).map(drop));
        if subject.offers.bls_public_keys {
            errors.push(session.bls_public_key("m/12381/3600/0/0", Show::OnDevice).map(drop));
        }
        if subject.offers.cipher_key_value {
            errors.push(session.encrypt(CIPHERED_ZEROS.0, "reject this", &[0; 32]).map(drop));
        }
    }
    for result in errors {
        let error = result.expect_err("it was rejected");
        assert!(matches!(error, DeviceError::Rejected(_)), "{error}");
    }
    session.require_usable();
    Outcome::Passed
}

/// A renewed session is the same wallet, and asks for the passphrase anew where there is one.
pub(in super::super) fn session_renewed(subject: &Subject) -> Outcome {
    if !subject.offers.sessions {
        return Outcome::NotOffered("no sessions");
    }
    let mut session = session!(subject, Role::Idle);
    let before = session.address(PATH, Show::Silently).unwrap();
    let asked = session.person.passphrases_asked;
    session.wallet.sessions().unwrap().renew(&mut session.person).unwrap();
    assert_eq!(session.address(PATH, Show::Silently).unwrap(), before);
    let again = usize::from(session.wallet.identity().passphrase == PassphraseUse::On);
    assert_eq!(session.person.passphrases_asked, asked + again);
    Outcome::Passed
}

/// Nobody answers: the wait ends, and the device can be used again.
pub(in super::super) fn user_away(subject: &Subject) -> Outcome {
    let mut session = session!(subject, Role::Away);
    // What was asked is given up, and a Trezor is asked whether it is there still.
    let limit = subject.timeouts(Role::Away).user + Duration::from_secs(9);
    let started = Instant::now();
    let error = session.try_sign(PATH, "Stockade: leave this alone").unwrap_err();
    assert!(started.elapsed() < limit, "{:?}", started.elapsed());
    assert!(matches!(error, DeviceError::Timeout { .. }), "{error}");
    if !subject.offers.usable_after_timeout {
        let error = session.address(PATH, Show::Silently).unwrap_err();
        assert!(matches!(error, DeviceError::Busy(_)), "{error}");
        drop(session);
        session = session!(subject, Role::Away);
    }
    session.require_usable();
    Outcome::Passed
}
