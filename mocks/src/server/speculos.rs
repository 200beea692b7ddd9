//! Speculos's APDU socket: `length (4, big-endian) | command`, answered by `length | data |
//! status word`, where the length does not count the status word.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::ledger::{Ledger, MAX_APDU};

/// A device that several servers share.
pub type Shared = Arc<Mutex<Ledger>>;

/// The most clients at the same time.
const MOST_CLIENTS: usize = 64;

/// Serves clients until the process ends or the listener fails. The device keeps its state between
/// connections. Commands of simultaneous clients are answered in turn.
pub fn serve(listener: TcpListener, ledger: Ledger) -> io::Result<()> {
    serve_shared(listener, &Arc::new(Mutex::new(ledger)))
}

/// Like [`serve`], for a device that other servers share.
pub fn serve_shared(listener: TcpListener, ledger: &Shared) -> io::Result<()> {
    let clients = Arc::new(AtomicUsize::new(0));
    loop {
        let (client, _) = listener.accept()?;
        if clients.fetch_add(1, Ordering::Relaxed) >= MOST_CLIENTS {
            clients.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let (ledger, clients) = (ledger.clone(), clients.clone());
        thread::spawn(move || {
            // A client that disconnects, or uses another protocol, does not stop the server.
            let _ended = serve_client(client, &ledger);
            clients.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// Serves `ledger` in a thread, on a free port of 127.0.0.1, until the process ends.
pub fn spawn(ledger: Ledger) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || serve(listener, ledger));
    Ok(address)
}

fn serve_client(mut client: TcpStream, ledger: &Shared) -> io::Result<()> {
    client.set_nodelay(true)?;
    loop {
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if length > MAX_APDU {
            return Err(ErrorKind::InvalidData.into());
        }
        let mut apdu = vec![0; length];
        client.read_exact(&mut apdu)?;
        let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = ledger.exchange(&apdu);
        if ledger.take_unplugged() {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        if let Some(data) = reply.len().checked_sub(2) {
            client.write_all(&[&(data as u32).to_be_bytes(), &*reply].concat())?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ledger::Config;

    fn connect(address: SocketAddr) -> TcpStream {
        let client = TcpStream::connect(address).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        client
    }

    fn exchange(client: &mut TcpStream, apdu: &[u8]) -> io::Result<Vec<u8>> {
        client.write_all(&[&(apdu.len() as u32).to_be_bytes(), apdu].concat())?;
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let mut reply = vec![0; u32::from_be_bytes(length) as usize + 2];
        client.read_exact(&mut reply)?;
        Ok(reply)
    }

    #[test]
    fn answers_with_a_length_that_leaves_out_the_status_word() {
        let mut client = connect(spawn(Ledger::new(Config::default())).unwrap());
        let configuration = [0xe0, 6, 0, 0, 0];
        assert_eq!(exchange(&mut client, &configuration).unwrap(), [2, 1, 22, 0, 0x90, 0]);
        assert_eq!(exchange(&mut client, &[0xe0, 0x7e, 0, 0, 0]).unwrap(), [0x6d, 0]);
    }

    #[test]
    fn a_second_client_is_answered_while_the_first_is_connected() {
        let address = spawn(Ledger::new(Config::default())).unwrap();
        let (mut first, mut second) = (connect(address), connect(address));
        for client in [&mut first, &mut second] {
            assert!(
                exchange(client, &[0xb0, 1, 0, 0, 0]).unwrap().starts_with(b"\x01\x08Ethereum")
            );
        }
    }

    #[test]
    fn state_outlives_a_connection_and_a_bad_client_affects_only_its_own() {
        let address = spawn(Ledger::new(Config::default())).unwrap();
        let mut client = connect(address);
        assert_eq!(exchange(&mut client, &[0xb0, 0xa7, 0, 0, 0]).unwrap(), [0x90, 0]);
        drop(client);

        let mut client = connect(address);
        client.write_all(&u32::MAX.to_be_bytes()).unwrap();
        assert_eq!(client.read(&mut [0; 8]).unwrap(), 0);

        let mut client = connect(address);
        let name = exchange(&mut client, &[0xb0, 1, 0, 0, 0]).unwrap();
        assert!(name.starts_with(b"\x01\x05BOLOS"));
    }
}
