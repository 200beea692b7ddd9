//! Trezors whose answers come late, on the socket of their emulator: they work, and nobody is said
//! to have rejected anything.

use std::{net::SocketAddr, thread};

use stockade::{
    device::{DeviceError, Show, Timeouts, Wallet},
    discovery::{self, MockSetup},
    path::DerivationPath,
};
use stockade_mocks::{
    Act, Decision, Script, User,
    server::trezor_udp,
    trezor::{Config, Model, Trezor},
};

use super::person::Person;

const CHECK_ADDRESS: &str = "0x5C81Eade04A009301586bF5421F18F3EB5C52df4";

fn serve(model: Model, user: User, late: u64) -> SocketAddr {
    let mut trezor = Trezor::new(Config::new(model, user));
    trezor.happen(Act::LateByMilliseconds(late));
    trezor_udp::spawn(trezor).unwrap()
}

fn open(address: SocketAddr) -> Result<Box<dyn Wallet>, DeviceError> {
    let spec = format!("trezor-udp:{address}").parse().unwrap();
    let mut found = discovery::find(&spec, Timeouts::default(), &MockSetup::default())?;
    found.state()?;
    found.open(&mut Person::default())
}

fn address(wallet: &mut dyn Wallet, person: &mut Person) -> Result<String, DeviceError> {
    let path = DerivationPath::check_address();
    wallet.address(&path, Show::OnDevice, person).map(|address| address.to_string())
}

#[test]
fn a_trezor_that_answers_late_works() {
    let cases = [Model::One, Model::Safe5].map(|model| [700, 1500, 5000].map(|late| (model, late)));
    thread::scope(|scope| {
        for (model, late) in cases.into_iter().flatten() {
            scope.spawn(move || {
                let device = serve(model, User::always(Decision::Approve), late);
                let mut wallet =
                    open(device).unwrap_or_else(|error| panic!("{model:?}, {late} ms: {error}"));
                for _ in 0..2 {
                    let shown = address(&mut *wallet, &mut Person::default());
                    assert_eq!(shown.unwrap(), CHECK_ADDRESS, "{model:?}, {late} ms");
                }
            });
        }
    });
}

/// What is cancelled is answered after this computer has stopped waiting for that.
#[test]
fn a_late_answer_to_a_cancel_is_not_a_rejection() {
    let away = r#"{"steps": [{"do": "away"}], "rest": "approve"}"#;
    let script = Script::parse(away, Trezor::can).unwrap();
    let mut wallet = open(serve(Model::Safe5, User::of_script(&script), 1000)).unwrap();
    let mut gives_up = Person { gives_up_after: Some(1), ..Person::default() };
    let error = address(&mut *wallet, &mut gives_up).unwrap_err();
    assert!(matches!(error, DeviceError::Declined(_)), "{error}");
    assert_eq!(address(&mut *wallet, &mut Person::default()).unwrap(), CHECK_ADDRESS);
}
