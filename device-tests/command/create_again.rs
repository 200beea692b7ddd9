//! No key is made twice, whatever became of the copies.

use std::fs;

use stockade::{
    backup::{Copy, Digest, origin::Origin},
    device::Show,
    path::DerivationPath,
};

use super::{
    fixture::{Folder, Nobody, ledger, wallet},
    run::{OTHER_WORDS, Ran, on},
};

fn create(folder: &Folder, options: &str) -> Ran {
    let line = "validator create --network hoodi --count 3 --copy";
    on("mock-ledger").run(&format!("{line} {} {options}", folder.both()))
}

const NEXT: [&str; 3] = ["m/12381/3600/3/0/0", "m/12381/3600/4/0/0", "m/12381/3600/5/0/0"];

#[test]
fn the_second_run_makes_the_next_keys_for_the_same_custodian() {
    let folder = ledger().copies();
    let second = create(&folder, "").code(0);
    assert_eq!(second.each("keys", "path"), NEXT);
    assert_eq!((&second.json["batch"], &second.json["enrolled"]), (&0.into(), &false.into()));
    assert_eq!(second.list("custodians"), ledger().json["custodians"].as_array().unwrap());
    let first = |warning: &&serde_json::Value| warning.to_string().contains("held no key");
    assert_eq!(second.list("warnings").iter().find(first), None);
    assert_eq!(folder.sets("a").len(), 2);
    assert_eq!(folder.sets("a"), folder.sets("b"));
}

/// The set that this wallet signed is gone; another wallet signed the one in its place.
#[test]
fn keys_that_another_wallet_sealed_anew_are_not_made_again() {
    let folder = Folder::new();
    let (own, hers) = (folder.at("own.json"), folder.at("hers.json"));
    on("mock-ledger").run(&format!("custodian enroll --name own --out {own}")).code(0);
    let other = on("mock-trezor").holding(OTHER_WORDS);
    other.run(&format!("custodian enroll --name hers --out {hers}")).code(0);
    let made = create(&folder, &format!("--batch 3 --custodian {own} {hers}")).code(0);
    let reseal = format!("backup reseal {} --custodian {hers} --signer {own}", folder.both());
    other.run(&reseal).code(0);
    for copy in ["a", "b"] {
        let old = folder.path(copy).join("stockade").join(made.text("set_id"));
        fs::remove_dir_all(old).unwrap();
    }
    let next = create(&folder, "").code(0);
    assert_eq!((&next.json["batch"], next.each("keys", "path")), (&3.into(), NEXT.to_vec()));
    let first = |warning: &&serde_json::Value| warning.to_string().contains("held no key");
    assert_eq!(next.list("warnings").iter().find(first), None);
}

#[test]
fn whoever_could_open_the_last_set_can_open_the_next() {
    let folder = Folder::new();
    let (own, hers) = (folder.at("own.json"), folder.at("hers.json"));
    on("mock-ledger").run(&format!("custodian enroll --name own --out {own}")).code(0);
    let other = on("mock-trezor").holding(OTHER_WORDS);
    other.run(&format!("custodian enroll --name hers --out {hers}")).code(0);
    let made = create(&folder, &format!("--custodian {own} {hers}")).code(0);
    let next = create(&folder, "").code(0);
    assert_eq!(next.each("custodians", "id"), made.each("custodians", "id"));
    assert_eq!((&next.json["threshold"], &next.json["enrolled"]), (&1.into(), &false.into()));
    let drill = format!("backup drill {} --signer {own} --set", folder.both());
    other.run(&format!("{drill} {}", next.text("set_id"))).code(0);
    // Who names others drops her, and nobody else does.
    let alone = create(&folder, &format!("--custodian {own}")).code(0);
    assert_eq!(alone.list("custodians").len(), 1);
    // Which of two sets of one second is the newer one nobody knows.
    std::thread::sleep(std::time::Duration::from_secs(1));
    create(&folder, &format!("--custodian {hers}")).code(0);
    let refused = create(&folder, "").error(2, "usage");
    assert!(refused.message().contains("others than this wallet"), "{}", refused.message());
}

/// One copy of the set rotted; in the other somebody put a set of theirs under its id, which hides
/// two of the keys.
#[test]
fn a_strangers_manifest_stands_in_for_no_other() {
    let folder = ledger().copies();
    let (rotten, strange) = (folder.set("a").join("manifest.json"), folder.set("b"));
    let whole = fs::read(&rotten).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_slice(&whole).unwrap();
    manifest["keystores"].as_array_mut().unwrap().truncate(1);
    let manifest = serde_json::to_vec_pretty(&manifest).unwrap();
    let (set, digest) = (folder.sets("b").remove(0).parse().unwrap(), Digest::of(&manifest));
    let statement = Origin::statement(&set, &digest);
    let mut stranger = wallet("mock-ledger", OTHER_WORDS);
    let path = DerivationPath::check_address();
    let signature = stranger.sign_personal(&path, &statement, &mut Nobody).unwrap();
    let address = stranger.address(&path, Show::Silently, &mut Nobody).unwrap();
    let origin = Origin { statement, address, signature }.to_json().unwrap();
    fs::write(strange.join("manifest.json"), manifest).unwrap();
    fs::write(strange.join("origin.json"), origin).unwrap();

    for own in [&whole[1..], &whole] {
        fs::write(&rotten, own).unwrap();
        let before = folder.content();
        let refused = create(&folder, "--batch 0 --start 1").error(3, "input");
        assert!(refused.message().contains("which keys exist"), "{}", refused.message());
        assert!(!refused.prompted(), "{}", refused.stderr);
        assert!(folder.content() == before, "something was written");
    }
}

