//! What abandon..about answers, as real firmware did: see `device-tests/transcripts` and
//! `device-tests/vectors/device-secrets.json`.

use serde::Deserialize;

pub(super) const CHECK_ADDRESS: &str = "0x5C81Eade04A009301586bF5421F18F3EB5C52df4";

/// Addresses by path.
pub(super) const ADDRESSES: [(&str, &str); 3] = [
    ("m/44'/60'/0'/0/0", "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"),
    ("m/44'/60'/1'/0/0", "0x78839F6054d7ed13918bAe0473BA31b1Ca9D7265"),
    ("m/44'/60'/83'/0/0", CHECK_ADDRESS),
];

/// Signatures (r, s, v) at m/44'/60'/0'/0/0: of "hello", and of [`long_message`].
pub(super) const SIGNED_HELLO: &str = "22f6b9cd7ff4f321e11181c4fe64adeea9469908fb514fbb6001fe022002dfda1f4ec9ea436bad14a7823806487d3aeb39b22e2556590922d6a8308971a17e991c";
pub(super) const SIGNED_LONG: &str = "7c2a60f8597c7636e6c93f6de79d170999ec73e5f4551652374bfefbb95c6a337d8e9ead83000a35ea1058765c6c83dd026017a31d371244a5e6e0a9117a97601b";

/// Signatures (r, s) at m/44'/60'/0'/0/0 of recorded payments: a legacy one, and one of EIP-1559.
pub(super) const SIGNED_LEGACY: &str = "be7b7f9f9d39941dcc0f291f26f904490acd05a174949fabfd71315924360e6d0a42bf037c0f32090dec52f3077508cd0be754cc99d0b3ebd4f623f6f8b7ce59";
pub(super) const SIGNED_EIP_1559: &str = "8036dd0e0113ac4de1133f99e6752128f3937e8f77da016ebc16aee05f65ef84401eee438e33e7809ea94325c5896888c6f20bc0ed5b6f63b08812973e1761c7";

/// The signing key of validator 0.
pub(super) const BLS_SIGNING_KEY: &str = BLS_PUBLIC_KEYS[1].1;

/// 600 bytes: three APDUs, ten packets.
pub(super) fn long_message() -> String {
    "Seal backup key for validator keystore. ".repeat(15)
}

/// BLS public keys by path.
pub(super) const BLS_PUBLIC_KEYS: [(&str, &str); 5] = [
    (
        "m/12381/3600/0/0",
        "8ebe599559cbf3abbc6a72b25d8bc13fd9b5075283fcd9ec47b2a0bf6c5148a2e9e615b181e5b2c03abe63818ef70c61",
    ),
    (
        "m/12381/3600/0/0/0",
        "b3e445d43871965d890a398f719348a1405ac72e35b92727cc570026f54471af7ea7b2040622a8fd0b5bfb2a209b5911",
    ),
    (
        "m/12381/3600/1/0",
        "8b52e53cb73723a8f60fe279edfb277f48ec3ae54070326113c7277decd0f1dd9fab5267dfe40604c2614028be7860b1",
    ),
    (
        "m/12381/3600/1/0/0",
        "aeb399bf5648b0e9980c1731824c269631a41320c3d7f730c40587e1a37a5e1c8b5755fd90080a7b3fb90d3fd419c0a7",
    ),
    (
        "m/12381/3600/70000/0",
        "91da42bbfc36413a00ec402fd68bfcb23f12a68ec3db2b27ac53293fe40693a18c5d65782b5dae4603cf20b0cf5dba8c",
    ),
];

/// CipherKeyValue of 32 zero bytes: path, key and ciphertext.
pub(super) const CIPHERED_ZEROS: (&str, &str, &str) = (
    "m/10016'/0'",
    "Seal staking backup 0xa1b2c3d4?",
    "f2362e746e6a20541a7cf0950fed7e891be460b98428c198ad161a7995210d7b",
);

/// A device secret that real firmware made.
#[derive(Deserialize)]
pub(super) struct Vector {
    mnemonic: String,
    pub(super) scheme: String,
    pub(super) prompt: String,
    pub(super) secret: String,
}

/// The device secrets of abandon..about by one scheme.
pub(super) fn device_secrets(scheme: &str) -> Vec<Vector> {
    let vectors = include_str!("../vectors/device-secrets.json");
    let mut vectors: Vec<Vector> = serde_json::from_str(vectors).unwrap();
    vectors.retain(|v| v.mnemonic.starts_with("abandon") && v.scheme == scheme);
    assert_eq!(vectors.len(), 3);
    vectors
}
