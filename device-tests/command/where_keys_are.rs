//! The record of where keys may sign: what it begins with, what it says across sets that hold the same
//! keys, and what is said where a copy does not have it.

use std::fs;

use serde_json::json;

use super::{
    deliver::{NEVER, deliver, line, pubkeys},
    fixture::{Folder, KEYSTORES, imported, ledger, vector},
    run::{Ran, on},
    stores,
    take_over::raw_key,
};
use crate::cloud::{
    aws_server,
    validator_client::{TOKEN, ValidatorClient, record},
    vault_server::vault,
};

fn back_up(folder: &Folder, from: &str) -> Ran {
    let copy = folder.at("a");
    on("mock-ledger").run(&format!("backup create --network hoodi --copy {copy} {from}"))
}

fn restore(folder: &Folder, copies: &str, more: &str) -> Ran {
    let to = folder.at("restored");
    on("mock-ledger").run(&format!("backup restore {copies} --to {to} --layout plain {more}"))
}

/// Keys that were imported from a place that signs: the place is in the record before anybody restores.
fn asked_about(folder: &Folder, made: &Ran, kind: &str, keys: usize) {
    let [place] = made.list("may_sign_at") else { panic!("{:#}", made.json) };
    assert_eq!(place["kind"], kind);
    assert_eq!(place["keys"].as_array().unwrap().len(), keys);
    let location = place["location"].as_str().unwrap();
    assert_eq!(folder.entries("a").len(), 1);
    let stopped = restore(folder, &folder.at("a"), "--never-attested").error(3, "input");
    assert!(stopped.message().contains(location), "{}", stopped.message());
    assert!(!stopped.prompted() && !folder.path("restored").exists(), "{}", stopped.stderr);
    let hint = stopped.json["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("--off"), "{hint}");
    let off = ["--never-attested", "--off", location];
    let (copy, to) = (folder.at("a"), folder.at("restored"));
    let restore = ["backup", "restore", &copy, "--to", &to, "--layout", "plain"];
    on("mock-ledger").run_args(&[&restore[..], &off].concat()).code(0);
}

#[test]
fn keys_from_a_signer_s_folder_may_go_on_signing_there() {
    let folder = Folder::new();
    let (key, _) = raw_key(1);
    folder.file("keys/a.yaml", format!("type: file-raw\nprivateKey: \"0x{key}\"\n"));
    // A plain folder of keystores beside it: of those nothing is known.
    folder.file(
        "plain/k.json",
        fs::read(vector(&format!("deposits/hoodi-0x01/{}", KEYSTORES[0]))).unwrap(),
    );
    let (keys, plain, password) = (folder.at("keys"), folder.at("plain"), folder.password_file());
    let from = format!("--from web3signer:{keys} {plain} --password-file {password}");
    let made = back_up(&folder, &from).code(0);
    assert_eq!(made.list("keys").len(), 2);
    asked_about(&folder, &made, "web3signer", 1);
}

#[test]
fn keys_from_a_vault_may_go_on_signing_there() {
    let (folder, _, made) = from_vault();
    asked_about(&folder, &made, "vault", 2);
}

#[test]
fn keys_from_a_vault_go_back_to_it_without_a_question() {
    let (folder, url, _) = from_vault();
    let again = stores::deliver(&folder, &url, 2).code(0);
    assert_eq!(again.each("keys", "status"), ["same"; 2]);
}

/// Two keys that were imported from Vault.
fn from_vault() -> (Folder, String, Ran) {
    let folder = Folder::new();
    let (url, secrets) = vault();
    for number in [1, 2] {
        let (key, pubkey) = raw_key(number);
        secrets.lock().unwrap().insert(format!("kv2/data/v/{pubkey}"), json!({ "value": key }));
    }
    folder.file("token", "hvs.token");
    let made = back_up(&folder, &format!("--from vault:kv2/v {}", stores::at(&url, &folder, 2)));
    let made = made.code(0);
    (folder, url, made)
}

#[test]
fn keys_from_secrets_manager_may_go_on_signing_there() {
    let folder = Folder::new();
    let (url, held) = aws_server::aws();
    let (key, pubkey) = raw_key(1);
    held.lock().unwrap().insert(format!("v/{pubkey}"), json!({ "SecretString": key }));
    let copy = folder.at("a");
    let line = format!(
        "backup create --network hoodi --copy {copy} --from aws-secrets:v/ --aws-endpoint {url} \
         --aws-region us-east-1"
    );
    let made = stores::with_aws(on("mock-ledger")).run(&line).code(0);
    asked_about(&folder, &made, "aws-secrets", 1);
}

#[test]
fn keys_from_a_client_s_own_folder_may_go_on_signing_there() {
    for (from, options, keys) in [
        ("foreign/lighthouse-inline/validators", String::new(), 2),
        (
            "foreign/prysm-wallet",
            format!("--password-file {}", vector("foreign/prysm-wallet.password")),
            1,
        ),
        (
            "foreign/charon",
            format!("--password-dir {}", vector("foreign/charon/validator_keys")),
            1,
        ),
    ] {
        let folder = Folder::new();
        let made = back_up(&folder, &format!("--from {} {options}", vector(from))).code(0);
        let all = made.list("keys").len();
        assert!(all >= keys, "{from}");
        asked_about(&folder, &made, "folder", all);
    }
}

/// A backup of what a client runs, and then a move to another client: nobody has to say that the keys
/// are off where they run until the client removed them.
#[test]
fn keys_from_a_client_s_own_folder_are_given_up_by_that_client() {
    let folder = Folder::new();
    let from = vector("foreign/lighthouse-inline/validators");
    let made = back_up(&folder, &format!("--from {from}")).code(0);
    let keys: Vec<_> = made.each("keys", "pubkey").into_iter().map(str::to_owned).collect();
    let location = made.list("may_sign_at")[0]["location"].as_str().unwrap();
    let (old, new) = (ValidatorClient::running(&keys, 1000), ValidatorClient::new());
    let (copy, token) = (folder.at("a"), folder.file("token", TOKEN));
    let line = format!(
        "deliver keymanager {copy} --url {} --token-file {token} --from {} --from-token-file {token}",
        new.url, old.url
    );
    let stopped = on("mock-ledger").run(&line).error(3, "input");
    let hint = stopped.json["error"]["hint"].as_str().unwrap();
    assert!(hint.contains(&format!("--from-through {location}")), "{hint}");
    assert_eq!((old.keys().len(), stopped.prompted()), (2, false));
    let line = format!("{line} --from-through {location}");
    on("mock-ledger").run(&line).code(0);
    assert_eq!((old.keys().len(), new.keys().len()), (0, 2));
    // The folder went with its client.
    let stopped = restore(&folder, &copy, "--history-lost").error(3, "input");
    assert!(!stopped.message().contains(location), "{}", stopped.message());
    assert!(stopped.message().contains(&new.url), "{}", stopped.message());
}

#[test]
fn of_a_plain_folder_of_keystores_nothing_is_known() {
    let folder = imported().copies();
    assert_eq!(imported().json["may_sign_at"], json!([]));
    assert!(folder.entries("a").is_empty());
    restore(&folder, &folder.both(), "--never-attested").code(0);
}

/// Every command by which keys can come to sign, and copies of which one takes no entry.
#[test]
fn a_copy_that_does_not_know_where_keys_are_is_named_by_every_command() {
    let (vault, _) = vault();
    let (aws, _) = aws_server::aws();
    for way in 0..8 {
        let folder = ledger().copies();
        folder.file("token", "hvs.token");
        let api = folder.file("api-token", TOKEN);
        let (copies, to, client) = (folder.both(), folder.at("to"), ValidatorClient::new());
        let url = &client.url;
        let line = match way {
            0 => format!("backup restore {copies} --to {to} --layout plain --never-attested"),
            1 => format!(
                "validator split --copy {copies} --pubkey {} --shares 4 --to {to} \
                 --whole-keys-are-off",
                pubkeys()[0]
            ),
            2 => format!("deliver keymanager {copies} --url {url} --token-file {api} {NEVER}"),
            3 => format!(
                "deliver remote-keys {copies} --url {url} --token-file {api} --not-running \
                 --signer-url https://signer.example"
            ),
            4 => format!(
                "deliver vault {copies} {} --mount kv2 --path w{way}",
                stores::at(&vault, &folder, 2)
            ),
            5 => format!(
                "deliver aws-secrets {copies} --prefix v/ --aws-endpoint {aws} --aws-region us-east-1"
            ),
            6 => format!(
                "deliver web3signer {copies} --dir {to} --type file-keystore --never-attested"
            ),
            _ => format!(
                "deliver web3signer {copies} --dir {to} --type aws-secret --region us-east-1 \
                 --secret-name v/{{pubkey}} --never-attested"
            ),
        };
        // What another process works on takes no entry.
        let busy = fs::File::open(folder.path("b/stockade")).unwrap();
        busy.try_lock().unwrap();
        let ran = stores::with_aws(on("mock-ledger")).run(&line).code(1);
        assert_eq!(ran.json["unrecorded"], json!([folder.at("b")]), "{line}");
        assert!(ran.json["error"].is_null(), "{line}: {:#}", ran.json);
        assert!(
            ran.stderr.contains("could not record where the keys went"),
            "{line}: {}",
            ran.stderr
        );
        assert!(!folder.entries("a").is_empty() && folder.entries("b").is_empty(), "{line}");
    }
}

#[test]
fn what_no_copy_can_write_down_goes_nowhere() {
    let folder = ledger().copies();
    folder.file("token", "hvs.token");
    let ((url, secrets), copies, to) = (vault(), folder.both(), folder.at("to"));
    let busy = ["a/stockade", "b/stockade"].map(|copy| fs::File::open(folder.path(copy)).unwrap());
    busy.iter().for_each(|copy| copy.try_lock().unwrap());
    for (line, said) in [
        (
            format!("backup restore {copies} --to {to} --layout plain --never-attested"),
            "could not record",
        ),
        (
            format!(
                "validator split --copy {copies} --pubkey {} --shares 4 --to {to} \
                 --whole-keys-are-off",
                pubkeys()[0]
            ),
            "could not record",
        ),
        (
            format!("deliver web3signer {copies} --dir {to} --type file-keystore --never-attested"),
            "could not record",
        ),
        (
            format!("deliver vault {copies} {} --mount kv2 --path v", stores::at(&url, &folder, 2)),
            "could not record",
        ),
    ] {
        let refused = on("mock-ledger").run(&line).error(3, "file");
        assert!(refused.message().contains(said), "{line}: {}", refused.message());
        assert!(!folder.path("to").exists() && secrets.lock().unwrap().is_empty(), "{line}");
    }
}

fn reseal(folder: &Folder, set: &str) -> String {
    let own = folder.at("own.json");
    on("mock-ledger").run(&format!("custodian enroll --name own --out {own}")).code(0);
    let line = format!("backup reseal {} --set {set} --custodian {own}", folder.both());
    on("mock-ledger").run(&line).code(0).text("set_id").to_owned()
}

/// The same keys in two sets, and a client that one of them was delivered to.
#[test]
fn a_client_is_known_by_its_token_under_every_set_with_the_same_keys() {
    let folder = ledger().copies();
    let old = folder.sets("a").remove(0);
    let (x, y) = (ValidatorClient::new(), ValidatorClient::new());
    deliver(&folder, &x, NEVER).code(0);
    for key in pubkeys() {
        x.inside().keys.insert(key.clone(), record(&key, 1000));
    }
    let new = reseal(&folder, &old);
    let token = folder.file("from-token", TOKEN);
    // Nobody is asked whether the keys are off at the client that gives them up.
    let from = format!("--set {new} --from {} --from-token-file {token}", x.url);
    on("mock-ledger").run(&line(&folder, &y, &from)).code(0);
    assert_eq!((x.keys().len(), y.keys().len()), (0, 3));

    // The removal was written down under the new set. The old one shows both places before any press,
    // and says why; one command takes a word for both.
    let both = folder.both();
    let restore = |set: &str, more: &str| {
        restore(&folder, &both, &format!("--set {set} --history-lost {more}"))
    };
    let stopped = restore(&old, "").error(3, "input");
    assert!(!stopped.prompted(), "{}", stopped.stderr);
    for said in [&x.url, &y.url, &format!("set {new} says otherwise")] {
        assert!(stopped.message().contains(said.as_str()), "{said}: {}", stopped.message());
    }
    let off = format!("--off {} --off {}", x.url, y.url);
    restore(&old, &off).code(0);
    fs::remove_dir_all(folder.path("restored")).unwrap();

    // What the old set's secret vouches for is shown under the new one with its reason, too.
    let stopped = restore(&new, "").error(3, "input");
    assert!(!stopped.message().contains(&x.url), "{}", stopped.message());
    let said = format!("set {old} says otherwise");
    assert!(stopped.message().contains(&said), "{}", stopped.message());
    let off = format!("--off {} --off {}", y.url, label(&folder, "restored"));
    restore(&new, &off).code(0);
    // Now both know, and nothing is asked: the folder is where the keys go.
    fs::remove_dir_all(folder.path("restored")).unwrap();
    restore(&new, "").code(0);
}

/// How the record calls a folder that was restored to.
fn label(folder: &Folder, name: &str) -> String {
    let restored = format!("{name}@");
    let files = folder.content();
    let texts =
        files.into_iter().filter(|(path, _)| path.to_string_lossy().contains("whereabouts"));
    let found = texts.filter_map(|(_, bytes)| {
        let json: serde_json::Value = serde_json::from_slice(&bytes?).unwrap();
        json["location"]["address"].as_str().map(str::to_owned)
    });
    found.into_iter().find(|address| address.starts_with(&restored)).unwrap()
}

#[test]
fn a_client_whose_token_was_changed_can_still_give_its_keys_up() {
    let folder = ledger().copies();
    let (x, y) = (ValidatorClient::new(), ValidatorClient::new());
    deliver(&folder, &x, NEVER).code(0);
    for key in pubkeys() {
        x.inside().keys.insert(key.clone(), record(&key, 1000));
    }
    x.inside().token = Some("another-token".to_owned());
    let token = folder.file("from-token", "another-token");
    let from = format!("--from {} --from-token-file {token}", x.url);
    let stopped = on("mock-ledger").run(&line(&folder, &y, &from)).error(3, "input");
    let hint = stopped.json["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("its token was changed"), "{hint}");
    let off = format!("{from} --off {}", x.url);
    on("mock-ledger").run(&line(&folder, &y, &off)).code(0);
    assert_eq!((x.keys().len(), y.keys().len()), (0, 3));
    // The client itself is as before: where it lists the keys they are not off.
    let there = deliver(&folder, &y, &format!("--not-running --history-lost --off {}", y.url));
    let there = there.error(3, "input");
    assert!(there.message().contains("lists all of these keys"), "{}", there.message());
}

/// `hashicorp` configurations say nothing of it; the answers of Vault do.
#[test]
fn a_key_that_vault_will_delete_is_not_proven_by_a_signer_s_configuration() {
    let folder = Folder::new();
    let (url, secrets) = vault();
    let (key, pubkey) = raw_key(1);
    let soon = "2126-12-30T00:00:00Z";
    let fields = json!({ "value": key, "$expires": soon });
    secrets.lock().unwrap().insert("kv2/data/v/one".to_owned(), fields);
    let port = url.rsplit_once(':').unwrap().1;
    folder.file(
        "keys/a.yaml",
        format!(
            "type: hashicorp\nserverHost: 127.0.0.1\nserverPort: {port}\nkeyPath: /v1/kv2/data/v/one\n\
             token: hvs.token\ntlsEnabled: false\n"
        ),
    );
    let line = format!("store check web3signer:{}", folder.at("keys"));
    let made = back_up(&folder, &format!("--from web3signer:{}", folder.at("keys"))).code(0);
    assert_eq!(made.each("keys", "pubkey"), [pubkey.as_str()]);
    for line in [line.clone(), format!("{line} {}", folder.at("a"))] {
        let checked = on("mock-ledger").run(&line).code(1);
        assert_eq!(checked.verdicts(), (0, 0, 1), "{line}: {:#}", checked.json);
        assert_eq!(checked.each("keys", "reason"), ["expires"], "{line}");
    }
    let checked = on("mock-ledger").run(&format!("{line} {}", folder.at("a")));
    assert!(checked.each("keys", "message")[0].contains(soon), "{:#}", checked.json);
}
