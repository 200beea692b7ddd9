//! Keys from typed words, on a machine without a network.

use std::{fs, process::Stdio};

use serde_json::Value;

use super::{
    create::deposit_data,
    fixture::{Folder, vector, vector_json},
    m_of_n::{custodians, identity},
    run::{OTHER_WORDS, Ran, Stockade, THIRD_WORDS, WORDS, alone, on},
};

/// The check address of [`WORDS`], and their first account.
const CHECK_ADDRESS: &str = "0x5C81Eade04A009301586bF5421F18F3EB5C52df4";
const ADDRESS: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";

/// A folder with the custodian file of a wallet that holds `words`.
fn with_custodian(words: &'static str) -> Folder {
    let folder = Folder::new();
    let enroll = format!("custodian enroll --name x --out {}", folder.at("custodian.json"));
    on("mock-trezor").holding(words).run(&enroll).code(0);
    folder
}

/// The command line without a wallet.
fn line(folder: &Folder, more: &str) -> String {
    format!(
        "validator create --from-mnemonic --mnemonic-fd 0 --custodian {} --copy {} {more}",
        folder.at("custodian.json"),
        folder.at("a")
    )
}

fn hoodi(folder: &Folder, more: &str) -> String {
    line(folder, &format!("--network hoodi --withdrawal-address {ADDRESS} {more}"))
}

fn manifest(folder: &Folder, made: &Ran) -> Value {
    let set = folder.path("a/stockade").join(made.text("set_id"));
    serde_json::from_slice(&fs::read(set.join("manifest.json")).unwrap()).unwrap()
}

/// Without a wallet, and with these words in the pipe.
fn words(text: &str) -> Stockade {
    alone().reading(text)
}

#[test]
fn keys_and_deposits_are_those_of_deposit_tools() {
    for (name, file, more) in [
        ("hoodi-0x01", "deposit_data-1795220361.json", "--network hoodi --count 3"),
        (
            "hoodi-0x02",
            "deposit_data-1795220365.json",
            "--network hoodi --count 2 --credentials 0x02 --amount 64",
        ),
        (
            "mainnet-0x01",
            "deposit_data-1795220367.json",
            "--network mainnet --count 1 --allow-test-seed",
        ),
    ] {
        let folder = with_custodian(WORDS);
        let more = format!("{more} --withdrawal-address {ADDRESS} --deposit-cli-version 1.3.1-dev");
        let made = words(WORDS).run(&line(&folder, &more)).code(0);
        let set = folder.path("a/stockade").join(made.text("set_id"));
        let ours = fs::read(deposit_data(&set)).unwrap();
        assert!(ours == fs::read(vector(&format!("deposits/{name}/{file}"))).unwrap(), "{name}");
        for (index, key) in made.list("keys").iter().enumerate() {
            let unix = file.trim_start_matches("deposit_data-");
            let keystore = format!("deposits/{name}/keystore-m_12381_3600_{index}_0_0-{unix}");
            assert_eq!(key["pubkey"], vector_json(&keystore)["pubkey"], "{name} {index}");
        }
    }
}

#[test]
fn a_set_of_typed_words_is_the_wallets_own_where_it_holds_them() {
    let folder = with_custodian(WORDS);
    let made = words(WORDS).run(&hoodi(&folder, "--count 2")).code(0);
    assert_eq!((made.text("signer"), &made.json["batch"]), (CHECK_ADDRESS, &Value::Null));
    let source = serde_json::json!({"kind": "mnemonic", "check_address": CHECK_ADDRESS});
    let manifest = manifest(&folder, &made);
    assert!(manifest["keystores"].as_array().unwrap().iter().all(|one| one["source"] == source));
    let warning = made.list("warnings")[0].as_str().unwrap();
    assert!(warning.contains("m/12381/3600/0/0/0 to m/12381/3600/1/0/0"), "{warning}");

    let drill = format!("backup drill {}", folder.at("a"));
    let drilled = on("mock-ledger").run(&drill).code(0);
    assert_eq!((drilled.text("origin"), drilled.verdicts()), ("this_wallet", (2, 0, 0)));
    let check = format!("validator check {}", folder.at("a"));
    assert_eq!(on("mock-ledger").run(&check).code(0).verdicts(), (2, 0, 0));
}

