//! What a person is told: where copies are made, what comes next, whose wallet is missing, and which
//! wallets a command listened to.

use std::fs;

use serde_json::Value;
use stockade::{
    backup::{
        Access, Copy, SetId, Trust, delivery_mark::DeliveryMark, drill, marks, scrub,
        unlockers::Unlockers,
    },
    bls::PublicKey,
    interact::{Attention, Interact, Passphrase},
    secret::SecretText,
    timestamp::Timestamp,
};

use super::{
    fixture::{Folder, Made, imported, ledger, wallet},
    run::{OTHER_WORDS, Ran, WORDS, alone, on},
};
use crate::backup::rot::flip;

const CREATE: &str = "validator create --network hoodi --count 1";

fn create(folder: &Folder, copies: &str, more: &str) -> Ran {
    on("mock-ledger").run(&format!("{CREATE} {more} --copy {}", folder_of(folder, copies)))
}

fn folder_of(folder: &Folder, copies: &str) -> String {
    let dirs: Vec<_> = copies.split_whitespace().map(|copy| folder.at(copy)).collect();
    dirs.join(" ")
}

fn warns(ran: &Ran, of: &str) -> bool {
    ran.list("warnings").iter().any(|warning| warning.as_str().unwrap().contains(of))
}

#[test]
fn a_new_copy_says_which_disk_it_is_on_and_one_that_was_there_does_not() {
    let folder = Folder::new();
    let made = create(&folder, "a", "").code(0);
    let copy = &made.list("copies")[0];
    assert_eq!(copy["new"], true);
    assert!(copy["mount"]["file_system"].is_string() || copy["mount"].is_null(), "{copy}");
    // Before the wallet is asked.
    let said = made.stderr.find("has no copy yet").unwrap();
    assert!(said < made.stderr.find("approve").unwrap(), "{}", made.stderr);
    assert!(made.stderr.contains(&folder.at("a")));
    let again = create(&folder, "a", "").code(0);
    assert_eq!(again.list("copies")[0]["new"], false);
    assert!(!again.stderr.contains("has no copy yet"), "{}", again.stderr);
}

#[test]
fn a_copy_in_a_folder_that_does_not_exist_is_a_typing_error() {
    let folder = Folder::new();
    let refused = create(&folder, "media/typo", "").error(3, "file");
    assert!(refused.message().contains("media") && !refused.prompted(), "{}", refused.message());
    assert!(refused.json["error"]["hint"].as_str().unwrap().contains("mounted"));
    assert!(!folder.path("media").exists());
    let folder = ledger().copies();
    let line = format!("backup repair {} --to {}", folder.both(), folder.at("media/typo"));
    alone().run(&line).error(3, "file");
    assert!(!folder.path("media").exists());
}

#[test]
fn one_copy_alone_is_warned_about() {
    let folder = Folder::new();
    assert!(warns(&create(&folder, "a", "").code(0), "only copy"));
    assert!(!warns(&create(&folder, "b c", "").code(0), "only copy"));
}

