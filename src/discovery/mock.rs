//! Simulated devices in this process, behind the same links as real ones.

use std::{collections::VecDeque, time::Duration};

use stockade_mocks::{Decision, Device, User, ledger as mock_ledger, trezor as mock_trezor};

use super::{MockModel, MockSetup, Spec};
use crate::{
    device::{DeviceError, Found, Timeouts},
    ledger::{self, HidExchange, Ledger},
    transport::{Link, Packet, TransportError},
    trezor::{self, Trezor},
};

/// A link to a simulated device, which answers at once.
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
        }
        Ok(answer)
    }
}

/// The simulated device that `spec` names.
pub(super) fn find(
    spec: &Spec,
    timeouts: Timeouts,
    setup: &MockSetup,
) -> Result<Box<dyn Found>, DeviceError> {
    match spec {
        Spec::MockTrezor(model) => Ok(Box::new(trezor(spec, *model, timeouts, setup)?)),
        _ => Ok(Box::new(ledger(spec, timeouts, setup))),
    }
}

fn trezor(
    spec: &Spec,
    model: MockModel,
    timeouts: Timeouts,
    setup: &MockSetup,
) -> Result<Trezor, DeviceError> {
    let model = match model {
        MockModel::One => mock_trezor::Model::One,
        MockModel::T => mock_trezor::Model::T,
        MockModel::Safe3 => mock_trezor::Model::Safe3,
        MockModel::Safe5 => mock_trezor::Model::Safe5,
        MockModel::Safe7 => {
            return Err(DeviceError::Unsupported {
                device: "Trezor Safe 7".to_owned(),
                what: "be simulated yet: it speaks THP".to_owned(),
            });
        }
    };
    let device = mock_trezor::Trezor::new(mock_trezor::Config {
        mnemonic: Some(setup.mnemonic.clone()),
        ..mock_trezor::Config::new(model, user(setup))
    });
    let about = trezor::About { spec: spec.to_string(), simulated: true };
    Ok(Trezor::new(Box::new(MockLink::new(device)), about, timeouts))
}

fn ledger(spec: &Spec, timeouts: Timeouts, setup: &MockSetup) -> Ledger {
    let device = mock_ledger::Ledger::new(mock_ledger::Config {
        model: mock_ledger::Model::NanoSPlus,
        mnemonic: setup.mnemonic.clone(),
        user: user(setup),
        ..mock_ledger::Config::default()
    });
    let about = ledger::About {
        spec: spec.to_string(),
        model: "Nano S Plus".to_owned(),
        simulated: true,
        bootloader: false,
    };
    Ledger::new(Box::new(HidExchange::new(MockLink::new(device))), about, timeouts)
}

fn user(setup: &MockSetup) -> User {
    let decision = if setup.approve { Decision::Approve } else { Decision::Reject };
    match setup.shows.clone() {
        Some(shows) => User::asking(move |shown| {
            shows(shown);
            decision
        }),
        None => User::always(decision),
    }
}
