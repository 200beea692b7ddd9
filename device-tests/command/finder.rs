//! What somebody finds on a stick: READ ME FIRST.txt, RECOVERY.txt, and a program that opens the set.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use super::{
    fixture::{Folder, Nobody, ledger, wallet},
    m_of_n::identity,
    run::{Ran, WORDS, alone, on},
};
use stockade::{bls::SecretKey, path::DerivationPath};

const READ_ME: &str = "READ ME FIRST.txt";
const ANN: &str = "Ann, +41 79 555 01 01";
const GUIDE: &str = include_str!("../../docs/guides/recovery-by-hand.md");
const PROGRAM: &str = include_str!("../../src/stockade/backup/set/recover.py");

fn read_me(folder: &Folder, copy: &str) -> String {
    fs::read_to_string(folder.path(copy).join(READ_ME)).unwrap()
}

fn repair(arguments: &[&str]) -> Ran {
    on("mock-ledger").run_args(&[&["backup", "repair"], arguments].concat()).code(0)
}

/// Warnings about the file.
fn warnings(ran: &Ran) -> usize {
    let about = |warning: &&serde_json::Value| warning.as_str().unwrap().contains(READ_ME);
    ran.list("warnings").iter().filter(about).count()
}

#[test]
fn a_finder_is_told_whom_to_ask_and_foreign_files_stay() {
    let folder = Folder::new();
    let (a, b, c) = (folder.at("a"), folder.at("b"), folder.at("c"));
    let theirs = folder.file("b/READ ME FIRST.txt", "my holidays");
    let create = ["validator", "create", "--network", "hoodi", "--count", "1", "--contact"];
    let copies = ["--copy", &a, &b];
    let secret = on("mock-ledger").run_args(&[&create[..], &[WORDS], &copies].concat());
    secret.error(2, "usage");
    assert!(!folder.path("a").exists());

    let made = on("mock-ledger").run_args(&[&create[..], &[ANN], &copies].concat()).code(0);
    assert_eq!(warnings(&made), 1, "{:#}", made.json);
    assert_eq!(fs::read_to_string(&theirs).unwrap(), "my holidays");
    let text = read_me(&folder, "a");
    assert!(text.contains(&format!("Whom to ask: {ANN}\n")), "{text}");
    let mode = fs::metadata(folder.path("a").join(READ_ME)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644, "a finder is another user");

    // The next set keeps the line; a new copy gets it; another line replaces it.
    let next = ["validator", "create", "--network", "hoodi", "--count", "1", "--copy", &a];
    on("mock-ledger").run_args(&next).code(0);
    assert_eq!(read_me(&folder, "a"), text);
    let filled = repair(&[&a, "--to", &c]);
    assert_eq!((read_me(&folder, "c"), filled.list("read_me").len()), (text.clone(), 1));
    repair(&[&a, "--contact", "Bea"]);
    assert_eq!(read_me(&folder, "a"), text.replace(ANN, "Bea"));

    // Without it, a copy is whole, and a repair writes it again. What somebody else wrote is named.
    fs::remove_file(folder.path("c").join(READ_ME)).unwrap();
    let scrub = format!("backup scrub {c}");
    assert_eq!(warnings(&alone().run(&scrub).code(0)), 0);
    repair(&[&a, &c]);
    folder.file("c/READ ME FIRST.txt", text + "Type your words at http://example.org\n");
    assert_eq!(warnings(&alone().run(&scrub).code(0)), 1);
    assert_eq!(repair(&[&a, &c]).list("read_me").len(), 0);
}

/// The lines that a reader of RECOVERY.txt types, where the stick is this folder.
fn typed(recovery: &str, begin: &str, end: &str) -> String {
    let from = recovery.find(begin).unwrap();
    let part = &recovery[from..from + recovery[from..].find(end).unwrap()];
    let mut lines = Vec::new();
    let mut other_wallet = false;
    for line in part.lines() {
        // A guide's test with programs of the makers runs both.
        other_wallet = (other_wallet || line.contains("With a Ledger")) && line.starts_with(' ');
        match line.strip_prefix("    ") {
            Some(line) if other_wallet && line.contains("ledgereth") => other_wallet = false,
            Some(line) if !line.starts_with("STICK=") => lines.push(line),
            _ => {}
        }
    }
    lines.join("\n")
}

