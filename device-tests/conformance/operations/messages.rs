//! personal_sign.

use super::{
    super::{
        known::{self, long_message},
        subject::{Role, Subject, Words},
    },
    Outcome, session,
};

const PATH: &str = "m/44'/60'/0'/0/0";

pub(in super::super) fn short(subject: &Subject) -> Outcome {
    signs(subject, "hello", known::SIGNED_HELLO)
}

/// More than one APDU, and more than one screen.
pub(in super::super) fn long(subject: &Subject) -> Outcome {
    signs(subject, &long_message(), known::SIGNED_LONG)
}

fn signs(subject: &Subject, message: &str, known: &str) -> Outcome {
    let words = subject.words();
    let mut session = session!(subject, Role::Approves);
    let signature = session.sign(PATH, message);
    assert!(!session.person.looked_at.is_empty(), "its user was not asked");
    assert!(session.person.looked_at.iter().all(|shown| *shown == format!("Message({message:?})")));
    if words == Words::AbandonAbout {
        assert_eq!(hex::encode(signature.to_bytes()), known);
    }
    Outcome::Passed
}

/// Device secrets rest on this: the same message gives the same signature, in every session.
pub(in super::super) fn twice(subject: &Subject) -> Outcome {
    let sign = || {
        let mut session = subject.session(Role::Approves)?;
        Ok(session.sign("m/44'/60'/83'/0/0", "Stockade: tried twice").to_bytes())
    };
    let (first, second) = match (sign(), sign()) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(why), _) | (_, Err(why)) => return Outcome::NotOffered(why),
    };
    assert_eq!(first, second);
    Outcome::Passed
}
