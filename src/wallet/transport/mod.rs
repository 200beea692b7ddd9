//! Connections that carry bytes to a device. They know nothing about protocols.

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

/// A packet over HID, USB or UDP.
pub type Packet = [u8; 64];

/// A link that carries 64-byte packets: HID, USB interrupt endpoints, UDP.
pub trait Link: Send {
    /// Sends one packet.
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError>;

    /// Receives the next packet, or `None` if none arrives within `wait`.
    fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, TransportError>;
}

/// A link that carries a stream of bytes: TCP.
pub trait ByteStream: Send {
    /// Sends all of `bytes`.
    fn send(&mut self, bytes: &[u8]) -> Result<(), TransportError>;

    /// Reads the bytes that have arrived, at least one and at most `buffer`'s length. Returns 0 if
    /// none arrives within `wait`. The end of the stream is [`TransportError::Disconnected`].
    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> Result<usize, TransportError>;
}

/// A connection failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// There is nothing to connect to.
    #[error("no device at {0}")]
    NotFound(String),
    /// Another program is using it.
    #[error("another program is using {0}")]
    Busy(String),
    /// The operating system denies access.
    #[error("no permission to open {0}")]
    Permission(String),
    /// The device was unplugged, or the connection broke.
    #[error("the device was disconnected")]
    Disconnected,
    /// Any other error of the operating system.
    #[error("{what}: {source}")]
    Io {
        /// The action and its target: "reading from 127.0.0.1:9999".
        what: String,
        /// The system's error.
        source: std::io::Error,
    },
}

impl TransportError {
    /// The system's error while doing `action` ("reading from") to `target` (a path or an address).
    pub fn io(action: &str, target: &str, source: std::io::Error) -> Self {
        use std::io::ErrorKind;
        match source.kind() {
            ErrorKind::NotFound
            | ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::AddrNotAvailable => Self::NotFound(target.to_owned()),
            ErrorKind::PermissionDenied => Self::Permission(target.to_owned()),
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof => Self::Disconnected,
            _ => Self::Io { what: format!("{action} {target}"), source },
        }
    }

    /// A packet of `length` bytes where 64 are required.
    fn packet_length(action: &str, target: &str, length: usize) -> Self {
        let message = format!("a packet of {length} bytes instead of 64");
        Self::io(action, target, std::io::Error::new(std::io::ErrorKind::InvalidData, message))
    }
}
