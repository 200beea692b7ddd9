//! Names that others chose begin no line of what a command prints, and steer no terminal: names of
//! files and folders, of custodians, of copies, and whatever stands on a command line.

use std::{
    fs,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};
use stockade::is_harmful;

use super::{
    fixture::{Folder, vector},
    run::{WORDS, on},
};

/// A name with all that a name must not do: a new line, a mark that reorders text, the one-byte
/// escape of a terminal, and characters that nobody sees.
pub(super) const HOSTILE: &str = "x\nFORGED: proven\r\u{202e}\u{9b}2J\u{200b}\u{2028}y";

/// Runs a command for people and as JSON, and holds both to what may be printed.
fn run(args: &[&str]) -> String {
    let text = said(args, &[]);
    let json = said(args, &["--json"]);
    let document: Value = serde_json::from_slice(&json.stdout)
        .unwrap_or_else(|e| panic!("{args:?}: {e}\n{}", String::from_utf8_lossy(&json.stdout)));
    assert!(document["ok"].is_boolean(), "{args:?}");
    assert_eq!(text.status.code(), json.status.code(), "{args:?}");
    for output in [&text, &json] {
        for bytes in [&output.stdout, &output.stderr] {
            require_harmless(&args, std::str::from_utf8(bytes).unwrap());
        }
    }
    let text = [text.stdout, text.stderr].concat();
    String::from_utf8(text).unwrap()
}

/// What a command prints steers no terminal, and begins no line with the name.
pub(super) fn require_harmless(what: &dyn std::fmt::Debug, printed: &str) {
    let harmful = printed.chars().find(|c| is_harmful(*c) && *c != '\n');
    assert_eq!(harmful, None, "{what:?}: {printed}");
    let forged = printed.lines().find(|line| line.trim_start().starts_with("FORGED"));
    assert_eq!(forged, None, "{what:?}: {printed}");
}

