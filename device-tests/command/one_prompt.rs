//! A wallet is asked for each secret once in a command, however many sets and steps need it.

use std::collections::BTreeSet;

use super::{
    fixture::{Folder, Made, ledger, vector},
    run::on,
};

/// The prompts for secrets that the user of the wallet saw, in their order.
fn secrets(stderr: &str) -> Vec<&str> {
    stderr.lines().map(str::trim).filter(|line| line.ends_with("A secret!")).collect()
}

/// Three sets that one wallet opens; the last two have the same keys.
fn sets() -> (Made, [String; 3]) {
    let folder = ledger().copies();
    let hoodi = "validator create --network hoodi --count 1";
    let new = |more: &str| {
        let line = format!("{hoodi} {more} --copy {}", folder.both());
        on("mock-ledger").run(&line).code(0).text("set_id").to_owned()
    };
    let first = ledger().json["set_id"].as_str().unwrap().to_owned();
    let (second, third) = (new("--batch 1 --start 0"), new("--batch 1 --start 0 --recreate"));
    (Made::of(&folder, serde_json::Value::Null), [first, second, third])
}

#[test]
fn no_command_asks_twice_for_one_secret() {
    let (made, [first, second, third]) = sets();
    let folder = Folder::new();
    let at = |name: &str| folder.at(name);
    let key = ledger().json["keys"][0]["pubkey"].as_str().unwrap();
    let (deposits, password) = (vector("deposits/hoodi-0x01"), folder.password_file());
    for line in [
        "validator create --network hoodi --count 2 --copy {}".to_owned(),
        "validator list {}".to_owned(),
        "validator check {}".to_owned(),
        format!(
            "validator split --set {first} --pubkey {key} --shares 4 --to {} --whole-keys-are-off \
             --copy {{}}",
            at("shares")
        ),
        format!(
            "backup create --network hoodi --from {deposits} --password-file {password} --copy {{}}"
        ),
        "backup scrub {}".to_owned(),
        "backup drill {}".to_owned(),
        "backup repair {}".to_owned(),
        format!("backup reseal {{}} --set {first} --custodian {{a}}/stockade/{second}"),
        format!(
            "backup restore {{}} --set {first} --to {} --layout plain --never-attested",
            at("restored")
        ),
        format!("backup retire {{}} --set {second} --by {third}"),
        "attest create --check drill --copy {}".to_owned(),
        format!("deposit topup --set {first} --index 0 --amount 1 --out {} --copy {{}}", at("t")),
        format!(
            "exit create --set {first} --index 0 --validator-index 7 --out {} --copy {{}}",
            at("exit")
        ),
    ] {
        let copies = made.copies();
        let line = line.replace("{a}", &copies.at("a")).replace("{}", &copies.both());
        let ran = on("mock-ledger").run(&line);
        assert!(matches!(ran.code, 0 | 1), "{line}: {:#}\n{}", ran.json, ran.stderr);
        let asked = secrets(&ran.stderr);
        let once: BTreeSet<_> = asked.iter().collect();
        assert_eq!(asked.len(), once.len(), "{line}: {asked:#?}");
    }
    // An enrolment asks twice on purpose, which shows that the prompts are seen here.
    let enrol = format!("custodian enroll --name x --out {}", at("x.json"));
    assert_eq!(secrets(&on("mock-ledger").run(&enrol).code(0).stderr).len(), 2);
}
