//! Publicly known seeds. Keys derived from them protect nothing.

use stockade_base::eth::Address;

/// The check addresses (m/44'/60'/83'/0/0) of mnemonics that are published in manuals and tools.
const WELL_KNOWN: [&str; 7] = [
    // abandon (11 times) about: BIP-39's first vector, and this project's mocks
    "0x5C81Eade04A009301586bF5421F18F3EB5C52df4",
    // all (12 times): SLIP-0014
    "0x5E09f7c24d0B14Dc313f2C617Ded129e67a87A6F",
    // test (11 times) junk: Hardhat, Foundry
    "0xCA2284F5B8ACEbcC8d55E9698414995fc6B3FE09",
    // glory promote mansion ..: Speculos
    "0x661A1DF2e6aC66c88CbCE112E37e207e02fd68e3",
    // myth like bonus ..: Ganache --deterministic
    "0x7Fc0279C2811F4A25C6a57E4948005915Ade839D",
    // alcohol woman abuse ..: the Trezor emulator's tests
    "0x379c388Dc44Ecee2147cf38EC0fC17b002d4caF0",
    // abandon (11 times) about with the passphrase TREZOR: BIP-39's vectors
    "0x528171Ca73276ba92E22826EF16B7b71021F287D",
];

/// Whether the wallet with this check address has a publicly known seed.
pub fn is_well_known(check_address: &Address) -> bool {
    let text = check_address.to_string();
    WELL_KNOWN.contains(&text.as_str())
}