/// Custodian and mnemonic are two seeds: then the words sign, and a reader must be told.
#[test]
fn another_wallet_opens_it_when_told_who_signed() {
    let folder = with_custodian(OTHER_WORDS);
    let made = words(WORDS).run(&hoodi(&folder, "--count 1")).code(0);
    let warned = made.list("warnings").iter().any(|w| w.as_str().unwrap().contains("--signer"));
    assert!(warned, "{}", made.json);
    let drill = format!("backup drill {}", folder.at("a"));
    let other = on("mock-ledger").holding(OTHER_WORDS);
    assert_eq!(other.run(&drill).code(1).verdicts(), (0, 0, 1));
    let drilled = other.run(&format!("{drill} --signer {CHECK_ADDRESS}")).code(0);
    assert_eq!((drilled.text("origin"), drilled.verdicts()), ("signer", (1, 0, 0)));
}

#[test]
fn with_a_wallet_beside_it_the_wallet_signs_and_is_enrolled() {
    let folder = Folder::new();
    let line = format!(
        "validator create --network hoodi --count 1 --from-mnemonic --mnemonic-fd 0 --copy {}",
        folder.at("a")
    );
    let with_wallet = on("mock-ledger").holding(OTHER_WORDS).reading(WORDS);
    let made = with_wallet.run(&line).code(0);
    assert_eq!(made.json["enrolled"], true);
    assert_ne!(made.text("signer"), CHECK_ADDRESS);
    assert_ne!(made.text("withdrawal_address"), ADDRESS, "it is the wallet's, not the words'");
    let drill = format!("backup drill {}", folder.at("a"));
    on("mock-ledger").holding(OTHER_WORDS).run(&drill).code(0);
    // The words make the keys: the wallet alone cannot tell.
    let check = format!("validator check {}", folder.at("a"));
    let other = on("mock-ledger").holding(OTHER_WORDS);
    assert_eq!(other.run(&check).code(1).verdicts(), (0, 0, 1));

    let rejected = with_wallet.rejecting().run(&line.replace("/a", "/c"));
    rejected.error(5, "rejected");
    assert!(!folder.path("c").exists());
}

#[test]
fn no_index_is_ever_made_twice() {
    let folder = with_custodian(WORDS);
    let path = |ran: &Ran| ran.list("keys")[0]["path"].as_str().unwrap().to_owned();
    words(WORDS).run(&hoodi(&folder, "--count 2")).code(0);
    let second = words(WORDS).run(&hoodi(&folder, "--count 1")).code(0);
    assert_eq!(path(&second), "m/12381/3600/2/0/0");
    // The words make the same keys for every network.
    let sepolia = format!("--network sepolia --withdrawal-address {ADDRESS} --count 1");
    let third = words(WORDS).run(&line(&folder, &sepolia)).code(0);
    assert_eq!(path(&third), "m/12381/3600/3/0/0");
    // Other words begin anew.
    let other = words(OTHER_WORDS).run(&hoodi(&folder, "--count 1")).code(0);
    assert_eq!(path(&other), "m/12381/3600/0/0/0");

    let before = folder.content();
    let again = words(WORDS).run(&hoodi(&folder, "--count 1 --start 1")).error(3, "input");
    assert!(again.message().contains("index 1 is already in set"), "{}", again.message());
    assert!(folder.content() == before);
    words(WORDS).run(&hoodi(&folder, "--count 1 --start 1 --recreate")).code(0);
}

/// The wallet that lay beside the words signed the set; without it they are the same words.
#[test]
fn keys_that_a_wallet_signed_for_are_known_without_it() {
    let folder = with_custodian(WORDS);
    let beside = on("mock-ledger").holding(OTHER_WORDS).reading(WORDS);
    beside.run(&hoodi(&folder, "--count 2 --start 5")).code(0);
    let next = words(WORDS).run(&hoodi(&folder, "--count 1")).code(0);
    assert_eq!(next.each("keys", "path"), ["m/12381/3600/7/0/0"]);
    let first = |warning: &&str| warning.contains("held no key");
    let warnings: Vec<_> = next.list("warnings").iter().filter_map(Value::as_str).collect();
    assert_eq!(warnings.iter().find(|warning| first(warning)), None);
}

/// Keys of the same words that came in as keystores are known by their public keys.
#[test]
fn a_key_that_was_imported_is_not_made_again() {
    let folder = with_custodian(WORDS);
    let import = format!(
        "backup create --network hoodi --from {} --password-file {} --copy {}",
        vector("deposits/hoodi-0x01"),
        folder.password_file(),
        folder.at("a")
    );
    on("mock-trezor").run(&import).code(0);
    let refused = words(WORDS).run(&hoodi(&folder, "--count 1")).error(3, "input");
    assert!(refused.message().contains("already"), "{}", refused.message());
    let next = words(WORDS).run(&hoodi(&folder, "--count 1 --start 3")).code(0);
    assert_eq!(next.list("keys")[0]["path"], "m/12381/3600/3/0/0");
}

