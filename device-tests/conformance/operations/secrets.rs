//! Device secrets. They are asked only of words that the world knows: a wallet that guards
//! something is never made to give one away for a test.

use stockade::{
    device_secret::{self, Prompt, Scheme, SecretError, check_address},
    eth::Address,
    staking::Network,
};

use super::{
    super::{
        known::device_secrets,
        session::Session,
        subject::{Role, Subject, Words},
    },
    Outcome, session,
};

/// Every prompt there is a vector for.
fn prompts() -> [Prompt; 3] {
    [
        Prompt::open_backups(&"7f3a19c2".parse().unwrap()),
        Prompt::derive_batch(Network::Hoodi, 0),
        Prompt::derive_batch(Network::Mainnet, 1000),
    ]
}

fn ask(session: &mut Session, scheme: Scheme, prompt: &Prompt) -> String {
    let (wallet, user) = (&mut *session.wallet, &mut session.person);
    let expected = check_address(wallet, user).unwrap();
    let secret = device_secret::ask(wallet, scheme, prompt, &expected, user).unwrap();
    let shown = format!("Message({:?})", prompt.as_str());
    assert!(session.person.looked_at.contains(&shown), "the prompt was not shown");
    hex::encode(secret.expose())
}

pub(in super::super) fn eip191(subject: &Subject) -> Outcome {
    secrets(subject, Scheme::Eip191V1)
}

pub(in super::super) fn slip11(subject: &Subject) -> Outcome {
    if subject.offers.cipher_key_value {
        secrets(subject, Scheme::Slip11V1)
    } else {
        Outcome::NotOffered("no CipherKeyValue")
    }
}

fn secrets(subject: &Subject, scheme: Scheme) -> Outcome {
    let words = subject.words();
    if words == Words::Own {
        return Outcome::NotOffered("its words are not known to the world");
    }
    let mut session = session!(subject, Role::Approves);
    let prompts = prompts();
    if words == Words::AbandonAbout {
        for vector in device_secrets(scheme.name()) {
            let prompt = prompts.iter().find(|prompt| prompt.as_str() == vector.prompt).unwrap();
            assert_eq!(ask(&mut session, scheme, prompt), vector.secret, "{prompt}");
        }
    }
    let [first, second, _] = prompts;
    let secret = ask(&mut session, scheme, &first);
    assert_eq!(ask(&mut session, scheme, &first), secret);
    assert_ne!(ask(&mut session, scheme, &second), secret);
    Outcome::Passed
}

/// Where another wallet is meant, nobody is asked for anything.
pub(in super::super) fn of_another_wallet(subject: &Subject) -> Outcome {
    let mut session = session!(subject, Role::Idle);
    let other = Address::from_bytes([1; 20]);
    let prompt = &prompts()[0];
    for scheme in [Scheme::Eip191V1, Scheme::Slip11V1] {
        let (wallet, user) = (&mut *session.wallet, &mut session.person);
        let error = device_secret::ask(wallet, scheme, prompt, &other, user).unwrap_err();
        assert!(matches!(error, SecretError::NotThisWallet { .. }), "{error}");
    }
    assert_eq!(session.person.looked_at, [""; 0]);
    Outcome::Passed
}
