//! Keys from a set to Vault and to AWS Secrets Manager, and what is said of those that lie there.

use std::{
    ops::RangeInclusive,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use stockade::bls::SecretKey;

use super::{
    fixture::{Folder, imported, ledger},
    run::{Ran, Stockade, on},
    take_over::raw_key,
};
use crate::cloud::{
    aws_server,
    server::{Reply, Request, serve, serve_raw},
    vault_server::{Secrets, answer, denied, invalid_token, vault},
};

/// A copy of three keys, and the token of the stand-ins.
pub(super) fn folder() -> Folder {
    let folder = ledger().copies();
    folder.file("token", "hvs.token");
    folder
}

pub(super) fn pubkeys() -> Vec<String> {
    let keys = ledger().json["keys"].as_array().unwrap();
    keys.iter().map(|key| key["pubkey"].as_str().unwrap().to_owned()).collect()
}

pub(super) fn at(url: &str, folder: &Folder, kv: u8) -> String {
    format!("--vault-addr {url} --token-file {} --kv {kv}", folder.at("token"))
}

pub(super) fn deliver(folder: &Folder, url: &str, kv: u8) -> Ran {
    let line = format!(
        "deliver vault {} {} --mount kv{kv} --path v --no-note",
        folder.at("a"),
        at(url, folder, kv)
    );
    on("mock-ledger").run(&line)
}

pub(super) fn path(kv: u8, name: &str) -> String {
    if kv == 1 { format!("kv1/v/{name}") } else { format!("kv2/data/v/{name}") }
}

/// What lies there, by name: the public key of what a signer would read.
fn keys_of(secrets: &Secrets) -> Vec<(String, String)> {
    let secrets = secrets.lock().unwrap();
    let key = |(path, value): (&String, &Value)| {
        let text = value["value"].as_str().unwrap().strip_prefix("0x").unwrap();
        let bytes: [u8; 32] = hex::decode(text).unwrap().try_into().unwrap();
        let key = SecretKey::from_bytes(&bytes).unwrap().public_key();
        (path.rsplit('/').next().unwrap().to_owned(), key.to_string())
    };
    secrets.iter().map(key).collect()
}

#[test]
fn a_vault_gets_every_key_as_a_signer_reads_it_and_a_second_run_changes_nothing() {
    for kv in [1, 2] {
        let (url, secrets) = vault();
        let folder = folder();
        let delivered = deliver(&folder, &url, kv).code(0);
        assert_eq!(delivered.verdicts(), (3, 0, 0));
        assert_eq!(delivered.each("keys", "status"), ["written"; 3]);
        assert_eq!(delivered.text("level"), "read_back");
        let mut expected = pubkeys();
        expected.sort();
        let there = keys_of(&secrets);
        assert_eq!(there.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), expected);
        assert!(there.iter().all(|(name, key)| name == key), "{there:?}");

        let before = secrets.lock().unwrap().clone();
        let again = deliver(&folder, &url, kv).code(0);
        assert_eq!(again.each("keys", "status"), ["same"; 3]);
        assert_eq!(*secrets.lock().unwrap(), before);
        for secret in before.values() {
            let text = secret["value"].as_str().unwrap();
            assert!(!delivered.stdout.contains(text) && !delivered.stderr.contains(text));
        }
    }
}

#[test]
fn a_delivery_to_a_store_is_noted_and_the_note_verifies() {
    let (url, _) = vault();
    let folder = folder();
    let line = format!("deliver vault {} {}", folder.at("a"), at(&url, &folder, 2));
    let delivered = on("mock-ledger").run(&format!("{line} --mount kv2 --path v")).code(0);
    let statement = delivered.json["note"]["statement"].as_str().unwrap();
    assert!(statement.contains("vault") && statement.contains("/v1/kv2/data/v"), "{statement}");
    // A second run delivers nothing, and has nothing to sign for.
    let again = on("mock-ledger").run(&format!("{line} --mount kv2 --path v")).code(0);
    assert!(again.json["note"].is_null(), "{}", again.json["note"]);
}

