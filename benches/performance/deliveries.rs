//! What is measured of keys that go to a client, and of keys that were never in a set.

use std::{fmt::Write as _, path::Path, time::Duration};

use crate::{
    baseline,
    child::{Cost, stockade},
    stand_in::StandIn,
};

/// So many keys, and what no program can do without.
pub struct Moved {
    pub keys: usize,
    pub cost: Cost,
    pub least: Duration,
}

/// `deliver keymanager` of a set of so many keys. At least: a scrypt to open the set, one for the
/// password of the delivery, the keystores under it, and their bytes through the same loopback.
pub fn delivered(keys: usize, scrypt: Duration, folder: &Path) -> Moved {
    let copy = folder.join(format!("to-deliver-{keys}"));
    let (copy, count) = (copy.to_str().unwrap(), keys.to_string());
    let create = ["validator", "create", "--network", "hoodi", "--allow-large-batch"];
    stockade(&[create.as_slice(), &["--count", &count, "--copy", copy]].concat());
    let token = folder.join("token");
    std::fs::write(&token, "a-token").unwrap();
    let client = StandIn::new();
    let url = format!("http://{}", client.address);
    let to = ["deliver", "keymanager", copy, "--url", &url, "--token-file"];
    let said = ["--not-running", "--never-attested", "--verify", "--no-note"];
    let cost = stockade(&[to.as_slice(), &[token.to_str().unwrap()], &said].concat());
    let proven = cost.output.pointer("/verdicts/proven").and_then(serde_json::Value::as_u64);
    assert_eq!(proven, Some(keys as u64), "{}", cost.output);
    let least = scrypt * 2 + baseline::keystores(keys) + client.push_again();
    Moved { keys, cost, least }
}

/// `backup create` of so many raw keys that a Web3signer's configuration names. At least: their public
/// keys on all cores, a scrypt, their keystores, and as many files of that size, synced.
pub fn taken_over(keys: usize, scrypt: Duration, folder: &Path) -> Moved {
    let configuration = folder.join(format!("web3signer-{keys}"));
    std::fs::create_dir(&configuration).unwrap();
    for i in 0..keys {
        let mut text = String::from("type: file-raw\nkeyType: BLS\nprivateKey: 0x");
        for byte in baseline::key(i).to_bytes().expose() {
            let _ = write!(text, "{byte:02x}");
        }
        std::fs::write(configuration.join(format!("{i}.yaml")), text).unwrap();
    }
    let from = format!("web3signer:{}", configuration.display());
    let copy = folder.join(format!("from-web3signer-{keys}"));
    let create = ["backup", "create", "--network", "hoodi", "--from", &from, "--copy"];
    let cost = stockade(&[create.as_slice(), &[copy.to_str().unwrap()]].concat());
    let cores = u32::try_from(baseline::cores()).unwrap();
    let files = baseline::files(keys, &folder.join(format!("files-{keys}")));
    let least = scrypt + baseline::public_keys(keys) / cores + baseline::keystores(keys) + files;
    Moved { keys, cost, least }
}
