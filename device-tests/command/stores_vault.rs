//! Vault as operators have it: other layouts, other mounts, tokens that end, keys that are deleted,
//! and paths that a policy denies.

use serde_json::{Value, json};

use super::{
    fixture::{Folder, KEYSTORES, vector},
    run::{KEYSTORE_PASSWORD, Ran, on},
    stores::{at, check, deliver, folder, path, pubkeys},
    take_over::raw_key,
};
use crate::cloud::{
    server::{Reply, Request, serve},
    vault_server::{Secrets, answer, denied, vault},
};

/// A Vault that does as this says, and else as it should.
pub(super) fn vault_that(
    secrets: &Secrets,
    mut does: impl FnMut(&Request) -> Option<Reply> + Send + 'static,
) -> String {
    let secrets = secrets.clone();
    serve(move |request| {
        does(&request).unwrap_or_else(|| answer(&request, &mut secrets.lock().unwrap()))
    })
}

/// A Vault with the keys of the set.
pub(super) fn delivered() -> (Folder, String, Secrets) {
    let (url, secrets) = vault();
    let folder = folder();
    deliver(&folder, &url, 2).code(0);
    (folder, url, secrets)
}

pub(super) fn take(folder: &Folder, url: &str, place: &str, more: &str) -> Ran {
    let line = format!("backup create --network hoodi --copy {} --from", folder.at("taken"));
    on("mock-ledger").run(&format!("{line} vault:{place} {} {more}", at(url, folder, 2)))
}

fn store(secrets: &Secrets, name: &str, fields: Value) {
    secrets.lock().unwrap().insert(format!("kv2/data/x/{name}"), fields);
}

pub(super) fn checked(folder: &Folder, url: &str) -> Ran {
    check(&on("mock-ledger"), folder, url, &folder.at("a"))
}

fn reasons(ran: &Ran) -> Vec<&str> {
    let mut reasons = ran.each("keys", "reason");
    reasons.sort_unstable();
    reasons
}

/// Withdrawal credentials and roots are 32 bytes, too.
#[test]
fn bytes_are_a_signing_key_only_if_something_says_so() {
    let ((key, pubkey), (other, other_pubkey)) = (raw_key(1), raw_key(2));
    let credentials = format!("0x01{}", "00".repeat(31));
    for (name, fields, options, taken) in [
        // Nothing says so.
        ("0", json!({ "value": key }), "", None),
        ("0", json!({ "bls": key }), "--field value", None),
        // The secret's name, a field's, a public key beside it, and somebody who knows.
        (&pubkey, json!({ "value": key, "withdrawal_credentials": credentials }), "", Some(1)),
        ("0", json!({ &pubkey: key, format!("0x{other_pubkey}"): other }), "", Some(2)),
        ("0", json!({ "value": key, "pubkey": format!("0x{pubkey}") }), "", Some(1)),
        ("0", json!({ "bls": key, "genesis_validators_root": other }), "--field bls", Some(1)),
        ("0", json!({ "keys": { &pubkey: key } }), "", Some(1)),
        ("0", json!({ "keys": [key, other] }), "--field keys", Some(2)),
        ("0", json!({ "keys": json!({ &pubkey: key }).to_string() }), "", Some(1)),
        (&pubkey, json!({ "password": key }), "", Some(1)),
        // They say something else.
        (&other_pubkey, json!({ "value": key }), "--field value", None),
        ("0", json!({ &other_pubkey: key }), "--field value", None),
        ("0", json!({ "value": key, "pubkey": other_pubkey }), "--field value", None),
        // Not understood.
        ("0", json!({ "value": "JSlfDR1ZKpCzM+JuhRSXCCCOn46LwY9sd71i+K16aGY=" }), "", None),
    ] {
        let folder = folder();
        let (url, secrets) = vault();
        store(&secrets, name, fields.clone());
        let ran = take(&folder, &url, "kv2/x", options);
        match taken {
            Some(keys) => assert_eq!(ran.code(0).list("keys").len(), keys, "{fields}"),
            None => {
                let refused = ran.error(3, "input");
                assert!(!refused.prompted() && !folder.path("taken").exists(), "{fields}");
                assert!(!refused.stdout.contains(&key[..20]), "{fields}");
                let place = format!("vault:kv2/x/{name}#");
                assert!(refused.message().contains(&place), "{fields}: {}", refused.message());
            }
        }
    }
}

