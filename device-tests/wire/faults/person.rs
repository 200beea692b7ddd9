//! A person who does whatever a device asks for, by looking at it.

use stockade::{
    interact::{Attention, Interact, Passphrase},
    secret::SecretText,
};
use stockade_mocks::trezor::{PairingCode, PinMatrix};

#[derive(Clone, Default)]
pub(super) struct Helpful {
    pub(super) pin: Option<(PinMatrix, &'static str)>,
    pub(super) code: Option<PairingCode>,
}

impl Interact for Helpful {
    fn look_at_device(&mut self, _device: &str, _attention: Attention<'_>) {}

    fn enter_pin_matrix(&mut self, _device: &str) -> Option<SecretText> {
        let (matrix, pin) = self.pin.as_ref()?;
        matrix.places(pin).map(SecretText::new)
    }

    fn enter_passphrase(&mut self, _device: &str, _on_device: bool) -> Option<Passphrase> {
        Some(Passphrase::Typed(SecretText::new("TREZOR".to_owned())))
    }

    fn enter_pairing_code(&mut self, _device: &str) -> Option<String> {
        self.code.as_ref()?.digits()
    }

    fn ask(&mut self, _question: &str) -> Option<String> {
        Some("yes".to_owned())
    }
}
