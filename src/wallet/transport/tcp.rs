//! TCP streams: Speculos.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use super::{ByteStream, TransportError, resolve::resolve};

/// The time limit for sending: an emulator that does not read must not hang this program.
const SEND_TIMEOUT: Duration = Duration::from_secs(2);

/// A stream of bytes over TCP.
#[derive(Debug)]
pub struct Tcp {
    stream: TcpStream,
    address: String,
}

impl Tcp {
    /// Connects to `address` (`HOST:PORT`) within `wait`.
    pub fn connect(address: &str, wait: Duration) -> Result<Self, TransportError> {
        let deadline = Instant::now() + wait;
        let mut error = TransportError::NotFound(address.to_owned());
        for candidate in resolve(address, wait)? {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match TcpStream::connect_timeout(&candidate, left) {
                Ok(stream) => return Self::from_stream(stream, address),
                // Nothing answers at that address, so there is no device.
                Err(e) if e.kind() == ErrorKind::TimedOut => {}
                Err(e) => error = TransportError::io("connecting to", address, e),
            }
        }
        Err(error)
    }

    fn from_stream(stream: TcpStream, address: &str) -> Result<Self, TransportError> {
        stream
            .set_nodelay(true)
            .and_then(|()| stream.set_write_timeout(Some(SEND_TIMEOUT)))
            .map_err(|e| TransportError::io("setting up", address, e))?;
        Ok(Self { stream, address: address.to_owned() })
    }
}

impl ByteStream for Tcp {
    fn send(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.stream.write_all(bytes).map_err(|e| TransportError::io("sending to", &self.address, e))
    }

    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> Result<usize, TransportError> {
        // Zero would mean forever.
        let wait = wait.max(Duration::from_millis(1));
        let error = |e| TransportError::io("reading from", &self.address, e);
        self.stream.set_read_timeout(Some(wait)).map_err(error)?;
        match self.stream.read(buffer) {
            Ok(0) if !buffer.is_empty() => Err(TransportError::Disconnected),
            Ok(n) => Ok(n),
            Err(e) if is_timeout(e.kind()) => Ok(0),
            Err(e) => Err(error(e)),
        }
    }
}

/// Whether this is the system's error for a time-out, or for a signal that arrived instead of data.
pub(super) fn is_timeout(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
