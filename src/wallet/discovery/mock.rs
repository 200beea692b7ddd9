//! Simulated devices in this process, behind the same traits as real ones.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use stockade_mocks::{Decision, Device, User, ledger as mock_ledger, trezor as mock_trezor};

use super::{MockModel, MockSetup, Spec};
use crate::{
    device::{DeviceError, Found, Timeouts},
    ledger::{self, HidExchange, Ledger},
    transport::{Link, Packet, TransportError},
    trezor::{self, Pairing, Pairings, PairingsError, Trezor},
};
use stockade_base::secret::SecretBytes;

/// A link to a simulated device.
struct MockLink<D> {
    device: D,
    answers: VecDeque<Packet>,
}

impl<D: Device> MockLink<D> {
    fn new(device: D) -> Self {
        Self { device, answers: VecDeque::new() }
    }
}

impl<D: Device> Link for MockLink<D> {
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError> {
        self.answers.extend(self.device.receive(packet));
        Ok(())
    }

    fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, TransportError> {
        let answer = self.answers.pop_front();
        if answer.is_none() {
            std::thread::sleep(wait);
            self.answers.extend(self.device.tick());
        }
        Ok(answer)
    }
}

/// Creates the simulated device that `spec` selects.
pub(super) fn find(
    spec: &Spec,
    timeouts: Timeouts,
    setup: &MockSetup,
) -> Result<Box<dyn Found>, DeviceError> {
    match spec {
        Spec::MockTrezor(model) => Ok(Box::new(trezor(spec, *model, timeouts, setup))),
        _ => Ok(Box::new(ledger(spec, timeouts, setup))),
    }
}

fn trezor(spec: &Spec, model: MockModel, timeouts: Timeouts, setup: &MockSetup) -> Trezor {
    let model = match model {
        MockModel::One => mock_trezor::Model::One,
        MockModel::T => mock_trezor::Model::T,
        MockModel::Safe3 => mock_trezor::Model::Safe3,
        MockModel::Safe5 => mock_trezor::Model::Safe5,
        MockModel::Safe7 => mock_trezor::Model::Safe7,
    };
    let device = mock_trezor::Trezor::new(mock_trezor::Config {
        mnemonic: Some(setup.mnemonic.clone()),
        ..mock_trezor::Config::new(model, user(setup))
    });
    let info = trezor::DeviceInfo::simulated(spec.to_string());
    let pairings = Paired(device.paired_host(HOST, APP));
    let found = Trezor::new(Box::new(MockLink::new(device)), info, timeouts);
    found.with_pairings(Arc::new(pairings))
}

/// The pairing of the simulated Safe 7. The device is new in each process, so without this pairing
/// somebody would have to type a code every time.
struct Paired(Option<mock_trezor::HostCredential>);

const HOST: &str = "this process";
const APP: &str = "Stockade";

impl Pairings for Paired {
    fn load(&self) -> (Vec<Pairing>, Vec<PairingsError>) {
        let pairing = |host: &mock_trezor::HostCredential| {
            let private_key = SecretBytes::new(|key| *key = host.host_private_key);
            Pairing::new(host.device_public_key, private_key, host.credential.clone())
        };
        (self.0.iter().map(pairing).collect(), Vec::new())
    }

    fn keep(&self, _pairing: &Pairing) -> Result<(), PairingsError> {
        Ok(())
    }

    fn host_name(&self) -> String {
        HOST.to_owned()
    }
}

fn ledger(spec: &Spec, timeouts: Timeouts, setup: &MockSetup) -> Ledger {
    let device = mock_ledger::Ledger::new(mock_ledger::Config {
        model: mock_ledger::Model::NanoSPlus,
        mnemonic: setup.mnemonic.clone(),
        user: user(setup),
        ..mock_ledger::Config::default()
    });
    let info = ledger::DeviceInfo::simulated(spec.to_string(), "Nano S Plus");
    Ledger::new(Box::new(HidExchange::new(MockLink::new(device))), info, timeouts)
}

fn user(setup: &MockSetup) -> User {
    let decision = if setup.approve { Decision::Approve } else { Decision::Reject };
    match setup.on_screen.clone() {
        Some(on_screen) => User::always(decision).shown_to(move |text| on_screen(text)),
        None => User::always(decision),
    }
}
