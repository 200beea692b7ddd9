//! A simulated wallet as a USB device, served over USB/IP: Linux attaches it with `usbip attach`, and
//! every program sees what it would see of the vendor's own device.
//!
//! The crate `usbip` was looked at and not used: it brings tokio, rusb and nusb, and its handlers must
//! answer an IN transfer at once, so that a kernel that waits for a wallet's packet asks in a busy loop.
//! A device needs four of the protocol's messages, which are all here
//! (<https://docs.kernel.org/usb/usbip_protocol.html>).
//!
//! One server has one device, with the bus id [`BUS_ID`], and one host can have it at a time. A device
//! that leaves USB, as a Ledger does when an app is opened, closes the connection: the host sees it
//! unplugged. Attaching it again is up to the host.

mod attachment;
mod control;
mod descriptors;
mod fido;
mod ledger;
#[cfg(test)]
mod tests;
mod trezor;
mod windows;
mod wire;

use std::{
    io::{self, ErrorKind, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

pub use descriptors::Descriptors;
pub use ledger::LedgerGadget;
pub use trezor::TrezorGadget;

use crate::Packet;

/// The bus id under which a server offers its device.
pub const BUS_ID: &str = "1-1";

/// The port that `usbip` uses when none is named.
pub const PORT: u16 = 3240;

/// How long a host may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many hosts may ask at the same time.
const MOST_CLIENTS: usize = 16;

/// A wallet with USB interfaces.
pub trait Gadget: Send {
    /// How it describes itself now. What it says holds until it leaves USB.
    fn descriptors(&self) -> Descriptors;

    /// Takes a packet that the host wrote to the OUT endpoint `endpoint`, and gives what the wallet
    /// answers, each packet with its IN endpoint.
    fn write(&mut self, endpoint: u8, packet: &Packet) -> Vec<(u8, Packet)>;

    /// What the wallet sends of its own accord by now.
    fn tick(&mut self) -> Vec<(u8, Packet)> {
        Vec::new()
    }

    /// How long its answers take to leave it.
    fn late(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether it left USB since this was last asked, and how.
    fn take_departure(&mut self) -> Option<Departure>;

    /// The host unplugged it: it loses its power.
    fn lose_power(&mut self);
}

/// How a wallet leaves USB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// It restarts its USB side, once the host has read its last answer.
    Restart,
    /// It is unplugged.
    Unplugged,
}

type SharedGadget = Arc<Mutex<dyn Gadget>>;

/// Serves `gadget` to hosts until the listener fails.
pub fn serve(listener: &TcpListener, gadget: impl Gadget + 'static) -> io::Result<()> {
    let gadget: SharedGadget = Arc::new(Mutex::new(gadget));
    let attached = Arc::new(AtomicBool::new(false));
    let clients = Arc::new(AtomicUsize::new(0));
    loop {
        let (client, _) = listener.accept()?;
        if clients.fetch_add(1, Ordering::Relaxed) >= MOST_CLIENTS {
            clients.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let (gadget, attached, clients) = (gadget.clone(), attached.clone(), clients.clone());
        thread::spawn(move || {
            // A host that goes away, or that speaks another protocol, is not the server's failure.
            let _ended = serve_client(client, &gadget, &attached);
            clients.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// Serves `gadget` in a thread, on a free port of 127.0.0.1, until the process ends.
pub fn spawn(gadget: impl Gadget + 'static) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || serve(&listener, gadget));
    Ok(address)
}

fn serve_client(
    mut client: TcpStream,
    gadget: &SharedGadget,
    attached: &AtomicBool,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    match wire::read_operation(&mut client)? {
        wire::Operation::List => {
            // As usbipd does: a device that a host has is not offered to others.
            let free = (!attached.load(Ordering::Acquire)).then(|| descriptors(gadget));
            client.write_all(&wire::device_list(free.as_ref()))
        }
        wire::Operation::Import(bus_id) if bus_id != BUS_ID => {
            client.write_all(&wire::import_refused(wire::NO_DEVICE))
        }
        wire::Operation::Import(_) => {
            if attached.swap(true, Ordering::AcqRel) {
                return client.write_all(&wire::import_refused(wire::BUSY));
            }
            let ended = attach(client, gadget);
            attached.store(false, Ordering::Release);
            ended
        }
    }
}

fn attach(mut client: TcpStream, gadget: &SharedGadget) -> io::Result<()> {
    let descriptors = descriptors(gadget);
    client.write_all(&wire::imported(&descriptors))?;
    client.set_read_timeout(None)?;
    attachment::run(client, descriptors, gadget)
}

fn descriptors(gadget: &SharedGadget) -> Descriptors {
    gadget.lock().unwrap_or_else(PoisonError::into_inner).descriptors()
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}
