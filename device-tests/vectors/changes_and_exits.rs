//! The exit and the credential change that ethstaker-deposit-cli wrote, made again from the same
//! words, and verified.

use serde_json::Value;
use stockade::{
    eth::Address,
    staking::{
        CredentialChange, CredentialChangeError, Exit, ExitError, Network, SignedExit,
        parse_credential_changes, write_credential_changes,
    },
};

use super::{read, read_json, seed, signing_key};

const EXIT: &str = "deposits/signed_exit-hoodi.json";
const CHANGE: &str = "deposits/bls_to_execution_change-hoodi.json";
const VALIDATOR: u64 = 123_456;

fn address() -> Address {
    "0x9858EfFD232B4033E47d90003D41EC34EcaEda94".parse().unwrap()
}

#[test]
fn an_exit_of_the_same_key_is_the_same_file() {
    let exit = Exit { epoch: 1000, validator_index: VALIDATOR };
    let ours = exit.sign(Network::Hoodi, &seed().signing_key(0).unwrap());
    assert_eq!(ours.to_json().unwrap().into_bytes(), read(EXIT));
}

#[test]
fn an_exit_is_good_for_its_key_network_and_message_alone() {
    let theirs = SignedExit::parse(&read(EXIT)).unwrap();
    let key = signing_key(0).public_key();
    assert!(theirs.verify(Network::Hoodi, &key).unwrap());
    assert!(!theirs.verify(Network::Hoodi, &signing_key(1).public_key()).unwrap());
    for other in Network::ALL.into_iter().filter(|network| *network != Network::Hoodi) {
        assert!(!theirs.verify(other, &key).unwrap(), "{other}");
    }
    for (field, value) in [("epoch", "1001"), ("validator_index", "123457")] {
        let mut file = read_json(EXIT);
        file["message"][field] = value.into();
        let changed = SignedExit::parse(file.to_string().as_bytes()).unwrap();
        assert!(!changed.verify(Network::Hoodi, &key).unwrap(), "{field}");
    }
}

#[test]
fn what_is_no_exit_is_refused() {
    let changed = |change: fn(&mut Value)| {
        let mut file = read_json(EXIT);
        change(&mut file);
        SignedExit::parse(file.to_string().as_bytes()).unwrap_err()
    };
    assert!(matches!(changed(|f| f["message"]["epoch"] = "+5".into()), ExitError::Json(_)));
    assert!(matches!(changed(|f| f["message"]["epoch"] = 5.into()), ExitError::Json(_)));
    assert_eq!(changed(|f| f["signature"] = "0x12".into()), ExitError::Signature);
    assert!(matches!(SignedExit::parse(&[b'['; 70_000]), Err(ExitError::Json(_))));
}

#[test]
fn a_credential_change_of_the_same_key_is_the_same_file() {
    let key = seed().withdrawal_key(0).unwrap();
    let change =
        CredentialChange { validator_index: VALIDATOR, from: key.public_key(), to: address() };
    let ours = change.sign(Network::Hoodi, &key, "1.3.1-dev").unwrap();
    assert_eq!(write_credential_changes(&[ours]).unwrap().into_bytes(), read(CHANGE));
    // A key that is not the one it names signs nothing that anybody would take.
    let other = seed().withdrawal_key(1).unwrap();
    let error = change.sign(Network::Hoodi, &other, "1.3.1-dev").unwrap_err();
    assert_eq!(error, CredentialChangeError::Signature(Network::Hoodi));
}

#[test]
fn every_field_of_a_credential_change_is_checked() {
    let theirs = parse_credential_changes(&read(CHANGE)).unwrap();
    let change = theirs[0].verify(Network::Hoodi).unwrap();
    assert_eq!((change.validator_index, change.to), (VALIDATOR, address()));
    assert_eq!(change.from, seed().withdrawal_key(0).unwrap().public_key());
    assert!(matches!(
        theirs[0].verify(Network::Mainnet),
        Err(CredentialChangeError::Network { asked: Network::Mainnet, .. })
    ));

    use CredentialChangeError as E;
    let verify = |change: &dyn Fn(&mut Value), network| {
        let mut file = read_json(CHANGE);
        change(&mut file[0]);
        parse_credential_changes(file.to_string().as_bytes()).unwrap()[0].verify(network)
    };
    let hoodi = Network::Hoodi;
    let without = |f: &mut Value| drop(f.as_object_mut().unwrap().remove("metadata"));
    assert!(verify(&without, hoodi).is_ok());
    // Without metadata the signature alone binds it to its network.
    assert_eq!(verify(&without, Network::Sepolia), Err(E::Signature(Network::Sepolia)));
    let other = "0x5C81Eade04A009301586bF5421F18F3EB5C52df4";
    let set = |field: &'static str, value: &'static str| {
        move |f: &mut Value| f["message"][field] = value.into()
    };
    assert_eq!(verify(&set("to_execution_address", other), hoodi), Err(E::Signature(hoodi)));
    assert_eq!(verify(&set("validator_index", "1"), hoodi), Err(E::Signature(hoodi)));
    let bad = verify(&set("from_bls_pubkey", "0x00"), hoodi);
    assert_eq!(bad, Err(E::Malformed("from_bls_pubkey")));
    assert_eq!(parse_credential_changes(b"[]"), Err(E::Empty));
}
