//! Which devices there are to try: simulated ones always, others where the environment names them.

use std::{env, thread, time::Duration};

use stockade_mocks::{Decision, User, ledger, server, trezor};

use super::{
    automation::Automation,
    subject::{Beside, Offers, Subject},
    touch::Finger,
};

/// The devices to try, and why others are not.
pub(super) struct Lanes {
    pub(super) subjects: Vec<Subject>,
    pub(super) not_run: Vec<String>,
}

/// All lanes.
pub(super) fn all() -> Lanes {
    let mut lanes = Lanes { subjects: in_process(), not_run: Vec::new() };
    lanes.subjects.extend([
        ledger_on_a_socket(),
        trezor_on_a_socket("udp-one", trezor::Model::One),
        trezor_on_a_socket("udp-safe5", trezor::Model::Safe5),
        safe_7_on_a_socket(),
        guarded_trezor_on_a_socket(),
    ]);
    lanes.speculos();
    lanes.trezor_emulator();
    lanes.hardware();
    lanes
}

fn in_process() -> Vec<Subject> {
    let subject =
        |name, about, spec, offers| Subject::new(name, about, spec, offers, Beside::InProcess);
    vec![
        subject("ledger", "simulated Nano S Plus, in process", "mock-ledger", Offers::LEDGER),
        subject("one", "simulated Trezor One, in process", "mock-trezor:one", Offers::TREZOR),
        subject("safe5", "simulated Safe 5, in process", "mock-trezor:safe5", Offers::TREZOR),
        subject("safe7", "simulated Safe 7, in process", "mock-trezor:safe7", Offers::TREZOR),
    ]
}

fn ledger_on_a_socket() -> Subject {
    let serve = |user| {
        let device = ledger::Ledger::new(ledger::Config { user, ..ledger::Config::default() });
        format!("speculos:{}", server::speculos::spawn(device).unwrap())
    };
    // Longer than the client waits, and not for ever: the device serves one client at a time.
    let away = User::asking(|_| {
        thread::sleep(Duration::from_millis(800));
        Decision::Reject
    });
    let beside =
        Beside::Sockets { rejects: serve(User::always(Decision::Reject)), away: Some(serve(away)) };
    let spec = serve(User::always(Decision::Approve));
    let about = "simulated Nano S Plus, on the socket of Speculos";
    Subject::new("tcp-ledger", about, spec, Offers::LEDGER_ON_A_STREAM, beside)
}

fn serve_trezor(config: trezor::Config, away: bool) -> String {
    let mut device = trezor::Trezor::new(config);
    device.set_away(away);
    format!("trezor-udp:{}", server::trezor_udp::spawn(device).unwrap())
}

fn trezor_on_a_socket(name: &'static str, model: trezor::Model) -> Subject {
    let serve =
        |decision, away| serve_trezor(trezor::Config::new(model, User::always(decision)), away);
    let beside = Beside::Sockets {
        rejects: serve(Decision::Reject, false),
        away: Some(serve(Decision::Approve, true)),
    };
    let about = format!("simulated Trezor {model:?}, on the socket of its emulator");
    Subject::new(name, about, serve(Decision::Approve, false), Offers::TREZOR, beside)
}

/// Paired anew by whoever connects. Without its user it cannot be, so that nobody is away.
fn safe_7_on_a_socket() -> Subject {
    let mut pairing_codes = Vec::new();
    let mut serve = |user| {
        let device = trezor::Trezor::new(trezor::Config::new(trezor::Model::Safe7, user));
        pairing_codes.push(device.pairing_code());
        format!("trezor-udp:{}", server::trezor_udp::spawn(device).unwrap())
    };
    let rejects = User::asking(|shown| {
        if shown.starts_with("Allow ") { Decision::Approve } else { Decision::Reject }
    });
    let beside = Beside::Sockets { rejects: serve(rejects), away: None };
    let spec = serve(User::always(Decision::Approve));
    let about = "simulated Safe 7, on the socket of its emulator";
    let subject = Subject::new("udp-safe7", about, spec, Offers::TREZOR, beside);
    Subject { pairing_codes, ..subject }
}

