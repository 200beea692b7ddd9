//! What is left in the memory of a command at its end: none of the secrets that went through it. The
//! command is held where it writes its answer, and its memory is searched. Reading it takes root, since
//! the command lets no other process of the user do so.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{Read as _, Write as _},
    os::unix::fs::FileExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use stockade::{
    bls::SecretKey,
    custodian::{Custodian, Identity},
    device_secret::{self, Prompt, Scheme},
    eth2_keystore::{DecryptionKey, Kdf, KdfFunction, Keystore, Password},
    path::DerivationPath,
    staking::Network,
};

use super::{
    fixture::{Folder, Nobody, ledger, vector, wallet},
    run::{KEYSTORE_PASSWORD, OTHER_WORDS, WORDS, on},
};

/// A secret by name.
type Secret = (String, Vec<u8>);

const PASSPHRASE: &str = "six random words or so, all in a row";

/// A simulated wallet in a process of its own: what the wallet knows is not the command's.
struct Device {
    process: Child,
    spec: String,
}

impl Device {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockade"));
        command.arg("mock").args(arguments).args(["--listen", "127.0.0.1:0", "--json"]);
        command.env("STOCKADE_MOCK_MNEMONIC", WORDS);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let said = serde_json::Deserializer::from_reader(process.stdout.take().unwrap());
        let said: Value = said.into_iter().next().unwrap().unwrap();
        Self { process, spec: said["device"].as_str().unwrap().to_owned() }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a command line up to where it writes its answer, and gives its memory and the answer; `None`,
/// after saying why, where its memory cannot be read.
fn memory_of(device: &str, line: &str, stdin: &str) -> Option<(Vec<Region>, Value)> {
    let (mut answer, mut full) = std::io::pipe().unwrap();
    // As much as a pipe holds: the command waits with its own.
    full.write_all(&[b' '; 64 * 1024]).unwrap();
    let words: Vec<_> = line.split_whitespace().collect();
    let mut command = on(device).command(&words);
    command.stdin(Stdio::piped()).stdout(full).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(command);
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let mut said = child.stderr.take().unwrap();
    let said = thread::spawn(move || {
        let mut text = String::new();
        said.read_to_string(&mut text).map(|_| text)
    });
    let regions = is_writing(&mut child).then(|| regions(child.id()));
    let mut text = String::new();
    answer.read_to_string(&mut text).unwrap();
    let code = child.wait().unwrap().code();
    let said = said.join().unwrap().unwrap();
    assert_eq!(code, Some(0), "{line}: {text} {said}");
    let answer = serde_json::from_str(&text).unwrap();
    match regions {
        Some(Ok(regions)) => Some((regions, answer)),
        Some(Err(why)) => {
            println!("not run: the memory of another process cannot be read here: {why}");
            None
        }
        None => {
            println!("not run: what another process waits for cannot be read here");
            None
        }
    }
}

/// Waits until the process writes to its standard output. False where the system does not say.
fn is_writing(child: &mut Child) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(300) {
        let Ok(call) = fs::read_to_string(format!("/proc/{}/syscall", child.id())) else {
            return child.try_wait().unwrap().is_some();
        };
        // write, on the two architectures that this runs on.
        if call.starts_with("1 0x1 ") || call.starts_with("64 0x1 ") {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("it did not end");
}

/// A piece of memory that the process could write to.
struct Region {
    name: String,
    bytes: Vec<u8>,
}

fn regions(process: u32) -> std::io::Result<Vec<Region>> {
    let memory = File::open(format!("/proc/{process}/mem"))?;
    let mut regions = Vec::new();
    for line in fs::read_to_string(format!("/proc/{process}/maps"))?.lines() {
        let fields: Vec<_> = line.split_whitespace().collect();
        let (from, to) = fields[0].split_once('-').unwrap();
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        let (from, to) = (number(from), number(to));
        if !fields[1].starts_with("rw") || fields.get(5).is_some_and(|name| name.starts_with("[v"))
        {
            continue;
        }
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        memory.read_exact_at(&mut bytes, from)?;
        let name = format!("{from:x} {}", fields.get(5).unwrap_or(&""));
        regions.push(Region { name, bytes });
    }
    Ok(regions)
}

/// Where any half of a secret is, by name.
fn found(regions: &[Region], secrets: &[Secret]) -> Vec<String> {
    let mut needles = Vec::new();
    for (name, secret) in secrets {
        assert!(secret.len() >= 16, "{name}: too short to be told from other bytes");
        let half = (secret.len() / 2).min(16);
        needles.push((format!("{name} (begin)"), &secret[..half]));
        needles.push((format!("{name} (end)"), &secret[secret.len() - half..]));
    }
    let mut starts = vec![false; 1 << 16];
    for (_, needle) in &needles {
        starts[usize::from(u16::from_le_bytes([needle[0], needle[1]]))] = true;
    }
    let mut found = Vec::new();
    for region in regions {
        for at in 0..region.bytes.len().saturating_sub(1) {
            let pair = u16::from_le_bytes([region.bytes[at], region.bytes[at + 1]]);
            if !starts[usize::from(pair)] {
                continue;
            }
            for (name, needle) in &needles {
                if region.bytes[at..].starts_with(needle) {
                    found.push(format!("{name} in {} +{at:x}", region.name));
                }
            }
        }
    }
    found
}

/// What the wallet `device` gives for the prompt: the signature, where it is one, and the secret.
fn of_prompt(device: &str, scheme: Scheme, prompt: &Prompt, what: &str) -> Vec<Secret> {
    let mut wallet = wallet(device, WORDS);
    let address = device_secret::check_address(&mut *wallet, &mut Nobody).unwrap();
    let mut secrets = Vec::new();
    if scheme == Scheme::Eip191V1 {
        let path = DerivationPath::check_address();
        let signature = wallet.sign_personal(&path, prompt.as_str(), &mut Nobody).unwrap();
        let signature = signature.to_bytes();
        secrets.push((format!("r for {what}"), signature[..32].to_vec()));
        secrets.push((format!("s for {what}"), signature[32..64].to_vec()));
    }
    let secret = device_secret::ask(&mut *wallet, scheme, prompt, &address, &mut Nobody).unwrap();
    secrets.push((format!("device secret for {what}"), secret.expose().to_vec()));
    secrets.push((format!("age identity for {what}"), age_text(secret.expose())));
    secrets
}

fn age_text(secret: &[u8]) -> Vec<u8> {
    let hrp = bech32::Hrp::parse("age-secret-key-").unwrap();
    let text = bech32::encode_upper::<bech32::Bech32>(hrp, secret).unwrap();
    // Without what all of them begin with.
    text.into_bytes()["AGE-SECRET-KEY-1".len()..].to_vec()
}

fn of_key(key: &SecretKey, what: &str) -> Vec<Secret> {
    let big = key.to_bytes().expose().to_vec();
    let little = big.iter().rev().copied().collect();
    let hex = hex::encode(&big).into_bytes();
    vec![
        (format!("key {what}"), big),
        (format!("key {what}, little-endian"), little),
        (format!("key {what}, in hex"), hex),
    ]
}

/// What opens keystores: the password, what scrypt makes of it, and the keys in them.
fn of_keystores(folder: &Path, password: &str) -> Vec<Secret> {
    let mut secrets = vec![(format!("password of {}", folder.display()), password.into())];
    // Those of one set have one.
    let mut derivations = HashMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(keystore) = Keystore::parse(&fs::read(&path).unwrap()) else { continue };
        let derive = || {
            let key = DecryptionKey::derive(&Password::new(password).unwrap(), keystore.kdf());
            secrets.push(("the keystores' key".to_owned(), derived(keystore.kdf(), password)));
            key.unwrap()
        };
        let key = derivations.entry(keystore.kdf().clone()).or_insert_with(derive);
        let key = keystore.open_with(key).unwrap();
        secrets.extend(of_key(&key, path.file_name().unwrap().to_str().unwrap()));
    }
    secrets
}

fn derived(kdf: &Kdf, password: &str) -> Vec<u8> {
    let mut bytes = vec![0; 32];
    match kdf.function() {
        KdfFunction::Scrypt { n, r, p } => {
            let params = scrypt::Params::new(u8::try_from(n.ilog2()).unwrap(), r, p, 32).unwrap();
            scrypt::scrypt(password.as_bytes(), kdf.salt(), &params, &mut bytes).unwrap();
        }
        KdfFunction::Pbkdf2 { c } => {
            pbkdf2::pbkdf2_hmac::<sha2::Sha256>(password.as_bytes(), kdf.salt(), c, &mut bytes);
        }
    }
    bytes
}

/// What the set in `folder`, which the wallet `device` opens alone, is sealed with.
fn of_set(folder: &Path, device: &str) -> Vec<Secret> {
    let manifest: Value =
        serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let custodian = Custodian::parse(manifest["custodians"][0].to_string().as_bytes()).unwrap();
    let prompt = Prompt::open_backups(&custodian.id);
    let mut secrets = of_prompt(device, custodian.scheme, &prompt, "opening");
    let opened = secrets.iter().find(|(name, _)| name.starts_with("device secret")).unwrap();
    let identity = Identity::from_secret(opened.1.as_slice().try_into().unwrap());
    let sealed = fs::read(folder.join("seal/secret.age")).unwrap();
    let secret = identity.open(&sealed, 64).unwrap();
    let expand = |info: &str| {
        let mut bytes = [0; 32];
        let hkdf = hkdf::Hkdf::<sha2::Sha256>::new(Some(b"stockade/set/v1"), &secret);
        hkdf.expand(info.as_bytes(), &mut bytes).unwrap();
        bytes
    };
    secrets.push(("set secret".to_owned(), secret.to_vec()));
    secrets.push(("the set's files identity".to_owned(), expand("files identity").to_vec()));
    secrets.push(("the text of that".to_owned(), age_text(&expand("files identity"))));
    secrets.push(("the manifest's mac key".to_owned(), expand("manifest mac").to_vec()));
    let password = hex::encode(expand("keystore password"));
    secrets.push(("the password's bytes".to_owned(), expand("keystore password").to_vec()));
    secrets.extend(of_keystores(&folder.join("keystores"), &password));
    secrets
}

/// What a batch's keys are made of.
fn of_batch(device: &str, scheme: Scheme) -> Vec<Secret> {
    let prompt = Prompt::derive_batch(Network::Hoodi, 0);
    let mut secrets = of_prompt(device, scheme, &prompt, "the batch");
    let seed = secrets.iter().find(|(name, _)| name.starts_with("device secret")).unwrap();
    let mut key = SecretKey::derive_master(&seed.1).unwrap();
    secrets.extend(of_key(&key, "m"));
    for level in [12381, 3600] {
        key = key.derive_child(level);
        secrets.extend(of_key(&key, &format!("../{level}")));
    }
    secrets
}

#[track_caller]
fn require_none(line: &str, regions: &[Region], secrets: &[Secret]) {
    let left = found(regions, secrets);
    assert!(left.is_empty(), "{line}: {} left:\n{}", left.len(), left.join("\n"));
}

/// Searching finds what is there: the addresses of the copies, which nobody wipes.
#[test]
fn what_is_searched_for_would_be_found() {
    let folder = ledger().copies();
    let name = folder.at("a").into_bytes();
    let line = format!("backup list {}", folder.at("a"));
    let Some((regions, _)) = memory_of("mock-ledger", &line, "") else { return };
    assert!(!found(&regions, &[("a path".to_owned(), name)]).is_empty());
}

#[test]
fn a_create_a_drill_a_restore_and_a_reseal_leave_nothing() {
    life(&["ledger", "--user", "approve"], "mock-ledger", Scheme::Eip191V1);
}

#[test]
fn nor_do_they_with_secrets_of_the_other_scheme() {
    life(&["trezor", "--user", "approve"], "mock-trezor", Scheme::Slip11V1);
}

/// A set from its beginning to the one that replaces it, with this wallet.
fn life(arguments: &[&str], device: &str, scheme: Scheme) {
    let wallet = Device::start(arguments);
    let folder = Folder::new();
    let create = format!(
        "validator create --network hoodi --count 2 --scheme {scheme} --copy {}",
        folder.both()
    );
    let Some((regions, _)) = memory_of(&wallet.spec, &create, "") else { return };
    let mut secrets = of_set(&folder.set("a"), device);
    secrets.extend(of_batch(device, scheme));
    require_none(&create, &regions, &secrets);

    let drill = format!("backup drill {}", folder.both());
    let Some((regions, _)) = memory_of(&wallet.spec, &drill, "") else { return };
    require_none(&drill, &regions, &secrets);

    let to = folder.at("keys");
    let restore =
        format!("backup restore {} --to {to} --layout plain --never-attested", folder.both());
    let Some((regions, _)) = memory_of(&wallet.spec, &restore, "") else { return };
    let password = fs::read_to_string(folder.path("keys/password.txt")).unwrap();
    let restored = of_keystores(&folder.path("keys"), password.trim());
    require_none(&restore, &regions, &[secrets.clone(), restored].concat());

    let old = folder.set("a");
    let reseal = format!("backup reseal {} --custodian {}", folder.both(), old.display());
    let Some((regions, answer)) = memory_of(&wallet.spec, &reseal, "") else { return };
    let new = folder.path("a/stockade").join(answer["set_id"].as_str().unwrap());
    require_none(&reseal, &regions, &[secrets, of_set(&new, device)].concat());
}

#[test]
fn an_enrolment_leaves_nothing() {
    let wallet = Device::start(&["ledger", "--user", "approve"]);
    let folder = Folder::new();
    let file = folder.at("wallet.json");
    let enroll = format!("custodian enroll --name x --out {file}");
    let Some((regions, _)) = memory_of(&wallet.spec, &enroll, "") else { return };
    let custodian = Custodian::parse(&fs::read(&file).unwrap()).unwrap();
    let prompt = Prompt::open_backups(&custodian.id);
    let secrets = of_prompt("mock-ledger", custodian.scheme, &prompt, "opening");
    require_none(&enroll, &regions, &secrets);

    let file = folder.at("passphrase.json");
    let enroll = format!("custodian enroll --name x --out {file} --passphrase --passphrase-fd 0");
    let Some((regions, _)) = memory_of(&wallet.spec, &enroll, PASSPHRASE) else { return };
    let custodian: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let armored = custodian["identity"].as_str().unwrap();
    let mut identity = age::scrypt::Identity::new(PASSPHRASE.to_owned().into());
    identity.set_max_work_factor(18);
    let sealed = age::armor::ArmoredReader::new(armored.as_bytes());
    let reader = age::Decryptor::new(sealed).unwrap();
    let mut text = String::new();
    let identities = std::iter::once(&identity as &dyn age::Identity);
    reader.decrypt(identities).unwrap().read_to_string(&mut text).unwrap();
    let text = text.trim().strip_prefix("AGE-SECRET-KEY-1").unwrap();
    let secrets = [
        ("passphrase".to_owned(), PASSPHRASE.into()),
        ("age identity".to_owned(), text.into()),
        ("its bytes".to_owned(), bech32::decode(&format!("AGE-SECRET-KEY-1{text}")).unwrap().1),
    ];
    require_none(&enroll, &regions, &secrets);
}

#[test]
fn keys_of_other_tools_leave_nothing() {
    let wallet = Device::start(&["ledger", "--user", "approve"]);
    let folder = Folder::new();
    let from = vector("deposits/hoodi-0x01");
    let create = format!(
        "backup create --network hoodi --from {from} --password-fd 0 --copy {}",
        folder.at("a")
    );
    let Some((regions, _)) = memory_of(&wallet.spec, &create, KEYSTORE_PASSWORD) else { return };
    let imported = of_keystores(Path::new(&from), KEYSTORE_PASSWORD);
    let imported: Vec<_> = imported.into_iter().filter(|(_, bytes)| bytes.len() >= 16).collect();
    let set = of_set(&folder.set("a"), "mock-ledger");
    require_none(&create, &regions, &[imported, set].concat());

    let folder = Folder::new();
    let create = format!(
        "validator create --network hoodi --count 1 --from-mnemonic --mnemonic-fd 0 --copy {} \
         --withdrawal-address 0x9858EfFD232B4033E47d90003D41EC34EcaEda94",
        folder.at("a")
    );
    let Some((regions, _)) = memory_of(&wallet.spec, &create, OTHER_WORDS) else { return };
    let mut seed = [0; 64];
    pbkdf2::pbkdf2_hmac::<sha2::Sha512>(OTHER_WORDS.as_bytes(), b"mnemonic", 2048, &mut seed);
    let mut secrets = of_set(&folder.set("a"), "mock-ledger");
    secrets.push(("words".to_owned(), OTHER_WORDS.into()));
    secrets.push(("seed".to_owned(), seed.to_vec()));
    secrets.extend(of_key(&SecretKey::derive_master(&seed).unwrap(), "m"));
    require_none(&create, &regions, &secrets);
}
