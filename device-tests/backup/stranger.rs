//! Recipients are public, so anybody can build a whole set to this wallet. It must never pass for
//! the wallet's own.

use std::sync::OnceLock;

use stockade::{
    backup::{create::NewKey, manifest::Source},
    bls::SecretKey,
    custodian::Custodian,
    device_secret::Scheme,
    path::DerivationPath,
};

use crate::command::{
    fixture::{Folder, Made, Nobody, ledger, wallet},
    run::{OTHER_WORDS, alone, on},
    sets::{imported_key, plan, publish},
};

/// The check addresses of the mocks' words and of the stranger's.
const OWNER: &str = "0x5C81Eade04A009301586bF5421F18F3EB5C52df4";

/// The stranger's own key, at a path of the owner's.
fn stranger_key(source: Source) -> NewKey {
    let path = DerivationPath::signing_key(0).to_string();
    NewKey { path, source, ..imported_key(SecretKey::derive_master(&[7; 32]).unwrap()) }
}

/// Two copies of a set that a stranger made to the owner's custodian; and the stranger's address.
fn strangers_set(of_batch: bool) -> (Folder, String) {
    static MADE: [OnceLock<Made>; 2] = [OnceLock::new(), OnceLock::new()];
    let made = MADE[usize::from(of_batch)].get_or_init(|| make_strangers_set(of_batch));
    (made.copies(), made.json.as_str().unwrap().to_owned())
}

fn make_strangers_set(of_batch: bool) -> Made {
    let owner = OWNER.parse().unwrap();
    let source = if of_batch {
        Source::Device { scheme: Scheme::Eip191V1, batch: 0, check_address: owner }
    } else {
        Source::Imported
    };
    let folder = Folder::new();
    let custodian: Custodian =
        serde_json::from_value(ledger().json["custodians"][0].clone()).unwrap();
    let plan = plan(vec![custodian.into()], 1, vec![stranger_key(source)]);
    let mut stranger = wallet("mock-ledger", OTHER_WORDS);
    let address = publish(plan, &mut *stranger, &[folder.path("a"), folder.path("b")]);
    Made::of(&folder, address.to_string().into())
}

#[test]
fn no_check_proves_it_and_the_wallet_is_asked_nothing() {
    for of_batch in [false, true] {
        let (folder, _) = strangers_set(of_batch);
        let copies = folder.both();
        for (wallet, line) in [
            (alone(), format!("backup scrub {copies} --signer {OWNER}")),
            (on("mock-ledger"), format!("backup scrub {copies}")),
            (on("mock-ledger"), format!("backup drill {copies}")),
            (on("mock-trezor").rejecting(), format!("backup drill {copies}")),
            (on("mock-ledger"), format!("backup drill {copies} --signer {OWNER}")),
        ] {
            let ran = wallet.run(&line).code(1);
            assert_eq!((ran.verdicts(), ran.text("origin")), ((0, 0, 2), "unknown"), "{line}");
            assert_eq!(ran.each("keys", "reason"), ["origin_unknown"; 2], "{line}");
            assert!(!ran.prompted(), "{line}: {}", ran.stderr);
        }
        // Where nothing says who should have made it, a scrub answers for the bytes alone.
        let scrubbed = alone().run(&format!("backup scrub {copies}")).code(0);
        assert_eq!((scrubbed.text("level"), scrubbed.text("origin")), ("bytes", "unknown"));
    }
}

#[test]
fn opening_it_on_request_proves_nothing() {
    let (folder, stranger) = strangers_set(false);
    let drill = format!("backup drill {} --accept-unknown-origin", folder.both());
    let drilled = on("mock-ledger").run(&drill).code(1);
    assert_eq!(drilled.each("keys", "reason"), ["origin_unknown"; 2]);
    // Who says that the stranger may make sets is answered that this one opens.
    let line = format!("backup drill {} --signer {stranger}", folder.both());
    assert_eq!(on("mock-ledger").run(&line).code(0).text("origin"), "signer");
}

#[test]
fn a_key_that_claims_to_be_of_the_wallets_batch_is_made_again_and_found_out() {
    let (folder, stranger) = strangers_set(true);
    let line = format!("backup drill {} --signer {stranger}", folder.both());
    let drilled = on("mock-ledger").run(&line).code(1);
    assert_eq!(drilled.each("keys", "reason"), ["pubkey_mismatch"; 2]);
    // A set that the wallet did not sign does not make it ask for a secret, unless its user does.
    let check = format!("validator check {}", folder.both());
    let checked = on("mock-ledger").run(&check).code(1);
    assert_eq!(checked.each("keys", "reason"), ["not_checked"; 2]);
    assert!(!checked.prompted(), "{}", checked.stderr);
    let checked = on("mock-ledger").run(&format!("{check} --batch 0")).code(1);
    assert_eq!(checked.each("keys", "reason"), ["pubkey_mismatch"; 2]);
}

#[test]
fn the_wallet_attests_nothing_of_it() {
    let (folder, _) = strangers_set(false);
    let before = folder.content();
    for check in ["scrub", "drill"] {
        let line = format!("attest create --check {check} --copy {}", folder.both());
        let refused = on("mock-ledger").run(&line).error(3, "input");
        assert!(!refused.prompted(), "{check}: {}", refused.stderr);
    }
    assert!(folder.content() == before, "something was written");
}

#[test]
fn it_is_restored_only_by_who_accepts_that_nobody_vouches_for_it() {
    let (folder, _) = strangers_set(false);
    let line = format!(
        "backup restore {} --layout plain --never-attested --to {}",
        folder.both(),
        folder.at("restored")
    );
    let refused = on("mock-ledger").run(&line).error(3, "input");
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert!(!folder.path("restored").exists());
    on("mock-ledger").run(&format!("{line} --accept-unknown-origin")).code(0);
    assert!(folder.path("restored").exists());
}

#[test]
fn it_does_not_move_the_wallets_next_key_and_its_custodian_is_not_taken() {
    // Beside the owner's own set lies a stranger's, which claims the last index there is.
    let check_address = OWNER.parse().unwrap();
    let source = Source::Device { scheme: Scheme::Eip191V1, batch: u32::MAX, check_address };
    let folder = ledger().copies();
    let mut key = stranger_key(source);
    key.path = DerivationPath::signing_key(u32::MAX).to_string();
    add_strangers_set(&folder, key);
    let line = format!("validator create --network hoodi --count 1 --copy {}", folder.both());
    let ran = on("mock-ledger").run(&line).code(0);
    assert_eq!(ran.json["batch"], 0);
    assert_eq!(ran.each("keys", "path"), ["m/12381/3600/3/0/0"]);
    assert_eq!(ran.list("custodians"), ledger().json["custodians"].as_array().unwrap());
}

fn add_strangers_set(folder: &Folder, key: NewKey) {
    let mut stranger = wallet("mock-ledger", OTHER_WORDS);
    let own = stockade::custodian::enroll(&mut *stranger, Scheme::Eip191V1, None, &mut Nobody);
    let plan = plan(vec![own.unwrap().into()], 1, vec![key]);
    publish(plan, &mut *stranger, &[folder.path("a"), folder.path("b")]);
}
