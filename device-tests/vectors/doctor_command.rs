//! `stockade keystore inspect` and `keystore doctor`, as their users meet them.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use stockade::{
    bls::SecretKey,
    eth2_keystore::{DecryptionKey, Kdf, KdfFunction, Keystore, Password},
};

use super::{directory, read_json, signing_key};

fn stockade(verb: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stockade"));
    command.args(["keystore", verb, "--json"]).stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> (i32, Value) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let document = serde_json::from_slice(&stdout).unwrap_or_else(|error| {
        let stdout = String::from_utf8_lossy(&stdout);
        panic!("{error}: {stdout} {}", String::from_utf8_lossy(&stderr))
    });
    (status.code().unwrap(), document)
}

fn variant(name: &str) -> PathBuf {
    directory("keystore-variants").join(name)
}

fn doctor(name: &str) -> Command {
    let mut command = stockade("doctor");
    command.arg(variant(&format!("{name}.json")));
    command.arg("--password-file").arg(variant(&format!("{name}.password")));
    command
}

#[test]
fn a_keystore_that_opens_and_that_all_take_is_exit_0() {
    let (code, document) = run(&mut doctor("02-pbkdf2-218"));
    assert_eq!((code, &document["ok"], &document["level"]), (0, &true.into(), &"opened".into()));
    let key = &document["keys"][0];
    assert_eq!((&key["verdict"], &key["reason"]), (&"proven".into(), &"ok".into()));
    let clients = key["clients"].as_array().unwrap();
    assert_eq!(clients.len(), 8);
    for client in clients {
        assert_eq!(client["accepts"], true, "{client}");
        // The program itself, its keystore code alone, or its sources.
        let evidence = match client["client"].as_str().unwrap() {
            "Nimbus" => "read",
            "ethstaker-deposit-cli" | "Lighthouse" | "Lodestar" => "library",
            _ => "measured",
        };
        assert_eq!(client["evidence"], evidence, "{client}");
        assert!(client["as_of"].is_string() && client["version"].is_string(), "{client}");
    }
}

#[test]
fn what_is_wrong_gives_exit_1_and_its_reason() {
    for (name, verdict, reason, password) in [
        ("16-extra-top", "proven", "ok", Some("standard")),
        ("25-wrong-pubkey", "contradicted", "pubkey_mismatch", Some("standard")),
        ("33-pw-bom", "contradicted", "wrong_password", Some("without_byte_order_mark")),
        ("34-pw-trailing-space", "contradicted", "wrong_password", Some("without_trailing_space")),
        ("39-pw-umlaut-wealdtech-1.1.3", "contradicted", "wrong_password", Some("marks_dropped")),
        ("44-cipher-bitflip", "contradicted", "bit_rot", Some("standard")),
        ("30-iv12", "contradicted", "malformed", None),
    ] {
        let (code, document) = run(&mut doctor(name));
        assert_eq!((code, &document["ok"]), (1, &false.into()), "{name}");
        let key = &document["keys"][0];
        assert_eq!((&key["verdict"], &key["reason"]), (&verdict.into(), &reason.into()), "{name}");
        assert_eq!(key["password"].as_str(), password, "{name}");
    }
}

#[test]
fn each_keystore_opens_with_its_own_password_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (keystores, passwords) = (folder.path().join("keys"), folder.path().join("secrets"));
    fs::create_dir(&keystores).unwrap();
    fs::create_dir(&passwords).unwrap();
    let pubkey = signing_key(0).public_key().to_string();
    for (name, password) in [
        ("02-pbkdf2-218", "02-pbkdf2-218.json.txt".to_owned()),
        ("38-pw-emoji", "38-pw-emoji.txt".to_owned()),
        ("12-no-uuid", format!("0x{pubkey}")),
    ] {
        let file = format!("{name}.json");
        fs::copy(variant(&file), keystores.join(file)).unwrap();
        fs::copy(variant(&format!("{name}.password")), passwords.join(password)).unwrap();
    }
    let mut doctor = stockade("doctor");
    doctor.arg(&keystores).arg("--password-dir").arg(&passwords);
    let (code, document) = run(&mut doctor);
    // All open; not every client takes the one without a uuid.
    assert_eq!((code, &document["verdicts"]["proven"]), (1, &3.into()), "{document}");
    fs::remove_file(passwords.join(format!("0x{pubkey}"))).unwrap();
    let (code, document) = run(&mut doctor);
    assert_eq!((code, &document["verdicts"]["inconclusive"]), (1, &1.into()), "{document}");
    let keys = document["keys"].as_array().unwrap();
    let left = keys.iter().find(|key| key["verdict"] == "inconclusive").unwrap();
    assert_eq!(left["reason"], "not_checked");
    assert!(left["detail"].as_str().unwrap().contains(&pubkey), "{left}");
}

