//! Standard vectors and files that other tools wrote.

mod changes_and_exits;
mod deposits;
mod doctor;
mod doctor_command;
mod eip2333;
mod eip2335;
mod hostile_files;
mod interchange;
mod interchange_properties;
mod interchange_suite;
mod keystore_properties;
mod keystore_variants;

use std::{fs, path::PathBuf};

use stockade::{
    bls::SecretKey,
    mnemonic::{Mnemonic, Seed},
    path::DerivationPath,
};

/// The BIP-39 seed of `abandon` x11 + `about` without a passphrase.
const SEED: &str = "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc1\
                    9a5ac40b389cd370d086206dec8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4";

/// The same words, and what is made of them.
fn seed() -> Seed {
    Seed::new(&Mnemonic::parse(stockade_mocks::seed::DEFAULT_MNEMONIC, None).unwrap(), "")
}

fn directory(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .join("device-tests/vectors")
        .join(name)
}

fn read(name: &str) -> Vec<u8> {
    fs::read(directory(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn read_json(name: &str) -> serde_json::Value {
    serde_json::from_slice(&read(name)).unwrap()
}

/// The signing key of validator `index` under [`SEED`].
fn signing_key(index: u32) -> SecretKey {
    let master = SecretKey::derive_master(&hex::decode(SEED).unwrap()).unwrap();
    master.derive_path(&DerivationPath::signing_key(index))
}
