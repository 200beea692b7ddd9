//! UDP with one packet per datagram: the Trezor emulator.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use super::{Link, Packet, TransportError, resolve::resolve, tcp::is_timeout};

/// The emulator answers [`PING`] with [`PONG`], outside its protocol.
const PING: &[u8] = b"PINGPING";
const PONG: &[u8] = b"PONGPONG";

/// A link over UDP to an emulator that has answered.
#[derive(Debug)]
pub struct Udp {
    socket: UdpSocket,
    address: String,
    /// The time of the last ping. The system reports that an emulator has ended only to programs that
    /// send to it, so waiting programs send pings.
    pinged: Instant,
}

/// The interval of pings during a wait.
const PING_EVERY: Duration = Duration::from_secs(2);

impl Udp {
    /// Connects to the emulator at `address` (`HOST:PORT`). It must answer a ping within `wait`,
    /// because UDP itself does not report a missing emulator.
    pub fn connect(address: &str, wait: Duration) -> Result<Self, TransportError> {
        let deadline = Instant::now() + wait;
        let not_found = || TransportError::NotFound(address.to_owned());
        for candidate in resolve(address, wait)? {
            let socket = open(candidate).map_err(|e| TransportError::io("opening", address, e))?;
            let link = Self { socket, address: address.to_owned(), pinged: Instant::now() };
            match link.answers_ping(deadline) {
                Ok(true) => return Ok(link),
                Ok(false) => return Err(not_found()),
                // Refused at this address; the host may have others.
                Err(TransportError::NotFound(_) | TransportError::Disconnected) => {}
                Err(e) => return Err(e),
            }
        }
        Err(not_found())
    }

    fn answers_ping(&self, deadline: Instant) -> Result<bool, TransportError> {
        self.socket.send(PING).map_err(|e| self.error("sending to", e))?;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            let mut buffer = [0; 65];
            // Packets for the program that used the emulator before are skipped.
            if self.datagram(&mut buffer, left)?.is_some_and(|datagram| datagram == PONG) {
                return Ok(true);
            }
        }
    }

    /// The next datagram, truncated to the buffer's length, or `None` if the time is up.
    fn datagram<'b>(
        &self,
        buffer: &'b mut [u8],
        wait: Duration,
    ) -> Result<Option<&'b [u8]>, TransportError> {
        // Zero would mean forever.
        let wait = wait.max(Duration::from_millis(1));
        let received =
            self.socket.set_read_timeout(Some(wait)).and_then(|()| self.socket.recv(buffer));
        match received {
            Ok(n) => Ok(buffer.get(..n)),
            Err(e) if is_timeout(e.kind()) => Ok(None),
            Err(e) => Err(self.error("reading from", e)),
        }
    }

    fn error(&self, what: &str, error: io::Error) -> TransportError {
        TransportError::io(what, &self.address, error)
    }
}

fn open(to: SocketAddr) -> io::Result<UdpSocket> {
    let from: SocketAddr = match to {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(from)?;
    socket.connect(to)?;
    Ok(socket)
}

impl Link for Udp {
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError> {
        match self.socket.send(packet) {
            Ok(_) => Ok(()),
            // It has answered a ping before.
            Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => {
                Err(TransportError::Disconnected)
            }
            Err(e) => Err(self.error("sending to", e)),
        }
    }

    fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, TransportError> {
        if self.pinged.elapsed() >= PING_EVERY {
            self.pinged = Instant::now();
            if let Err(error) = self.socket.send(PING)
                && error.kind() == io::ErrorKind::ConnectionRefused
            {
                return Err(TransportError::Disconnected);
            }
        }
        let mut buffer = [0; 65];
        let datagram = match self.datagram(&mut buffer, wait) {
            Err(TransportError::NotFound(_)) => return Err(TransportError::Disconnected),
            other => other?,
        };
        match datagram {
            None => Ok(None),
            Some(PONG) => Ok(None),
            Some(bytes) => match Packet::try_from(bytes) {
                Ok(packet) => Ok(Some(packet)),
                Err(_) => {
                    Err(TransportError::packet_length("reading from", &self.address, bytes.len()))
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emulator_that_ends_during_a_wait_is_noticed() {
        let emulator = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = emulator.local_addr().unwrap().to_string();
        let answering = std::thread::spawn(move || {
            let (_, from) = emulator.recv_from(&mut [0; 64]).unwrap();
            emulator.send_to(PONG, from).unwrap();
        });
        let mut link = Udp::connect(&address, Duration::from_secs(2)).unwrap();
        answering.join().unwrap();
        let started = Instant::now();
        let error = loop {
            match link.receive(Duration::from_millis(50)) {
                Ok(packet) => assert_eq!(packet, None),
                Err(error) => break error,
            }
            assert!(started.elapsed() < Duration::from_secs(10), "it was not noticed");
        };
        assert!(matches!(error, TransportError::Disconnected), "{error}");
    }
}