#[test]
fn a_wrong_password_is_not_held_against_the_file() {
    let mut command = stockade("doctor");
    command.arg(variant("02-pbkdf2-218.json"));
    command.arg("--password-file").arg(variant("39-pw-umlaut-wealdtech-1.1.3.password"));
    let (code, document) = run(&mut command);
    let key = &document["keys"][0];
    assert_eq!((code, &key["verdict"]), (1, &"inconclusive".into()), "{key}");
    assert_eq!(key["reason"], "wrong_password");
}

/// How much work is too much is our own limit, and says nothing against the file.
#[test]
fn a_keystore_that_costs_too_much_is_not_called_bad() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keystore-1.json");
    for (name, parameter, cost) in
        [("01-scrypt-218", "n", 1 << 21), ("02-pbkdf2-218", "c", 20_000_000)]
    {
        let mut keystore = read_json(&format!("keystore-variants/{name}.json"));
        keystore["crypto"]["kdf"]["params"][parameter] = cost.into();
        fs::write(&path, keystore.to_string()).unwrap();
        let password = variant(&format!("{name}.password"));
        let doctor = [stockade("doctor"), stockade("inspect")];
        let [mut doctor, mut inspect] = doctor;
        doctor.arg(&path).arg("--password-file").arg(password);
        inspect.arg(&path);
        for command in [&mut doctor, &mut inspect] {
            let (code, document) = run(command);
            let key = &document["keys"][0];
            assert_eq!((code, &key["verdict"]), (1, &"inconclusive".into()), "{key}");
            assert_eq!(key["reason"], "not_checked");
        }
    }
}