#[test]
fn a_passphrase_is_the_second_line_and_gives_other_keys() {
    let folder = with_custodian(WORDS);
    let both = format!("{WORDS}\nTREZOR\n");
    let line = hoodi(&folder, "--count 1");
    let refused = words(&both).run(&line).error(2, "usage");
    assert!(refused.message().contains("second line"), "{}", refused.message());
    words(WORDS).run(&format!("{line} --mnemonic-passphrase")).error(3, "input");
    words(&format!("{both}more")).run(&format!("{line} --mnemonic-passphrase")).error(3, "input");
    assert!(!folder.path("a").exists());

    let made = words(&both).run(&format!("{line} --mnemonic-passphrase")).code(0);
    // The check address of these words with this passphrase, as hardware wallets show it.
    assert_eq!(made.text("signer"), "0x528171Ca73276ba92E22826EF16B7b71021F287D");
    let plain = words(WORDS).run(&line).code(0);
    assert_ne!(made.list("keys")[0]["pubkey"], plain.list("keys")[0]["pubkey"]);
}

#[test]
fn credentials_of_a_withdrawal_key_are_for_words_alone() {
    let folder = with_custodian(WORDS);
    let bls = line(&folder, "--network hoodi --credentials 0x00 --count 2");
    let made = words(WORDS).run(&bls).code(0);
    assert_eq!(made.json["withdrawal_address"], Value::Null);
    let set = folder.path("a/stockade").join(made.text("set_id"));
    let verify = format!("deposit verify {} --copy {}", deposit_data(&set), folder.at("a"));
    // A Ledger with the same words shows the withdrawal keys.
    let verified = on("mock-ledger").run(&verify).code(0);
    assert!(verified.list("deposits").iter().all(|one| one["withdrawal"]["verdict"] == "proven"));
    assert_eq!(on("mock-trezor").run(&verify).code(1).json["verdicts"]["inconclusive"], 2);

    let address = format!("{bls} --withdrawal-address {ADDRESS}");
    words(WORDS).run(&address).error(2, "usage");
    let device = format!(
        "validator create --network hoodi --count 1 --credentials 0x00 --copy {}",
        folder.at("b")
    );
    on("mock-ledger").run(&device).error(3, "input");
    assert!(!folder.path("b").exists());
}

#[test]
fn what_is_refused_leaves_nothing_behind_and_repeats_no_word() {
    let folder = with_custodian(WORDS);
    let mistyped = WORDS.replacen("abandon", "abandonment", 1);
    let refuse = |text: &str, more: &str| {
        let more = format!("--network hoodi --count 1 {more}");
        let refused = words(text).run(&line(&folder, &more));
        assert!(!folder.path("a").exists(), "{more}");
        assert!(!refused.stderr.contains("abandon") && !refused.stdout.contains("abandon"));
        refused
    };
    let address = format!("--withdrawal-address {ADDRESS}");
    let unknown = refuse(&mistyped, &address).error(3, "input");
    assert_eq!(unknown.message(), "word 1 is not in the english word list");
    let checksum = refuse(&WORDS.replace("about", "above"), &address).error(3, "input");
    assert!(checksum.message().contains("checksum"), "{}", checksum.message());
    refuse("abandon about", &address).error(3, "input");
    refuse(&"abandon ".repeat(1000), &address).error(3, "file");
    refuse(WORDS, "").error(3, "input");
    refuse(WORDS, &format!("{address} --batch 1")).error(2, "usage");
    refuse(WORDS, &format!("{address} --amount 31")).error(3, "input");
    refuse(WORDS, &format!("{address} --count 1001")).code(2);
    let nobody = format!(
        "validator create --network hoodi --count 1 --from-mnemonic --mnemonic-fd 0 {address} \
         --copy {}",
        folder.at("a")
    );
    words(WORDS).run(&nobody).error(4, "not_found");
    // Words of the world's own, or a custodian who holds them, guard no real money.
    for (text, what) in [(WORDS, "the mnemonic"), (OTHER_WORDS, "custodian")] {
        let real = line(&folder, &format!("--network gnosis --count 1 {address}"));
        let refused = words(text).run(&real).error(3, "test_seed");
        assert!(refused.message().starts_with(what), "{}", refused.message());
    }
    assert!(!folder.path("a").exists());
}

#[test]
fn words_in_a_plain_file_are_not_taken() {
    let folder = with_custodian(WORDS);
    let file = folder.file("words", WORDS);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(hoodi(&folder, "--count 1 --json").split_whitespace())
        .stdin(Stdio::from(fs::File::open(file).unwrap()))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("is a file: a secret must come through a pipe"), "{said}");
    assert!(!folder.path("a").exists());
}

