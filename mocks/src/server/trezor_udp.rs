//! The wire of Trezor's emulators: 64-byte packets in UDP datagrams, and `PINGPING`, which the
//! emulator answers with `PONGPONG`.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind},
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use crate::{Device, Packet, trezor::Trezor};

/// The interval at which the device can send unasked packets.
const TICK: Duration = Duration::from_millis(50);

/// A device and its host.
pub(super) struct Served {
    pub(super) trezor: Mutex<Trezor>,
    pub(super) host: Mutex<Option<SocketAddr>>,
}

/// Delayed answers, each with the time at which it is sent.
#[derive(Default)]
struct Leaving(VecDeque<(Instant, Packet, SocketAddr)>);

impl Leaving {
    fn add(&mut self, packets: Vec<Packet>, to: SocketAddr, late: Duration) {
        let at = Instant::now() + late;
        self.0.extend(packets.into_iter().map(|packet| (at, packet, to)));
    }

    fn send_due(&mut self, socket: &UdpSocket) -> io::Result<()> {
        while let Some((_, packet, to)) = self.0.pop_front_if(|(at, ..)| *at <= Instant::now()) {
            socket.send_to(&packet, to)?;
        }
        Ok(())
    }

    /// How long to listen before the next answer is due.
    fn wait(&self) -> Duration {
        let next = self.0.front().map(|(at, ..)| at.saturating_duration_since(Instant::now()));
        next.map_or(TICK, |next| next.clamp(Duration::from_millis(1), TICK))
    }
}

impl Served {
    pub(super) fn new(trezor: Trezor) -> Self {
        Self { trezor: Mutex::new(trezor), host: Mutex::new(None) }
    }

    fn trezor(&self) -> MutexGuard<'_, Trezor> {
        self.trezor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn host(&self) -> MutexGuard<'_, Option<SocketAddr>> {
        self.host.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves `trezor` on `socket` until the socket fails. Replies go to the sender of the packet.
pub fn serve(socket: UdpSocket, trezor: Trezor) -> io::Result<()> {
    serve_shared(&socket, &Served::new(trezor))
}

/// Like [`serve`], for a device that other servers share.
pub(super) fn serve_shared(socket: &UdpSocket, served: &Served) -> io::Result<()> {
    let mut leaving = Leaving::default();
    // One byte more than a packet, to detect longer datagrams.
    let mut buffer = [0; 65];
    loop {
        leaving.send_due(socket)?;
        socket.set_read_timeout(Some(leaving.wait()))?;
        let (length, from) = match socket.recv_from(&mut buffer) {
            Ok(received) => received,
            // On Linux, the error of an earlier reply to a closed port is reported here.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => continue,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                let host = *served.host();
                if let Some(host) = host {
                    let mut trezor = served.trezor();
                    leaving.add(trezor.tick(), host, trezor.late());
                }
                continue;
            }
            Err(error) => return Err(error),
        };
        let datagram = buffer.get(..length).unwrap_or_default();
        if datagram == b"PINGPING" {
            socket.send_to(b"PONGPONG", from)?;
            *served.host() = Some(from);
        } else if let Ok(packet) = <&Packet>::try_from(datagram) {
            *served.host() = Some(from);
            let mut trezor = served.trezor();
            leaving.add(trezor.receive(packet), from, trezor.late());
        }
    }
}

/// Serves `trezor` on a free port of this machine, in a thread, until the process ends.
pub fn spawn(trezor: Trezor) -> io::Result<SocketAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = socket.local_addr()?;
    thread::Builder::new().name("trezor-udp".to_owned()).spawn(move || serve(socket, trezor))?;
    Ok(address)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        Decision, User,
        trezor::{Config, Model},
    };

    #[test]
    fn answers_pings_and_messages_and_ignores_the_rest() {
        let user = User::always(Decision::Approve);
        let address = spawn(Trezor::new(Config::new(Model::One, user))).unwrap();
        let host = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        host.connect(address).unwrap();
        host.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut buffer = [0; 65];

        host.send(b"nonsense").unwrap();
        host.send(&[b'?'; 65]).unwrap();
        host.send(b"PINGPING").unwrap();
        let length = host.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"PONGPONG");

        // Ping "hello", as recorded.
        let mut ping = [0; 64];
        ping[..16].copy_from_slice(b"?##\0\x01\0\0\0\x07\x0a\x05hello");
        let mut success = ping;
        success[4] = 2;
        host.send(&ping).unwrap();
        assert_eq!(host.recv(&mut buffer).unwrap(), 64);
        assert_eq!(buffer[..64], success);
    }
}