#[test]
fn what_is_there_already_is_never_overwritten() {
    for kv in [1, 2] {
        let (url, secrets) = vault();
        let folder = folder();
        let occupied = path(kv, &pubkeys()[1]);
        let other = json!({ "value": "0x11", "owner": "somebody" });
        secrets.lock().unwrap().insert(occupied.clone(), other.clone());
        let delivered = deliver(&folder, &url, kv).code(1);
        assert_eq!(delivered.verdicts(), (2, 1, 0));
        assert_eq!(delivered.each("keys", "status"), ["written", "refused", "written"]);
        assert_eq!(secrets.lock().unwrap()[&occupied], other);
    }
}

/// A store that fails at these requests, and only there.
fn failing(at: RangeInclusive<usize>, fault: Reply, secrets: &Secrets) -> String {
    let (mut asked, secrets) = (0, secrets.clone());
    serve(move |request: Request| {
        asked += 1;
        if at.contains(&asked) {
            fault.clone()
        } else {
            answer(&request, &mut secrets.lock().unwrap())
        }
    })
}

/// Whatever fails at whichever request: nothing is said to be there that is not, and a second run
/// finishes the rest.
#[test]
fn a_store_that_fails_midway_is_finished_by_a_second_run() {
    let another = json!({"data": {"data": {"value": "0x12"}, "metadata": {}}}).to_string();
    // Of each key: a look (6, 9, ..), a write (7), and it is read back (8).
    let faults: [(Reply, RangeInclusive<usize>); 7] = [
        ((500, json!({"errors": ["internal"]}).to_string()), 7..=7),
        // Asked again three times, and then no more.
        ((429, json!({"errors": ["slow down"]}).to_string()), 9..=12),
        ((503, json!({"errors": ["Vault is sealed"]}).to_string()), 9..=9),
        ((200, "garbage".to_owned()), 8..=8),
        (denied(), 8..=8),
        (invalid_token(), 9..=9),
        ((200, another), 8..=8),
    ];
    for (fault, at) in &faults {
        let folder = folder();
        let secrets = Secrets::default();
        let url = failing(at.clone(), fault.clone(), &secrets);
        let failed = deliver(&folder, &url, 2).code(1);
        let (proven, contradicted, _) = failed.verdicts();
        assert!(proven < 3 && proven <= secrets.lock().unwrap().len(), "{fault:?}");
        assert_eq!(contradicted, 0, "{fault:?}: it could not tell");
        let finished = deliver(&folder, &url, 2).code(0);
        assert_eq!(finished.verdicts(), (3, 0, 0), "{fault:?}");
        assert!(keys_of(&secrets).iter().all(|(name, key)| name == key));
    }
}

#[test]
fn who_may_not_write_there_makes_nobody_press() {
    let (url, secrets) = vault();
    let folder = folder();
    folder.file("token", "another");
    let refused = deliver(&folder, &url, 2).error(4, "permission");
    assert!(!refused.prompted(), "{}", refused.stderr);
    folder.file("token", "hvs.token");
    deliver(&folder, "http://127.0.0.1:1", 2).error(4, "not_found");
    deliver(&folder, &serve_raw(Some(b"garbage\r\n\r\n".to_vec())), 2).code(4);
    // No TLS there, and so nobody who could be trusted.
    let untrusted = deliver(&folder, &url.replace("http:", "https:"), 2).code(4);
    assert!(!untrusted.prompted(), "{}", untrusted.stderr);
    assert!(secrets.lock().unwrap().is_empty());
}

