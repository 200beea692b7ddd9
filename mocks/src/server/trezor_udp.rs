//! The wire of Trezor's emulators: 64-byte packets as UDP datagrams, and `PINGPING`, to which the
//! emulator answers `PONGPONG`.

use std::{
    io::{self, ErrorKind},
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    thread,
    time::Duration,
};

use crate::{Device, Packet, trezor::Trezor};

/// How often the device gets to send of its own accord.
const TICK: Duration = Duration::from_millis(50);

/// Serves `trezor` on `socket` until the socket fails. Replies go to whoever sent the packet.
pub fn serve(socket: UdpSocket, mut trezor: Trezor) -> io::Result<()> {
    socket.set_read_timeout(Some(TICK))?;
    let mut host = None;
    // One byte more than a packet, so that what is longer is seen to be none.
    let mut buffer = [0; 65];
    loop {
        let (length, from) = match socket.recv_from(&mut buffer) {
            Ok(received) => received,
            // On Linux an earlier reply to a port that is closed by now ends up here.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => continue,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if let Some(host) = host {
                    for packet in trezor.tick() {
                        socket.send_to(&packet, host)?;
                    }
                }
                continue;
            }
            Err(error) => return Err(error),
        };
        let datagram = buffer.get(..length).unwrap_or_default();
        if datagram == b"PINGPING" {
            socket.send_to(b"PONGPONG", from)?;
            host = Some(from);
        } else if let Ok(packet) = <&Packet>::try_from(datagram) {
            host = Some(from);
            for reply in trezor.receive(packet) {
                socket.send_to(&reply, from)?;
            }
        }
    }
}

/// Serves `trezor` on a free port of this machine, in a thread that ends with the program.
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
