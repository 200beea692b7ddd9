//! What one vendor's devices do and the other's do not.

use std::collections::BTreeSet;

use stockade::device::Show;

use super::{
    super::{
        known::{BLS_PUBLIC_KEYS, CIPHERED_ZEROS},
        subject::{Role, Subject, Words},
    },
    Outcome, session,
};

const NO_BLS: Outcome = Outcome::NotOffered("no BLS keys");

pub(in super::super) fn bls_silently(subject: &Subject) -> Outcome {
    if !subject.offers.bls_public_keys {
        return NO_BLS;
    }
    let words = subject.words();
    let mut session = session!(subject, Role::Idle);
    let mut keys = BTreeSet::new();
    for (path, known) in BLS_PUBLIC_KEYS {
        let key = session.bls_public_key(path, Show::Silently).unwrap();
        if words == Words::AbandonAbout {
            assert_eq!(key, known, "{path}");
        }
        keys.insert(key);
    }
    assert_eq!(keys.len(), BLS_PUBLIC_KEYS.len());
    assert_eq!(session.person.looked_at, [""; 0]);
    Outcome::Passed
}

/// What its user approved is what it answers silently.
pub(in super::super) fn bls_shown(subject: &Subject) -> Outcome {
    if !subject.offers.bls_public_keys {
        return NO_BLS;
    }
    let mut session = session!(subject, Role::Approves);
    for (path, _) in &BLS_PUBLIC_KEYS[..2] {
        session.person.looked_at.clear();
        let shown = session.bls_public_key(path, Show::OnDevice).unwrap();
        assert_eq!(session.person.looked_at, ["PublicKey"]);
        assert_eq!(session.bls_public_key(path, Show::Silently).unwrap(), shown);
    }
    Outcome::Passed
}

/// The same every time, another for another key text; never without asking.
pub(in super::super) fn cipher_key_value(subject: &Subject) -> Outcome {
    if !subject.offers.cipher_key_value {
        return Outcome::NotOffered("no CipherKeyValue");
    }
    let words = subject.words();
    let mut session = session!(subject, Role::Approves);
    let (path, key, known) = CIPHERED_ZEROS;
    let first = session.encrypt(path, key, &[0; 32]).unwrap();
    assert!(!session.person.looked_at.is_empty(), "its user was not asked");
    assert_eq!(session.encrypt(path, key, &[0; 32]).unwrap(), first);
    assert_ne!(session.encrypt(path, "another text", &[0; 32]).unwrap(), first);
    if words == Words::AbandonAbout {
        assert_eq!(first, known);
    }
    Outcome::Passed
}
