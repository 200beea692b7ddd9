//! Exits, top-ups, credential changes: signed once, out of a copy or of typed words.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::{Value, json};
use stockade_mocks::{
    Decision, User,
    ledger::{App, Config, Ledger},
    server::speculos,
};

use super::{
    create::deposit_data,
    fixture::{Folder, imported, ledger, vector, vector_json},
    run::{OTHER_WORDS, Stockade, WORDS, alone, on},
};

const EXIT: &str = "deposits/signed_exit-hoodi.json";
const CHANGE: &str = "deposits/bls_to_execution_change-hoodi.json";
const ADDRESS: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";
/// The check address of the same words.
const CHECKS: &str = "0x5C81Eade04A009301586bF5421F18F3EB5C52df4";
const STRANGER: &str = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";

fn same(file: &str, name: &str) -> bool {
    fs::read(file).unwrap() == fs::read(vector(name)).unwrap()
}

fn pubkey(index: usize) -> Value {
    imported().json["keys"][index]["pubkey"].clone()
}

#[test]
fn an_exit_out_of_a_copy_or_of_words_is_what_deposit_tools_write() {
    let copies = imported().copies();
    let exit = "exit create --validator-index 123456 --epoch 1000 --index 0 --out";
    let from_copy = copies.at("copy.json");
    let ran = on("mock-trezor").run_args(
        &[exit.split(' ').collect::<Vec<_>>(), vec![&from_copy, "--copy", &copies.at("a")]]
            .concat(),
    );
    // The set belongs to a wallet with the same words, whoever made it.
    assert_eq!(ran.code(0).list("exits")[0]["pubkey"], pubkey(0));
    let from_words = copies.at("words.json");
    let line = format!("{exit} {from_words} --from-mnemonic --mnemonic-fd 0 --network hoodi");
    alone().reading(WORDS).run(&line).code(0);
    for file in [&from_copy, &from_words] {
        assert!(same(file, EXIT), "{file}");
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = on("mock-trezor").run(&format!("{exit} {from_copy} --copy {}", copies.at("a")));
    again.error(3, "file");
    assert!(same(&from_copy, EXIT), "what was there is not overwritten");
}

#[test]
fn the_exit_of_a_key_needs_its_own_wallet_and_set() {
    let copies = imported().copies();
    let line = |more: &str| {
        let (out, copy) = (copies.at("out.json"), copies.at("a"));
        format!("exit create --validator-index 1 --out {out} --copy {copy} {more}")
    };
    let other = on("mock-ledger").holding(OTHER_WORDS);
    let refused = other.run(&line("--index 0")).error(3, "input");
    assert!(!refused.prompted(), "{}", refused.stderr);
    on("mock-ledger").run(&line("--index 7")).error(3, "input");
    on("mock-ledger").run(&line("--index 0 --network mainnet")).error(2, "usage");
    on("mock-ledger").rejecting().run(&line("--index 0")).error(5, "rejected");
    on("mock-ledger").run(&line("")).error(2, "usage");
    let swapped = format!("--index 1 --pubkey {}", pubkey(0).as_str().unwrap());
    on("mock-ledger").run(&line(&swapped)).error(3, "input");
    assert!(!copies.path("out.json").exists());
}

/// An exit is wanted on the day when much else is broken.
#[test]
fn a_key_is_opened_beside_others_that_rotted() {
    let copies = imported().copies();
    let damage = |copy: &str, index: usize| {
        let file = copies.keystore(copy, index);
        let mut bytes = fs::read(&file).unwrap();
        bytes[200] ^= 1;
        fs::write(file, bytes).unwrap();
    };
    for copy in ["a", "b"] {
        damage(copy, 1);
    }
    let line = |index: u8| {
        let out = copies.at(&format!("{index}.json"));
        format!(
            "exit create --validator-index 1 --index {index} --out {out} --copy {}",
            copies.both()
        )
    };
    on("mock-ledger").run(&line(0)).code(0);
    on("mock-ledger").run(&line(1)).error(3, "input");
}

#[test]
fn an_exit_verifies_for_whoever_can_be_asked() {
    let copies = imported().copies();
    let file = vector(EXIT);
    let verify = |more: &str| alone().run(&format!("exit verify {file} {more}"));
    let by_copy = verify(&format!("--copy {}", copies.both())).code(0);
    assert_eq!((by_copy.text("network"), &by_copy.json["pubkey"]), ("hoodi", &pubkey(0)));
    let key = pubkey(0);
    let key = key.as_str().unwrap();
    verify(&format!("--pubkey {key} --network hoodi")).code(0);
    let mainnet = verify(&format!("--pubkey {key} --network mainnet")).code(1);
    assert_eq!(mainnet.text("verdict"), "contradicted");
    let other = verify(&format!("--pubkey {}", pubkey(1).as_str().unwrap())).code(1);
    assert_eq!(other.text("verdict"), "contradicted");
    // Who was not asked, or does not hold the key, cannot tell.
    assert_eq!(verify("").code(1).text("verdict"), "inconclusive");
    let others = ledger().copies();
    let stranger = verify(&format!("--copy {}", others.at("a"))).code(1);
    assert_eq!(stranger.text("verdict"), "inconclusive");
}

#[test]
fn a_credential_change_is_what_deposit_tools_write() {
    let folder = Folder::new();
    let line = |out: &str, more: &str| {
        format!(
            "credentials change --network hoodi --from-mnemonic --mnemonic-fd 0 --index 0 \
             --withdrawal-address {ADDRESS} --deposit-cli-version 1.3.1-dev --out {out} {more}"
        )
    };
    let run = |line: &str| alone().reading(WORDS).run(line);
    let out = folder.at("one.json");
    run(&line(&out, "--validator-index 123456")).code(0);
    assert!(same(&out, CHANGE));
    // The credentials of these words' first two withdrawal keys, as the chain would have them.
    let credentials: Vec<String> = (0..2).map(credentials_of_bls_key).collect();
    let both = folder.at("both.json");
    let compared =
        format!("--validator-index 5 6 --withdrawal-credentials {}", credentials.join(" "));
    run(&line(&both, &compared)).code(0);
    let verified = alone().run(&format!("credentials verify {both}")).code(0);
    assert_eq!(verified.list("changes").len(), 2);
    assert_eq!(verified.list("changes")[1]["validator_index"], 6);

    let none = folder.at("none.json");
    let swapped = format!(
        "--validator-index 5 6 --withdrawal-credentials {} {}",
        credentials[1], credentials[0]
    );
    run(&line(&none, &swapped)).error(3, "input");
    run(&line(&none, "--validator-index 5 --withdrawal-credentials 0x00")).error(2, "usage");
    let lower = line(&none, "--validator-index 5").replace(ADDRESS, &ADDRESS.to_lowercase());
    run(&lower).error(2, "usage");
    assert!(!folder.path("none.json").exists());
}

/// With a Ledger that has `app` open, on a socket.
fn on_ledger(app: App, decision: Decision) -> Stockade {
    let user = User::always(decision);
    let at = speculos::spawn(Ledger::new(Config { app, user, ..Config::default() })).unwrap();
    on(&format!("speculos:{at}"))
}

/// The same change by the same words, which stay in the wallet.
#[test]
fn a_ledgers_btec_app_signs_a_credential_change() {
    let folder = Folder::new();
    let line = |out: &str, more: &str| {
        format!(
            "credentials change --network hoodi --index 0 --withdrawal-address {ADDRESS} \
             --deposit-cli-version 1.3.1-dev --out {} {more}",
            folder.at(out)
        )
    };
    let one = "--validator-index 123456";
    let btec = on_ledger(App::Btec, Decision::Approve);
    let signed = btec.run(&line("one.json", one)).code(0);
    assert!(same(&folder.at("one.json"), CHANGE));
    // What the wallet shows: its user can compare nothing else.
    let root = signed.list("changes")[0]["signing_root"].as_str().unwrap();
    assert!(signed.stderr.contains(&format!("compare index 0 and root {root}")));
    assert!(signed.stderr.contains(&format!("pay {ADDRESS}: root {root}")), "{}", signed.stderr);

    let credentials: Vec<String> = (0..2).map(credentials_of_bls_key).collect();
    let compared = |first: usize, second: usize| {
        let (first, second) = (&credentials[first], &credentials[second]);
        format!("--validator-index 5 6 --withdrawal-credentials {first} {second}")
    };
    btec.run(&line("both.json", &compared(0, 1))).code(0);
    let verified = alone().run(&format!("credentials verify {}", folder.at("both.json"))).code(0);
    assert_eq!(verified.list("changes").len(), 2);
    // Nobody presses in vain.
    for (out, more) in [("none.json", &*compared(1, 0)), ("one.json", one)] {
        let refused = btec.run(&line(out, more));
        assert_eq!((refused.code, refused.prompted()), (3, false), "{}", refused.stderr);
    }
    on_ledger(App::Btec, Decision::Reject).run(&line("none.json", one)).error(5, "rejected");
    // Another app is closed by nobody but its user; other wallets have none.
    let ethereum = on_ledger(App::default(), Decision::Approve);
    ethereum.run(&line("none.json", one)).error(4, "wrong_app");
    on("mock-trezor").run(&line("none.json", one)).error(4, "unsupported");
    assert!(!folder.path("none.json").exists());
    assert!(same(&folder.at("one.json"), CHANGE));
}

/// 0x00 credentials of m/12381/3600/index/0, from the public key that a Ledger shows.
fn credentials_of_bls_key(index: u32) -> String {
    use sha2::{Digest as _, Sha256};

    let shown = on("mock-ledger").run(&format!("validator pubkey --withdrawal --index {index}"));
    let key = hex::decode(shown.code(0).list("keys")[0]["pubkey"].as_str().unwrap()).unwrap();
    format!("00{}", hex::encode(&Sha256::digest(key)[1..]))
}

#[test]
fn a_credential_change_pays_whom_it_should_or_not() {
    let file = vector(CHANGE);
    let verify = format!("credentials verify {file}");
    assert_eq!(alone().run(&verify).code(0).text("receiver"), "not_checked");
    let paid = on("mock-ledger").run(&format!("{verify} --withdrawal-address device")).code(0);
    assert_eq!(paid.text("receiver"), "checked");
    let other = on("mock-ledger").holding(OTHER_WORDS);
    let paid = other.run(&format!("{verify} --withdrawal-address device")).code(1);
    assert_eq!(paid.json["verdicts"]["contradicted"], 1);
    let mainnet = alone().run(&format!("{verify} --network mainnet")).code(1);
    assert_eq!(mainnet.json["verdicts"]["contradicted"], 1);

    let folder = Folder::new();
    let judge = |change: fn(&mut Value)| {
        let mut json = vector_json(CHANGE);
        change(&mut json[0]);
        let file = folder.file("changed.json", json.to_string());
        alone().run(&format!("credentials verify {file}")).code(1).json["verdicts"].clone()
    };
    let signature = judge(|one| one["message"]["validator_index"] = "1".into());
    assert_eq!(signature, json!({"proven": 0, "contradicted": 1, "inconclusive": 0}));
    // A network whose root is not known here: nobody can tell.
    let unknown = judge(|one| one["metadata"]["network_name"] = "ephemery".into());
    assert_eq!(unknown, json!({"proven": 0, "contradicted": 0, "inconclusive": 1}));
}

#[test]
fn a_top_up_has_the_credentials_of_the_first_deposit() {
    let copies = ledger().copies();
    let topup = |more: &str, out: &str| {
        let (copy, out) = (copies.at("a"), copies.at(out));
        format!("deposit topup --copy {copy} --index 1 --out {out} {more}")
    };
    on("mock-ledger").run(&topup("--amount 1.5", "t.json")).code(0);
    let first = fs::read(deposit_data(&copies.set("a"))).unwrap();
    let first: Value = serde_json::from_slice(&first).unwrap();
    let made: Value = serde_json::from_slice(&fs::read(copies.path("t.json")).unwrap()).unwrap();
    assert_eq!(made.as_array().unwrap().len(), 1);
    assert_eq!(made[0]["amount"], 1_500_000_000_u64);
    for field in ["pubkey", "withdrawal_credentials", "fork_version"] {
        assert_eq!(made[0][field], first[1][field], "{field}");
    }
    let verify = format!("deposit verify {} --copy {}", copies.at("t.json"), copies.at("a"));
    on("mock-ledger").run(&verify).code(0);
    // Nobody presses in vain.
    for (more, out, code, kind) in [
        ("--amount 0.5", "x.json", 3, "input"),
        ("--amount 1.0000000001", "x.json", 2, "usage"),
        ("--amount 1", "t.json", 3, "file"),
    ] {
        let refused = on("mock-ledger").run(&topup(more, out)).error(code, kind);
        assert!(!refused.prompted(), "{more}: {}", refused.stderr);
    }
    on("mock-ledger").run(&topup("--amount 33", "x.json")).error(3, "input");
    // Once it compounds it takes more.
    let switched = format!("--amount 100 --credentials 0x02 --withdrawal-address {ADDRESS}");
    let ran = on("mock-ledger").run(&topup(&switched, "c.json")).code(0);
    assert!(ran.text("withdrawal_credentials").starts_with("02"));

    // Keystores of others come without deposit data: nobody guesses.
    let copies = imported().copies();
    let line = format!(
        "deposit topup --copy {} --index 0 --amount 1 --out {}",
        copies.at("a"),
        copies.at("x.json")
    );
    on("mock-ledger").run(&line).error(2, "usage");
    assert!(!copies.path("x.json").exists());
}

#[test]
fn a_deposit_is_the_wallets_own_or_nobody_can_tell() {
    let copies = ledger().copies();
    let file = deposit_data(&copies.set("a"));
    let verify = format!("deposit verify {file} --copy {}", copies.at("a"));
    let own = on("mock-ledger").run(&verify).code(0);
    for (at, one) in own.list("deposits").iter().enumerate() {
        let detail = one["key"]["detail"].as_str().unwrap();
        assert!(detail.contains("this wallet's own"), "{detail}");
        assert!(detail.contains(&format!("batch 0, m/12381/3600/{at}/0/0")), "{detail}");
        assert_eq!(
            (&one["key"]["verdict"], &one["withdrawal"]["verdict"]),
            (&"proven".into(), &"proven".into())
        );
    }
    let other = on("mock-ledger").holding(OTHER_WORDS).run(&verify).code(1);
    assert_eq!(other.json["verdicts"], json!({"proven": 0, "contradicted": 0, "inconclusive": 3}));
    for one in other.list("deposits") {
        assert_eq!(one["key"]["verdict"], "inconclusive", "a set that another wallet signed");
    }
    // Without the wallet: sound, and in the copy; whose it is stays open, which is no yes.
    let asked = json!({"key": "checked", "withdrawal": "checked"});
    let alone_ran = alone().run(&verify).code(1);
    assert_eq!(alone_ran.json["ownership"], asked);
    for one in alone_ran.list("deposits") {
        assert_eq!(one["verdict"], "inconclusive");
        assert_eq!(one["key"]["verdict"], "inconclusive");
        assert_eq!(one["withdrawal"]["verdict"], "inconclusive");
    }
    // Unless somebody says who should have made the set, and who is paid.
    let said = format!("{verify} --signer {CHECKS} --withdrawal-address {ADDRESS}");
    assert_eq!(alone().run(&said).code(0).json["verdicts"]["proven"], 3);
    let stranger = said.replace(CHECKS, STRANGER);
    assert_eq!(alone().run(&stranger).code(1).json["verdicts"]["inconclusive"], 3);
    let others = imported().copies();
    let elsewhere = format!("deposit verify {file} --copy {}", others.at("a"));
    let missing = alone().run(&elsewhere).code(1);
    assert_eq!(missing.each("deposits", "reason"), ["missing"; 3]);
    let paid = format!("deposit verify {file} --withdrawal-address {STRANGER}");
    let paid = alone().run(&paid).code(1);
    assert_eq!(paid.json["verdicts"]["contradicted"], 3);
    let detail = paid.list("deposits")[0]["withdrawal"]["detail"].as_str().unwrap();
    assert!(detail.contains("not to 0xd8dA6BF2"), "{detail}");
}

/// A file by itself is sound or not; whose it is it cannot say, and nobody asked.
#[test]
fn what_was_not_asked_of_a_deposit_is_not_answered() {
    let copies = ledger().copies();
    let file = deposit_data(&copies.set("a"));
    let line = format!("deposit verify {file}");
    let alone_ran = alone().run(&line).code(0);
    let ownership = json!({"key": "not_checked", "withdrawal": "not_checked"});
    assert_eq!(alone_ran.json["ownership"], ownership);
    for one in alone_ran.list("deposits") {
        for part in ["key", "withdrawal"] {
            assert_eq!(one[part]["reason"], "not_checked");
        }
    }
    let text = std::process::Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(["deposit", "verify", &file])
        .output()
        .unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(
        text.contains("NOT CHECKED: who owns the keys, and who receives withdrawals"),
        "{text}"
    );
    // Who is paid was asked, and answered; the wallet alone cannot tell whose keys they are.
    let paid = alone().run(&format!("{line} --withdrawal-address {ADDRESS}")).code(0);
    let ownership = json!({"key": "not_checked", "withdrawal": "checked"});
    assert_eq!(paid.json["ownership"], ownership);
    let asked = on("mock-ledger").run(&line).code(1);
    assert_eq!(asked.json["verdicts"]["inconclusive"], 3);
    assert!(asked.list("deposits").iter().all(|one| one["withdrawal"]["verdict"] == "proven"));
}

/// Sent whole, such a file pays twice for one validator.
#[test]
fn a_file_with_two_deposits_for_one_key_is_no_good() {
    let copies = ledger().copies();
    let file = deposit_data(&copies.set("a"));
    let deposits: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let twice = json!([deposits[0], deposits[1], deposits[0]]).to_string();
    let twice = copies.file("twice.json", twice);
    let ran = alone().run(&format!("deposit verify {twice}")).code(1);
    assert_eq!(ran.each("deposits", "reason"), ["ok", "ok", "malformed"]);
}