fn said(args: &[&str], more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(args)
        .args(more)
        .env_remove("STOCKADE_DEVICE")
        .env("STOCKADE_MOCK_MNEMONIC", WORDS)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn no_name_forges_a_line_of_any_report() {
    let folder = Folder::new();
    let mock = ["--device", "mock-ledger"];
    let with_mock = |args: &[&str]| run(&[args, &mock].concat());

    // A custodian's name, in a file of a hostile name.
    let custodian = folder.at("custodian.json");
    on("mock-ledger").run(&format!("custodian enroll --name x --out {custodian}")).code(0);
    let mut json: Value = serde_json::from_slice(&fs::read(&custodian).unwrap()).unwrap();
    json["name"] = HOSTILE.into();
    let custodian = folder.file(&format!("custodian-{HOSTILE}"), json.to_string());
    let shown = run(&["custodian", "show", &custodian]);
    assert!(shown.contains(r"x\nFORGED: proven\r\u{202e}\u{9b}2J\u{200b}\u{2028}y"), "{shown}");

    // Errors that repeat what a file says.
    json[HOSTILE] = HOSTILE.into();
    json["check_address"] = HOSTILE.into();
    let broken = folder.file(&format!("broken-{HOSTILE}"), json.to_string());
    run(&["custodian", "show", &broken]);
    let other = json!({"format": HOSTILE, "version": 1, "id": "7f3a19c2", "kind": HOSTILE});
    run(&["custodian", "show", &folder.file("other.json", other.to_string())]);

    // A copy in a folder of a hostile name, with a hostile label and something strange in it.
    let copy = folder.at(&format!("copy-{HOSTILE}"));
    let out = folder.at(&format!("out-{HOSTILE}"));
    with_mock(&["validator", "create", "--network", "hoodi", "--count", "1", "--copy", &copy]);
    let description = format!("{copy}/stockade/copy.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&description).unwrap()).unwrap();
    json["label"] = HOSTILE.into();
    fs::write(&description, json.to_string()).unwrap();
    fs::write(format!("{copy}/stockade/{HOSTILE}"), "x").unwrap();
    with_mock(&["attest", "create", "--copy", &copy]);
    with_mock(&["backup", "drill", &copy]);
    with_mock(&["validator", "check", &copy]);
    with_mock(&["backup", "restore", &copy, "--to", &out, "--never-attested"]);
    with_mock(&["exit", "create", "--copy", &copy, "--network", "hoodi", "--out", &out]);
    let signer = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";
    for args in [
        ["backup", "scrub", &copy].as_slice(),
        &["backup", "list", &copy],
        &["backup", "repair", &copy],
        &["validator", "list", &copy],
        &["attest", "verify", &copy, "--signer", signer],
        &["deliver", "verify", &copy, "--signer", signer],
        &["copy", "list"],
    ] {
        run(args);
    }
    let secret = fs::read_dir(format!("{copy}/stockade")).unwrap().find_map(|entry| {
        let secret = entry.unwrap().path().join("seal/secret.age");
        secret.exists().then_some(secret)
    });
    fs::remove_file(secret.unwrap()).unwrap();
    run(&["backup", "scrub", &copy]);

    // Keystores and other files of hostile names, and what they say.
    let keys = folder.at(&format!("keys-{HOSTILE}"));
    fs::create_dir(&keys).unwrap();
    let keystore = vector("deposits/hoodi-0x02/keystore-m_12381_3600_0_0_0-1795220365.json");
    let mut json: Value = serde_json::from_slice(&fs::read(keystore).unwrap()).unwrap();
    json["description"] = HOSTILE.into();
    json["path"] = HOSTILE.into();
    json[HOSTILE] = HOSTILE.into();
    fs::write(format!("{keys}/keystore-{HOSTILE}.json"), json.to_string()).unwrap();
    fs::write(format!("{keys}/keystore-b{HOSTILE}.json"), format!("{{\"{HOSTILE}\": 1}}")).unwrap();
    let password = folder.password_file();
    for args in [
        ["keystore", "inspect", &keys].as_slice(),
        &["keystore", "inspect", &format!("{keys}/keystore-{HOSTILE}.json")],
        &["keystore", "doctor", &keys, "--password-file", &password],
        &["deposit", "verify", &broken],
        &["exit", "verify", &broken, "--network", "hoodi"],
        &["credentials", "verify", &broken, "--network", "hoodi"],
        &["attest", "verify", &broken, "--signer", signer],
        &["validator", "list", &copy, "--expect", &broken],
    ] {
        run(args);
    }
    with_mock(&[
        "backup",
        "create",
        "--network",
        "hoodi",
        "--from",
        &keys,
        "--password-file",
        &password,
        "--copy",
        &out,
    ]);
}

#[test]
fn no_place_that_keys_come_from_forges_a_line() {
    let folder = Folder::new();
    let password = folder.password_file();
    let signer = folder.at(&format!("web3signer-{HOSTILE}"));
    fs::create_dir(&signer).unwrap();
    let uri = HOSTILE.replace('\n', "\\n");
    for (name, content) in [
        ("a", format!("type: \"file-keystore\"\nkeystoreFile: \"x{uri}\"\n")),
        ("b", format!("type: \"{uri}\"\nprivateKey: \"{uri}\"\n")),
        ("c", format!("\"{uri}\": [\n")),
    ] {
        fs::write(format!("{signer}/{name}-{HOSTILE}.yaml"), content).unwrap();
    }
    let import = folder.at(&format!("import-{HOSTILE}.json"));
    fs::write(&import, json!({"keystores": [HOSTILE], "passwords": [HOSTILE]}).to_string())
        .unwrap();
    let (copy, nothing) = (folder.at("a"), folder.at(&format!("nothing-{HOSTILE}")));
    let create =
        ["backup", "create", "--device", "mock-ledger", "--network", "hoodi", "--copy", &copy];
    for from in [format!("web3signer:{signer}"), format!("keymanager:{import}"), nothing.clone()] {
        run(&[&create[..], &["--from", &from, "--password-file", &password]].concat());
        run(&["store", "check", &from, &copy]);
    }
    for option in ["--password-file", "--custodian"] {
        run(&[&create[..], &["--from", &import, option, &nothing]].concat());
    }
    run(&["custodian", "show", &nothing]);
    run(&["backup", "drill", &copy, "--identity", &nothing]);
    run(&["deliver", "keymanager", &copy, "--url", "http://127.0.0.1:1", "--token-file", &nothing]);
}

#[test]
fn nothing_on_a_command_line_forges_a_line() {
    for args in [
        ["backup", "scrub", HOSTILE].as_slice(),
        &["backup", "scrub", "a", "--set", HOSTILE],
        &["backup", "scrub", "a", "--no-such-option", HOSTILE],
        &["backup", HOSTILE],
        &["custodian", "enroll", "--name", "x", "--out", "y", &format!("--scheme={HOSTILE}")],
        &["tx", "exit", "--network", HOSTILE],
        &["address", "--device", HOSTILE],
        &["attest", "verify", "a", "--signer", HOSTILE],
        &["backup", "restore", "a", "--to", HOSTILE, "--never-attested"],
    ] {
        run(args);
    }
}
