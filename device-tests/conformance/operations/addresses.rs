//! Ethereum addresses.

use std::collections::BTreeSet;

use stockade::device::Show;

use super::{
    super::{
        known::ADDRESSES,
        subject::{Role, Subject, Words},
    },
    Outcome, session,
};

/// Each path has an address of its own, the same every time, and nobody is asked.
pub(in super::super) fn silently(subject: &Subject) -> Outcome {
    let words = subject.words();
    let mut session = session!(subject, Role::Idle);
    let mut addresses = BTreeSet::new();
    for (path, known) in ADDRESSES {
        let address = session.address(path, Show::Silently).unwrap();
        assert_eq!(session.address(path, Show::Silently).unwrap(), address, "{path}");
        if words == Words::AbandonAbout {
            assert_eq!(address.to_string(), known, "{path}");
        }
        addresses.insert(address.to_string());
    }
    assert_eq!(addresses.len(), ADDRESSES.len());
    assert_eq!(session.person.looked_at, [""; 0]);
    Outcome::Passed
}

/// What its user approved is what it answers silently.
pub(in super::super) fn shown(subject: &Subject) -> Outcome {
    let mut session = session!(subject, Role::Approves);
    for path in ["m/44'/60'/0'/0/0", "m/44'/60'/83'/0/0"] {
        session.person.looked_at.clear();
        let shown = session.address(path, Show::OnDevice).unwrap();
        assert!(session.person.looked_at.contains(&"Address".to_owned()), "{path}: not shown");
        assert_eq!(session.address(path, Show::Silently).unwrap(), shown, "{path}");
    }
    Outcome::Passed
}
