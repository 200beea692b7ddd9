//! `stockade mock .. --log FILE --words FILE -- COMMAND`: what a test asserts on.

use std::{fs, path::Path};

use serde_json::Value;

use super::{
    fixture::Folder,
    run::{OTHER_WORDS, alone, on},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_stockade");

/// The screens of a log, each with the answer.
fn screens(log: &Path) -> Vec<(String, String)> {
    let lines = fs::read_to_string(log).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |line: &Value, field: &str| line[field].as_str().unwrap().to_owned();
    lines
        .map(|line| {
            assert!(text(&line, "time").ends_with('Z'), "{line}");
            (text(&line, "shown"), text(&line, "answer"))
        })
        .collect()
}

#[test]
fn a_log_has_every_screen_and_what_the_user_did() {
    let folder = Folder::new();
    let (copy, log) = (folder.at("a"), folder.at("log"));
    let create = format!("validator create --network hoodi --count 1 --copy {copy}");
    for wallet in ["ledger", "trezor --model safe5"] {
        let log = format!("{log}-{}", &wallet[..6]);
        let line = format!("mock {wallet} --listen 127.0.0.1:0 --log {log} -- {PROGRAM} {create}");
        let (code, text) = alone().said(&line.split_whitespace().collect::<Vec<_>>());
        assert_eq!(code, 0, "{text}");
        let screens = screens(Path::new(&log));
        assert!(screens.iter().all(|(_, answer)| answer == "approve"), "{screens:?}");
        let prompts = ["open backups of custodian", "derive hoodi batch"];
        for prompt in prompts {
            let showing = screens.iter().filter(|(shown, _)| shown.contains(prompt)).count();
            assert!(showing > 0, "{prompt}: {screens:?}");
        }
        // It is never written over.
        let (code, text) = alone().said(&line.split_whitespace().collect::<Vec<_>>());
        assert!(code == 3 && text.contains(&log), "{code}: {text}");
    }
}

#[test]
fn a_log_says_no_where_its_user_does() {
    let folder = Folder::new();
    let log = folder.at("log");
    let line = format!(
        "mock ledger --listen 127.0.0.1:0 --user reject --log {log} -- {PROGRAM} address --confirm"
    );
    let (code, text) = alone().said(&line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(code, 5, "{text}");
    let screens = screens(Path::new(&log));
    assert!(matches!(screens.as_slice(), [(shown, no)] if shown.contains("0x") && no == "reject"));
}

#[test]
fn words_come_from_a_file() {
    let folder = Folder::new();
    let words = folder.path("words");
    fs::write(&words, format!("{OTHER_WORDS}\n")).unwrap();
    let line = |words: &Path| {
        let words = words.display();
        format!("mock ledger --listen 127.0.0.1:0 --words {words} -- {PROGRAM} address")
    };
    let text = alone().words(&line(&words));
    let other = on("mock-ledger").with("STOCKADE_MOCK_MNEMONIC", OTHER_WORDS).run("address");
    assert!(text.contains(other.text("address")), "{text}");
    let few = folder.path("few");
    fs::write(&few, "abandon abandon\n").unwrap();
    let (code, text) = alone().said(&line(&few).split_whitespace().collect::<Vec<_>>());
    assert!(code == 3 && text.contains("few: "), "{code}: {text}");
}
