//! The debug link of Trezor's emulators, at the port after the wire's. The vendor's own library uses
//! it to read a screen and to confirm or reject (messages-debug.proto, in codec v1).

use std::{
    io::{self, ErrorKind},
    net::{SocketAddr, UdpSocket},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use super::trezor_udp;
use crate::{
    Packet,
    trezor::{DebugLink, Trezor},
};

/// Binds `address` and the port after it. If its port is 0, finds two successive free ports of this
/// machine.
pub fn bind(address: SocketAddr) -> io::Result<(UdpSocket, UdpSocket)> {
    const ATTEMPTS: usize = 64;
    let mut last = ErrorKind::AddrInUse.into();
    for _ in 0..ATTEMPTS {
        let wire = UdpSocket::bind(address)?;
        let at = wire.local_addr()?;
        let next = at.port().checked_add(1).map(|port| SocketAddr::new(at.ip(), port));
        match UdpSocket::bind(next.ok_or(ErrorKind::AddrNotAvailable)?) {
            Ok(debug) => return Ok((wire, debug)),
            Err(error) if address.port() != 0 => return Err(error),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The interval at which the screen is checked for changes while a host waits for one.
const TICK: Duration = Duration::from_millis(20);

/// Serves `trezor` on `wire`, and its debug link on `debug`, until a socket fails.
pub fn serve(wire: UdpSocket, debug: UdpSocket, mut trezor: Trezor) -> io::Result<()> {
    trezor.wait_for_presses();
    let served = Arc::new(trezor_udp::Served::new(trezor));
    let (shared, replies) = (served.clone(), wire.try_clone()?);
    thread::spawn(move || serve_debug(&debug, &replies, &shared));
    trezor_udp::serve_shared(&wire, &served)
}

fn serve_debug(debug: &UdpSocket, wire: &UdpSocket, served: &trezor_udp::Served) -> io::Result<()> {
    let mut link = DebugLink::default();
    let mut waiting = None;
    let mut buffer = [0; 65];
    loop {
        debug.set_read_timeout(link.is_waiting().then_some(TICK))?;
        let (length, from) = match debug.recv_from(&mut buffer) {
            Ok(received) => received,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                let due = link.due(&locked(&served.trezor));
                for (answer, host) in due.iter().filter_map(|answer| Some((answer, waiting?))) {
                    debug.send_to(answer, host)?;
                }
                continue;
            }
            // On Linux, the error of an earlier reply to a closed port is reported here.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => continue,
            Err(error) => return Err(error),
        };
        waiting = Some(from);
        let datagram = buffer.get(..length).unwrap_or_default();
        if datagram == b"PINGPING" {
            debug.send_to(b"PONGPONG", from)?;
        } else if let Ok(packet) = <&Packet>::try_from(datagram) {
            let (answers, pressed) = link.receive(packet, &mut locked(&served.trezor));
            for answer in answers {
                debug.send_to(&answer, from)?;
            }
            let host = *served.host.lock().unwrap_or_else(PoisonError::into_inner);
            for (reply, host) in pressed.iter().filter_map(|reply| Some((reply, host?))) {
                wire.send_to(reply, host)?;
            }
        }
    }
}

fn locked(trezor: &Mutex<Trezor>) -> MutexGuard<'_, Trezor> {
    trezor.lock().unwrap_or_else(PoisonError::into_inner)
}