/// Nobody's wallet is at hand, and it still takes two of a Ledger, a Trezor and an age identity.
#[test]
fn words_are_sealed_to_several_custodians_of_every_kind() {
    let folder = Folder::new();
    let (ledger, trezor, age) = custodians(&folder);
    let line = |more: &str| {
        format!(
            "validator create --network hoodi --count 1 --from-mnemonic --mnemonic-fd 0 \
             --withdrawal-address {ADDRESS} --copy {} {more}",
            folder.at("a")
        )
    };
    let all = format!("--custodian {ledger} {trezor} {age}");
    let typed = || words(THIRD_WORDS);
    typed().run(&line(&format!("{all} --threshold 4"))).error(2, "usage");
    typed().run(&line(&format!("{all} {age} --threshold 2"))).error(3, "input");
    assert!(!folder.path("a").exists());
    let made = typed().run(&line(&format!("{all} --threshold 2"))).code(0);
    assert_eq!((&made.json["threshold"], made.list("custodians").len()), (&2.into(), 3));
    let signer = made.text("signer").to_owned();

    // The exit of its key: one opens nothing and is not asked, two do.
    let exit = |out: &str| {
        let (copy, out) = (folder.at("a"), folder.at(out));
        format!(
            "exit create --validator-index 7 --index 0 --copy {copy} --signer {signer} --out {out}"
        )
    };
    let one = on("mock-ledger").run(&exit("e.json")).error(3, "input");
    assert!(!one.prompted(), "{}", one.stderr);
    let identity_file = folder.at("identity.txt");
    on("mock-ledger").run(&format!("{} --identity {identity_file}", exit("e.json"))).code(0);
    let by_words = format!(
        "exit create --validator-index 7 --index 0 --from-mnemonic --mnemonic-fd 0 --network hoodi \
         --out {}",
        folder.at("w.json")
    );
    typed().run(&by_words).code(0);
    assert_eq!(fs::read(folder.path("e.json")).unwrap(), fs::read(folder.path("w.json")).unwrap());
    typed().run(&format!("{by_words} --identity {identity_file}")).error(2, "usage");

    // The same people again, and never fewer unless somebody says so.
    let set = folder.path("a/stockade").join(made.text("set_id"));
    let same = format!("--custodian {}", set.display());
    let again = typed().run(&line(&same)).code(0);
    assert_eq!((&again.json["threshold"], again.list("custodians").len()), (&2.into(), 3));
    let recipient = identity(&folder, "fourth.txt", 4);
    let fourth = folder.at("fourth.json");
    let enroll = format!("custodian enroll --name x --age-recipient {recipient} --out {fourth}");
    alone().run(&enroll).code(0);
    let beside = format!("{same} {fourth}");
    let refused = typed().run(&line(&beside)).error(2, "usage");
    assert!(refused.message().contains("--threshold"), "{}", refused.message());
    let said = typed().run(&line(&format!("{beside} --threshold 3"))).code(0);
    assert_eq!((&said.json["threshold"], said.list("custodians").len()), (&3.into(), 4));
    // A set that these words did not sign lists whom it likes.
    words(WORDS).run(&line(&same)).error(3, "input");
}

/// What a set says of where its keys come from, another set of them says too.
#[test]
fn keys_of_words_stay_keys_of_words_when_sealed_anew() {
    let folder = with_custodian(OTHER_WORDS);
    let made = words(WORDS).run(&hoodi(&folder, "--count 1")).code(0);
    let line = format!(
        "backup reseal {} --custodian {} --signer {CHECK_ADDRESS}",
        folder.at("a"),
        folder.at("custodian.json")
    );
    let resealed = on("mock-ledger").holding(OTHER_WORDS).run(&line).code(0);
    let (old, new) = (manifest(&folder, &made), manifest(&folder, &resealed));
    for field in ["source", "path", "pubkey"] {
        assert_eq!(new["keystores"][0][field], old["keystores"][0][field], "{field}");
    }
    assert_eq!(new["keystores"][0]["source"]["check_address"], CHECK_ADDRESS);
    // They are found in either: the next index is free, and theirs is not.
    words(WORDS).run(&hoodi(&folder, "--count 1 --start 0")).error(3, "input");
    let next = words(WORDS).run(&hoodi(&folder, "--count 1")).code(0);
    assert_eq!(next.list("keys")[0]["path"], "m/12381/3600/1/0/0");
}
