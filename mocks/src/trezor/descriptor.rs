//! Output descriptors (BIP-380) and Base58Check, as far as the answers for public keys need them.

use sha2::{Digest, Sha256};

use super::path;

const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// The characters of a descriptor, in the order that its checksum numbers them.
const INPUT: &str = "0123456789()[],'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#\"\\ ";
const OUTPUT: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Base58 of `bytes` and the first four bytes of their double SHA-256.
pub(super) fn base58check(bytes: &[u8]) -> String {
    let checksum = Sha256::digest(Sha256::digest(bytes));
    let bytes: Vec<u8> = bytes.iter().chain(checksum.iter().take(4)).copied().collect();
    let mut digits: Vec<u32> = Vec::new();
    for byte in &bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += *digit << 8;
            *digit = carry % 58;
            carry /= 58;
        }
        while carry > 0 {
            digits.push(carry % 58);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).map(|_| 0);
    let digits = zeros.chain(digits.into_iter().rev());
    digits.filter_map(|digit| BASE58.get(digit as usize)).map(|byte| char::from(*byte)).collect()
}

/// The descriptor of the account at `path`, m/44'/coin'/account'; `None` for other paths.
pub(super) fn of_account(root: [u8; 4], path: &[u32], xpub: &str) -> Option<String> {
    let is_account = matches!(path, [purpose, coin, account]
        if *purpose == 44 | 1 << 31 && coin >> 31 == 1 && account >> 31 == 1);
    if !is_account {
        return None;
    }
    let root: String = root.iter().map(|byte| format!("{byte:02x}")).collect();
    let path = path::text(path).replace('\'', "h");
    let text = format!("pkh([{root}{}]{xpub}/<0;1>/*)", path.strip_prefix('m')?);
    Some(format!("{text}#{}", checksum(&text)?))
}

/// BIP-380's checksum, eight characters.
fn checksum(text: &str) -> Option<String> {
    let (mut state, mut class, mut count) = (1, 0, 0);
    for c in text.chars() {
        let position = INPUT.find(c)? as u64;
        state = polymod(state, position & 31);
        class = class * 3 + (position >> 5);
        count += 1;
        if count == 3 {
            state = polymod(state, class);
            (class, count) = (0, 0);
        }
    }
    if count > 0 {
        state = polymod(state, class);
    }
    for _ in 0..8 {
        state = polymod(state, 0);
    }
    state ^= 1;
    let digit = |n: u32| OUTPUT.get((state >> (5 * (7 - n)) & 31) as usize);
    (0..8).map(|n| digit(n).map(|byte| char::from(*byte))).collect()
}

fn polymod(state: u64, value: u64) -> u64 {
    const GENERATOR: [u64; 5] =
        [0xf5_dee5_1989, 0xa9_fdca_3312, 0x1b_ab10_e32d, 0x37_06b1_677a, 0x64_4d62_6ffd];
    let top = state >> 35;
    let shifted = (state & 0x7_ffff_ffff) << 5 ^ value;
    let picked = GENERATOR.iter().enumerate().filter(|(bit, _)| top >> bit & 1 == 1);
    picked.fold(shifted, |state, (_, generator)| state ^ generator)
}