#[test]
fn what_opens_and_not_every_client_takes_comes_with_the_way_out() {
    let text = |name: &str, more: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_stockade"));
        command.args(["keystore", "doctor"]).arg(variant(&format!("{name}.json"))).args(more);
        command.arg("--password-file").arg(variant(&format!("{name}.password")));
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let hint = "1 of them can be written in the form that every client accepts: --repair";
    for name in ["27-version-str", "33-pw-bom"] {
        assert!(text(name, &[]).contains(hint), "{name}");
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let repaired = text("27-version-str", &["--repair", out.to_str().unwrap()]);
    assert!(!repaired.contains(hint) && repaired.contains("1 written to"), "{repaired}");
    for name in ["02-pbkdf2-218", "25-wrong-pubkey"] {
        assert!(!text(name, &[]).contains(hint), "{name}");
    }
}

#[test]
fn what_is_no_keystore_is_exit_3() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.json");
    fs::write(&path, r#"{"version": 3, "id": "x", "address": "00", "crypto": {}}"#).unwrap();
    for file in [path.as_path(), &variant("43-truncated.json"), &variant("README.md")] {
        let (code, document) = run(stockade("inspect").arg(file));
        assert_eq!((code, &document["ok"]), (3, &false.into()), "{}", file.display());
        assert_eq!(document["error"]["kind"], "input");
        assert_eq!(document["keys"][0]["reason"], "malformed");
    }
    // In a folder what is no keystore may have been one; deposit data is clearly another file.
    let (code, document) = run(stockade("inspect").arg(folder.path()));
    assert_eq!((code, &document["keys"][0]["reason"]), (1, &"malformed".into()));
    fs::write(&path, r#"[{"pubkey": "00", "amount": 32000000000}]"#).unwrap();
    let (code, document) = run(stockade("inspect").arg(folder.path()));
    assert_eq!((code, &document["skipped"]), (3, &1.into()));
    let missing = folder.path().join("missing.json");
    let (code, document) = run(stockade("inspect").arg(missing));
    assert_eq!((code, &document["error"]["kind"]), (3, &"file".into()));
}

#[test]
fn hostile_files_are_an_error_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let base = read_json("keystore-variants/01-scrypt-218.json");
    let write = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).unwrap();
    let mut changed = base.clone();
    changed["crypto"]["kdf"]["params"]["n"] = (1_u64 << 40).into();
    write("keystore-1.json", changed.to_string().as_bytes());
    let mut changed = base.clone();
    changed["path"] = format!("m{}", "/0".repeat(10_000)).into();
    write("keystore-2.json", changed.to_string().as_bytes());
    write("keystore-3.json", "[".repeat(60_000).as_bytes());
    // Numbers that no integer holds, fields that are there twice, bytes that are no text.
    let whole = base.to_string();
    for (name, content) in [
        ("5", whole.replace("262144", "1e400")),
        ("6", whole.replace("262144", &"9".repeat(50_000))),
        ("7", whole.replace("262144", "-1")),
        ("8", whole.replacen('{', "{\"crypto\": {}, ", 1)),
    ] {
        assert_ne!(content, whole, "{name}");
        write(&format!("keystore-{name}.json"), content.as_bytes());
    }
    write("keystore-9.json", &[whole.as_bytes(), b"\xff\xfe"].concat());
    // Sparse: it has no bytes on the disk.
    fs::File::create(folder.path().join("keystore-4.json")).unwrap().set_len(1 << 30).unwrap();
    let begun = Instant::now();
    let mut doctor = stockade("doctor");
    doctor.arg(folder.path()).arg("--password-file").arg(variant("01-scrypt-218.password"));
    let mut inspect = stockade("inspect");
    inspect.arg(folder.path());
    for command in [&mut doctor, &mut inspect] {
        let (code, document) = run(command);
        assert_eq!(code, 1);
        for key in document["keys"].as_array().unwrap() {
            let costly = key["file"].as_str().unwrap().ends_with("keystore-1.json");
            let reason = if costly { "not_checked" } else { "malformed" };
            assert_eq!(key["reason"], reason, "{key}");
        }
        assert_eq!(document["files"], 9);
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn repaired_files_are_taken_by_all_and_the_old_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    fs::create_dir(&old).unwrap();
    let names = ["02-pbkdf2-218", "12-no-uuid", "13-pubkey-0x", "10-no-path", "44-cipher-bitflip"];
    for name in names {
        let name = format!("{name}.json");
        fs::copy(variant(&name), old.join(&name)).unwrap();
    }
    let password = variant("02-pbkdf2-218.password");
    let doctor = |path: &Path| {
        let mut command = stockade("doctor");
        command.arg(path).arg("--password-file").arg(&password);
        command
    };
    let (code, document) = run(doctor(&old).arg("--repair").arg(&new));
    assert_eq!((code, &document["repaired"]), (1, &5.into()), "{document}");
    for name in names {
        let name = format!("{name}.json");
        assert_eq!(fs::read(old.join(&name)).unwrap(), fs::read(variant(&name)).unwrap());
    }
    let (code, document) = run(&mut doctor(&new));
    assert_eq!((code, &document["verdicts"]["proven"]), (0, &5.into()), "{document}");
    for key in document["keys"].as_array().unwrap() {
        assert_eq!(key["pubkey"], signing_key(0).public_key().to_string());
        let accepts = |client: &Value| client["accepts"] == true;
        assert!(key["clients"].as_array().unwrap().iter().all(accepts), "{key}");
    }
    // Never over what is there.
    let (code, _) = run(doctor(&old).arg("--repair").arg(&new));
    assert_eq!(code, 3);
}

#[test]
fn a_password_that_is_not_the_keystores_is_not_used_for_a_repair() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("new");
    let (code, document) = run(doctor("34-pw-trailing-space").arg("--repair").arg(&new));
    assert_eq!((code, &document["repaired"]), (1, &0.into()));
    assert!(document["keys"][0]["repair_note"].as_str().unwrap().contains("password"));
    assert!(!new.exists());
}

/// Prysm reads another password than is written: under one with accents nothing is repaired.
#[test]
fn what_is_repaired_is_written_under_a_password_that_all_read_alike() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("new");
    let name = "39-pw-umlaut-wealdtech-1.1.3";
    let (code, document) = run(doctor(name).arg("--repair").arg(&new));
    assert_eq!((code, &document["error"]["kind"]), (3, &"input".into()), "{document}");
    let message = document["error"]["message"].as_str().unwrap();
    assert!(message.contains("Prysm"), "{message}");
    assert!(document["error"]["hint"].as_str().unwrap().contains("--new-password-file"));
    assert!(!new.exists());
    let password = folder.path().join("ascii");
    for bad in ["M\u{fc}hsam and more", "a\ttab within it"] {
        fs::write(&password, bad).unwrap();
        let (code, _) =
            run(doctor(name).arg("--repair").arg(&new).arg("--new-password-file").arg(&password));
        assert_eq!((code, new.exists()), (3, false), "{bad:?}");
    }
    fs::write(&password, "plain ASCII, 12 or more\n").unwrap();
    let (code, document) =
        run(doctor(name).arg("--repair").arg(&new).arg("--new-password-file").arg(&password));
    assert_eq!((code, &document["repaired"]), (1, &1.into()), "{document}");
    let mut command = stockade("doctor");
    command.arg(&new).arg("--password-file").arg(&password);
    assert_eq!(run(&mut command).0, 0);
    let (code, _) = run(doctor(name).arg("--new-password-file").arg(&password));
    assert_eq!(code, 2, "nothing to write");
}

