//! A Ledger: the system's commands, and the open app.

mod btec;
mod config;
mod ethereum;
mod hid;
mod system;
mod transmit_buffer;

pub use config::{App, Config, Model, Settings, Version};

use crate::{Act, Device, Packet, User};
use system::System;
use transmit_buffer::TransmitBuffer;

/// The longest command: a header of 5 bytes and 255 bytes of data.
pub const MAX_APDU: usize = 260;

/// A simulated Ledger.
pub struct Ledger {
    locked: bool,
    /// It has no seed.
    wiped: bool,
    /// It has been unplugged since this was last checked.
    unplugged: bool,
    system: System,
    user: User,
    buffer: TransmitBuffer,
    host: hid::Assembler,
}

impl Ledger {
    /// A Ledger that is plugged in and has `config.app` open.
    pub fn new(config: Config) -> Self {
        Self {
            locked: config.locked,
            wiped: false,
            unplugged: false,
            system: System::new(&config),
            user: config.user,
            buffer: TransmitBuffer::default(),
            host: hid::Assembler::default(),
        }
    }

    /// Changes the settings of the Ethereum app, as the user does in its menu.
    pub fn set_settings(&mut self, settings: Settings) {
        self.system.set_settings(settings);
    }

    /// Locks or unlocks it.
    pub fn set_locked(&mut self, locked: bool) {
        self.locked = locked;
    }

    /// Whether it has left USB and come back since the last call, as it does when an app is opened
    /// or closed. All connections to it are broken then.
    pub fn take_restart(&mut self) -> bool {
        std::mem::take(&mut self.system.restarted)
    }

    /// Which model it is.
    pub fn model(&self) -> Model {
        self.system.model()
    }

    /// Whether an app is open, and not the dashboard.
    pub fn is_in_app(&self) -> bool {
        self.system.is_in_app()
    }

    /// Unplugs it and plugs it in again: no app is open, and the current command is lost.
    pub fn replug(&mut self) {
        self.system.close();
        self.buffer = TransmitBuffer::default();
        self.host = hid::Assembler::default();
    }

    /// Whether it has been unplugged since the last call.
    pub fn take_unplugged(&mut self) -> bool {
        std::mem::take(&mut self.unplugged)
    }

    /// Whether `act` is possible on a Ledger. Its bootloader differs only in its USB ids, which a
    /// socket does not have, and a socket cannot be used by another program at the same time.
    pub fn can(act: &Act) -> bool {
        !matches!(act, Act::Bootloader | Act::Busy(_) | Act::LateByMilliseconds(_))
    }

    /// Makes `act` happen.
    pub fn happen(&mut self, act: Act) {
        match act {
            Act::Unplug => {
                self.replug();
                self.unplugged = true;
            }
            Act::Lock => self.locked = true,
            Act::Unlock => self.locked = false,
            Act::Wipe => {
                self.wiped = true;
                self.system.close();
            }
            Act::Words(words) => {
                self.wiped = false;
                self.system.restore(&words);
            }
            Act::CloseApp => self.system.quit(),
            Act::Approve
            | Act::Reject
            | Act::Away
            | Act::Bootloader
            | Act::Busy(_)
            | Act::LateByMilliseconds(_) => {}
        }
    }

    /// Answers one command with data and status word. An empty command is not answered, nor is one
    /// whose screen the user does not answer.
    pub fn exchange(&mut self, apdu: &[u8]) -> Vec<u8> {
        if apdu.is_empty() {
            return Vec::new();
        }
        if let Some(act) = self.user.before_command() {
            self.happen(act);
        }
        if self.unplugged {
            return Vec::new();
        }
        self.buffer.write(apdu);
        let mut reply = match (self.locked, self.wiped) {
            (true, _) => system::status(system::LOCKED),
            (false, true) => system::status(system::NO_PIN),
            (false, false) => self.system.exchange(apdu, &mut self.user, &self.buffer),
        };
        if let Some(act) = self.user.take_event() {
            reply = if act == Act::Lock { system::status(system::LOCKED) } else { Vec::new() };
            self.happen(act);
        }
        self.buffer.write(&reply);
        reply
    }
}