#[test]
fn what_is_read_is_taken_skipped_or_bad() {
    let folder = folder();
    let (url, secrets) = vault();
    let (key, pubkey) = raw_key(1);
    let root = raw_key(3).0;
    let fields = json!({"value": key, "genesis_validators_root": root, "note": "old", "n": 1});
    store(&secrets, &pubkey, fields);
    store(&secrets, "1", json!({ "value": raw_key(2).0 }));
    let made = take(&folder, &url, "kv2/x", "--skip-bad").code(1);
    assert_eq!(made.each("keys", "pubkey"), [pubkey.as_str()]);
    let skipped = ["genesis_validators_root", "n", "note"];
    assert_eq!(made.list("skipped"), skipped.map(|f| format!("vault:kv2/x/{pubkey}#{f}")));
    let left = made.list("left_out")[0].to_string();
    assert!(left.contains("vault:kv2/x/1#value") && left.contains("--field value"), "{left}");
}

/// `vault kv put kv2/x/0 @keystore.json`
#[test]
fn a_keystore_whose_fields_are_those_of_the_secret_is_a_keystore() {
    let folder = folder();
    let (url, secrets) = vault();
    let file = vector(&format!("deposits/hoodi-0x01/{}", KEYSTORES[1]));
    let keystore: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    store(&secrets, "0", keystore.clone());
    let password = folder.password_file();
    let made = take(&folder, &url, "kv2/x", &format!("--password-file {password}")).code(0);
    assert_eq!(made.each("keys", "pubkey"), [keystore["pubkey"].as_str().unwrap()]);
}

#[test]
fn a_key_in_a_field_called_password_is_a_key() {
    let (folder, url, secrets) = delivered();
    let (key, pubkey) = raw_key(9);
    secrets.lock().unwrap().insert(path(2, &pubkey), json!({ "password": key }));
    let ran = checked(&folder, &url).code(1);
    assert_eq!(reasons(&ran), ["ok", "ok", "ok", "unlisted"]);

    let (folder, (url, _)) = (super::stores::folder(), vault());
    let line = |verb: &str| format!("{verb} {} --field password", at(&url, &folder, 2));
    let copy = folder.at("a");
    let put = format!("deliver vault {copy} --mount kv2 --path x --no-note");
    on("mock-ledger").run(&line(&put)).code(0);
    let check = format!("store check vault:kv2/x {copy}");
    assert_eq!(on("mock-ledger").run(&line(&check)).code(0).verdicts(), (3, 0, 0));
    assert_eq!(take(&folder, &url, "kv2/x", "").code(0).list("keys").len(), 3);
}

/// `delete_version_after` and `deletion_time`.
#[test]
fn a_key_that_vault_will_delete_is_never_proven() {
    let (url, secrets) = vault();
    let folder = folder();
    let settings = json!({"delete_version_after": "720h0m0s"});
    secrets.lock().unwrap().insert("kv2/config".into(), settings);
    let refused = deliver(&folder, &url, 2).error(4, "refused");
    assert!(!refused.prompted() && refused.message().contains("720h0m0s"), "{}", refused.message());
    secrets.lock().unwrap().remove("kv2/config");

    // The settings may be hidden: the answers say it.
    let soon = "2026-12-30T00:00:00Z";
    deliver(&folder, &url, 2).code(0);
    for (_, fields) in secrets.lock().unwrap().iter_mut() {
        fields["$expires"] = json!(soon);
    }
    let ran = checked(&folder, &url).code(1);
    assert_eq!((ran.verdicts(), reasons(&ran)), ((0, 0, 3), vec!["expires"; 3]));
    assert!(ran.each("keys", "message")[0].contains(soon));
    let line = format!("store check vault:kv2/v {} {}", folder.at("a"), at(&url, &folder, 2));
    let attested = on("mock-ledger").run(&format!("{line} --attest")).code(1);
    assert!(!attested.prompted() && attested.json["note"].is_null());
    let again = deliver(&folder, &url, 2).code(1);
    assert_eq!((again.each("keys", "status"), again.verdicts()), (vec!["expires"; 3], (0, 0, 3)));

    // A write that says so itself.
    let url = vault_that(&Secrets::default(), move |request| {
        let made = json!({"data": {"version": 1, "deletion_time": soon}}).to_string();
        (request.method == "POST" && request.path.contains("/data/")).then_some((200, made))
    });
    let folder = super::stores::folder();
    assert_eq!(deliver(&folder, &url, 2).code(1).each("keys", "status"), ["expires"; 3]);
}

