//! The person at the computer, as a script.

use std::cell::Cell;

use stockade::{
    interact::{Attention, Interact, Passphrase},
    secret::SecretText,
};

/// Enters what it is told to enter, and remembers what it was sent to look at.
#[derive(Default)]
pub(super) struct Person {
    pub(super) pin: Option<String>,
    pub(super) passphrase: Option<String>,
    pub(super) wants_on_device: bool,
    /// Gives up as soon as the device has shown this many things.
    pub(super) gives_up_after: Option<usize>,
    /// To any question.
    pub(super) answer: Option<String>,
    pub(super) looked_at: Vec<String>,
    /// What it was told beside that.
    pub(super) notes: Vec<String>,
    pub(super) could_type_on_device: Option<bool>,
    pub(super) asked_whether_given_up: Cell<usize>,
}

impl Interact for Person {
    fn look_at_device(&mut self, device: &str, attention: Attention<'_>) {
        self.looked_at.push(format!("{device}: {attention:?}"));
    }

    fn enter_pin_matrix(&mut self, _device: &str) -> Option<SecretText> {
        self.pin.clone().map(SecretText::new)
    }

    fn enter_passphrase(&mut self, _device: &str, on_device: bool) -> Option<Passphrase> {
        self.could_type_on_device = Some(on_device);
        if self.wants_on_device {
            Some(Passphrase::OnDevice)
        } else {
            self.passphrase.clone().map(|text| Passphrase::Typed(SecretText::new(text)))
        }
    }

    fn ask(&mut self, _question: &str) -> Option<String> {
        self.answer.clone()
    }

    fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }

    fn cancelled(&self) -> bool {
        self.asked_whether_given_up.set(self.asked_whether_given_up.get() + 1);
        self.gives_up_after.is_some_and(|n| self.looked_at.len() >= n)
    }
}