/// What is printed for the deposit data proves it, without a wallet.
#[test]
fn after_new_keys_the_way_to_their_deposit_is_printed_and_holds() {
    let folder = Folder::new();
    let line = format!("{CREATE} --copy {}", folder.both());
    let text = on("mock-ledger").words(&line);
    let verify = text.lines().find_map(|line| line.trim().strip_prefix("stockade deposit verify"));
    let verified =
        alone().run(&format!("deposit verify{}", verified_line(verify.unwrap()))).code(0);
    assert_eq!(verified.json["verdicts"]["contradicted"], 0);
    assert!(text.contains("https://hoodi.launchpad.ethereum.org"), "{text}");
    let order = ["backup drill", "backup restore", "deposit verify", "launchpad"];
    let places: Vec<_> = order.iter().map(|step| text.find(step).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");

    let made = create(&folder, "c", "").code(0);
    let file = made.text("deposit_data");
    assert!(file.starts_with(&folder.at("c")) && fs::metadata(file).is_ok(), "{file}");
    // Validators of sepolia are a closed group.
    let sepolia = line.replace("hoodi", "sepolia").replace(&folder.both(), &folder.at("d"));
    assert!(!on("mock-ledger").words(&sepolia).contains("https://"));
}

fn verified_line(rest: &str) -> &str {
    rest.trim_end()
}

/// The number that is announced is the number of times that the wallet's user is asked.
#[test]
fn the_approvals_that_follow_are_counted() {
    let announced = |ran: &Ran| -> usize {
        let line =
            ran.stderr.lines().find(|line| line.ends_with("approvals on the wallet follow."));
        line.unwrap().split(' ').next().unwrap().parse().unwrap()
    };
    let asked = |ran: &Ran| ran.stderr.lines().filter(|line| line.contains("approve")).count();
    const ELSEWHERE: &str = "--withdrawal-address 0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";
    for device in ["mock-ledger", "mock-trezor:safe5"] {
        let folder = Folder::new();
        for more in ["", "", ELSEWHERE] {
            let line = format!("{CREATE} {more} --copy {}", folder.at("a"));
            let made = on(device).run(&line).code(0);
            let count = announced(&made);
            assert_eq!(count, asked(&made), "{device} {more}: {}", made.stderr);
            for number in 1..=count {
                assert!(
                    made.stderr.contains(&format!(" ({number} of {count}), ")),
                    "{}",
                    made.stderr
                );
            }
        }
    }
}

/// A drill takes one approval for each custodian and batch, and an attestation one more.
#[test]
fn a_drill_and_an_attestation_number_their_approvals() {
    let folder = ledger().copies();
    let numbers = |ran: &Ran| -> Vec<String> {
        let numbered =
            ran.stderr.lines().filter(|line| line.contains(" of ") && line.contains('('));
        let between = |line: &str| Some(line.split_once('(')?.1.split_once(')')?.0.to_owned());
        numbered.filter_map(between).filter(|number| number.contains(" of ")).collect()
    };
    let drilled = on("mock-ledger").run(&format!("backup drill {}", folder.both())).code(0);
    assert_eq!(numbers(&drilled), ["1 of 2", "2 of 2"], "{}", drilled.stderr);
    let attest = format!("attest create --check drill --copy {}", folder.both());
    let attested = on("mock-ledger").run(&attest).code(0);
    assert_eq!(numbers(&attested), ["1 of 3", "2 of 3", "3 of 3"], "{}", attested.stderr);
}

#[test]
fn the_wrong_wallet_is_told_which_one_opens_the_set() {
    let folder = ledger().copies();
    let own = ledger().json["signer"].as_str().unwrap();
    let signer = format!("--signer {own}");
    let stranger = on("mock-ledger").holding(OTHER_WORDS);
    let here = stranger.run("address --path m/44'/60'/83'/0/0");
    let here = if here.code == 0 { here.text("address").to_owned() } else { String::new() };
    let drilled = stranger.run(&format!("backup drill {} {signer}", folder.both())).code(1);
    assert!(warns(&drilled, own), "{:#}", drilled.json);
    assert!(warns(&drilled, &here) && warns(&drilled, "Here is the wallet"), "{:#}", drilled.json);
    assert!(!drilled.prompted());
    let to = folder.at("to");
    let restored = stranger.run(&format!(
        "backup restore {} {signer} --to {to} --layout plain --never-attested",
        folder.both()
    ));
    assert!(restored.error(3, "input").message().contains(own));
    let attested = stranger.run(&format!("attest create --copy {}", folder.both()));
    let attested = attested.error(3, "input");
    assert!(attested.message().contains(own) && attested.message().contains(&here));
    let nobody = alone().run(&format!("backup drill {}", folder.both())).error(4, "not_found");
    let hint = nobody.json["error"]["hint"].as_str().unwrap();
    assert!(hint.contains(own), "{hint}");
}

#[test]
fn the_variable_names_a_wallet_for_every_command() {
    let folder = ledger().copies();
    let own = ledger().json["signer"].as_str().unwrap();
    let variable =
        || alone().with("STOCKADE_DEVICE", "mock-ledger").with("STOCKADE_MOCK_MNEMONIC", WORDS);
    let scrubbed = variable().run(&format!("backup scrub {}", folder.both())).code(0);
    assert_eq!(scrubbed.text("origin"), "this_wallet");
    let listed = variable().run(&format!("validator list {}", folder.both())).code(0);
    assert_eq!(listed.list("sets")[0]["origin"], "this_wallet", "{own}");
    #[cfg(feature = "cloud")]
    {
        let to = folder.at("signer");
        let restore = format!("backup restore {} --layout web3signer --to {to}", folder.both());
        on("mock-ledger").run(&format!("{restore} --never-attested")).code(0);
        let check = format!("store check web3signer:{to}/keys {}", folder.both());
        assert_eq!(variable().run(&check).code(0).json["verdicts"]["proven"], 3);
        variable().run(&format!("{check} --attest")).code(0);
    }
    // One that is not here is no reason to read nothing; nothing is vouched for then.
    let gone = alone().with("STOCKADE_DEVICE", "speculos:127.0.0.1:1");
    let scrubbed = gone.run(&format!("backup scrub {}", folder.both())).code(0);
    assert_eq!(scrubbed.text("origin"), "unknown");
    assert!(scrubbed.stderr.contains("STOCKADE_DEVICE"), "{}", scrubbed.stderr);
    on("speculos:127.0.0.1:1").run(&format!("backup scrub {}", folder.both())).code(4);
}

/// clap keeps those alone that stand on one side of the command.
#[test]
fn devices_before_and_behind_the_command_all_count() {
    let folder = ledger().copies();
    let scrub = format!("--device mock-trezor backup scrub {}", folder.both());
    let scrubbed = on("mock-ledger").run(&scrub);
    let both = alone()
        .with("STOCKADE_MOCK_MNEMONIC", format!("{OTHER_WORDS};{WORDS}"))
        .run(&format!("{scrub} --device mock-ledger"))
        .code(0);
    assert_eq!(both.text("origin"), "this_wallet", "{:#}", scrubbed.json);
    let refused = on("mock-ledger").run("--device=mock-trezor address").error(2, "usage");
    assert!(refused.message().contains("one --device"), "{}", refused.message());
}

/// Notes every text that the wallet's user is asked to approve.
struct Counting(Vec<String>);

impl Interact for Counting {
    fn look_at_device(&mut self, _device: &str, attention: Attention<'_>) {
        if let Attention::Message(text) = attention {
            self.0.push(text.to_owned());
        }
    }

    fn enter_pin_matrix(&mut self, _device: &str) -> Option<SecretText> {
        None
    }

    fn enter_passphrase(&mut self, _device: &str, _on_device: bool) -> Option<Passphrase> {
        None
    }

    fn ask(&mut self, _question: &str) -> Option<String> {
        None
    }
}

/// Two sets of one batch: its secret is asked for once.
#[test]
fn a_drill_of_two_sets_asks_for_their_batch_once() {
    let folder = Folder::new();
    for _ in 0..2 {
        create(&folder, "a", "").code(0);
    }
    let copies = Copy::open_all(&[folder.path("a")]).unwrap();
    let scrubbed = scrub::read(&copies, None, &mut ()).unwrap();
    assert_eq!(scrubbed.sets.len(), 2);
    let mut user = Counting(Vec::new());
    let mut unlockers = Unlockers::new();
    unlockers.add_wallet(wallet("mock-ledger", WORDS), &mut user).unwrap();
    let (trust, mut silent) = (Trust::default(), ());
    let mut access = Access::new(&mut unlockers, &trust, &mut user, &mut silent);
    drill::drill(&copies, &scrubbed, &mut access).unwrap();
    let asked = user.0.iter().filter(|text| text.contains("derive hoodi batch 0."));
    assert_eq!(asked.count(), 1, "{:?}", user.0);
}

#[test]
fn an_attestation_that_is_written_already_is_named_where_the_next_one_fails() {
    let folder = Folder::new();
    for _ in 0..2 {
        create(&folder, "a", "").code(0);
    }
    let made = Made::of(&folder, Value::Null);
    let (mut named, mut well) = (0, 0);
    // The disk fails at one change after another: some are those of the second attestation.
    for n in 1.. {
        let folder = made.copies();
        let line = format!("attest create --copy {}", folder.at("a"));
        let ran = on("mock-ledger").with("STOCKADE_FAIL_AT", format!("{n}:eio")).run(&line);
        // A probe may fail without harm; several in a row are past the end.
        well = if ran.code == 0 { well + 1 } else { 0 };
        match (ran.code, well) {
            (0, 4..) => break,
            (0, _) => continue,
            _ => {}
        }
        let written = |set: &String| folder.path("a/stockade/attestations").join(set).is_dir();
        let there: Vec<_> = folder.sets("a").into_iter().filter(written).collect();
        let message = ran.message();
        if let Some((_, sets)) = message.split_once("stored in every copy: ") {
            named += 1;
            assert!(there.iter().any(|set| set == sets), "{message}: {there:?}");
            assert_eq!(ran.json["error"]["kind"], "file");
        }
    }
    assert!(named > 0);
}

#[test]
fn what_rotted_is_followed_by_what_mends_it() {
    let folder = ledger().copies();
    flip(&folder.keystore("b", 1), 900);
    let scrub = ["backup", "scrub", &folder.at("a"), &folder.at("b")].map(str::to_owned);
    let (code, text) = alone().said(&scrub);
    let next = format!("Next: stockade backup repair {} {}", folder.at("a"), folder.at("b"));
    assert!(code == 1 && text.contains(&next), "{text}");
    let (_, text) = alone().said(&scrub[..3]);
    assert!(!text.contains("Next:"), "{text}");
    let (_, text) = alone().said(&["backup", "scrub", &folder.at("b")]);
    assert!(text.contains("OTHER-COPY"), "{text}");
}

#[test]
fn a_drill_says_that_it_leaves_no_trace() {
    let folder = ledger().copies();
    let text = on("mock-ledger").words(&format!("backup drill {}", folder.both()));
    assert!(text.contains("attest create --check drill --copy"), "{text}");
}

#[test]
fn an_empty_copy_is_called_empty() {
    let folder = ledger().copies();
    let empty = folder.path("empty/stockade");
    fs::create_dir_all(&empty).unwrap();
    let json = r#"{"copy_id":"00000001","label":"empty"}"#;
    fs::write(empty.join("copy.json"), json).unwrap();
    let text = alone().words(&format!("backup list {} {}", folder.both(), folder.at("empty")));
    assert_eq!(text.matches("EMPTY").count(), 1, "{text}");
}

#[test]
fn the_folder_within_a_copy_means_that_copy() {
    let folder = ledger().copies();
    for line in ["backup list", "backup scrub", "validator list"] {
        let named = alone().run(&format!("{line} {}", folder.at("a/stockade"))).code(0);
        let plain = alone().run(&format!("{line} {}", folder.at("a"))).code(0);
        assert_eq!(named.json["copies"], plain.json["copies"], "{line}");
    }
    // And is found once.
    let found = stockade::backup::medium::find(&folder.path("a"));
    assert_eq!(found.len(), 1);
    // One copy named twice is one copy all the same.
    let twice = format!("backup list {} {}", folder.at("a"), folder.at("a/stockade"));
    alone().run(&twice).error(2, "usage");
    let made = create(&folder, "a/stockade", "").code(0);
    assert!(folder.path("a/stockade").join(made.text("set_id")).is_dir());
    assert!(!folder.path("a/stockade/stockade").exists());
}

#[test]
fn a_network_is_known_in_any_case_and_hints_name_no_hidden_option() {
    let folder = Folder::new();
    for name in ["Hoodi", "HOODI"] {
        let line = format!("validator create --network {name} --count 1 --copy {}", folder.at("a"));
        on("mock-ledger").run(&line).code(0);
    }
    let line = format!("validator create --network mainnet --count 1 --copy {}", folder.at("b"));
    let refused = on("mock-ledger").run(&line).error(3, "test_seed");
    assert!(!refused.json["error"]["hint"].as_str().unwrap().contains("--allow"));
}

#[test]
fn keys_that_another_tool_made_are_not_taken_for_new_without_a_word() {
    let warned = |folder: &Folder| {
        let restored = on("mock-ledger").run(&format!(
            "backup restore {} --to {} --layout plain --never-attested",
            folder.both(),
            folder.at("to")
        ));
        restored.code(0).stderr.contains("imported from another tool")
    };
    assert!(warned(&imported().copies()) && !warned(&ledger().copies()));
}

/// What an older version left: it says where keys went, and nothing closes it but a person's word.
#[test]
fn a_mark_of_an_older_version_stops_a_restore() {
    let folder = ledger().copies();
    let copy = Copy::open(&folder.path("a")).unwrap();
    let set: SetId = ledger().json["set_id"].as_str().unwrap().parse().unwrap();
    let keys = ledger().json["keys"].as_array().unwrap().iter();
    let keys: Vec<PublicKey> =
        keys.map(|key| key["pubkey"].as_str().unwrap().parse().unwrap()).collect();
    let mark = DeliveryMark::new("https://old:5062", None, &keys[..2], Timestamp::now());
    marks::leave(&mark, &copy, &set).unwrap();
    // It holds the lock, and a copy that does not record a restore makes its exit code 1.
    drop(copy);
    let restore = |more: &str| {
        let (copies, to) = (folder.both(), folder.at("to"));
        let line = format!("backup restore {copies} --to {to} --layout plain --history-lost");
        on("mock-ledger").run(&format!("{line} {more}"))
    };
    let stopped = restore("").error(3, "input");
    let said = "2 of the keys were sent to keymanager https://old:5062";
    assert!(stopped.message().contains(said), "{}", stopped.message());
    assert!(!stopped.prompted(), "{}", stopped.stderr);
    restore("--off https://old:5062").code(0);
}

/// What was delivered is not delivered again to have it signed for.
#[test]
#[cfg(feature = "cloud")]
fn a_delivery_whose_note_was_rejected_says_how_to_sign_for_it_later() {
    let folder = Folder::new();
    let (own, _, age) = super::m_of_n::custodians(&folder);
    create(&folder, "a", &format!("--custodian {own} {age}")).code(0);
    let (a, dir, identity) = (folder.at("a"), folder.at("signer"), folder.at("identity.txt"));
    let deliver = format!(
        "deliver web3signer {a} --dir {dir} --type file-keystore --never-attested --identity {identity}"
    );
    let rejected = on("mock-ledger").rejecting().run(&deliver).error(5, "rejected");
    let hint = rejected.json["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("store check PLACE COPY.. --attest"), "{hint}");
    assert!(folder.path("signer/keys").is_dir());
    // And that works.
    let check = format!("store check web3signer:{dir}/keys {a} --attest");
    on("mock-ledger").run(&check).code(0);
    let rejected = on("mock-ledger").rejecting().run(&check).error(5, "rejected");
    let hint = rejected.json["error"]["hint"].as_str().unwrap();
    assert!(!hint.contains("delivered"), "{hint}");
}

/// A wallet that is opened twice asks for its passphrase twice; a simulated one is another then.
#[test]
#[cfg(feature = "cloud")]
fn a_check_that_is_attested_opens_the_wallet_once() {
    let folder = Folder::new();
    let wallet = on("mock-ledger").holding(OTHER_WORDS);
    let a = folder.at("a");
    wallet.run(&format!("{CREATE} --copy {a}")).code(0);
    let to = folder.at("signer");
    let restore = format!("backup restore {a} --to {to} --layout web3signer --never-attested");
    wallet.run(&restore).code(0);
    let checked = wallet.run(&format!("store check web3signer:{to}/keys {a} --attest")).code(0);
    let address = wallet.run("address").code(0).text("address").to_owned();
    assert_eq!(checked.json["note"]["address"], address.as_str());
}

#[test]
fn a_key_to_compare_is_printed_as_a_ledger_writes_it_too() {
    let ran = on("mock-ledger").run("validator pubkey --index 0 --confirm").code(0);
    let key = ran.each("keys", "pubkey")[0].to_owned();
    let shown = |text: &str| ran.stderr.contains(&format!("0x{text}"));
    assert!(shown(&key) && shown(&key.to_uppercase()), "{}", ran.stderr);
}

#[test]
fn a_device_that_is_named_twice_is_refused_before_it_is_asked() {
    let folder = ledger().copies();
    let line = format!("backup drill {}", folder.both());
    let device = "speculos:127.0.0.1:1";
    let refused = on(device).and(device, WORDS).run(&line).error(2, "usage");
    assert!(refused.message().contains("named twice"), "{}", refused.message());
}