#[test]
fn what_may_not_be_read_is_told_apart_and_never_contradicted() {
    let (folder, _, secrets) = delivered();
    let names: Vec<_> = pubkeys().iter().map(|key| path(2, key)).collect();
    let hidden = vault_that(&secrets, |request| {
        (request.method == "GET" && request.path.contains("/data/v/")).then(denied)
    });
    let ran = checked(&folder, &hidden).code(1);
    assert_eq!((ran.verdicts(), reasons(&ran)), ((0, 0, 3), vec!["denied"; 3]));
    assert!(ran.each("keys", "message")[0].contains("permission denied"), "{}", ran.json);

    for (mark, reason) in [
        (json!({"value": "x", "$deleted": "2026-11-01T00:00:00Z"}), "deleted"),
        (json!({"value": "x", "$destroyed": true}), "destroyed"),
    ] {
        let before = secrets.lock().unwrap().insert(names[0].clone(), mark).unwrap();
        let (url, held) = vault();
        held.lock().unwrap().extend(secrets.lock().unwrap().clone());
        let ran = checked(&folder, &url).code(1);
        assert_eq!((ran.verdicts(), reasons(&ran)[0]), ((2, 0, 1), reason));
        let refused = deliver(&super::stores::folder(), &url, 2).code(1);
        let row = &refused.list("keys")[0];
        assert_eq!(row["status"], "refused");
        let why = row["message"].as_str().unwrap();
        assert!(why.contains(reason) && !why.contains("another value"), "{why}");
        secrets.lock().unwrap().insert(names[0].clone(), before);
    }
}

#[test]
fn where_a_mount_ends_vault_says() {
    let folder = folder();
    let (url, secrets) = vault();
    let login = format!("--vault-addr {url} --token-file {}", folder.at("token"));
    let run = |line: &str| on("mock-ledger").run(&format!("{line} {login}"));
    let copy = folder.at("a");
    for (mount, path, place) in [
        ("team/eth/kv", "x", "team/eth/kv/x"),
        ("kv2/", "/", "kv2"),
        ("kv1", "deep/er", "kv1/deep/er/"),
    ] {
        secrets.lock().unwrap().clear();
        let folder = super::stores::folder();
        let copy = folder.at("a");
        let to = format!("deliver vault {copy} --mount {mount} --path {path} --no-note");
        run(&to).code(0);
        assert_eq!(run(&format!("store check vault:{place} {copy}")).code(0).verdicts(), (3, 0, 0));
    }
    let password = folder.file("password.txt", "correct horse battery\n");
    run(&format!("deliver password {password} --to vault:team/eth/kv/pw")).code(0);
    assert!(secrets.lock().unwrap().contains_key("team/eth/kv/data/pw"));
    let to = |mount: &str, path: &str| {
        run(&format!("deliver vault {copy} --mount {mount} --path {path}")).error(2, "usage")
    };
    assert!(to("team/eth/kv/x", "v").message().contains("the mount is team/eth/kv"));
    assert!(to("cubbyhole", "v").message().contains("not a key/value engine"));
    assert!(!to("kv2", "data/v").prompted());
}

#[test]
fn a_namespace_is_where_everything_goes() {
    let folder = folder();
    let (url, secrets) = vault();
    let line =
        format!("deliver vault {} --mount kv2 --path v {}", folder.at("a"), at(&url, &folder, 2));
    let made = on("mock-ledger").run(&format!("{line} --namespace ns")).code(0);
    assert!(made.text("to").contains("/v1/ns/kv2/data/v"), "{}", made.text("to"));
    on("mock-ledger").with("VAULT_NAMESPACE", "ns/").run(&format!("{line} --no-note")).code(0);
    assert!(secrets.lock().unwrap().keys().all(|name| name.starts_with("ns/kv2/")));
    // A server without it refuses.
    let refused = on("mock-ledger").run(&format!("{line} --namespace other"));
    assert!(refused.code != 0 && !refused.prompted(), "{}", refused.json);
}