/// Written as to the other version, a key would lie where no signer looks for it.
#[test]
fn the_version_of_the_engine_is_what_vault_says() {
    let (url, secrets) = vault();
    let deliver = |folder: &Folder, mount: u8, kv: &str| {
        let login = format!("--vault-addr {url} --token-file {}", folder.at("token"));
        let line = format!("deliver vault {} {login} --mount kv{mount}", folder.at("a"));
        on("mock-ledger").run(&format!("{line} --path v --no-note {kv}"))
    };
    for (mount, other) in [(1, 2), (2, 1)] {
        let folder = folder();
        let refused = deliver(&folder, mount, &format!("--kv {other}")).error(2, "usage");
        assert!(refused.message().contains(&format!("version {mount}")), "{}", refused.message());
        assert!(!refused.prompted() && secrets.lock().unwrap().is_empty());
        deliver(&folder, mount, "").code(0);
        let there: Vec<_> = secrets.lock().unwrap().keys().cloned().collect();
        let mut expected: Vec<_> = pubkeys().iter().map(|key| path(mount, key)).collect();
        expected.sort();
        assert_eq!(there, expected);
        secrets.lock().unwrap().clear();
    }
}

pub(super) fn check(ran: &Stockade, folder: &Folder, url: &str, copies: &str) -> Ran {
    ran.run(&format!("store check vault:kv2/v {copies} {}", at(url, folder, 2)))
}

#[test]
fn a_store_is_held_against_the_set_key_by_key() {
    let (url, secrets) = vault();
    let folder = folder();
    deliver(&folder, &url, 2).code(0);
    let copy = folder.at("a");
    let ours = on("mock-ledger");
    let good = check(&ours, &folder, &url, &copy).code(0);
    assert_eq!((good.verdicts(), good.text("level")), ((3, 0, 0), "opened"));
    assert_eq!(good.text("origin"), "this_wallet");
    assert!(!good.prompted(), "{}", good.stderr);
    // Nobody says whose set it is.
    let unknown = check(&super::run::alone(), &folder, &url, &copy).code(1);
    assert_eq!(unknown.each("keys", "reason"), ["origin_unknown"; 3]);

    let names: Vec<_> = pubkeys().iter().map(|key| path(2, key)).collect();
    let whole = secrets.lock().unwrap().clone();
    let reasons = |change: &dyn Fn(&mut std::collections::BTreeMap<String, Value>)| {
        *secrets.lock().unwrap() = whole.clone();
        change(&mut secrets.lock().unwrap());
        let checked = check(&ours, &folder, &url, &copy).code(1);
        let (_, contradicted, inconclusive) = checked.verdicts();
        let mut reasons: Vec<_> =
            checked.each("keys", "reason").into_iter().map(str::to_owned).collect();
        reasons.retain(|reason| reason != "ok");
        reasons.sort();
        (reasons, contradicted, inconclusive)
    };
    let found = reasons(&|secrets| drop(secrets.remove(&names[1])));
    assert_eq!(found, (vec!["missing".to_owned()], 1, 0));
    let extra = json!({ "value": raw_key(9).0 });
    let found = reasons(&|secrets| drop(secrets.insert("kv2/data/v/more".into(), extra.clone())));
    assert_eq!(found, (vec!["unlisted".to_owned()], 0, 1));
    let found = reasons(&|secrets| {
        let [a, b] = [&names[0], &names[1]].map(|name| secrets[name].clone());
        secrets.insert(names[0].clone(), b);
        secrets.insert(names[1].clone(), a);
    });
    assert_eq!(found, (vec!["pubkey_mismatch".to_owned(); 2], 2, 0));
    let found = reasons(&|secrets| {
        let half = secrets[&names[2]]["value"].as_str().unwrap()[..60].to_owned();
        secrets.insert(names[2].clone(), json!({ "value": half }));
    });
    assert_eq!(found, (vec!["malformed".to_owned()], 1, 0));
}

