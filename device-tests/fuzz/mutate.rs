//! Changes inputs, the same in every run.

/// Changes inputs: a generator of numbers (xorshift64*) and what it does to bytes.
pub(super) struct Mutator(u64);

/// What is put in place of something else: borders of numbers, and what opens or closes things.
const TELLING: [&[u8]; 20] = [
    b"\0",
    b"\xff",
    b"\xff\xff\xff\xff",
    b"\x80\0\0\0",
    b"18446744073709551615",
    b"-1",
    b"1e400",
    b"null",
    b"[",
    b"]",
    b"{",
    b"}",
    b"\"",
    b"\\u0000",
    b",",
    b"\n",
    b"\xc2\x9b",
    b"0x",
    b"../",
    b"&a [*a]",
];

impl Mutator {
    pub(super) fn new(name: &str) -> Self {
        let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        Self(seed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 33) as usize % end.max(1)
    }

    /// One of `seeds` with one to four changes.
    pub(super) fn changed(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(4) {
            self.change(&mut bytes, seeds);
        }
        bytes.truncate(64 * 1024);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(bytes.len() + 1);
        let length = 1 + self.below(16);
        let end = (at + length).min(bytes.len());
        match self.below(9) {
            0 | 1 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            2 if at < bytes.len() => bytes[at] = self.next() as u8,
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(at..end)),
            5 => {
                let twice = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, twice));
            }
            6 => {
                let telling = TELLING[self.below(TELLING.len())].iter().copied();
                drop(bytes.splice(at..end.min(at + self.below(3)), telling));
            }
            7 => {
                // The end of another input.
                let other = &seeds[self.below(seeds.len())];
                let from = self.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => {
                let random: Vec<_> = (0..length).map(|_| self.next() as u8).collect();
                drop(bytes.splice(at..at, random));
            }
        }
    }
}
