//! Trezors over codec v1, and a Safe 7 over THP: paired, known again, and in use.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use stockade::{
    device::{DeviceError, Found, Wallet},
    secret::SecretBytes,
    trezor::{DeviceInfo, Pairing, Pairings, PairingsError, Trezor},
};
use stockade_mocks::{
    Decision, User,
    trezor::{Config, HostCredential, Model, Trezor as Mock},
};

use super::{Bench, Helpful, THP_TIMEOUTS, TIMEOUTS, Trial, damage::Damage, operations, try_all};

/// What pairs of computer and simulated Safe 7 there are.
#[derive(Default)]
pub(in crate::wire) struct Paired {
    before: Vec<HostCredential>,
    kept: Mutex<Vec<String>>,
}

/// That a simulated Safe 7 was paired with this computer before; for others, nothing.
pub(in crate::wire) fn pairings(device: &Mock) -> Paired {
    let before = device.paired_host("lab-host", "Stockade").into_iter().collect();
    Paired { before, kept: Mutex::default() }
}

impl Pairings for Paired {
    fn load(&self) -> (Vec<Pairing>, Vec<PairingsError>) {
        let pairing = |host: &HostCredential| {
            let private_key = SecretBytes::new(|key| *key = host.host_private_key);
            Pairing::new(host.device_public_key, private_key, host.credential.clone())
        };
        let mut pairings: Vec<_> = self.before.iter().map(pairing).collect();
        let kept = self.kept.lock().unwrap();
        pairings.extend(kept.iter().map(|text| Pairing::parse(text.as_bytes()).unwrap()));
        (pairings, Vec::new())
    }

    fn keep(&self, pairing: &Pairing) -> Result<(), PairingsError> {
        self.kept.lock().unwrap().push(pairing.to_text().to_string());
        Ok(())
    }

    fn host_name(&self) -> String {
        "lab-host".into()
    }
}

fn device(config: Config) -> Mock {
    let mut device = Mock::new(config);
    device.set_patience(Duration::from_millis(20));
    device
}

fn plain(model: Model) -> Config {
    Config::new(model, User::always(Decision::Approve))
}

fn found(bench: &Bench<Mock>, paired: &Arc<Paired>) -> Box<Trezor> {
    let info = DeviceInfo::simulated("trezor");
    let timeouts = if bench.speaks_thp() { THP_TIMEOUTS } else { TIMEOUTS };
    let trezor = Trezor::new(Box::new(bench.plug()), info, timeouts);
    Box::new(trezor.with_pairings(paired.clone()))
}

fn on_wallet(model: Model, operation: operations::Operation) -> impl Fn() -> Trial<Mock> + Sync {
    move || {
        let device = device(plain(model));
        let paired = Arc::new(pairings(&device));
        let bench = Bench::new(device);
        let plugged = bench.clone();
        let open = move |user: &mut Helpful| -> Result<Box<dyn Wallet>, DeviceError> {
            found(&plugged, &paired).open(user)
        };
        Trial::on_wallet(bench, Helpful::default(), open, operation)
    }
}

fn operations_of(model: Model) -> usize {
    let mut cases = 0;
    // Nothing but a checksum tells an answer of CipherKeyValue from another: THP has one.
    let none: &[Damage] = &[];
    let unchecked = if model == Model::Safe7 { none } else { &[Damage::Blanked] };
    for (name, operation, undetectable) in [
        ("an address", operations::address as operations::Operation, none),
        ("a message", operations::message, none),
        ("a transaction", operations::transaction, none),
        ("CipherKeyValue", operations::cipher, unchecked),
        ("a new session", operations::renewal, none),
    ] {
        cases += try_all(&format!("{model:?}, {name}"), undetectable, on_wallet(model, operation));
    }
    cases
}

/// Found, unlocked with its PIN, opened with its passphrase, and asked for an address.
fn opening_of(model: Model) -> usize {
    try_all(&format!("{model:?}, PIN and passphrase"), &[], || {
        let pin = Some("1234".to_owned());
        let device = device(Config { pin, passphrase_protection: true, ..plain(model) });
        let user = Helpful { pin: Some((device.pin_matrix(), "1234")), code: None };
        let paired = Arc::new(pairings(&device));
        let bench = Bench::new(device);
        let plugged = bench.clone();
        let attempt = move |_| {
            let mut user = user.clone();
            let mut found = found(&plugged, &paired);
            found.state()?;
            let mut wallet = found.open(&mut user)?;
            operations::address(&mut *wallet, &mut user)
        };
        Trial { bench, attempt: Box::new(attempt) }
    })
}

#[test]
fn a_trezor_one_at_every_packet() {
    let cases = operations_of(Model::One) + opening_of(Model::One);
    println!("faults: Trezor One: {cases} cases");
}

#[test]
fn a_trezor_safe_5_at_every_packet() {
    let cases = operations_of(Model::Safe5) + opening_of(Model::Safe5);
    println!("faults: Trezor Safe 5: {cases} cases");
}

#[test]
fn a_trezor_safe_7_at_every_packet() {
    let cases = operations_of(Model::Safe7) + opening_of(Model::Safe7);
    println!("faults: Trezor Safe 7, known to this computer: {cases} cases");
}

/// A pairing that failed leaves none behind that does not work: the next connection would show it.
#[test]
fn a_trezor_safe_7_while_it_is_paired() {
    let cases = try_all("Safe7, handshake and pairing", &[], || {
        let device = device(plain(Model::Safe7));
        let user = Helpful { pin: None, code: Some(device.pairing_code()) };
        let paired = Arc::<Paired>::default();
        let bench = Bench::new(device);
        let plugged = bench.clone();
        let attempt = move |_| {
            let mut user = user.clone();
            let mut wallet = found(&plugged, &paired).open(&mut user)?;
            operations::address(&mut *wallet, &mut user)
        };
        Trial { bench, attempt: Box::new(attempt) }
    });
    println!("faults: Trezor Safe 7, pairing: {cases} cases");
}