#[test]
fn a_store_is_held_against_the_wallet_alone() {
    let (url, secrets) = vault();
    let folder = imported().copies();
    folder.file("token", "hvs.token");
    deliver(&folder, &url, 2).code(0);
    let words = |more: &str| check(&on("mock-ledger"), &folder, &url, more);
    assert_eq!(words("--max-index 3").code(0).verdicts(), (3, 0, 0));
    let again = secrets.lock().unwrap().values().next().unwrap().clone();
    secrets.lock().unwrap().insert("kv2/data/v/more".into(), again);
    assert_eq!(words("--max-index 3").code(1).verdicts(), (3, 1, 0));
    let extra = json!({ "value": raw_key(9).0 });
    secrets.lock().unwrap().insert("kv2/data/v/more".into(), extra);
    assert_eq!(words("--max-index 3").code(1).verdicts(), (3, 0, 1));
    let half = json!({ "value": raw_key(9).0[..60] });
    secrets.lock().unwrap().insert("kv2/data/v/more".into(), half);
    assert_eq!(words("--max-index 3").code(1).verdicts(), (3, 1, 0));
}

#[test]
fn a_running_client_is_held_against_the_set() {
    let folder = folder();
    let keys = pubkeys();
    let client = |keys: &[String]| {
        let rows = keys.iter().map(|key| json!({"validating_pubkey": format!("0x{key}")}));
        let listing = json!({"data": rows.collect::<Vec<_>>()}).to_string();
        serve(move |request| {
            if request.path.contains("remotekeys") {
                (404, String::new())
            } else {
                (200, listing.clone())
            }
        })
    };
    let check = |url: &str| {
        let (token, copy) = (folder.at("token"), folder.at("a"));
        on("mock-ledger").run(&format!("store check keymanager:{url} {copy} --token-file {token}"))
    };
    let good = check(&client(&keys)).code(0);
    assert_eq!((good.verdicts(), good.text("level")), ((3, 0, 0), "public_key"));
    assert_eq!(check(&client(&keys[1..])).code(1).verdicts(), (2, 1, 0));
    assert_eq!(check(&client(&[])).code(1).verdicts(), (0, 3, 0));
    let down = serve(|_| (500, String::new()));
    check(&down).error(4, "refused");
}

#[test]
fn a_password_goes_where_nothing_is() {
    let (url, secrets) = vault();
    let folder = folder();
    let file = folder.file("password.txt", "correct horse battery\n");
    let put = || {
        let to = format!("deliver password {file} --to vault:kv2/deliveries/one");
        super::run::alone().run(&format!("{to} {}", at(&url, &folder, 2)))
    };
    let done = put().code(0);
    assert_eq!(done.text("status"), "written");
    assert!(!done.stdout.contains("battery"));
    let held = || secrets.lock().unwrap()["kv2/data/deliveries/one"].clone();
    assert_eq!(held(), json!({ "password": "correct horse battery" }));
    assert_eq!(put().code(0).text("status"), "same");
    folder.file("password.txt", "another password");
    put().error(4, "refused");
    assert_eq!(held(), json!({ "password": "correct horse battery" }));
    folder.file("password.txt", "");
    put().error(3, "input");
}