impl Device for Ledger {
    fn receive(&mut self, packet: &Packet) -> Vec<Packet> {
        match self.host.receive(packet) {
            Some((channel, apdu)) => match &*self.exchange(&apdu) {
                [] => Vec::new(),
                reply => hid::packets(channel, reply),
            },
            None => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Decision;

    fn with_app(app: App) -> Ledger {
        Ledger::new(Config { app, ..Config::default() })
    }

    #[test]
    fn another_app_names_itself_and_knows_no_ethereum_command() {
        let app = App::Other { name: "Bitcoin".into(), version: "2.4.1".into() };
        let mut ledger = with_app(app);
        assert_eq!(ledger.exchange(&[0xb0, 1, 0, 0, 0]), b"\x01\x07Bitcoin\x052.4.1\x01\0\x90\0");
        assert_eq!(ledger.exchange(&[0xe0, 6, 0, 0, 0]), [0x6e, 0]);
    }

    #[test]
    fn the_dashboard_names_itself_and_knows_no_ethereum_command() {
        let mut ledger = with_app(App::Dashboard);
        assert_eq!(ledger.exchange(&[0xb0, 1, 0, 0, 0]), b"\x01\x05BOLOS\x051.5.1\x90\0");
        assert_eq!(ledger.exchange(&[0xe0, 6, 0, 0, 0]), [0x6d, 0]);
        let information = ledger.exchange(&[0xe0, 1, 0, 0, 0]);
        assert_eq!(information[..10], *b"\x33\x10\0\x04\x051.5.1");
        assert_eq!(ledger.exchange(&[0xe1, 6, 0, 0, 0]), [0x6e, 0]);
    }

    #[test]
    fn quitting_the_app_leads_to_the_dashboard() {
        let mut ledger = Ledger::new(Config::default());
        assert_eq!(ledger.exchange(&[0xb0, 0xa7, 0, 0, 0]), [0x90, 0]);
        assert!(ledger.exchange(&[0xb0, 1, 0, 0, 0]).starts_with(b"\x01\x05BOLOS"));
    }

    #[test]
    fn the_dashboard_opens_an_installed_app_if_its_user_approves() {
        let user = User::scripted([Decision::Reject], Decision::Approve);
        let mut ledger = Ledger::new(Config { app: App::Dashboard, user, ..Config::default() });
        assert_eq!(ledger.exchange(&[0xe0, 0xd8, 0, 0, 0]), [0x67, 0x0a]);
        assert_eq!(ledger.exchange(b"\xe0\xd8\0\0\x03Foo"), [0x68, 0x07]);
        assert_eq!(ledger.exchange(b"\xe0\xd8\0\0\x04BTEC"), [0x55, 0x01]);
        assert!(!ledger.take_restart());
        assert_eq!(ledger.exchange(b"\xe0\xd8\0\0\x04BTEC"), [0x90, 0]);
        assert!(ledger.take_restart() && !ledger.take_restart());
        assert!(ledger.exchange(&[0xb0, 1, 0, 0, 0]).starts_with(b"\x01\x04BTEC\x051.0.0"));
    }

    #[test]
    fn a_passphrase_opens_another_wallet() {
        let mut ledger = Ledger::new(Config { passphrase: "TREZOR".into(), ..Config::default() });
        let path = [5, 0x80, 0, 0, 44, 0x80, 0, 0, 60, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let reply = ledger.exchange(&[&[0xe0, 2, 0, 0, 21], &path[..]].concat());
        assert_eq!(reply[67..107], *b"9c32F71D4DB8Fb9e1A58B0a80dF79935e7256FA6");
    }

    fn sign(gas_price: &[u8], chain: &[u8]) -> Vec<u8> {
        let string = |bytes: &[u8]| match bytes {
            [byte] if *byte < 0x80 => vec![*byte],
            _ => [&[0x80 + bytes.len() as u8], bytes].concat(),
        };
        let to = [0x52; 20];
        let items: Vec<u8> = [&[1][..], gas_price, &[0x52, 8], &to, &[1], &[], chain, &[], &[]]
            .into_iter()
            .flat_map(string)
            .collect();
        let list = match items.len() {
            short @ ..56 => vec![0xc0 + short as u8],
            long => vec![0xf8, long as u8],
        };
        let path = [5, 0x80, 0, 0, 44, 0x80, 0, 0, 60, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let data = [&path[..], &list, &items].concat();
        let command = [&[0xe0, 4, 0, 0, data.len() as u8], &data[..]].concat();
        Ledger::new(Config::default()).exchange(&command)
    }

    #[test]
    fn v_is_computed_from_the_first_four_bytes_of_the_chain_id() {
        // 112233445566: 2 times 0x78, and 35 or 36.
        let reply = sign(&[1], &[0x1a, 0x21, 0xa2, 0x78, 0xbe]);
        assert!(matches!(reply[..], [0x13 | 0x14, ..]), "{reply:02x?}");
        assert_eq!(reply.len(), 67);
        assert!(matches!(sign(&[1], &[1])[..], [37 | 38, ..]));
    }

    #[test]
    fn fees_that_do_not_fit_on_a_screen_are_refused() {
        assert_eq!(sign(&[0xff; 32], &[1]), [0x68, 0x07]);
    }

    #[test]
    fn a_complete_command_is_answered_on_its_channel() {
        let mut ledger = Ledger::new(Config::default());
        // An unknown instruction with 55 bytes of data: 60 bytes, in two packets.
        let mut first = [0; 64];
        first[..12].copy_from_slice(&[0x12, 0x34, 5, 0, 0, 0, 60, 0xe0, 0x7e, 0, 0, 55]);
        let mut second = [0; 64];
        second[..5].copy_from_slice(&[0x12, 0x34, 5, 0, 1]);
        assert_eq!(ledger.receive(&first), [] as [Packet; 0]);
        let replies = ledger.receive(&second);
        assert_eq!(replies.len(), 1);
        assert_eq!(replies[0][..10], [0x12, 0x34, 5, 0, 0, 0, 2, 0x6d, 0, 0]);
    }

    #[test]
    fn commands_of_every_length_are_answered_with_a_status_word() {
        let mut ledger = Ledger::new(Config::default());
        for class in [0, 0xb0, 0xe0, 0xff] {
            for length in 1..600 {
                let mut apdu = vec![0xff; length];
                apdu[0] = class;
                let reply = ledger.exchange(&apdu);
                assert!((2..=272).contains(&reply.len()), "{class:02x}, {length} bytes");
            }
        }
        assert!(ledger.exchange(&[]).is_empty());
    }
}
