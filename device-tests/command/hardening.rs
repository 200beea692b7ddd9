//! How the built command is hardened, as its ELF file says: see docs/release.md.

use std::fs;

const ET_DYN: u64 = 3;
const PT_LOAD: u64 = 1;
const PT_DYNAMIC: u64 = 2;
const PT_GNU_STACK: u64 = 0x6474_e551;
const PT_GNU_RELRO: u64 = 0x6474_e552;
const EXECUTE: u64 = 1;
const WRITE: u64 = 2;

const DT_NULL: u64 = 0;
const DT_RPATH: u64 = 15;
const DT_TEXTREL: u64 = 22;
const DT_RUNPATH: u64 = 29;
const DT_FLAGS_1: u64 = 0x6fff_fffb;
const NOW: u64 = 1;
const PIE: u64 = 0x0800_0000;

/// A file in the ELF format, 64 bits, little-endian.
struct Elf(Vec<u8>);

/// Where a part of the file is when it runs.
struct Segment {
    kind: u64,
    flags: u64,
    offset: u64,
    size: u64,
}

impl Elf {
    fn number(&self, at: u64, bytes: usize) -> u64 {
        let at = usize::try_from(at).unwrap();
        let mut number = [0; 8];
        number[..bytes].copy_from_slice(&self.0[at..at + bytes]);
        u64::from_le_bytes(number)
    }

    fn segments(&self) -> Vec<Segment> {
        let (table, size, count) = (self.number(32, 8), self.number(54, 2), self.number(56, 2));
        let segment = |at| Segment {
            kind: self.number(at, 4),
            flags: self.number(at + 4, 4),
            offset: self.number(at + 8, 8),
            size: self.number(at + 32, 8),
        };
        (0..count).map(|index| segment(table + index * size)).collect()
    }

    /// What the dynamic linker is told: tags and values.
    fn dynamic(&self) -> Vec<(u64, u64)> {
        let segments = self.segments();
        let table = segments.iter().find(|segment| segment.kind == PT_DYNAMIC).unwrap();
        let entries = (table.offset..table.offset + table.size).step_by(16);
        let entries = entries.map(|at| (self.number(at, 8), self.number(at + 8, 8)));
        entries.take_while(|(tag, _)| *tag != DT_NULL).collect()
    }
}

#[test]
fn the_program_has_no_fixed_address_and_nothing_that_is_both_written_and_run() {
    let elf = Elf(fs::read(env!("CARGO_BIN_EXE_stockade")).unwrap());
    assert_eq!(elf.0[..6], [0x7f, b'E', b'L', b'F', 2, 1], "64 bits, little-endian");
    let (segments, dynamic) = (elf.segments(), elf.dynamic());
    let value = |tag| dynamic.iter().find(|(own, _)| *own == tag).map_or(0, |(_, value)| *value);
    let is_there = |tag| dynamic.iter().any(|(own, _)| *own == tag);

    // Loaded at a random address.
    assert_eq!(elf.number(16, 2), ET_DYN);
    assert_ne!(value(DT_FLAGS_1) & PIE, 0);
    // Full RELRO: the tables of the linker are filled at the start, and read-only from then on.
    assert!(segments.iter().any(|segment| segment.kind == PT_GNU_RELRO));
    assert_ne!(value(DT_FLAGS_1) & NOW, 0);
    assert!(!is_there(DT_TEXTREL));
    // No stack and no data that can be run, and no code that can be written.
    let stack = segments.iter().find(|segment| segment.kind == PT_GNU_STACK).unwrap();
    assert_eq!(stack.flags & EXECUTE, 0);
    let loaded: Vec<_> = segments.iter().filter(|segment| segment.kind == PT_LOAD).collect();
    assert!(loaded.len() >= 2);
    assert!(!loaded.iter().any(|segment| segment.flags & (WRITE | EXECUTE) == WRITE | EXECUTE));
    // Libraries come from the system's folders only.
    assert!(!is_there(DT_RPATH) && !is_there(DT_RUNPATH));
}

/// Trezor's crate for messages builds libusb (LGPL-2.1). Nothing calls it, so that none of it is in the
/// command, whose licence README names.
#[test]
fn nothing_of_libusb_gets_into_the_program() {
    let program = fs::read(env!("CARGO_BIN_EXE_stockade")).unwrap();
    let holds = |text: &[u8]| program.windows(text.len()).any(|window| window == text);
    assert!(holds(b"usbdevfs") || holds(b"/dev/bus/usb"), "USB itself is there");
    assert!(!holds(b"libusb_init") && !holds(b"libusb: "));
}
