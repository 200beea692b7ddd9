//! Runs the examples unchanged: other programs start from them.

#[cfg(feature = "mock")]
#[path = "../examples/create_and_drill.rs"]
#[allow(dead_code)]
mod create_and_drill;
#[cfg(all(feature = "cloud", feature = "mock"))]
#[path = "../examples/deliver.rs"]
#[allow(dead_code)]
mod deliver;
#[path = "../examples/device_layer.rs"]
#[allow(dead_code)]
mod device_layer;
#[path = "../examples/foreign_wallet.rs"]
#[allow(dead_code)]
mod foreign_wallet;
#[cfg(feature = "mock")]
#[path = "../examples/own_store.rs"]
#[allow(dead_code)]
mod own_store;
#[path = "../examples/own_wallet.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "the other example uses its card")]
mod own_wallet;
#[path = "../examples/random_splits.rs"]
#[allow(dead_code)]
mod random_splits;
#[cfg(feature = "mock")]
#[path = "../examples/restore.rs"]
#[allow(dead_code)]
mod restore;

use stockade_mocks::{Decision, User, server, trezor};

#[test]
fn your_own_wallet_shows_an_address_signs_and_refuses() {
    let said = own_wallet::run().unwrap();
    let address = said[0].strip_prefix("the Example Card has the address ").unwrap();
    assert_eq!(said[1], format!("the signer is {address}"));
    assert_eq!(said[2], "a long text: the Example Card does not accept such a long text");
    assert_eq!(said[3], "it signs transactions: false");
}

#[test]
fn your_own_wallet_becomes_a_custodian() {
    let said = foreign_wallet::run().unwrap();
    assert!(said[1].ends_with("opens with it"), "{said:?}");
}

#[test]
fn the_wallet_package_alone_works_over_your_own_transport() {
    let user = User::always(Decision::Approve);
    let config = trezor::Config::new(trezor::Model::Safe3, user);
    let address = server::trezor_udp::spawn(trezor::Trezor::new(config)).unwrap();
    let said = device_layer::run(&address.to_string()).unwrap();
    assert!(said[0].contains("0x9858EfFD232B4033E47d90003D41EC34EcaEda94"), "{said:?}");
    assert!(said[1].contains("0x9858EfFD232B4033E47d90003D41EC34EcaEda94"), "{said:?}");
    assert!(!said[2].starts_with("0 "), "{said:?}");
}

#[cfg(feature = "mock")]
#[test]
fn the_library_alone_creates_and_drills_keys() {
    let folder = tempfile::tempdir().unwrap();
    let copies = ["a", "b"].map(|name| folder.path().join(name));
    let said = create_and_drill::run(&copies).unwrap();
    assert!(said[0].starts_with("2 keys in ") && said[0].contains("-hoodi-"), "{said:?}");
    assert_eq!(said[1], "4 of 4 proven");
}

#[cfg(all(feature = "cloud", feature = "mock"))]
#[test]
fn keys_are_delivered_by_the_library_alone() {
    let folder = tempfile::tempdir().unwrap();
    let said = deliver::run(&[folder.path().join("a")]).unwrap();
    assert_eq!(said, ["2 of 2 keys to deliver", "2 of 2 keys listed"]);
}

#[cfg(feature = "mock")]
#[test]
fn keys_are_restored_by_the_library_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (copy, client) = (folder.path().join("a"), folder.path().join("client"));
    let said = restore::run(&copy, &client).unwrap();
    let expected =
        ["0 places where they may sign", "2 keys restored", "0 copies could not record it"];
    assert_eq!(said, expected);
    assert_eq!(std::fs::read_dir(client.join("validators")).unwrap().count(), 2);
}

#[cfg(feature = "mock")]
#[test]
fn keys_are_created_and_drilled_in_a_store_of_ones_own() {
    let said = own_store::run().unwrap();
    assert!(said[0].starts_with("2 keys in ") && said[0].contains("-hoodi-"), "{said:?}");
    assert_eq!(said[1], "4 of 4 proven");
}

#[test]
fn every_number_of_shares_and_every_threshold_is_split() {
    let splits = random_splits::run(45).unwrap();
    let kinds = splits.iter().map(|line| {
        let mut words = line.split(' ');
        (words.next().unwrap().to_owned(), words.skip(1).count())
    });
    let kinds: std::collections::BTreeSet<_> = kinds.collect();
    assert_eq!(kinds.len(), 45);
    assert!(kinds.iter().all(|(threshold, shares)| threshold.parse::<usize>().unwrap() <= *shares));
}
