//! A device that a host has: transfers in, answers out.
//!
//! One thread reads the host's transfers, and answers what needs no wallet. Another runs the wallet, which
//! may wait for its user. An IN transfer waits until the wallet has a packet for it.

use std::{
    collections::{HashMap, VecDeque},
    io::{self, ErrorKind, Write as _},
    net::{Shutdown, TcpStream},
    sync::{
        Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    Departure, Descriptors, SharedGadget, control, invalid,
    wire::{self, Command, Submit},
};
use crate::Packet;

/// The error numbers of Linux that USB/IP carries.
const STALLED: i32 = -32;
const TAKEN_BACK: i32 = -104;

/// How many packets may wait for the wallet, how many for the host, and how many transfers for a packet.
const MOST_WAITING: usize = 1024;

/// How often the wallet gets to send of its own accord, and is asked whether it left.
const TICK: Duration = Duration::from_millis(20);

/// How long a wallet that restarts waits for the host to read its last answer, and then for its
/// electronics.
const LAST_READ: Duration = Duration::from_secs(1);
const RESTART: Duration = Duration::from_millis(100);

type Written = (u8, Packet);

/// Serves the host at the other end of `stream` until one of both leaves.
pub(super) fn run(
    stream: TcpStream,
    descriptors: Descriptors,
    gadget: &SharedGadget,
) -> io::Result<()> {
    let attachment = Attachment { stream: stream.try_clone()?, endpoints: Mutex::default() };
    let (to_wallet, from_host) = sync_channel(MOST_WAITING);
    thread::scope(|scope| {
        let attachment = &attachment;
        let wallet = scope.spawn(move || attachment.run_wallet(gadget, &from_host));
        let mut stream = stream;
        let ended = loop {
            let command = match wire::read_command(&mut stream) {
                Ok(command) => command,
                Err(error) => break Err(error),
            };
            let taken = match command {
                Command::Unlink { sequence, unlinked } => attachment.unlink(sequence, unlinked),
                Command::Submit(submit) => attachment.submit(submit, &descriptors, |written| {
                    match to_wallet.try_send(written) {
                        // The wallet has left: the host is about to see it.
                        Ok(()) | Err(TrySendError::Disconnected(_)) => Ok(()),
                        Err(TrySendError::Full(_)) => Err(invalid("the host never stops writing")),
                    }
                }),
            };
            if let Err(error) = taken {
                break Err(error);
            }
        };
        drop(to_wallet);
        let left = wallet.join().unwrap_or_default();
        if left.is_none() {
            gadget.lock().unwrap_or_else(PoisonError::into_inner).lose_power();
        }
        let _gone = stream.shutdown(Shutdown::Both);
        ended
    })
}

struct Attachment {
    stream: TcpStream,
    endpoints: Mutex<HashMap<u8, Endpoint>>,
}

/// An IN endpoint: transfers that wait for a packet, or packets that wait for a transfer.
#[derive(Default)]
struct Endpoint {
    transfers: VecDeque<Submit>,
    packets: VecDeque<Packet>,
}

impl Attachment {
    /// Answers the host. The lock makes replies whole, and keeps their order that of the endpoints.
    fn reply(&self, bytes: &[u8]) -> io::Result<()> {
        (&self.stream).write_all(bytes)
    }

    fn endpoints(&self) -> MutexGuard<'_, HashMap<u8, Endpoint>> {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(
        &self,
        submit: Submit,
        device: &Descriptors,
        write: impl FnOnce(Written) -> io::Result<()>,
    ) -> io::Result<()> {
        let (sequence, endpoint) = (submit.sequence, submit.endpoint);
        if endpoint & 0x7f == 0 {
            let answer = control::answer(device, submit.setup);
            let mut data = answer.clone().unwrap_or_default();
            data.truncate(submit.length);
            let actual = if endpoint == 0 { submit.data.len() } else { data.len() };
            let _guard = self.endpoints();
            return match answer {
                Some(_) if endpoint == 0 => self.reply(&wire::submitted(sequence, 0, actual, &[])),
                Some(_) => self.reply(&wire::submitted(sequence, 0, actual, &data)),
                None => self.reply(&wire::submitted(sequence, STALLED, 0, &[])),
            };
        }
        let mut endpoints = self.endpoints();
        if device.has_input(endpoint) {
            let waiting = endpoints.entry(endpoint).or_default();
            if waiting.transfers.len() >= MOST_WAITING {
                return Err(invalid("too many transfers"));
            }
            waiting.transfers.push_back(submit);
            self.hand_over(waiting)
        } else if device.has_output(endpoint) {
            let mut packet = [0; 64];
            packet.iter_mut().zip(&submit.data).for_each(|(to, from)| *to = *from);
            write((endpoint, packet))?;
            self.reply(&wire::submitted(sequence, 0, submit.data.len(), &[]))
        } else {
            self.reply(&wire::submitted(sequence, STALLED, 0, &[]))
        }
    }

    /// Gives packets to the transfers that wait for them.
    fn hand_over(&self, endpoint: &mut Endpoint) -> io::Result<()> {
        while !endpoint.packets.is_empty()
            && let Some(transfer) = endpoint.transfers.pop_front()
            && let Some(packet) = endpoint.packets.pop_front()
        {
            let data = packet.get(..transfer.length.min(packet.len())).unwrap_or_default();
            self.reply(&wire::submitted(transfer.sequence, 0, data.len(), data))?;
        }
        Ok(())
    }

    fn unlink(&self, sequence: u32, unlinked: u32) -> io::Result<()> {
        let mut endpoints = self.endpoints();
        let mut found = false;
        for endpoint in endpoints.values_mut() {
            let before = endpoint.transfers.len();
            endpoint.transfers.retain(|transfer| transfer.sequence != unlinked);
            found |= endpoint.transfers.len() < before;
        }
        self.reply(&wire::unlinked(sequence, if found { TAKEN_BACK } else { 0 }))
    }

    /// Runs the wallet until the host or the wallet leaves; says how the wallet left, where it did.
    fn run_wallet(
        &self,
        gadget: &SharedGadget,
        from_host: &Receiver<Written>,
    ) -> Option<Departure> {
        let mut leaving: VecDeque<(Instant, u8, Packet)> = VecDeque::new();
        loop {
            let written = match from_host.recv_timeout(TICK) {
                Ok(written) => Some(written),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return None,
            };
            let mut gadget = gadget.lock().unwrap_or_else(PoisonError::into_inner);
            let packets = match written {
                Some((endpoint, packet)) => gadget.write(endpoint, &packet),
                None => gadget.tick(),
            };
            let at = Instant::now() + gadget.late();
            let departure = gadget.take_departure();
            drop(gadget);
            leaving.extend(packets.into_iter().map(|(endpoint, packet)| (at, endpoint, packet)));
            if departure != Some(Departure::Unplugged) && self.send_due(&mut leaving).is_err() {
                return None;
            }
            if departure == Some(Departure::Restart) {
                self.wait_until_read();
            }
            if departure.is_some() {
                let _gone = self.stream.shutdown(Shutdown::Both);
                return departure;
            }
        }
    }

    fn send_due(&self, leaving: &mut VecDeque<(Instant, u8, Packet)>) -> io::Result<()> {
        let mut endpoints = self.endpoints();
        while let Some((_, endpoint, packet)) =
            leaving.pop_front_if(|(at, ..)| *at <= Instant::now())
        {
            let endpoint = endpoints.entry(endpoint).or_default();
            if endpoint.packets.len() >= MOST_WAITING {
                let _gone = self.stream.shutdown(Shutdown::Both);
                return Err(ErrorKind::OutOfMemory.into());
            }
            endpoint.packets.push_back(packet);
            self.hand_over(endpoint)?;
        }
        Ok(())
    }

    fn wait_until_read(&self) {
        let until = Instant::now() + LAST_READ;
        let is_read = || self.endpoints().values().all(|endpoint| endpoint.packets.is_empty());
        while !is_read() && Instant::now() < until {
            thread::sleep(TICK);
        }
        thread::sleep(RESTART);
    }
}
