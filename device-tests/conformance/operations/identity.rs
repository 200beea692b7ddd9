//! What a device says of itself.

use stockade::device::{PassphraseUse, State};

use super::{
    super::{
        person::Person,
        subject::{Role, Subject},
    },
    Outcome,
};

/// It tells what it is, in whatever state it is, and asks nobody for that; open, it says the same.
pub(in super::super) fn identify(subject: &Subject) -> Outcome {
    let mut found = subject.find(Role::Idle, subject.timeouts(Role::Idle)).unwrap().unwrap();
    assert!(found.spec().starts_with(&subject.spec), "{}", found.spec());
    let state = found.state().unwrap();
    let hides = matches!(state, State::Locked | State::Unpaired);
    assert!(state == State::Ready || subject.offers.unlocks_when_opened && hides, "{state:?}");
    let identity = found.identify().unwrap();
    assert_eq!((identity.vendor, identity.simulated), (subject.vendor, subject.simulated));
    assert!(!identity.model.is_empty());
    assert_eq!(found.identify().unwrap(), identity);

    let wallet = found.open(&mut Person::new(subject, Role::Idle)).unwrap();
    let open = wallet.identity();
    assert_eq!((open.vendor, &open.model), (identity.vendor, &identity.model));
    // Such a device keeps to itself whether it wants a passphrase.
    let of_passphrase = if hides { open } else { &identity }.passphrase;
    assert_eq!(open.passphrase, of_passphrase);
    if subject.passphrase.is_some() {
        assert_eq!(open.passphrase, PassphraseUse::On);
    }
    Outcome::Passed
}

/// It offers what devices of its vendor offer, and nothing else.
pub(in super::super) fn capabilities(subject: &Subject) -> Outcome {
    let mut session = subject.session(Role::Idle).unwrap();
    let wallet = &mut session.wallet;
    assert_eq!(wallet.bls_public_keys().is_some(), subject.offers.bls_public_keys);
    assert_eq!(wallet.cipher_key_value().is_some(), subject.offers.cipher_key_value);
    assert_eq!(wallet.sessions().is_some(), subject.offers.sessions);
    assert_eq!(wallet.transactions().is_some(), subject.offers.transactions);
    Outcome::Passed
}
