//! Keys that no wallet made, where they lie: in Vault, in the files of a signer, in what a client
//! exported. Taken over whole, or not at all, and never touched.

use std::{
    fs,
    ops::RangeInclusive,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use stockade::{
    bls::SecretKey,
    staking::{Interchange, Network},
};

use super::{
    fixture::{Folder, KEYSTORES, vector},
    run::{KEYSTORE_PASSWORD, Ran, on},
};
use crate::cloud::{
    server::{Reply, serve, serve_and_die, serve_raw},
    vault_server::{Secrets, answer, denied, invalid_token, vault},
};

/// The signing key `number` of somebody, as stores hold it, and its public key.
pub(super) fn raw_key(number: u8) -> (String, String) {
    let key = SecretKey::derive_master(&[number; 32]).unwrap();
    (hex::encode(key.to_bytes().expose()), key.public_key().to_string())
}

fn take_over(folder: &Folder, options: &str) -> Ran {
    let ran = on("mock-ledger")
        .run(&format!("backup create --network hoodi --copy {} {options}", folder.at("a")));
    for number in 0..20 {
        let key = raw_key(number).0;
        assert!(!ran.stdout.contains(&key[..20]) && !ran.stderr.contains(&key[..20]), "printed");
    }
    assert!(!ran.stderr.contains("hvs.token") && !ran.stdout.contains("hvs.token"));
    ran
}

/// What the drill of the only copy proves, by public key.
fn drilled(folder: &Folder) -> Vec<String> {
    let drilled = on("mock-ledger").run(&format!("backup drill {}", folder.at("a"))).code(0);
    let mut keys: Vec<_> = drilled.each("keys", "pubkey").into_iter().map(str::to_owned).collect();
    keys.sort();
    keys
}

fn sorted(mut keys: Vec<String>) -> Vec<String> {
    keys.sort();
    keys
}

fn nothing_written(folder: &Folder) {
    assert!(!folder.path("a").exists(), "something was written");
}

/// Files of Web3signer's key configuration, and the vault that one of them names.
fn web3signer(folder: &Folder, vault: &str, secrets: &Secrets) -> Vec<String> {
    let [(first, a), (second, b), (third, c), (fourth, d)] = [1, 2, 3, 4].map(raw_key);
    let port = vault.rsplit_once(':').unwrap().1;
    let hashicorp = |path: &str, more: &str| {
        format!(
            "type: hashicorp\nserverHost: 127.0.0.1\nserverPort: {port}\nkeyPath: {path}\n\
             token: hvs.token\ntlsEnabled: false\n{more}"
        )
    };
    let keystore = fs::read(vector(&format!("deposits/hoodi-0x01/{}", KEYSTORES[0]))).unwrap();
    let pubkey = serde_json::from_slice::<Value>(&keystore).unwrap()["pubkey"].clone();
    folder.file("keys/stores/keystore.json", keystore);
    folder.file("keys/stores/password.txt", format!("{KEYSTORE_PASSWORD}\nnot this line\n"));
    folder.file("keys/a.yaml", format!("type: \"file-raw\"\nprivateKey: \"0x{first}\"\n"));
    // Several in one file, without quotes, and one that signs transactions.
    let secp = format!("type: file-raw\nkeyType: SECP256K1\nprivateKey: 0x{}", "22".repeat(32));
    let plain = format!("type: file-raw\nkeyType: BLS\nprivateKey: {second}");
    folder.file("keys/b.yml", format!("{plain}\n---\n{secp}\n"));
    let paths = "keystoreFile: stores/keystore.json\nkeystorePasswordFile: stores/password.txt\n";
    folder.file("keys/c.yaml", format!("type: file-keystore\n{paths}"));
    folder.file("keys/d.yaml", hashicorp("/v1/kv2/data/validators/c", ""));
    folder.file("keys/e.yaml", hashicorp("/v1/kv1/validators/d", "keyName: bls\n"));
    folder.file("keys/notes.txt", "nothing");
    let other = json!({ "bls": format!("0x{fourth}"), "value": "x" });
    fill(
        secrets,
        [
            ("kv2/data/validators/c".to_owned(), json!({ "value": third })),
            ("kv1/validators/d".to_owned(), other),
        ],
    );
    sorted(vec![a, b, c, d, pubkey.as_str().unwrap().to_owned()])
}

fn fill(secrets: &Secrets, held: impl IntoIterator<Item = (String, Value)>) {
    secrets.lock().unwrap().extend(held);
}

#[test]
fn what_a_web3signer_signs_with_opens_from_the_backup_and_is_not_touched() {
    let folder = Folder::new();
    let (url, secrets) = vault();
    let expected = web3signer(&folder, &url, &secrets);
    let (files, there) = (folder.content(), secrets.lock().unwrap().clone());

    let from = format!("--from web3signer:{}", folder.at("keys"));
    let made = take_over(&folder, &from).code(0);
    assert_eq!(made.list("keys").len(), 5);
    assert_eq!(made.list("left_out").len(), 0);
    let skipped = made.list("skipped")[0].as_str().unwrap().to_owned();
    assert!(skipped.ends_with("b.yml, key 2"), "{skipped}");
    assert_eq!(drilled(&folder), expected);
    assert_eq!(*secrets.lock().unwrap(), there, "Vault was written to");
    let mut now = folder.content();
    now.retain(|path, _| !path.starts_with("a"));
    assert!(now == files, "the originals were touched");

    let listed = on("mock-ledger").run(&format!("validator list {}", folder.at("a")));
    assert_eq!(listed.each("keys", "source"), ["imported"; 5]);
    // A second time they are known.
    take_over(&folder, &from).error(3, "input");
}

#[test]
fn a_key_that_cannot_be_read_stops_all_unless_it_may_be_left_out() {
    let folder = Folder::new();
    let (key, pubkey) = raw_key(1);
    folder.file("keys/good.yaml", format!("type: file-raw\nprivateKey: {key}\n"));
    let from = format!("--from web3signer:{}", folder.at("keys"));
    for (content, why) in [
        (format!("type: file-raw\nprivateKey: {}\n", &key[1..]), "64 hexadecimal"),
        ("type: file-raw\nprivateKey: secret\n".to_owned(), "64 hexadecimal"),
        (format!("type: file-raw\nprivateKey: [{key}]\n"), "line 2"),
        ("type: file-raw\n".to_owned(), "`privateKey` is missing"),
        ("type: azure-secret\nsecretName: x\n".to_owned(), "azure-secret"),
        (
            "type: file-keystore\nkeystoreFile: no.json\nkeystorePasswordFile: p\n".to_owned(),
            "no.json",
        ),
        (
            format!("type: hashicorp\nserverHost: 192.0.2.1\nkeyPath: /v1/a/b\ntoken: {key}\n"),
            "unencrypted",
        ),
        (String::new(), "no key configuration"),
    ] {
        folder.file("keys/bad.yaml", &content);
        let refused = take_over(&folder, &from).error(3, "input");
        assert!(refused.message().contains("bad.yaml"), "{}", refused.message());
        assert!(refused.message().contains(why), "{why}: {}", refused.message());
        nothing_written(&folder);
    }
    let made = take_over(&folder, &format!("{from} --skip-bad")).code(1);
    assert_eq!(made.list("left_out").len(), 1);
    assert_eq!(drilled(&folder), [pubkey]);
}

#[test]
fn everything_below_a_path_of_vault_is_taken() {
    for mount in ["kv1", "kv2"] {
        let folder = Folder::new();
        let (url, secrets) = vault();
        let keystore = vector(&format!("deposits/hoodi-0x01/{}", KEYSTORES[1]));
        let keystore = fs::read_to_string(keystore).unwrap();
        let pubkey = serde_json::from_str::<Value>(&keystore).unwrap()["pubkey"].clone();
        let [(first, a), (second, b), (third, c)] = [1, 2, 3].map(raw_key);
        let name = |name: &str| match mount {
            "kv1" => format!("kv1/validators/{name}"),
            _ => format!("kv2/data/validators/{name}"),
        };
        fill(
            &secrets,
            [
                (name("one"), json!({ "value": first, "number": 7 })),
                (name("deep/many"), json!({ "keys": format!("{second}\n0x{third}\n") })),
                (name("store"), json!({ "keystore": keystore, "password": KEYSTORE_PASSWORD })),
                (name("database"), json!({ "user": "validator" })),
            ],
        );
        let there = secrets.lock().unwrap().clone();
        let token = folder.file("token", "hvs.token\n");
        let kv = &mount[2..];
        let vault = format!("--vault-addr {url} --token-file {token} --kv {kv}");
        let vault = format!("{vault} --field value --field keys");
        let made = take_over(&folder, &format!("--from vault:{mount}/validators {vault}")).code(0);
        let skipped = ["database#user", "one#number"];
        let skipped = skipped.map(|name| format!("vault:{mount}/validators/{name}"));
        assert_eq!(made.list("skipped"), skipped);
        let expected = vec![a, b, c, pubkey.as_str().unwrap().to_owned()];
        assert_eq!(drilled(&folder), sorted(expected));
        assert_eq!(*secrets.lock().unwrap(), there, "Vault was written to");
    }
}

#[test]
fn a_folder_of_vault_that_lists_nothing_is_no_empty_folder() {
    let folder = Folder::new();
    let (_, secrets) = vault();
    fill(&secrets, [("kv2/data/v/one".to_owned(), json!({ "value": raw_key(1).0 }))]);
    let url = serve(move |request| match request.path.as_str() {
        "/v1/kv2/metadata/v" => (200, json!({"data": {"keys": ["one", "team/"]}}).to_string()),
        _ => answer(&request, &mut secrets.lock().unwrap()),
    });
    let token = folder.file("token", "hvs.token");
    let from = format!("--from vault:kv2/v --field value --vault-addr {url} --token-file {token}");
    let refused = take_over(&folder, &from).error(3, "input");
    assert!(refused.message().contains("vault:kv2/v/team"), "{}", refused.message());
    nothing_written(&folder);
    let made = take_over(&folder, &format!("{from} --skip-bad")).code(1);
    assert_eq!(made.list("left_out").len(), 1);
}

#[test]
fn an_export_that_is_none_is_refused_without_its_passwords() {
    let folder = Folder::new();
    for passwords in [json!("hunter2-hunter2"), json!({"a": "hunter2-hunter2"}), json!([7_777_777])]
    {
        let body = json!({"keystores": ["{}"], "passwords": passwords}).to_string();
        let file = folder.file("export.json", body);
        let refused = take_over(&folder, &format!("--from keymanager:{file}")).error(3, "input");
        for secret in ["hunter2", "7777777"] {
            assert!(!refused.stdout.contains(secret), "{}", refused.message());
        }
        assert!(refused.message().contains("line 1"), "{}", refused.message());
    }
}

#[test]
fn one_secret_is_taken_by_its_own_path_and_nothing_is_nothing() {
    let folder = Folder::new();
    let (url, secrets) = vault();
    fill(&secrets, [("kv2/data/validators/a".to_owned(), json!({ "value": raw_key(1).0 }))]);
    let role = folder.file("role", "automation\nright\n");
    let vault = format!("--vault-addr {url} --approle-file {role}");
    let from = |path: &str| take_over(&folder, &format!("--from vault:kv2/{path} {vault}"));
    let nothing = from("validator").error(3, "input");
    assert!(nothing.message().contains("vault:kv2/validator"), "{}", nothing.message());
    nothing_written(&folder);
    from("validators/a").code(0);
    assert_eq!(drilled(&folder), [raw_key(1).1]);
}

/// Said before the wallet is asked for anything.
#[test]
fn a_key_that_lies_in_two_places_is_taken_once_and_both_are_named() {
    let folder = Folder::new();
    let (url, secrets) = vault();
    let name = |name: &str| format!("kv2/data/v/{name}");
    let [(first, a), (second, b)] = [1, 2].map(raw_key);
    fill(
        &secrets,
        [
            (name("one"), json!({ "value": first })),
            (name("other"), json!({ "value": second })),
            (name("same"), json!({ "value": format!("0x{first}") })),
        ],
    );
    let token = folder.file("token", "hvs.token");
    let from = format!("--from vault:kv2/v --field value --vault-addr {url} --token-file {token}");
    let refused = take_over(&folder, &from).error(3, "input");
    assert!(!refused.prompted(), "{}", refused.stderr);
    for place in ["vault:kv2/v/one#value", "vault:kv2/v/same#value"] {
        assert!(refused.message().contains(place), "{}", refused.message());
    }
    nothing_written(&folder);
    take_over(&folder, &format!("{from} --skip-bad")).code(1);
    assert_eq!(drilled(&folder), sorted(vec![a, b]));
}

/// What a Vault can do wrong while fifteen keys are read: nothing is taken over, and it is said why.
#[test]
fn a_vault_that_fails_midway_gives_nothing() {
    let once = 10..=10;
    // Asked again three times, and then no more.
    let faults: [(Reply, RangeInclusive<usize>, i32, &str); 6] = [
        ((500, json!({"errors": ["database is locked"]}).to_string()), once.clone(), 4, "refused"),
        ((503, json!({"errors": ["Vault is sealed"]}).to_string()), once.clone(), 4, "refused"),
        ((429, String::new()), 10..=13, 4, "busy"),
        ((200, "garbage".to_owned()), once.clone(), 3, "input"),
        (denied(), once.clone(), 3, "input"),
        (invalid_token(), once, 4, "permission"),
    ];
    for (fault, at, code, kind) in faults {
        let folder = Folder::new();
        let secrets = Arc::new(Mutex::new(std::collections::BTreeMap::new()));
        let keys = (0..15).map(|i| (format!("kv2/data/v/{i}"), json!({ "value": raw_key(i).0 })));
        fill(&secrets, keys);
        let (mut asked, named) = (0, fault.clone());
        let url = serve(move |request| {
            asked += 1;
            if at.contains(&asked) {
                fault.clone()
            } else {
                answer(&request, &mut secrets.lock().unwrap())
            }
        });
        let token = folder.file("token", "hvs.token");
        let vault =
            format!("--from vault:kv2/v --field value --vault-addr {url} --token-file {token}");
        let failed = take_over(&folder, &vault).error(code, kind);
        assert!(!failed.prompted(), "{named:?}: {}", failed.stderr);
        nothing_written(&folder);
        // Of a fault that passed nothing is left.
        assert_eq!(take_over(&folder, &vault).code(0).list("keys").len(), 15);
    }
}

#[test]
fn a_vault_that_dies_midway_gives_nothing() {
    let folder = Folder::new();
    let (_, secrets) = vault();
    fill(&secrets, (0..15).map(|i| (format!("kv2/data/v/{i}"), json!({ "value": raw_key(i).0 }))));
    let url = serve_and_die(10, move |request| answer(&request, &mut secrets.lock().unwrap()));
    let token = folder.file("token", "hvs.token");
    let from = format!("--from vault:kv2/v --vault-addr {url} --token-file {token} --skip-bad");
    let failed = take_over(&folder, &from).error(4, "not_found");
    assert!(failed.message().contains(&url), "{}", failed.message());
    nothing_written(&folder);
}

#[test]
fn a_vault_that_is_not_ours_gets_no_token() {
    let folder = Folder::new();
    let token = folder.file("token", "hvs.token");
    let from = |url: &str| {
        take_over(&folder, &format!("--from vault:kv2/v --vault-addr {url} --token-file {token}"))
    };
    from("http://192.0.2.1:8200").error(2, "usage");
    from("http://127.0.0.1:1").error(4, "not_found");
    from(&serve_raw(Some(b"garbage\r\n\r\n".to_vec()))).code(4);
    let (url, _) = vault();
    folder.file("token", "another");
    from(&url).error(4, "permission");
    folder.file("token", "two\nlines");
    from(&url).error(3, "input");
    let line = "--from vault:kv2/v --vault-addr http://127.0.0.1:1";
    take_over(&folder, line).error(2, "usage");
    nothing_written(&folder);
}

fn interchange(keys: &[&str]) -> String {
    let root = hex::encode(Network::Hoodi.genesis_validators_root());
    let data = keys.iter().map(
        |key| json!({"pubkey": format!("0x{key}"), "signed_blocks": [], "signed_attestations": []}),
    );
    json!({
        "metadata": {
            "interchange_format_version": "5",
            "genesis_validators_root": format!("0x{root}"),
        },
        "data": data.collect::<Vec<_>>(),
    })
    .to_string()
}

#[test]
fn an_exported_delivery_is_taken_with_its_passwords_and_its_history() {
    let folder = Folder::new();
    let keystores = [0, 1].map(|i| {
        fs::read_to_string(vector(&format!("deposits/hoodi-0x01/{}", KEYSTORES[i]))).unwrap()
    });
    let pubkeys = keystores.each_ref().map(|keystore| {
        let json: Value = serde_json::from_str(keystore).unwrap();
        json["pubkey"].as_str().unwrap().to_owned()
    });
    let body = |passwords: usize, history: &str| {
        json!({
            "keystores": keystores,
            "passwords": vec![KEYSTORE_PASSWORD; passwords],
            "slashing_protection": history,
        })
        .to_string()
    };
    let file = folder.file("export.json", body(1, "{}"));
    let from = format!("--from keymanager:{file}");
    let refused = take_over(&folder, &from).error(3, "input");
    assert!(refused.message().contains("2 keystores and 1 passwords"), "{}", refused.message());
    folder.file("export.json", body(2, &interchange(&[&pubkeys[0]])));
    let refused = take_over(&folder, &from).error(3, "input");
    assert!(refused.message().contains("says nothing about"), "{}", refused.message());
    nothing_written(&folder);

    let history = interchange(&[&pubkeys[0], &pubkeys[1]]);
    folder.file("export.json", body(2, &history));
    take_over(&folder, &from).code(0);
    assert_eq!(drilled(&folder), sorted(pubkeys.to_vec()));
    let kept = folder.path("a").join("stockade/history").join(&folder.sets("a")[0]);
    let file = fs::read_dir(kept).unwrap().next().unwrap().unwrap().path();
    let parse = |bytes: &[u8]| Interchange::parse(bytes).unwrap();
    assert_eq!(parse(&fs::read(file).unwrap()), parse(history.as_bytes()));
}
