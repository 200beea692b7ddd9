//! Your own transport and your own user interface, with `stockade-wallet` alone: shows an address on a
//! Trezor and signs with it. Run `stockade mock trezor --listen 127.0.0.1:21324 &`, then
//! `cargo run -p stockade-wallet --example device_layer 127.0.0.1:21324`.
#![allow(clippy::print_stdout, reason = "an example shows what it did")]

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use stockade_wallet::{
    device::{Found as _, Show, State, Timeouts},
    eth::personal_message,
    interact::{Attention, Interact, Passphrase},
    path::DerivationPath,
    secret::SecretText,
    transport::{Link, Packet, TransportError, udp::Udp},
    trezor::{DeviceInfo, Trezor},
};

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:21324".to_owned());
    for line in run(&address)? {
        println!("{line}");
    }
    Ok(())
}

/// Opens the Trezor at `address`, shows an address on it and signs a text.
pub fn run(address: &str) -> Result<Vec<String>, Box<dyn Error>> {
    // Waits for the user for 20 seconds instead of the default of five minutes.
    let timeouts = Timeouts::default().with_user(Duration::from_secs(20));
    let packets = Arc::new(AtomicUsize::new(0));
    let link = Counting { inner: Udp::connect(address, timeouts.reply)?, packets: packets.clone() };
    let info = DeviceInfo::simulated(format!("trezor-udp:{address}"));
    let mut found = Trezor::new(Box::new(link), info, timeouts);

    let state = found.state()?;
    if state != State::Ready {
        return Err(format!("the device is not ready: {state:?}").into());
    }
    let mut user = Terminal::default();
    let mut wallet = Box::new(found).open(&mut user)?;
    let path = DerivationPath::ethereum(0, 0)?;
    let address = wallet.address(&path, Show::OnDevice, &mut user)?;
    let text = "signed with the device layer alone";
    let signature = wallet.sign_personal(&path, text, &mut user)?;
    let signer = personal_message::recover(text.as_bytes(), &signature)?;
    Ok(vec![
        format!("{} has {address} at {path}", wallet.identity().name()),
        format!("the signer is {signer}"),
        format!("{} packets", packets.load(Ordering::Relaxed)),
    ])
}

/// A transport that counts packets. Everything that carries 64-byte packets can be a [`Link`].
struct Counting<L> {
    inner: L,
    packets: Arc<AtomicUsize>,
}

impl<L: Link> Link for Counting<L> {
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError> {
        self.packets.fetch_add(1, Ordering::Relaxed);
        self.inner.send(packet)
    }

    fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, TransportError> {
        let received = self.inner.receive(wait)?;
        self.packets.fetch_add(usize::from(received.is_some()), Ordering::Relaxed);
        Ok(received)
    }
}

/// The user, at a terminal.
#[derive(Default)]
struct Terminal {
    /// To be set by a signal handler, for example. Polled during every wait.
    cancelled: AtomicBool,
}

impl Interact for Terminal {
    fn look_at_device(&mut self, device: &str, attention: Attention<'_>) {
        println!("look at the {device}: {attention:?}");
    }

    fn enter_pin_matrix(&mut self, _device: &str) -> Option<SecretText> {
        None
    }

    fn enter_passphrase(&mut self, _device: &str, on_device: bool) -> Option<Passphrase> {
        on_device.then_some(Passphrase::OnDevice)
    }

    fn ask(&mut self, _question: &str) -> Option<String> {
        None
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
