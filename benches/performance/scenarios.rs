//! What is measured: keys made, drilled and taken over, in sets of several sizes.

use std::{path::Path, time::Duration};

use stockade::{
    bls::SecretKey,
    eth2_keystore::{DecryptionKey, Kdf, Keystore, Password},
};

use crate::{
    baseline,
    child::{Cost, stockade},
    deliveries::{Moved, delivered, taken_over},
};

/// The password of the foreign keystores.
const PASSWORD: &str = "a password that another tool was given";
/// Foreign keystores, each with a salt of its own.
const FOREIGN: usize = 24;
/// Keys that go to a client.
const DELIVERED: [usize; 2] = [100, 1_000];
/// Raw keys from the configuration of a signer.
const TAKEN_OVER: [usize; 2] = [400, 4_000];

/// Everything that the page shows.
pub struct Measured {
    pub cores: usize,
    pub scrypt: Duration,
    pub openssl_scrypt: Option<Duration>,
    pub sizes: Vec<Size>,
    pub foreign: Cost,
    pub foreign_count: usize,
    /// Some keys, and ten times as many.
    pub delivered: [Moved; 2],
    pub taken_over: [Moved; 2],
}

/// A set of so many keys.
pub struct Size {
    pub keys: usize,
    /// One after another, on one core.
    pub public_keys: Duration,
    /// `validator create`: keystores, deposit data, one copy.
    pub create: Cost,
    /// `backup scrub` of that set.
    pub scrub: Cost,
    /// `backup drill` of that set: opened, and made again from the wallet's batch.
    pub drill: Cost,
    /// `backup drill` of the same keys as another tool's: opened, and not made again.
    pub drill_imported: Cost,
}

impl Measured {
    /// Measures, for some minutes.
    pub fn take(sizes: &[usize]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let foreign = foreign(folder.path());
        let scrypt = baseline::scrypt();
        Self {
            cores: baseline::cores(),
            scrypt,
            openssl_scrypt: baseline::openssl_scrypt(),
            sizes: sizes.iter().map(|keys| size(*keys, folder.path())).collect(),
            foreign,
            foreign_count: FOREIGN,
            delivered: DELIVERED.map(|keys| delivered(keys, scrypt, folder.path())),
            taken_over: TAKEN_OVER.map(|keys| taken_over(keys, scrypt, folder.path())),
        }
    }
}

fn size(keys: usize, folder: &Path) -> Size {
    let copy = folder.join(format!("made-{keys}"));
    let imported = folder.join(format!("imported-{keys}"));
    let keystores = folder.join(format!("keystores-{keys}"));
    let (copy, imported) = (text(&copy), text(&imported));
    let count = keys.to_string();
    let create = stockade(&[
        "validator",
        "create",
        "--network",
        "hoodi",
        "--count",
        &count,
        "--allow-large-batch",
        "--copy",
        copy,
    ]);
    let scrub = stockade(&["backup", "scrub", copy]);
    let drill = stockade(&["backup", "drill", copy]);
    foreign_keystores(keys, &keystores, true);
    take_over(&keystores, imported);
    let drill_imported = stockade(&["backup", "drill", imported]);
    let proven =
        drill_imported.output.pointer("/verdicts/proven").and_then(serde_json::Value::as_u64);
    assert_eq!(proven, Some(keys as u64), "{}", drill_imported.output);
    Size { keys, public_keys: baseline::public_keys(keys), create, scrub, drill, drill_imported }
}

/// Keystores as tools make them one by one: each costs a scrypt of its own.
fn foreign(folder: &Path) -> Cost {
    let keystores = folder.join("foreign");
    foreign_keystores(FOREIGN, &keystores, false);
    take_over(&keystores, text(&folder.join("taken-over")))
}

fn take_over(keystores: &Path, copy: &str) -> Cost {
    let password = keystores.with_extension("password");
    std::fs::write(&password, PASSWORD).unwrap();
    stockade(&[
        "backup",
        "create",
        "--network",
        "hoodi",
        "--from",
        text(keystores),
        "--password-file",
        text(&password),
        "--copy",
        copy,
    ])
}

fn foreign_keystores(count: usize, folder: &Path, one_salt: bool) {
    std::fs::create_dir(folder).unwrap();
    let password = Password::new(PASSWORD).unwrap();
    let root = SecretKey::derive_master(&[9; 32]).unwrap();
    let derive = |salt| DecryptionKey::derive(&password, &Kdf::full_cost([salt; 32])).unwrap();
    let shared = derive(0);
    for i in 0..count {
        let own = (!one_salt).then(|| derive(i as u8));
        let secret = root.derive_child(i as u32);
        let path = format!("m/12381/3600/{i}/0/0");
        let keystore = Keystore::seal(&secret, &path, "", own.as_ref().unwrap_or(&shared)).unwrap();
        let name = format!("keystore-m_12381_3600_{i}_0_0-1795220361.json");
        std::fs::write(folder.join(name), keystore.to_json().unwrap()).unwrap();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
