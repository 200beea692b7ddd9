//! The user at the computer: a script, or somebody who is told what to do at the device.

use std::io::{self, Write as _};

use stockade::{
    interact::{Attention, Interact, Passphrase},
    secret::SecretText,
};

use stockade_mocks::trezor::PairingCode;

use super::subject::{Beside, Role, Subject};

/// The user at the computer.
pub(super) struct Person {
    /// What the device had shown.
    pub(super) looked_at: Vec<String>,
    pub(super) passphrases_asked: usize,
    passphrase: Option<&'static str>,
    pairing_codes: Vec<PairingCode>,
    /// The device's name in the table, where a person is beside it.
    attends: Option<&'static str>,
    role: Role,
}

impl Person {
    pub(super) fn new(subject: &Subject, role: Role) -> Self {
        let attends = matches!(subject.beside, Beside::Person).then_some(subject.name);
        let passphrase = subject.passphrase;
        let pairing_codes = subject.pairing_codes.clone();
        let (looked_at, passphrases_asked) = (Vec::new(), 0);
        Self { looked_at, passphrases_asked, passphrase, pairing_codes, attends, role }
    }
}

/// Prints at once, also from a test that passes.
pub(super) fn say(text: &str) {
    let mut out = io::stderr().lock();
    writeln!(out, "{text}").unwrap();
    out.flush().unwrap();
}

fn type_in(question: &str) -> Option<String> {
    say(question);
    let mut line = String::new();
    io::stdin().read_line(&mut line).ok()?;
    Some(line.trim_end_matches(['\r', '\n']).to_owned())
}

impl Interact for Person {
    fn look_at_device(&mut self, device: &str, attention: Attention<'_>) {
        self.looked_at.push(format!("{attention:?}"));
        if self.attends.is_none() {
            return;
        }
        let what = match (attention, self.role) {
            (Attention::Pin | Attention::Passphrase, _) => "enter what it asks for",
            (_, Role::Rejects) => "say NO",
            (_, Role::Away) => "do NOTHING for ten seconds",
            (_, Role::Idle | Role::Approves) => "compare and approve",
        };
        say(&format!("{device}: {what}: {attention:?}"));
    }

    fn enter_pin_matrix(&mut self, device: &str) -> Option<SecretText> {
        self.attends?;
        type_in(&format!("{device}: the PIN's positions (7 8 9 above 4 5 6 above 1 2 3):"))
            .map(SecretText::new)
    }

    fn enter_passphrase(&mut self, device: &str, on_device: bool) -> Option<Passphrase> {
        self.passphrases_asked += 1;
        if self.attends.is_some() && on_device {
            return Some(Passphrase::OnDevice);
        }
        let typed = match self.attends {
            Some(_) => type_in(&format!("{device}: its passphrase (it will show here):"))?,
            None => self.passphrase?.to_owned(),
        };
        Some(Passphrase::Typed(SecretText::new(typed)))
    }

    fn enter_pairing_code(&mut self, device: &str) -> Option<String> {
        match self.attends {
            Some(_) => type_in(&format!("{device}: the six digits that it shows:")),
            None => self.pairing_codes.iter().find_map(PairingCode::digits),
        }
    }

    fn ask(&mut self, _question: &str) -> Option<String> {
        None
    }
}