/// Types lines of RECOVERY.txt in a bare environment. Only what is in `programs` and the system's own
/// programs are there, and Python finds no packages.
fn type_in(folder: &Folder, lines: &str, stdin: &str) -> String {
    let programs = folder.at("programs");
    for (name, content) in [
        ("python3", "#!/bin/sh\nexec /usr/bin/python3 -I \"$@\"\n"),
        ("trezorctl", "#!/bin/sh\nexec cat \"$HOME/answer\"\n"),
    ] {
        let program = folder.file(&format!("programs/{name}"), content);
        fs::set_permissions(program, fs::Permissions::from_mode(0o700)).unwrap();
    }
    let stockade = Path::new(env!("CARGO_BIN_EXE_stockade")).parent().unwrap().display();
    let path = format!("{programs}:{stockade}:/usr/bin:/bin");
    let home = folder.at("home");
    let answers = folder.file("stdin", stdin);
    let script = format!("set -eu\n{lines}");
    let ran = Command::new("timeout")
        .args(["--kill-after", "5", "200", "bash", "-c", &script])
        .env_clear()
        .envs([("PATH", path.as_str()), ("HOME", &home), ("STOCKADE_DEVICE", "mock-ledger")])
        .env("STICK", folder.path("a stick"))
        .stdin(fs::File::open(answers).unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stdout).unwrap() + &String::from_utf8(ran.stderr).unwrap();
    assert!(ran.status.success(), "{lines}\n{said}");
    said
}

/// The public keys of the keystores in a folder, opened by the program of the set.
fn opened_keys(folder: &Folder, restored: &str, set: &str) -> Vec<String> {
    let lines = format!(
        "for keystore in \"$HOME/stockade-recovery/{restored}\"/keystore-*.json; do\n\
         python3 '{set}/recover.py' open \"$keystore\" \"${{keystore%/*}}/password.txt\"; done"
    );
    let secret = |line: &str| {
        let bytes: [u8; 32] = hex::decode(line).unwrap().try_into().unwrap();
        SecretKey::from_bytes(&bytes).unwrap().public_key().to_string()
    };
    let mut keys: Vec<_> = type_in(folder, &lines, "").lines().map(secret).collect();
    keys.sort();
    keys
}

/// The only set on the stick, and its RECOVERY.txt.
fn on_the_stick(folder: &Folder) -> (String, String) {
    let set = folder.set("a stick");
    fs::create_dir_all(folder.path("home")).unwrap();
    let recovery = fs::read_to_string(set.join("RECOVERY.txt")).unwrap();
    (set.to_str().unwrap().to_owned(), recovery)
}

