//! Resolves host names within a time limit: the system's resolver can hang for minutes.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::TransportError;

/// Resolves `address` (`HOST:PORT`).
pub(super) fn resolve(address: &str, wait: Duration) -> Result<Vec<SocketAddr>, TransportError> {
    if let Ok(numeric) = address.parse() {
        return Ok(vec![numeric]);
    }
    let (send, receive) = mpsc::channel();
    let name = address.to_owned();
    // A thread that takes too long is abandoned; it holds nothing but the name.
    thread::spawn(move || send.send(name.to_socket_addrs().map(Iterator::collect)));
    match receive.recv_timeout(wait) {
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(_)) | Err(_) => Err(TransportError::NotFound(address.to_owned())),
    }
}
