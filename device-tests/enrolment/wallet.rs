//! A simulated wallet that does not say that it is one, and the person beside it.

use std::collections::VecDeque;

use stockade::{
    device::{DeviceError, Found as _, Identity, Sessions, Show, Timeouts, Wallet},
    discovery::{self, MockSetup},
    eth::{Address, Signature},
    interact::{Attention, Interact, Passphrase},
    path::DerivationPath,
    secret::SecretText,
    transport::udp::Udp,
    trezor::{DeviceInfo, Trezor},
};
use stockade_mocks::{Decision, User, server::trezor_udp, trezor as mock};

/// A wallet of somebody else's making, as other programs can bring one: it passes everything on.
pub(super) struct RealLooking {
    pub(super) inner: Box<dyn Wallet>,
    identity: Identity,
    /// How many texts it signed.
    pub(super) signed: usize,
    /// It signs with another key every time.
    pub(super) fickle: bool,
}

impl RealLooking {
    pub(super) fn ledger() -> Self {
        let spec = "mock-ledger".parse().unwrap();
        let found = discovery::find(&spec, Timeouts::default(), &MockSetup::default()).unwrap();
        Self::around(found.open(&mut Person::answering(&[])).unwrap())
    }

    pub(super) fn trezor_with_passphrase() -> Self {
        let config = mock::Config {
            passphrase_protection: true,
            ..mock::Config::new(mock::Model::Safe5, User::always(Decision::Approve))
        };
        let address = trezor_udp::spawn(mock::Trezor::new(config)).unwrap().to_string();
        let link = Udp::connect(&address, Timeouts::default().reply).unwrap();
        let info = DeviceInfo::new("trezor");
        let trezor = Trezor::new(Box::new(link), info, Timeouts::default());
        Self::around(Box::new(trezor).open(&mut Person::entering(&["right"])).unwrap())
    }

    fn around(inner: Box<dyn Wallet>) -> Self {
        let mut identity = inner.identity().clone();
        identity.simulated = false;
        Self { inner, identity, signed: 0, fickle: false }
    }
}

impl Wallet for RealLooking {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn address(
        &mut self,
        path: &DerivationPath,
        show: Show,
        user: &mut dyn Interact,
    ) -> Result<Address, DeviceError> {
        self.inner.address(path, show, user)
    }

    fn sign_personal(
        &mut self,
        path: &DerivationPath,
        message: &str,
        user: &mut dyn Interact,
    ) -> Result<Signature, DeviceError> {
        self.signed += 1;
        let other = DerivationPath::ethereum(0, u32::try_from(self.signed).unwrap()).unwrap();
        self.inner.sign_personal(if self.fickle { &other } else { path }, message, user)
    }

    fn sessions(&mut self) -> Option<&mut dyn Sessions> {
        self.inner.sessions()
    }
}

/// Answers questions and enters passphrases in order, and is away when there are no more.
pub(super) struct Person {
    answers: VecDeque<String>,
    entered: VecDeque<String>,
    pub(super) asked: Vec<String>,
    pub(super) passphrases: usize,
}

impl Person {
    pub(super) fn answering(answers: &[&str]) -> Self {
        let answers = answers.iter().map(|&answer| answer.to_owned()).collect();
        Self { answers, entered: VecDeque::new(), asked: Vec::new(), passphrases: 0 }
    }

    pub(super) fn entering(passphrases: &[&str]) -> Self {
        let entered = passphrases.iter().map(|&entered| entered.to_owned()).collect();
        Self { entered, ..Self::answering(&[]) }
    }
}

impl Interact for Person {
    fn look_at_device(&mut self, _device: &str, _attention: Attention<'_>) {}

    fn enter_pin_matrix(&mut self, _device: &str) -> Option<SecretText> {
        None
    }

    fn enter_passphrase(&mut self, _device: &str, _on_device: bool) -> Option<Passphrase> {
        self.passphrases += 1;
        self.entered.pop_front().map(|entered| Passphrase::Typed(SecretText::new(entered)))
    }

    fn ask(&mut self, question: &str) -> Option<String> {
        self.asked.push(question.to_owned());
        self.answers.pop_front()
    }
}
