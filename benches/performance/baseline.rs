//! What the command's times are compared with, measured in the same run.

use std::{
    fs::File,
    hint::black_box,
    io::Write as _,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use stockade::{
    bls::SecretKey,
    eth2_keystore::{DecryptionKey, Kdf, Keystore, Password},
};

/// How many cores the work is spread over.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// One scrypt at EIP-2335's full cost, by this library: the best of three.
pub fn scrypt() -> Duration {
    let password = Password::new("a password of no keystore").unwrap();
    best_of(3, || {
        black_box(DecryptionKey::derive(&password, &Kdf::full_cost([7; 32])).unwrap());
    })
}

/// The same by OpenSSL, through Python's hashlib.
pub fn openssl_scrypt() -> Option<Duration> {
    let program = "import hashlib, time\n\
        def once():\n\
        \x20   start = time.perf_counter()\n\
        \x20   hashlib.scrypt(b'p', salt=b's' * 32, n=1 << 18, r=8, p=1, dklen=32, maxmem=1 << 29)\n\
        \x20   return time.perf_counter() - start\n\
        print(min(once() for _ in range(3)))";
    let output = Command::new("python3").args(["-c", program]).output().ok()?;
    let seconds: f64 = String::from_utf8(output.stdout).ok()?.trim().parse().ok()?;
    Some(Duration::from_secs_f64(seconds))
}

/// From secret to public key, for each of `keys`, one after another. Each is made anew, for a key that
/// gave its public key once has it at hand.
pub fn public_keys(keys: usize) -> Duration {
    let secret = SecretKey::derive_master(&[3; 32]).unwrap().derive_child(1).to_bytes();
    let once = |_| {
        let fresh: Vec<_> =
            (0..keys).map(|_| SecretKey::from_bytes(secret.expose()).unwrap()).collect();
        let started = Instant::now();
        for key in &fresh {
            black_box(key.public_key());
        }
        started.elapsed()
    };
    (0..3).map(once).min().unwrap()
}

/// One of any number of keys.
pub fn key(i: usize) -> SecretKey {
    SecretKey::derive_master(&[3; 32]).unwrap().derive_child(u32::try_from(i).unwrap())
}

/// So many keystores under one password, as text: all that sealing costs but for the scrypt.
pub fn keystores(count: usize) -> Duration {
    let password = Password::new("a password of no keystore").unwrap();
    let derived = DecryptionKey::derive(&password, &Kdf::full_cost([8; 32])).unwrap();
    let keys: Vec<_> = (0..count).map(key).collect();
    for key in &keys {
        black_box(key.public_key());
    }
    best_of(3, || {
        for key in &keys {
            let keystore = Keystore::seal(key, "m/12381/3600/0/0/0", "", &derived).unwrap();
            black_box(keystore.to_json().unwrap());
        }
    })
}

/// So many files of a keystore's size in a new folder, each synced.
pub fn files(count: usize, folder: &Path) -> Duration {
    std::fs::create_dir(folder).unwrap();
    let started = Instant::now();
    for i in 0..count {
        let mut file = File::create(folder.join(i.to_string())).unwrap();
        file.write_all(&[b'x'; 1024]).unwrap();
        file.sync_all().unwrap();
    }
    File::open(folder).unwrap().sync_all().unwrap();
    started.elapsed()
}

fn best_of(times: usize, work: impl Fn()) -> Duration {
    let once = |_| {
        let started = Instant::now();
        work();
        started.elapsed()
    };
    (0..times).map(once).min().unwrap()
}
