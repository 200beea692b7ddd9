//! Whatever is at the other end, or is not: an answer within three seconds, or within ten where a
//! device is there and may only be slow.

use std::{
    net::{TcpListener, UdpSocket},
    thread,
    time::{Duration, Instant},
};

use stockade::{
    device::{DeviceError, Timeouts},
    discovery::{self, MockSetup},
};

use super::person::Person;

const LIMIT: Duration = Duration::from_secs(3);
const LIMIT_OF_SLOW: Duration = Duration::from_secs(10);

/// Finds and opens the device that `spec` names, which must fail in time.
fn error_in_time(spec: &str) -> DeviceError {
    error_within(LIMIT, spec)
}

fn error_within(limit: Duration, spec: &str) -> DeviceError {
    let started = Instant::now();
    let spec = spec.parse().unwrap();
    let error = discovery::find(&spec, Timeouts::default(), &MockSetup::default())
        .and_then(|found| found.open(&mut Person::default()))
        .err()
        .expect("there is no device");
    assert!(started.elapsed() < limit, "{spec}: {:?}", started.elapsed());
    error
}

#[test]
fn a_udp_port_that_answers_nothing() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let error = error_in_time(&format!("trezor-udp:{}", silent.local_addr().unwrap()));
    assert!(matches!(error, DeviceError::NotFound(_)), "{error}");
}

#[test]
fn a_udp_port_that_is_closed() {
    let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = error_in_time(&format!("trezor-udp:{closed}"));
    assert!(matches!(error, DeviceError::NotFound(_)), "{error}");
}

#[test]
fn an_emulator_that_answers_pings_and_nothing_else() {
    let emulator = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = emulator.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 64];
        while let Ok((n, from)) = emulator.recv_from(&mut buffer) {
            if &buffer[..n] == b"PINGPING" {
                emulator.send_to(b"PONGPONG", from).unwrap();
            }
        }
    });
    let error = error_within(LIMIT_OF_SLOW, &format!("trezor-udp:{address}"));
    assert!(matches!(error, DeviceError::Timeout { .. }), "{error}");
}

#[test]
fn a_tcp_port_that_is_closed() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = error_in_time(&format!("speculos:{closed}"));
    assert!(matches!(error, DeviceError::NotFound(_)), "{error}");
}

#[test]
fn a_tcp_port_that_accepts_and_says_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = error_in_time(&format!("speculos:{}", silent.local_addr().unwrap()));
    assert!(matches!(error, DeviceError::Timeout { .. }), "{error}");
}

#[test]
fn a_tcp_port_that_hangs_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.accept().map(drop));
    let error = error_in_time(&format!("speculos:{address}"));
    assert!(matches!(error, DeviceError::Disconnected(_)), "{error}");
}

#[test]
fn a_host_that_does_not_exist() {
    let error = error_in_time("speculos:nowhere.invalid:9999");
    assert!(matches!(error, DeviceError::NotFound(_)), "{error}");
}

#[test]
fn usb_ports_where_no_such_device_is() {
    for spec in ["ledger@/dev/hidraw-none", "trezor@99-99"] {
        let error = error_in_time(spec);
        assert!(matches!(error, DeviceError::NotFound(_)), "{spec}: {error}");
    }
}

#[test]
fn a_list_says_why_it_is_empty() {
    let started = Instant::now();
    let listing = discovery::list(Timeouts::default());
    assert!(started.elapsed() < LIMIT);
    assert_eq!(listing.devices.is_empty(), !listing.notes.is_empty(), "{listing:?}");
}