#[test]
fn one_copy_that_knows_the_keys_is_enough() {
    let folder = ledger().copies();
    fs::remove_dir_all(folder.path("b")).unwrap();
    let second = create(&folder, "").code(0);
    assert_eq!(second.each("keys", "path"), NEXT);
}

#[test]
fn a_key_in_a_set_is_made_again_only_when_asked_for() {
    let folder = ledger().copies();
    let before = folder.content();
    let refused = create(&folder, "--batch 0 --start 2").error(3, "input");
    assert!(refused.message().contains(ledger().json["set_id"].as_str().unwrap()));
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert!(folder.content() == before, "something was written");

    let again = create(&folder, "--batch 0 --start 0 --recreate").code(0);
    let first = ledger().json["keys"].as_array().unwrap();
    assert_eq!(again.list("keys"), first);
}

#[test]
fn another_batch_begins_at_its_first_index() {
    let folder = ledger().copies();
    let other = create(&folder, "--batch 7").code(0);
    assert_eq!(other.list("keys")[0]["path"], "m/12381/3600/0/0/0");
    let keys = other.each("keys", "pubkey");
    let first = ledger().json["keys"].as_array().unwrap();
    assert!(first.iter().all(|key| !keys.contains(&key["pubkey"].as_str().unwrap())));
}

#[test]
fn with_the_only_manifest_damaged_nobody_knows_which_keys_exist() {
    let folder = ledger().copies();
    fs::remove_dir_all(folder.path("b")).unwrap();
    let manifest = folder.set("a").join("manifest.json");
    let whole = fs::read_to_string(&manifest).unwrap();
    // Cut off; and one digit that rotted into another, so that index 2 seems to be free.
    for damaged in [
        whole[..whole.len() / 2].to_owned(),
        whole.replace("\"m/12381/3600/2/0/0\"", "\"m/12381/3600/0/0/0\""),
        whole.replace("\"batch\": 0", "\"batch\": 1"),
    ] {
        assert_ne!(damaged, whole);
        fs::write(&manifest, damaged).unwrap();
        let before = folder.content();
        let refused = create(&folder, "").error(3, "input");
        assert!(refused.message().contains("which keys exist"), "{}", refused.message());
        assert!(!refused.prompted(), "{}", refused.stderr);
        assert!(folder.content() == before, "something was written");
    }
}

#[test]
fn a_damaged_manifest_does_no_harm_where_another_copy_has_it() {
    let folder = ledger().copies();
    let manifest = folder.set("a").join("manifest.json");
    let whole = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, whole.replace("3600/2/0/0", "3600/0/0/0")).unwrap();
    assert_eq!(create(&folder, "").code(0).each("keys", "path"), NEXT);
}

#[test]
fn copies_that_another_process_writes_to_are_left_alone() {
    let folder = ledger().copies();
    let copies = Copy::open_all(&[folder.path("b")]).unwrap();
    copies[0].lock().unwrap();
    let before = folder.content();
    let refused = create(&folder, "").error(4, "busy");
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert!(folder.content() == before, "something was written");
}

#[test]
fn one_folder_is_no_two_copies_however_it_is_spelled() {
    let folder = ledger().copies();
    fs::create_dir(folder.path("new")).unwrap();
    std::os::unix::fs::symlink(folder.path("new"), folder.path("link")).unwrap();
    let line = "validator create --network hoodi --count 1 --copy";
    for (first, second) in [("a", "a/"), ("new", "./new"), ("new", "a/../new"), ("new", "link")] {
        let before = folder.content();
        let (first, second) = (folder.at(first), folder.at(second));
        on("mock-ledger").run(&format!("{line} {first} {second}")).error(2, "usage");
        assert!(folder.content() == before, "{first} {second}: something was written");
    }
}

/// A key that was restored and taken over elsewhere says no batch any more; it is still that key.
#[test]
fn a_key_that_came_by_another_way_is_known_by_its_public_key() {
    let folder = ledger().copies();
    let (to, elsewhere) = (folder.at("restored"), folder.at("elsewhere"));
    let line =
        format!("backup restore {} --layout plain --to {to} --never-attested", folder.both());
    on("mock-ledger").run(&line).code(0);
    let password = folder.path("restored/password.txt");
    let password = password.to_str().unwrap();
    let line = format!("--network hoodi --from {to} --password-file {password} --copy {elsewhere}");
    on("mock-ledger").run(&format!("backup create {line}")).code(0);
    let before = folder.content();

    let line = format!("validator create --network hoodi --count 1 --copy {elsewhere}");
    let refused = on("mock-ledger").run(&line).error(3, "input");
    assert!(refused.message().contains("already"), "{}", refused.message());
    assert_eq!(folder.content(), before);
}

/// The description of a keystore is its own word: a wallet is asked for a batch's secret only when
/// its user names the batch.
#[test]
fn a_keystores_own_word_makes_no_wallet_give_a_secret() {
    let folder = ledger().copies();
    let to = folder.at("restored");
    let line =
        format!("backup restore {} --layout plain --to {to} --never-attested", folder.both());
    on("mock-ledger").run(&line).code(0);

    let checked = on("mock-ledger").run(&format!("validator check {to}")).code(1);
    assert_eq!(checked.verdicts(), (0, 0, 3));
    assert!(!checked.prompted(), "{}", checked.stderr);
    let named = on("mock-ledger").run(&format!("validator check {to} --batch 0")).code(0);
    assert_eq!(named.verdicts(), (3, 0, 0));
    assert!(named.prompted(), "{}", named.stderr);
}
