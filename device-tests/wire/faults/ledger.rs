//! A Ledger: its Ethereum app, the BTEC app, and the way from one to the other.

use stockade::{
    device::{DeviceError, Found},
    ledger::{DeviceInfo, HidExchange, Ledger},
};
use stockade_mocks::ledger::{App, Config, Ledger as Mock, Settings};

use super::{Bench, Helpful, TIMEOUTS, Trial, operations, try_all};
use crate::wire::faults::damage::Damage;

fn bench(app: App) -> Bench<Mock> {
    let settings = Settings { blind_signing: true, ..Settings::default() };
    Bench::new(Mock::new(Config { app, settings, ..Config::default() }))
}

fn found(bench: &Bench<Mock>) -> Box<dyn Found> {
    let info = DeviceInfo::simulated("ledger", "Nano X");
    let ledger = Ledger::new(Box::new(HidExchange::new(bench.plug())), info, TIMEOUTS);
    let bench = bench.clone();
    let reconnect = move || {
        if bench.is_plugged() {
            Ok(Box::new(HidExchange::new(bench.plug())) as _)
        } else {
            Err(DeviceError::NotFound("ledger".into()))
        }
    };
    Box::new(ledger.reconnecting(Box::new(reconnect)))
}

fn on_wallet(operation: operations::Operation) -> impl Fn() -> Trial<Mock> + Sync {
    move || {
        let bench = bench(App::default());
        let plugged = bench.clone();
        let open = move |user: &mut Helpful| found(&plugged).open(user);
        Trial::on_wallet(bench, Helpful::default(), open, operation)
    }
}

#[test]
fn a_ledger_at_every_packet() {
    let mut cases = 0;
    for (name, operation) in [
        ("an address", operations::address as operations::Operation),
        ("a message", operations::message),
        ("a transaction", operations::transaction),
        ("BLS public keys", operations::bls_keys),
    ] {
        cases += try_all(&format!("Ledger, {name}"), &[], on_wallet(operation));
    }
    println!("faults: Ledger, Ethereum app: {cases} cases");
}

/// From the dashboard, and from one app to the other. A user at a dashboard who is asked twice
/// approves twice.
#[test]
fn a_ledger_on_the_way_to_an_app() {
    let mut cases = 0;
    for (name, app) in [("the dashboard", App::Dashboard), ("BTEC", App::Btec)] {
        cases += try_all(&format!("Ledger, from {name} to Ethereum"), &[], || {
            let bench = bench(app.clone());
            let plugged = bench.clone();
            let attempt = move |_| {
                let mut wallet = found(&plugged).open(&mut Helpful::default())?;
                operations::address(&mut *wallet, &mut Helpful::default())
            };
            Trial { bench, attempt: Box::new(attempt) }
        });
    }
    cases += try_all("Ledger, what it is", &[], || {
        let bench = bench(App::Dashboard);
        let plugged = bench.clone();
        let attempt = move |_| {
            let mut found = found(&plugged);
            Ok(format!("{:?}", found.state()?))
        };
        Trial { bench, attempt: Box::new(attempt) }
    });
    println!("faults: Ledger, opening and closing apps: {cases} cases");
}

#[test]
fn a_ledger_with_the_btec_app() {
    let root = [0x5a; 32];
    let cases = try_all("Ledger, from Ethereum to a signature of BTEC", &[Damage::Blanked], || {
        let bench = bench(App::default());
        let plugged = bench.clone();
        let attempt = move |_| {
            let user = &mut Helpful::default();
            let mut signer = found(&plugged).open_bls_signer(user)?;
            let key = signer.withdrawal_public_key(7, user)?;
            let signature = signer.sign_root(7, &root, user)?;
            if signature.verify(&root, &key) {
                Ok(hex::encode(signature.as_bytes()))
            } else {
                Err(DeviceError::protocol("Ledger", "of another key"))
            }
        };
        Trial { bench, attempt: Box::new(attempt) }
    });
    println!("faults: Ledger, BTEC app: {cases} cases");
}
