//! The BTEC app 1.0.0, after its [source]: BLS signatures with withdrawal keys.
//!
//! [source]: https://github.com/LedgerHQ/app-btec

use crate::{Decision, Seed, User};

const CLASS: u8 = 0xe0;
const GET_VERSION: u8 = 0x03;
const GET_APP_NAME: u8 = 0x04;
const GET_WITHDRAWAL_KEY: u8 = 0x05;
const GET_SIGNING_KEY: u8 = 0x06;
const GET_ADDRESS: u8 = 0x07;
const SIGN: u8 = 0x08;

const OK: u16 = 0x9000;
const REJECTED: u16 = 0x6985;
const WRONG_P1_P2: u16 = 0x6a86;
const WRONG_LENGTH: u16 = 0x6a87;
const INVALID_INSTRUCTION: u16 = 0x6d00;
const INVALID_CLASS: u16 = 0x6e00;
const BAD_STATE: u16 = 0xb007;

const HARDENED: u32 = 1 << 31;

/// The simulated version.
pub(super) const VERSION: [u8; 3] = [1, 0, 0];

/// Answers one command.
pub(super) fn exchange(apdu: &[u8], seed: &Seed, user: &mut User) -> Vec<u8> {
    let (data, status) = match answer(apdu, seed, user) {
        Ok(data) => (data, OK),
        Err(status) => (Vec::new(), status),
    };
    [&*data, &status.to_be_bytes()].concat()
}

fn answer(apdu: &[u8], seed: &Seed, user: &mut User) -> Result<Vec<u8>, u16> {
    let (&[class, instruction, p1, p2], rest) = apdu.split_first_chunk().ok_or(WRONG_LENGTH)?;
    let data = match rest.split_first() {
        None => rest,
        Some((length, data)) if usize::from(*length) == data.len() => data,
        Some(_) => return Err(WRONG_LENGTH),
    };
    if class != CLASS {
        return Err(INVALID_CLASS);
    }
    if !(GET_VERSION..=SIGN).contains(&instruction) {
        return Err(INVALID_INSTRUCTION);
    }
    if (p1, p2) != (0, 0) {
        return Err(WRONG_P1_P2);
    }
    match instruction {
        GET_VERSION => return Ok(VERSION.to_vec()),
        GET_APP_NAME => return Ok(b"BTEC".to_vec()),
        _ => {}
    }
    let (index, rest) = data.split_first_chunk().ok_or(WRONG_LENGTH)?;
    let index = u32::from_be_bytes(*index);
    if instruction == SIGN {
        return sign(index, rest.try_into().map_err(|_| WRONG_LENGTH)?, seed, user);
    }
    if !rest.is_empty() {
        return Err(WRONG_LENGTH);
    }
    let key = |path: &[u32]| seed.bls_public_key(path).map(|key| key.to_vec());
    let answered = match instruction {
        GET_WITHDRAWAL_KEY => key(&[12381, 3600, index, 0]),
        GET_SIGNING_KEY => key(&[12381, 3600, index, 0, 0]),
        GET_ADDRESS => {
            let path = [44 | HARDENED, 60 | HARDENED, HARDENED, 0, index];
            seed.node(&path).map(|node| node.address_bytes().to_vec())
        }
        _ => return Err(INVALID_INSTRUCTION),
    };
    answered.ok_or(BAD_STATE)
}

fn sign(index: u32, root: &[u8; 32], seed: &Seed, user: &mut User) -> Result<Vec<u8>, u16> {
    let digits: String = root.iter().map(|byte| format!("{byte:02x}")).collect();
    let shown = format!("Review signature\nAccount index: {index}\nSigning root: 0x{digits}");
    match user.decide(&shown) {
        Decision::Reject => Err(REJECTED),
        Decision::Approve => {
            let signature = seed.bls_sign(&[12381, 3600, index, 0], root);
            signature.map(|signature| signature.to_vec()).ok_or(BAD_STATE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(apdu: &[u8], decision: Decision) -> Vec<u8> {
        let seed = Seed::from_mnemonic(crate::seed::DEFAULT_MNEMONIC, "");
        exchange(apdu, &seed, &mut User::always(decision))
    }

    fn approve(apdu: &[u8]) -> Vec<u8> {
        ask(apdu, Decision::Approve)
    }

    #[test]
    fn lengths_and_parameters_of_commands_are_checked() {
        assert_eq!(approve(&[0xe0, 3, 0, 0, 0]), [1, 0, 0, 0x90, 0]);
        assert_eq!(approve(&[0xe0, 4, 0, 0]), b"BTEC\x90\0");
        assert_eq!(approve(&[0xe0, 5, 1, 0, 4, 0, 0, 0, 0]), [0x6a, 0x86]);
        assert_eq!(approve(&[0xe0, 5, 0, 0, 3, 0, 0, 0]), [0x6a, 0x87]);
        assert_eq!(approve(&[0xe0, 5, 0, 0, 5, 0, 0, 0, 0, 0]), [0x6a, 0x87]);
        assert_eq!(approve(&[0xe0, 9, 0, 0, 0]), [0x6d, 0]);
        assert_eq!(approve(&[0xe1, 3, 0, 0, 0]), [0x6e, 0]);
        assert_eq!(approve(&[0xe0, 5, 0]), [0x6a, 0x87]);
    }

    #[test]
    fn a_signature_needs_approval() {
        let command = [&[0xe0, 8, 0, 0, 36, 0, 0, 0, 0][..], &[7; 32]].concat();
        assert_eq!(approve(&command).len(), 98);
        assert_eq!(ask(&command, Decision::Reject), [0x69, 0x85]);
    }
}
