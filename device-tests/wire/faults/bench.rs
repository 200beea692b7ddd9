//! A simulated device, and links to it on which one thing goes wrong.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use stockade::transport::{Link, Packet, TransportError};
use stockade_mocks::{Device, ledger::Ledger, trezor::Trezor};

use super::damage::{Damage, Framing};

/// A mock that can be unplugged.
pub(in crate::wire) trait Simulated: Device + 'static {
    fn framing(&self) -> Framing;
    fn replug(&mut self);

    /// Whether it left USB by itself since this was last asked.
    fn left(&mut self) -> bool {
        false
    }
}

impl Simulated for Ledger {
    fn framing(&self) -> Framing {
        Framing::Hid
    }

    fn replug(&mut self) {
        Self::replug(self);
    }

    fn left(&mut self) -> bool {
        // Both, so that neither is told twice.
        self.take_restart() | self.take_unplugged()
    }
}

impl Simulated for Trezor {
    fn framing(&self) -> Framing {
        if self.speaks_thp() { Framing::Thp } else { Framing::CodecV1 }
    }

    fn replug(&mut self) {
        Self::replug(self);
    }

    fn left(&mut self) -> bool {
        self.take_unplugged()
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Direction {
    ToDevice,
    ToHost,
}

/// What happens to the packet of this direction that comes next but `after` ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    pub(super) direction: Direction,
    pub(super) after: usize,
    pub(super) damage: Damage,
}

/// A device on a table. Clones are the same.
pub(in crate::wire) struct Bench<D> {
    state: Arc<Mutex<State<D>>>,
}

struct State<D> {
    device: D,
    fault: Option<Fault>,
    silent: bool,
    /// Counts how often it was plugged in: links of before are dead.
    plugged: usize,
    unplugged: bool,
    /// How many packets went by: to the device, to the host.
    passed: [usize; 2],
}

impl<D> Clone for Bench<D> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone() }
    }
}

impl<D: Simulated> Bench<D> {
    pub(in crate::wire) fn new(device: D) -> Self {
        let state = State {
            device,
            fault: None,
            silent: false,
            plugged: 0,
            unplugged: false,
            passed: [0, 0],
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    pub(super) fn speaks_thp(&self) -> bool {
        self.state().device.framing() == Framing::Thp
    }

    /// Whether anything is there.
    pub(super) fn is_plugged(&self) -> bool {
        !self.state().unplugged
    }

    /// A new link to it.
    pub(in crate::wire) fn plug(&self) -> Cable<D> {
        let state = self.state();
        // Nothing is there while it is unplugged.
        let plugged = if state.unplugged { usize::MAX } else { state.plugged };
        drop(state);
        Cable { bench: self.clone(), plugged, held: None, answers: VecDeque::new() }
    }

    /// Counts from here.
    pub(super) fn arm(&self, fault: Option<Fault>) {
        let mut state = self.state();
        state.fault = fault;
        state.passed = [0, 0];
    }

    /// Ends what goes wrong, and gives whether the fault came to pass, and whether the device was
    /// unplugged: it is plugged in again now.
    pub(super) fn mend(&self) -> (bool, bool) {
        let mut state = self.state();
        state.silent = false;
        let unplugged = std::mem::take(&mut state.unplugged);
        if unplugged {
            state.device.replug();
        }
        (state.fault.take().is_none(), unplugged)
    }

    pub(super) fn passed(&self) -> [usize; 2] {
        self.state().passed
    }

    fn state(&self) -> MutexGuard<'_, State<D>> {
        self.state.lock().unwrap()
    }
}

/// One end of a cable; the other is in the device.
pub(in crate::wire) struct Cable<D> {
    bench: Bench<D>,
    plugged: usize,
    held: Option<(Direction, Packet)>,
    answers: VecDeque<Result<Packet, TransportError>>,
}

impl<D: Simulated> Cable<D> {
    /// What arrives for a packet that was sent.
    fn pass(
        &mut self,
        state: &mut State<D>,
        direction: Direction,
        packet: &Packet,
    ) -> Result<Vec<Packet>, TransportError> {
        state.passed[direction as usize] += 1;
        let due = match state.fault.as_mut() {
            Some(fault) if fault.direction == direction && fault.after == 0 => state.fault.take(),
            Some(fault) if fault.direction == direction => {
                fault.after -= 1;
                None
            }
            _ => None,
        };
        let held = match self.held {
            Some((of, packet)) if of == direction => {
                self.held = None;
                Some(packet)
            }
            _ => None,
        };
        let framing = state.device.framing();
        let mut arriving = match due.map(|fault| fault.damage) {
            None => vec![*packet],
            Some(Damage::Gone) => {
                state.unplugged = true;
                state.plugged += 1;
                self.answers.clear();
                return Err(TransportError::Disconnected);
            }
            Some(Damage::Silence) => {
                state.silent = true;
                Vec::new()
            }
            Some(Damage::Lost) => Vec::new(),
            Some(Damage::Truncated) => return Err(short()),
            Some(Damage::Blanked) => {
                let mut cut = *packet;
                cut[32..].fill(0);
                vec![cut]
            }
            Some(Damage::Oversized) => framing.oversized(packet),
            Some(Damage::OutOfSequence) => {
                self.held = Some((direction, *packet));
                Vec::new()
            }
            Some(Damage::Doubled) => vec![*packet, *packet],
            Some(Damage::Garbage) => vec![[0xa5; 64]],
            Some(Damage::WrongMessage) => {
                vec![framing.wrong_message(packet, direction == Direction::ToDevice)]
            }
        };
        arriving.extend(held);
        if state.silent {
            arriving.clear();
        }
        Ok(arriving)
    }

    fn take_answers(&mut self, state: &mut State<D>, answers: Vec<Packet>) {
        for answer in answers {
            match self.pass(state, Direction::ToHost, &answer) {
                Ok(arriving) => self.answers.extend(arriving.into_iter().map(Ok)),
                Err(TransportError::Disconnected) => return,
                Err(error) => self.answers.push_back(Err(error)),
            }
        }
    }
}

impl<D: Simulated> Link for Cable<D> {
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError> {
        let bench = self.bench.clone();
        let state = &mut *bench.state();
        if state.plugged != self.plugged {
            return Err(TransportError::Disconnected);
        }
        for arriving in self.pass(state, Direction::ToDevice, packet)? {
            let answers = state.device.receive(&arriving);
            self.take_answers(state, answers);
        }
        if state.device.left() {
            // What it had answered before is still read.
            state.plugged += 1;
        }
        Ok(())
    }

    fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, TransportError> {
        if let Some(answer) = self.answers.pop_front() {
            return answer.map(Some);
        }
        if self.bench.state().plugged != self.plugged {
            return Err(TransportError::Disconnected);
        }
        std::thread::sleep(wait.min(Duration::from_millis(10)));
        let bench = self.bench.clone();
        let state = &mut *bench.state();
        let answers = state.device.tick();
        self.take_answers(state, answers);
        Ok(None)
    }
}

fn short() -> TransportError {
    let source = std::io::Error::new(std::io::ErrorKind::InvalidData, "31 bytes instead of 64");
    TransportError::Io { what: "reading".to_owned(), source }
}