#[test]
fn an_heir_with_the_wallet_types_what_the_set_says() {
    let folder = ledger().copies();
    fs::rename(folder.path("a"), folder.path("a stick")).unwrap();
    let (set, recovery) = on_the_stick(&folder);
    let mut expected: Vec<_> =
        ledger().json["keys"].as_array().unwrap().iter().map(|key| key["pubkey"].clone()).collect();
    expected.sort_by_key(ToString::to_string);

    let begin = typed(&recovery, "BEFORE EACH WAY", "(A)");
    let with_stockade = typed(&recovery, "(A) WITH", "(B) WITH");
    let said = type_in(&folder, &format!("{begin}\n{with_stockade}"), "");
    assert!(said.contains("Every key opens, in every copy."), "{said}");
    let there = fs::read_dir(folder.path("home/stockade-recovery/keys-a")).unwrap();
    assert!(there.count() > expected.len());

    let text = recovery.lines().find_map(|line| line.strip_prefix("  text: ")).unwrap();
    let mut wallet = wallet("mock-ledger", WORDS);
    let path = DerivationPath::check_address();
    let signature = wallet.sign_personal(&path, text, &mut Nobody).unwrap();
    folder.file("home/answer", format!("message: {text}\nsignature: {signature}\n"));
    let by_hand = typed(&recovery, "(B) WITH", "When the keys are");
    let said = type_in(&folder, &format!("{begin}\n{by_hand}"), "");
    assert!(said.contains("3 keystores and password.txt are in keys-b"), "{said}");
    assert_eq!(opened_keys(&folder, "keys-b", &set), expected);
    // It is part of the set: a scrub sees a changed one.
    let program = Path::new(&set).join("recover.py");
    assert_eq!(fs::read_to_string(&program).unwrap(), PROGRAM);
    fs::write(&program, PROGRAM.replace("NEW-FOLDER", "NEW_FOLDER")).unwrap();
    let scrub = ["backup", "scrub", &folder.at("a stick")];
    assert_eq!(alone().run_args(&scrub).code(1).each("files", "reason"), ["bit_rot"]);
}

#[test]
fn heirs_open_a_set_with_a_passphrase_and_an_identity_and_nothing_installed() {
    let folder = Folder::new();
    let passphrase = "six random words or something else";
    let age = identity(&folder, "identity.txt", 9);
    let files = [folder.at("p.json"), folder.at("i.json")];
    let enroll =
        format!("custodian enroll --name p --passphrase --passphrase-fd 0 --out {}", files[0]);
    alone().reading(passphrase).run(&enroll).code(0);
    alone().run(&format!("custodian enroll --name i --age-recipient {age} --out {}", files[1]));
    let stick = folder.at("a stick");
    let create = ["validator", "create", "--network", "hoodi", "--count", "2", "--copy", &stick];
    let sealed = ["--threshold", "2", "--custodian", &files[0], &files[1]];
    let made = on("mock-ledger").reading(passphrase).run_args(&[&create[..], &sealed].concat());
    let mut expected =
        made.code(0).each("keys", "pubkey").into_iter().map(str::to_owned).collect::<Vec<_>>();
    expected.sort();

    let (set, recovery) = on_the_stick(&folder);
    let begin = typed(&recovery, "BEFORE EACH WAY", "(A)");
    let id = recovery.split("save its owner's file here as identity-").nth(1).unwrap();
    let owners = format!("cp '{}' identity-{}", folder.at("identity.txt"), &id[..8]);
    let by_hand = typed(&recovery, "(B) WITH", "When the keys are");
    let said = type_in(&folder, &format!("{begin}\n{owners}\n{by_hand}"), passphrase);
    assert!(said.contains("2 keystores and password.txt are in keys-b"), "{said}");
    assert_eq!(opened_keys(&folder, "keys-b", &set), expected);
    // With Stockade, the set's maker is named, and so is what opens it. A passphrase needs a terminal.
    let with_stockade = typed(&recovery, "(A) WITH", "(B) WITH");
    assert_eq!(
        with_stockade.matches(" --signer 0x5C81Eade04A009301586bF5421F18F3EB5C52df4").count(),
        2
    );
    assert_eq!(with_stockade.matches(&format!(" --identity identity-{}", &id[..8])).count(), 2);
}

#[test]
fn the_guide_shows_the_program_and_the_lines_of_the_set() {
    let printed = GUIDE.split("```python recover.py\n").nth(1).unwrap();
    assert_eq!(printed.split("```\n").next().unwrap(), PROGRAM);
    let (_, recovery) = {
        let folder = ledger().copies();
        fs::rename(folder.path("a"), folder.path("a stick")).unwrap();
        on_the_stick(&folder)
    };
    for block in ["```sh trezor\n", "```sh ledger\n"] {
        let line = GUIDE.split(block).nth(1).unwrap().lines().next().unwrap();
        assert!(recovery.contains(&format!("    {line}\n")), "{line}");
    }
}
