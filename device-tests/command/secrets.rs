//! No secret on a screen or in a log: those of one set are made here, and looked for in all that
//! every command says.

use std::fs;

use stockade::{
    backup::set_secret::SetSecret,
    custodian::{self, Custodian},
    device_secret::{Prompt, Scheme, ask, check_address},
    staking::Network,
    validator::{Batch, BatchRoot},
};

use super::{
    fixture::{Folder, Nobody, ledger, wallet},
    run::{WORDS, on},
};

/// Every secret behind the set of [`ledger`] as it could be printed. Every run looks for age
/// identities anyway.
fn secrets(folder: &Folder) -> Vec<(&'static str, String)> {
    let mut wallet = wallet("mock-ledger", WORDS);
    let address = check_address(&mut *wallet, &mut Nobody).unwrap();
    let custodian: Custodian =
        serde_json::from_value(ledger().json["custodians"][0].clone()).unwrap();
    let prompt = Prompt::open_backups(&custodian.id);
    let device = ask(&mut *wallet, Scheme::Eip191V1, &prompt, &address, &mut Nobody).unwrap();
    let signed = wallet
        .sign_personal(
            &stockade::path::DerivationPath::check_address(),
            prompt.as_str(),
            &mut Nobody,
        )
        .unwrap();
    let identity = custodian::open(&mut *wallet, &custodian, &mut Nobody).unwrap();
    let sealed = fs::read(folder.set("a").join("seal/secret.age")).unwrap();
    let set_secret = identity.open(&sealed, 64).unwrap();
    let set = SetSecret::open(&sealed, &identity).unwrap();
    let mut secrets = vec![
        ("device secret", hex::encode(device.expose())),
        ("signed prompt", hex::encode(&signed.to_bytes()[..64])),
        ("set secret", hex::encode(&*set_secret)),
        ("keystore password", set.keystore_password().expose().to_owned()),
    ];
    let batch = Batch { network: Network::Hoodi, scheme: Scheme::Eip191V1, number: 0 };
    let root = BatchRoot::ask(&mut *wallet, &batch, &address, &mut Nobody);
    let root = root.unwrap();
    secrets
        .extend([0, 1, 2, 3].map(|index| {
            ("signing key", hex::encode(root.signing_key(index).to_bytes().expose()))
        }));
    secrets
}

#[test]
fn no_secret_is_ever_printed_however_much_is_asked_for() {
    let folder = ledger().copies();
    let copies = folder.both();
    let mut secrets = secrets(&folder);
    let restored = folder.at("restored");
    let lines = [
        "device info -v".to_owned(),
        "address --confirm -v".to_owned(),
        "validator pubkey --index 0..3 --confirm -v".to_owned(),
        format!("custodian enroll --name mine --out {} -v", folder.at("custodian")),
        format!("backup list {copies} -v"),
        format!("backup scrub {copies} -v"),
        format!("backup drill {copies} -v"),
        format!("validator check {copies} -v"),
        format!("attest create --check drill --copy {copies} -v"),
        format!("backup restore {copies} --to {restored} --layout plain --never-attested -v"),
        format!("validator create --network hoodi --count 1 --copy {copies} -v"),
    ];
    let said: Vec<_> = lines
        .iter()
        .map(|line| {
            let ran = on("mock-ledger").run(line).code(0);
            format!("{line}\n{}\n{}", ran.stdout, ran.stderr)
        })
        .collect();
    let password = fs::read_to_string(folder.path("restored/password.txt")).unwrap();
    secrets.push(("restored password", password));
    for said in said {
        let lower = said.to_lowercase();
        for (name, secret) in &secrets {
            assert!(secret.len() >= 64, "{name}");
            assert!(!lower.contains(&secret.to_lowercase()), "the {name} is in: {said}");
        }
    }
}
