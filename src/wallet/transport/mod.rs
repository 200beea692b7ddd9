//! Links that carry bytes to a device. Nothing here knows a protocol.

#[cfg(feature = "hid")]
pub mod hid;
mod resolve;
pub mod tcp;
pub mod udp;
#[cfg(feature = "hid")]
pub mod usb;
pub mod wait;

use std::time::Duration;

pub use wait::{Stopped, Wait};

/// What every wallet here moves at a time over HID, USB and UDP: 64 bytes.
pub type Packet = [u8; 64];

/// A link that carries 64-byte packets: HID, USB interrupt endpoints, UDP.
pub trait Link: Send {
    /// Sends one packet.
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError>;

    /// The next packet, or `None` when none has come within `wait`.
    fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, TransportError>;
}

/// A link that carries a stream of bytes: TCP.
pub trait ByteStream: Send {
    /// Sends all of `bytes`.
    fn send(&mut self, bytes: &[u8]) -> Result<(), TransportError>;

    /// Reads what has come, at least one byte and at most `buffer`'s length; 0 when nothing has
    /// come within `wait`. An end of the stream is [`TransportError::Disconnected`].
    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> Result<usize, TransportError>;
}

/// Why bytes could not be carried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// Nothing there to connect to.
    #[error("no device at {0}")]
    NotFound(String),
    /// Another program holds it.
    #[error("another program holds {0}")]
    Busy(String),
    /// The system does not let this user.
    #[error("no permission to open {0}")]
    Permission(String),
    /// It went away.
    #[error("the device was disconnected")]
    Disconnected,
    /// Anything else that the system reports.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl TransportError {
    /// What the system said while doing `what` to `where_`.
    pub(crate) fn io(what: &str, where_: &str, source: std::io::Error) -> Self {
        use std::io::ErrorKind;
        match source.kind() {
            ErrorKind::NotFound
            | ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::AddrNotAvailable => Self::NotFound(where_.to_owned()),
            ErrorKind::PermissionDenied => Self::Permission(where_.to_owned()),
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof => Self::Disconnected,
            _ => Self::Io { what: format!("{what} {where_}"), source },
        }
    }
}