/// As AWS's own tools have them.
pub(super) fn with_aws(ran: Stockade) -> Stockade {
    ran.with("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .with("AWS_SECRET_ACCESS_KEY", "secret-access-key-of-a-test")
        .with("AWS_EC2_METADATA_DISABLED", "true")
        .with("AWS_CONFIG_FILE", "/dev/null")
        .with("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
}

pub(super) fn deliver_aws(folder: &Folder, url: &str, more: &str) -> Ran {
    let line = format!(
        "deliver aws-secrets {} --prefix v/ --aws-region eu-west-1 --aws-endpoint {url} --no-note \
         {more}",
        folder.at("a")
    );
    let ran = with_aws(on("mock-ledger")).run(&line);
    assert!(!ran.stdout.contains("secret-access-key") && !ran.stderr.contains("secret-access-key"));
    ran
}

#[test]
fn aws_gets_every_key_once_and_a_set_is_made_of_what_lies_there() {
    for (size, secrets) in [(1, 3), (2, 2)] {
        let (url, held) = aws_server::aws();
        let folder = folder();
        let more = format!("--keys-per-secret {size} --kms-key alias/v --tag owner=staking");
        let delivered = deliver_aws(&folder, &url, &more).code(0);
        assert_eq!(delivered.verdicts(), (3, 0, 0));
        assert_eq!(held.lock().unwrap().len(), secrets);
        for made in held.lock().unwrap().values() {
            assert_eq!(made["KmsKeyId"], "alias/v");
            assert_eq!(made["Tags"], json!([{"Key": "owner", "Value": "staking"}]));
        }
        let before = held.lock().unwrap().clone();
        let again = deliver_aws(&folder, &url, &more).code(0);
        assert_eq!(again.each("keys", "status"), ["same"; 3]);
        assert_eq!(*held.lock().unwrap(), before);

        let aws = format!("--aws-region eu-west-1 --aws-endpoint {url}");
        let check = format!("store check aws-secrets:v/ {} {aws}", folder.at("a"));
        let checked = with_aws(on("mock-ledger")).run(&check).code(0);
        assert_eq!(checked.verdicts(), (3, 0, 0));

        let from = format!("--from aws-secrets:v/ {aws} --network hoodi --copy {}", folder.at("c"));
        let taken = with_aws(on("mock-ledger")).run(&format!("backup create {from}")).code(0);
        assert_eq!(taken.list("keys").len(), 3);
        assert_eq!(*held.lock().unwrap(), before);
    }
}

#[test]
fn what_aws_holds_already_is_never_overwritten() {
    let (url, held) = aws_server::aws();
    let folder = folder();
    let name = format!("v/{}", pubkeys()[0]);
    held.lock().unwrap().insert(name.clone(), json!({"SecretString": "another"}));
    let delivered = deliver_aws(&folder, &url, "").code(1);
    assert_eq!(delivered.each("keys", "status"), ["refused", "written", "written"]);
    assert_eq!(held.lock().unwrap()[&name], json!({"SecretString": "another"}));
}

#[test]
fn an_aws_that_fails_is_named_and_a_second_run_finishes() {
    let error = |status, code: &str| (status, json!({"__type": code, "message": "no"}).to_string());
    for (fault, from) in [
        (error(400, "AccessDeniedException"), 3),
        (error(500, "InternalServiceError"), 4),
        (error(400, "ThrottlingException"), 4),
        ((200, "garbage".to_owned()), 5),
    ] {
        let (folder, held) = (folder(), aws_server::Held::default());
        let broken = Arc::new(Mutex::new(true));
        let (state, secrets, mut asked, said) = (broken.clone(), held.clone(), 0, fault.clone());
        // From there on, for the SDK tries again by itself.
        let url = serve(move |request| {
            asked += 1;
            if asked >= from && *state.lock().unwrap() {
                said.clone()
            } else {
                aws_server::answer(&request, &mut secrets.lock().unwrap())
            }
        });
        let failed = deliver_aws(&folder, &url, "").code(1);
        let (proven, contradicted, _) = failed.verdicts();
        assert_eq!(contradicted, 0, "{fault:?}: it could not tell");
        assert!(proven < 3 && proven <= held.lock().unwrap().len(), "{fault:?}: {}", failed.json);
        *broken.lock().unwrap() = false;
        assert_eq!(deliver_aws(&folder, &url, "").code(0).verdicts(), (3, 0, 0), "{fault:?}");
    }
    let folder = folder();
    let denied = serve(move |_| error(400, "AccessDeniedException"));
    let refused = deliver_aws(&folder, &denied, "").error(4, "permission");
    assert!(!refused.prompted(), "{}", refused.stderr);
    deliver_aws(&folder, "http://192.0.2.1:80", "").error(2, "usage");
    deliver_aws(&folder, "http://127.0.0.1:1", "").error(4, "not_found");
}