/// With PIN and passphrase. Without its user it cannot be opened, so that nobody is away.
fn guarded_trezor_on_a_socket() -> Subject {
    const PASSPHRASE: &str = "TREZOR";
    let serve = |user| {
        let config = trezor::Config {
            pin: Some("1234".into()),
            passphrase_protection: true,
            ..trezor::Config::new(trezor::Model::Safe5, user)
        };
        serve_trezor(config, false)
    };
    let rejects = User::asking(|shown| match shown {
        "Enter PIN" | "Access hidden wallet?" | PASSPHRASE => Decision::Approve,
        _ => Decision::Reject,
    });
    let beside = Beside::Sockets { rejects: serve(rejects), away: None };
    let about = "simulated Safe 5 with PIN and passphrase, on the socket of its emulator";
    let spec = serve(User::always(Decision::Approve));
    Subject {
        passphrase: Some(PASSPHRASE),
        ..Subject::new("udp-guarded", about, spec, Offers::TREZOR, beside)
    }
}

/// The value of an environment variable that is set to something.
fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Who is beside an emulator, as the environment says.
fn beside_emulator(else_set: &'static str) -> Beside {
    match set("STOCKADE_TEST_EMULATOR_USER").as_deref() {
        Some("approves") => Beside::Approves,
        Some("person") => Beside::Person,
        Some(other) => panic!("STOCKADE_TEST_EMULATOR_USER is approves or person, not {other}"),
        None => Beside::Nobody(else_set),
    }
}

impl Lanes {
    fn speculos(&mut self) {
        let Some(address) = set("STOCKADE_TEST_SPECULOS") else {
            self.not_run.push("Speculos (STOCKADE_TEST_SPECULOS not set)".into());
            return;
        };
        let beside = match set("STOCKADE_TEST_SPECULOS_REST") {
            Some(address) => {
                let touches = set("STOCKADE_TEST_SPECULOS_TOUCH").is_some();
                let finger = touches.then(|| Finger::new(address.clone()));
                Beside::Automation(Automation { address, finger })
            }
            None => beside_emulator(
                "nobody approves: set STOCKADE_TEST_SPECULOS_REST or STOCKADE_TEST_EMULATOR_USER",
            ),
        };
        let spec = format!("speculos:{address}");
        let offers = Offers::LEDGER_ON_A_STREAM;
        self.emulator(Subject::new("speculos", "Ethereum app in Speculos", spec, offers, beside));
    }

    fn trezor_emulator(&mut self) {
        let Some(address) = set("STOCKADE_TEST_TREZOR_UDP") else {
            self.not_run.push("Trezor emulator (STOCKADE_TEST_TREZOR_UDP not set)".into());
            return;
        };
        let beside = beside_emulator("nobody approves: set STOCKADE_TEST_EMULATOR_USER");
        let spec = format!("trezor-udp:{address}");
        self.emulator(Subject::new("trezor-udp", "Trezor emulator", spec, Offers::TREZOR, beside));
    }

    fn emulator(&mut self, subject: Subject) {
        if let Beside::Nobody(why) = subject.beside {
            self.not_run.push(format!("what {} must show ({why})", subject.about));
        }
        self.subjects.push(subject);
    }

    fn hardware(&mut self) {
        let Some(spec) = set("STOCKADE_TEST_HARDWARE") else {
            self.not_run.push("hardware (STOCKADE_TEST_HARDWARE not set)".into());
            return;
        };
        let offers = match spec.split('@').next() {
            Some("ledger") => Offers::LEDGER,
            Some("trezor") => Offers::TREZOR,
            _ => panic!("STOCKADE_TEST_HARDWARE is ledger[@PATH] or trezor[@PATH], not {spec}"),
        };
        let subject = Subject::new("hardware", "a real device", spec, offers, Beside::Person);
        self.subjects.push(Subject { simulated: false, ..subject });
    }
}
