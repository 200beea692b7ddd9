//! `validator check`: each key within the source that its set records.

use stockade::{
    backup::{
        create::NewKey,
        custodians::{Wanted, choose},
        manifest::Source,
    },
    bls::SecretKey,
    device_secret::{Scheme, check_address},
    eth::Address,
};

use super::{
    fixture::{Folder, KEYSTORES, Nobody, imported, ledger, vector, wallet},
    run::{KEYSTORE_PASSWORD, OTHER_WORDS, WORDS, on},
    sets::{imported_key, plan, publish},
};

/// A key of [`WORDS`], as a deposit tool made it.
fn key_of_words(index: usize) -> SecretKey {
    use stockade::eth2_keystore::{Keystore, Password};

    let file = vector(&format!("deposits/hoodi-0x01/{}", KEYSTORES[index]));
    let keystore = Keystore::parse(&std::fs::read(file).unwrap()).unwrap();
    keystore.open(&Password::new(KEYSTORE_PASSWORD).unwrap()).unwrap()
}

/// A copy with one set, signed by the wallet with `signer_words`, of a key that is said to be made
/// of the words with `source` for their check address.
fn said_to_be_of_words(signer_words: &str, key: SecretKey, source: Address) -> Folder {
    let folder = Folder::new();
    let copies = [folder.path("a")];
    let mut wallet = wallet("mock-trezor", signer_words);
    let address = check_address(&mut *wallet, &mut Nobody).unwrap();
    let custodians = choose(
        Wanted { sources: &[], threshold: None, scheme: Scheme::default() },
        &[],
        &mut *wallet,
        &address,
        &mut Nobody,
    );
    let key = NewKey {
        path: "m/12381/3600/0/0/0".to_owned(),
        source: Source::Mnemonic { check_address: source },
        ..imported_key(key)
    };
    publish(plan(custodians.unwrap().custodians, 1, vec![key]), &mut *wallet, &copies);
    folder
}

fn address_of(words: &str) -> Address {
    check_address(&mut *wallet("mock-trezor", words), &mut Nobody).unwrap()
}

#[test]
fn a_wallet_that_shows_no_keys_proves_its_words_by_the_check_address_that_its_set_records() {
    let own = address_of(WORDS);
    let folder = said_to_be_of_words(WORDS, key_of_words(0), own);
    let line = format!("validator check {}", folder.at("a"));
    for device in ["mock-trezor", "mock-trezor:safe5"] {
        let checked = on(device).run(&line).code(0);
        assert_eq!(checked.verdicts(), (1, 0, 0), "{device}");
        let key = &checked.list("keys")[0];
        assert_eq!(
            (&key["by"], &key["path"]),
            (&"check_address".into(), &"m/12381/3600/0/0/0".into())
        );
        assert!(!checked.prompted(), "{}", checked.stderr);
        let other = on(device).holding(OTHER_WORDS).run(&line).code(1);
        assert_eq!(other.each("keys", "reason"), ["not_this_wallet"], "{device}");
    }
    // A Ledger need not believe any record.
    let checked = on("mock-ledger").run(&line).code(0);
    assert_eq!(checked.list("keys")[0]["by"], "public_key");
}

#[test]
fn a_record_that_another_wallet_signed_proves_nothing() {
    let own = address_of(WORDS);
    let folder = said_to_be_of_words(OTHER_WORDS, key_of_words(0), own);
    let line = format!("validator check {}", folder.at("a"));
    let checked = on("mock-trezor").run(&line).code(1);
    assert_eq!(checked.each("keys", "reason"), ["origin_unknown"]);
    assert_eq!(checked.verdicts(), (0, 0, 1));
}

#[test]
fn a_key_that_the_words_do_not_make_where_the_set_says_is_contradicted_by_a_ledger() {
    let own = address_of(WORDS);
    let folder = said_to_be_of_words(WORDS, SecretKey::derive_master(&[7; 32]).unwrap(), own);
    let line = format!("validator check {} --max-index 3", folder.at("a"));
    let checked = on("mock-ledger").run(&line).code(1);
    assert_eq!(checked.each("keys", "reason"), ["pubkey_mismatch"]);
    // At another index than the record says, it is still this wallet's.
    let folder = said_to_be_of_words(WORDS, key_of_words(2), own);
    let line = format!("validator check {} --max-index 3", folder.at("a"));
    let checked = on("mock-ledger").run(&line).code(0);
    assert_eq!(checked.each("keys", "path"), ["m/12381/3600/2/0/0"]);
    let line = format!("validator check {} --max-index 1", folder.at("a"));
    on("mock-ledger").run(&line).code(1);
}

#[test]
fn keys_are_searched_up_to_the_highest_index_and_no_further() {
    let third = vector(&format!("deposits/hoodi-0x01/{}", KEYSTORES[2]));
    let folder = Folder::new();
    // A keystore whose path is of no help.
    let text = std::fs::read_to_string(third).unwrap().replace("m/12381/3600/2/0/0", "m/0/0");
    let file = folder.file("keystore.json", text);
    let found = on("mock-ledger").run(&format!("validator check {file} --max-index 2")).code(0);
    assert_eq!(found.each("keys", "path"), ["m/12381/3600/2/0/0"]);
    let beyond = on("mock-ledger").run(&format!("validator check {file} --max-index 1")).code(1);
    assert_eq!(beyond.each("keys", "reason"), ["other_source"]);
}

#[test]
fn a_key_that_is_expected_and_not_there_is_contradicted() {
    let (own, words) = (ledger().copies(), imported().copies());
    let absent = imported().json["keys"][0]["pubkey"].as_str().unwrap();
    let expect = own.file("expect", absent);
    let line = format!("validator check {} --expect {expect}", own.at("a"));
    let checked = on("mock-ledger").run(&line).code(1);
    assert_eq!(checked.verdicts(), (3, 1, 0));
    assert_eq!(checked.list("keys")[3]["reason"], "missing");
    let line = format!("validator check {} {} --expect {expect}", own.at("a"), words.at("a"));
    let checked = on("mock-ledger").run(&line).code(0);
    assert_eq!(checked.verdicts(), (6, 0, 0));
    assert_eq!(checked.json["keys"][0]["batch"], 0);
}