#[test]
fn names_that_vault_allows_are_asked_for_as_they_are() {
    let folder = folder();
    let (_, secrets) = vault();
    let [(first, a), (second, b)] = [1, 2].map(raw_key);
    store(&secrets, "my keys/a@b:c+d", json!({ "value": first, "pubkey": a }));
    store(&secrets, &format!("{}/{b}", "n".repeat(300)), json!({ "value": second }));
    let (url, held) = vault();
    held.lock().unwrap().extend(secrets.lock().unwrap().clone());
    assert_eq!(take(&folder, &url, "kv2/x", "").code(0).list("keys").len(), 2);

    // One that may not be listed is bad, by name.
    let url = vault_that(&secrets, |request| {
        (request.method == "LIST" && request.path.contains("my%20keys")).then(denied)
    });
    let folder = super::stores::folder();
    let refused = take(&folder, &url, "kv2/x", "").error(3, "input");
    assert!(refused.message().contains("vault:kv2/x/my keys"), "{}", refused.message());
    let made = take(&folder, &url, "kv2/x", "--skip-bad").code(1);
    assert_eq!((made.list("keys").len(), made.list("left_out").len()), (1, 1));
}

/// What is attested is what a signer would load.
#[test]
fn a_check_looks_where_the_signer_looks_and_counts_each_key_once() {
    let (folder, url, secrets) = delivered();
    let name = |name: &str| path(2, name);
    let whole = secrets.lock().unwrap().clone();
    let first = whole[&name(&pubkeys()[0])].clone();
    let found = |change: &dyn Fn(&mut std::collections::BTreeMap<String, Value>)| {
        *secrets.lock().unwrap() = whole.clone();
        change(&mut secrets.lock().unwrap());
        let line = format!("store check vault:kv2/v {} {}", folder.at("a"), at(&url, &folder, 2));
        let ran = on("mock-ledger").run(&format!("{line} --attest")).code(1);
        assert!(!ran.prompted() && ran.json["note"].is_null(), "{}", ran.stderr);
        reasons(&ran).join(" ")
    };
    let double = format!("0x{}", pubkeys()[0]);
    let again = found(&|secrets| drop(secrets.insert(name(&double), first.clone())));
    assert_eq!(again, "duplicate ok ok ok");
    let delivered = deliver(&folder, &url, 2).code(1);
    let said = delivered.list("keys")[0]["message"].as_str().unwrap();
    assert!(said.contains(&double), "{said}");
    let other = found(&|secrets| {
        let key = secrets.remove(&name(&pubkeys()[0])).unwrap()["value"].clone();
        secrets.insert(name(&pubkeys()[0]), json!({ "other": key }));
    });
    assert_eq!(other, "elsewhere ok ok");
    let deeper = found(&|secrets| {
        let key = secrets.remove(&name(&pubkeys()[0])).unwrap();
        secrets.insert(name(&format!("deeper/{}", pubkeys()[0])), key);
    });
    assert_eq!(deeper, "elsewhere ok ok");
}

#[test]
fn a_keystore_counts_as_what_its_password_opens() {
    let (url, secrets) = vault();
    let folder = super::fixture::imported().copies();
    folder.file("token", "hvs.token");
    let fill = |password: Option<&str>| {
        for (i, name) in KEYSTORES.iter().enumerate() {
            let file = vector(&format!("deposits/hoodi-0x01/{name}"));
            let mut fields = json!({ "keystore": std::fs::read_to_string(file).unwrap() });
            if let Some(password) = password {
                fields["password"] = json!(password);
            }
            secrets.lock().unwrap().insert(path(2, &i.to_string()), fields);
        }
    };
    let line = format!("store check vault:kv2/v {} {}", folder.at("a"), at(&url, &folder, 2));
    let attest = || on("mock-ledger").run(&format!("{line} --attest"));
    fill(Some("wrong-wrong-wrong"));
    let ran = attest().code(1);
    assert_eq!((reasons(&ran), ran.prompted()), (vec!["wrong_password"; 3], false));
    fill(None);
    let ran = attest().code(1);
    assert_eq!(
        (ran.text("level"), ran.verdicts(), ran.prompted()),
        ("public_key", (3, 0, 0), false)
    );
    fill(Some(KEYSTORE_PASSWORD));
    let ran = attest().code(0);
    assert_eq!((ran.text("level"), &ran.json["note"]["level"]), ("opened", &json!("opened")));
}

#[test]
fn a_misspelt_folder_under_a_narrow_policy_is_said_to_be_empty_or_hidden() {
    let folder = folder();
    let url =
        vault_that(&Secrets::default(), |request| (request.path == "/v1/kv2/data/v").then(denied));
    let refused = checked(&folder, &url).error(4, "permission");
    assert!(refused.message().contains("nothing is stored below"), "{}", refused.message());
}
