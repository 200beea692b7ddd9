//! Keystores and deposit data that ethstaker-deposit-cli wrote, made again from the same words.

use std::fs;

use stockade::{
    eth::Address,
    eth2_keystore::{KeyCache, Keystore, Password},
    path::DerivationPath,
    staking::{
        CredentialsError, Deposit, DepositError, Network, WithdrawalCredentials,
        parse_deposit_file, write_deposit_file,
    },
};
use stockade_mocks::{Seed, seed::DEFAULT_MNEMONIC};

use super::{directory, read, signing_key};

const HOODI: &str = "deposits/hoodi-0x01/deposit_data-1795220361.json";
const COMPOUNDING: &str = "deposits/hoodi-0x02/deposit_data-1795220365.json";
const MAINNET: &str = "deposits/mainnet-0x01/deposit_data-1795220367.json";

const ETH: u64 = 1_000_000_000;

fn address() -> Address {
    "0x9858EfFD232B4033E47d90003D41EC34EcaEda94".parse().unwrap()
}

/// Each file, and what it was made with.
fn files() -> [(&'static str, Network, WithdrawalCredentials, u64, u32); 3] {
    let execution = WithdrawalCredentials::Execution(address());
    let compounding = WithdrawalCredentials::Compounding(address());
    [
        (HOODI, Network::Hoodi, execution, 32 * ETH, 3),
        (COMPOUNDING, Network::Hoodi, compounding, 64 * ETH, 2),
        (MAINNET, Network::Mainnet, execution, 32 * ETH, 1),
    ]
}

#[test]
fn the_seed_of_the_vectors_is_that_of_the_mocks_words() {
    let seed = Seed::from_mnemonic(DEFAULT_MNEMONIC, "");
    for index in 0..3 {
        let path = DerivationPath::signing_key(index);
        let mock = seed.bls_public_key(path.levels()).unwrap();
        assert_eq!(signing_key(index).public_key().as_bytes(), &mock);
    }
}

#[test]
fn deposits_made_from_the_same_words_are_the_same_file() {
    for (file, network, credentials, amount, count) in files() {
        let deposits: Vec<Deposit> = (0..count)
            .map(|index| Deposit::sign(network, &signing_key(index), credentials, amount).unwrap())
            .collect();
        let theirs = String::from_utf8(read(file)).unwrap();
        assert_eq!(write_deposit_file(&deposits, "1.3.1-dev").unwrap(), theirs, "{file}");
    }
}

#[test]
fn what_another_tool_wrote_verifies() {
    for (file, network, credentials, amount, count) in files() {
        let entries = parse_deposit_file(&read(file)).unwrap();
        for (index, entry) in (0..).zip(&entries) {
            let deposit = entry.verify().unwrap();
            assert_eq!(deposit.network(), network);
            assert_eq!(*deposit.pubkey(), signing_key(index).public_key());
            assert_eq!(*deposit.withdrawal_credentials(), credentials);
            assert_eq!(deposit.amount(), amount);
        }
        assert_eq!(entries.len(), count as usize);
    }
}

/// One field changed at a time; whoever changes more has to answer to the next check.
#[test]
fn every_field_of_a_deposit_is_checked() {
    use DepositError as E;
    let wrong_root = "00".repeat(32);
    let wrong_signature = {
        let entries: serde_json::Value = serde_json::from_slice(&read(COMPOUNDING)).unwrap();
        entries[0]["signature"].as_str().unwrap().to_owned()
    };
    let no_address = format!("01{}", "11".repeat(31));
    type Expected = fn(&DepositError) -> bool;
    let cases: [(&str, serde_json::Value, Expected); 16] = [
        ("pubkey", "b3".into(), |e| matches!(e, E::Malformed { field: "pubkey", digits: 96 })),
        ("pubkey", "00".repeat(48).into(), |e| matches!(e, E::Pubkey(_))),
        ("pubkey", signing_key(1).public_key().to_string().into(), |e| *e == E::MessageRoot),
        ("withdrawal_credentials", "0x01".into(), |e| {
            *e == E::Credentials(CredentialsError::Malformed)
        }),
        ("withdrawal_credentials", no_address.into(), |e| {
            *e == E::Credentials(CredentialsError::Padding)
        }),
        ("amount", (31 * ETH).into(), |e| *e == E::MessageRoot),
        ("amount", (ETH - 1).into(), |e| matches!(e, E::Amount(_))),
        ("amount", (33 * ETH).into(), |e| matches!(e, E::Amount(_))),
        ("signature", "0x00".into(), |e| matches!(e, E::Malformed { field: "signature", .. })),
        ("signature", wrong_signature.into(), |e| *e == E::DataRoot),
        ("deposit_message_root", wrong_root.clone().into(), |e| *e == E::MessageRoot),
        ("deposit_data_root", wrong_root.into(), |e| *e == E::DataRoot),
        // Signed for hoodi, and no longer said to be.
        ("fork_version", "01017000".into(), |e| *e == E::Signature),
        ("fork_version", "00000000".into(), |e| {
            matches!(e, E::NetworkName { signed: Network::Mainnet, .. })
        }),
        ("network_name", "mainnet".into(), |e| {
            matches!(e, E::NetworkName { signed: Network::Hoodi, .. })
        }),
        ("deposit_cli_version", "".into(), |e| *e == E::CliVersion),
    ];
    for (field, value, expected) in cases {
        let mut file: serde_json::Value = serde_json::from_slice(&read(HOODI)).unwrap();
        file[0][field] = value.clone();
        let entries = parse_deposit_file(file.to_string().as_bytes()).unwrap();
        let error = entries[0].verify().unwrap_err();
        assert!(expected(&error), "{field} = {value}: {error:?}");
        entries[1].verify().unwrap();
    }
}

/// The fork version alone names the network for the launchpad, and for ethdo's older files.
#[test]
fn a_deposit_without_a_network_name_is_one_of_its_fork_version() {
    let mut file: serde_json::Value = serde_json::from_slice(&read(HOODI)).unwrap();
    file[0].as_object_mut().unwrap().remove("network_name").unwrap();
    let entries = parse_deposit_file(file.to_string().as_bytes()).unwrap();
    assert_eq!(entries[0].verify().unwrap().network(), Network::Hoodi);
}

/// What a network's genesis fork version says is enough to check all but its name.
#[test]
fn a_deposit_for_a_network_that_is_not_known_is_checked_all_the_same() {
    let entries = parse_deposit_file(&read("staking/deposits/05-holesky.json")).unwrap();
    let error = entries[0].verify().unwrap_err();
    assert_eq!(error, DepositError::ForkVersion("01017000".to_owned()));
}

/// A deposit for mainnet that was signed for hoodi has all its roots right, and is lost money.
#[test]
fn a_signature_for_another_network_is_wrong() {
    let mut file: serde_json::Value = serde_json::from_slice(&read(HOODI)).unwrap();
    file[0]["fork_version"] = "00000000".into();
    file[0]["network_name"] = "mainnet".into();
    let entries = parse_deposit_file(file.to_string().as_bytes()).unwrap();
    assert_eq!(entries[0].verify().unwrap_err(), DepositError::Signature);
}

#[test]
fn keystores_of_another_tool_open_and_are_written_as_they_were_read() {
    let password = Password::new("MyPasswordIs12+").unwrap();
    let mut keys = KeyCache::new();
    let mut count = 0;
    for (file, ..) in files() {
        let folder = directory(file).parent().unwrap().to_owned();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let Some(index) = name.strip_prefix("keystore-m_12381_3600_") else { continue };
            let index = index.split('_').next().unwrap().parse().unwrap();

            let content = fs::read_to_string(&path).unwrap();
            let keystore = Keystore::parse(content.as_bytes()).unwrap();
            let key = keys.key(&password, keystore.kdf()).unwrap();
            let secret = keystore.open_with(&key).unwrap();
            assert_eq!(secret.to_bytes().expose(), signing_key(index).to_bytes().expose());
            let path = keystore.path().unwrap();
            assert_eq!(path, DerivationPath::signing_key(index).to_string());
            assert_eq!(keystore.to_json().unwrap(), content, "{name}");
            count += 1;
        }
    }
    assert_eq!(count, 6);
}