/// A keystore that some clients refuse is no better for being copied.
#[test]
fn what_lighthouse_refuses_in_a_module_is_said_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    for (place, name) in
        ["50-kdf-message", "51-checksum-params", "52-cipher-params"].into_iter().enumerate()
    {
        let new = folder.path().join(place.to_string());
        let (code, document) = run(doctor(name).arg("--repair").arg(&new));
        let key = &document["keys"][0];
        assert_eq!((code, &key["verdict"]), (1, &"proven".into()), "{key}");
        let clients = key["clients"].as_array().unwrap();
        let lighthouse = clients.iter().find(|one| one["client"] == "Lighthouse").unwrap();
        assert_eq!(lighthouse["accepts"], false, "{name}");
        let mut command = stockade("doctor");
        command.arg(&new).arg("--password-file").arg(variant(&format!("{name}.password")));
        assert_eq!(run(&mut command).0, 0, "{name}");
    }
    let (_, document) = run(&mut doctor("53-prf-sha512"));
    let clients = document["keys"][0]["clients"].as_array().unwrap();
    assert!(clients.iter().all(|one| one["accepts"] == false), "{document}");
}

/// Keystores of one set: PBKDF2 at the full cost, for scrypt's own memory would hide all other.
fn set(folder: &Path, from: u64, to: u64) {
    let kdf = Kdf::new(KdfFunction::Pbkdf2 { c: 1 << 18 }, vec![7; 32]).unwrap();
    let key = DecryptionKey::derive(&Password::new("MyPasswordIs12+").unwrap(), &kdf).unwrap();
    for i in from..to {
        let mut secret = [0; 32];
        secret[24..].copy_from_slice(&(i + 1).to_be_bytes());
        let secret = SecretKey::from_bytes(&secret).unwrap();
        let path = format!("m/12381/3600/{i}/0/0");
        let keystore = Keystore::seal(&secret, &path, "", &key).unwrap();
        let name = format!("keystore-m_12381_3600_{i}_0_0-1795220361.json");
        fs::write(folder.join(name), keystore.to_json().unwrap()).unwrap();
    }
}

/// The exit code, the documents length, and the most memory in KiB that the command had at a time.
#[cfg(target_os = "linux")]
fn peak(command: &mut Command) -> (i32, usize, u64) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut stdout = child.stdout.take().unwrap();
    let (mut length, mut peak, mut buffer) = (0, 0, vec![0; 1 << 16]);
    // The mark only rises, and is asked for as the output comes.
    loop {
        let n = stdout.read(&mut buffer).unwrap();
        length += n;
        let status = fs::read_to_string(&status).unwrap_or_default();
        let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let mark = mark.and_then(|mark| mark.trim().strip_suffix(" kB")?.parse().ok());
        peak = mark.unwrap_or(peak);
        if n == 0 {
            break;
        }
    }
    (child.wait().unwrap().code().unwrap(), length, peak)
}

#[test]
#[cfg(target_os = "linux")]
fn ten_thousand_keystores_cost_one_derivation_and_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let password = variant("02-pbkdf2-218.password");
    let mut inspect = stockade("inspect");
    inspect.arg(folder.path());
    let mut doctor = stockade("doctor");
    doctor.arg(folder.path()).arg("--password-file").arg(password);

    set(folder.path(), 0, 1_000);
    let few = [peak(&mut inspect), peak(&mut doctor)];
    set(folder.path(), 1_000, 10_000);
    let begun = Instant::now();
    let many = [peak(&mut inspect), peak(&mut doctor)];
    let took = begun.elapsed();
    println!("peak KiB and bytes printed: 1,000 keystores {few:?}, 10,000 {many:?}, {took:?}");
    for ((few_code, few_bytes, few_peak), (many_code, many_bytes, many_peak)) in
        few.into_iter().zip(many)
    {
        assert_eq!((few_code, many_code), (0, 0));
        assert!(10 * many_bytes > 99 * few_bytes);
        assert!(few_peak > 0);
        // The names of the folder are in memory; the report, 10 MB, is not.
        assert!(many_peak < few_peak + 4096, "{few_peak} KiB became {many_peak} KiB");
    }
    // A derivation each would take twenty minutes.
    assert!(took < Duration::from_secs(120), "{took:?}");
}
