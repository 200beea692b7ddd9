//! What a store holds that nobody understood, what it answers that nobody should, and where requests
//! to it really go.

use serde_json::{Value, json};

use super::{
    fixture::Folder,
    run::{Ran, on},
    stores::{at, check, deliver, deliver_aws, folder, path, pubkeys, with_aws},
    take_over::raw_key,
};
use crate::cloud::{
    aws_server,
    server::{Reply, Request, serve, serve_raw},
    vault_server::{Secrets, answer, vault},
};

/// A Vault that does as this says, and else as it should.
fn vault_that(
    secrets: &Secrets,
    does: impl Fn(&Request) -> Option<Reply> + Send + 'static,
) -> String {
    let secrets = secrets.clone();
    serve(move |request| {
        does(&request).unwrap_or_else(|| answer(&request, &mut secrets.lock().unwrap()))
    })
}

#[test]
fn what_is_not_understood_in_a_vault_is_never_no_other() {
    let (url, secrets) = vault();
    let folder = folder();
    deliver(&folder, &url, 2).code(0);
    let (ours, copy) = (on("mock-ledger"), folder.at("a"));
    for strange in [
        json!({ "keys": [raw_key(9).0] }),
        json!({ "value": 7 }),
        json!({ "value": { "privateKey": raw_key(9).0 } }),
        json!({ "value": "MHgyNTI5NWYwZDFkNTkyYTkw" }),
    ] {
        secrets.lock().unwrap().insert(path(2, "more"), strange.clone());
        let checked = check(&ours, &folder, &url, &copy).code(1);
        assert_eq!(checked.verdicts(), (3, 0, 1), "{strange}");
        assert!(checked.each("keys", "reason").contains(&"not_checked"), "{}", checked.json);
        assert!(!checked.stdout.contains(&raw_key(9).0));
    }
    // Only the password beside a keystore is known for what it is.
    secrets.lock().unwrap().insert(path(2, "more"), json!({ "password": "hunter2" }));
    check(&ours, &folder, &url, &copy).code(1);
}

#[test]
fn what_is_not_understood_in_aws_is_never_no_other_and_is_named_when_keys_are_taken() {
    let (url, held) = aws_server::aws();
    let folder = folder();
    deliver_aws(&folder, &url, "").code(0);
    let whole = held.lock().unwrap().clone();
    let aws = format!("--aws-region eu-west-1 --aws-endpoint {url}");
    let object = json!({"key": raw_key(9).0, "port": 1}).to_string();
    for (strange, inconclusive) in
        [(json!({"SecretString": object}), 2), (json!({"SecretBinary": "MHgx"}), 1)]
    {
        *held.lock().unwrap() = whole.clone();
        held.lock().unwrap().insert("v/more".to_owned(), strange);
        let line = format!("store check aws-secrets:v/ {} {aws}", folder.at("a"));
        let checked = with_aws(on("mock-ledger")).run(&line).code(1);
        assert_eq!(checked.verdicts(), (3, 0, inconclusive), "{}", checked.json);
    }
    held.lock().unwrap().clear();
    held.lock().unwrap().insert("v/more".to_owned(), json!({"SecretString": object}));
    let aws = format!("{aws} --field key");
    let from = format!("--from aws-secrets:v/ {aws} --network hoodi --copy {}", folder.at("c"));
    let taken = with_aws(on("mock-ledger")).run(&format!("backup create {from}")).code(0);
    assert_eq!(taken.each("keys", "pubkey"), [raw_key(9).1]);
    assert_eq!(taken.list("skipped"), ["aws-secrets:v/more#port"]);
}

#[test]
fn keys_that_a_client_has_signed_elsewhere_count() {
    let folder = folder();
    let keys = pubkeys();
    let check = |here: &[String], remote: &[String]| {
        let data = |rows: Vec<Value>| json!({ "data": rows }).to_string();
        let here = here.iter().map(|key| json!({"validating_pubkey": format!("0x{key}")}));
        let url = "https://signer:9000";
        let remote = remote.iter().map(|key| json!({"pubkey": format!("0x{key}"), "url": url}));
        let (here, remote) = (data(here.collect()), data(remote.collect()));
        let client = serve(move |request| {
            if request.path.contains("remotekeys") {
                (200, remote.clone())
            } else {
                (200, here.clone())
            }
        });
        let (token, copy) = (folder.at("token"), folder.at("a"));
        let line = format!("store check keymanager:{client} {copy} --token-file {token}");
        on("mock-ledger").run(&line)
    };
    assert_eq!(check(&keys, &[]).code(0).verdicts(), (3, 0, 0));
    assert_eq!(check(&keys[..1], &keys[1..]).code(0).verdicts(), (3, 0, 0));
    assert_eq!(check(&keys, &keys).code(0).verdicts(), (3, 0, 0));
    let strange = check(&keys, &[raw_key(9).1]).code(1);
    assert_eq!(strange.verdicts(), (3, 0, 1));
    assert!(strange.stdout.contains("signed by https://signer:9000"), "{}", strange.stdout);
}

#[test]
fn the_same_key_is_the_same_however_it_is_written() {
    let respell = |text: &Value| text.as_str().unwrap().trim_start_matches("0x").to_uppercase();
    let folder = folder();
    let (url, secrets) = vault();
    deliver(&folder, &url, 2).code(0);
    for secret in secrets.lock().unwrap().values_mut() {
        *secret = json!({ "value": respell(&secret["value"]) });
    }
    let before = secrets.lock().unwrap().clone();
    assert_eq!(deliver(&folder, &url, 2).code(0).each("keys", "status"), ["same"; 3]);
    assert_eq!(*secrets.lock().unwrap(), before);

    let (folder, (url, held)) = (super::stores::folder(), aws_server::aws());
    deliver_aws(&folder, &url, "").code(0);
    for secret in held.lock().unwrap().values_mut() {
        *secret = json!({ "SecretString": respell(&secret["SecretString"]) });
    }
    assert_eq!(deliver_aws(&folder, &url, "").code(0).each("keys", "status"), ["same"; 3]);
}

#[test]
fn an_endpoint_of_aws_is_looked_at_whoever_names_it() {
    let deliver = |folder: &Folder, name: &'static str, value: &str| {
        let copy = folder.at("a");
        let line = format!("deliver aws-secrets {copy} --prefix v/ --aws-region eu-west-1");
        with_aws(on("mock-ledger")).with(name, value).run(&line)
    };
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_CONFIG_FILE"] {
        let folder = folder();
        let value = |url: &str| match name {
            "AWS_CONFIG_FILE" => folder.file("aws", format!("[default]\nendpoint_url = {url}\n")),
            _ => url.to_owned(),
        };
        let refused = deliver(&folder, name, &value("http://192.0.2.1:80")).error(2, "usage");
        assert!(refused.message().contains("192.0.2.1"), "{name}: {}", refused.message());
        assert!(refused.message().contains("unencrypted"), "{name}: {}", refused.message());
        assert!(!refused.prompted(), "{}", refused.stderr);

        let (url, held) = aws_server::aws();
        let delivered = deliver(&folder, name, &value(&url)).code(0);
        assert_eq!(held.lock().unwrap().len(), 3);
        assert_eq!(delivered.text("to"), format!("{url} v/"), "{name}");
        let statement = delivered.json["note"]["statement"].as_str().unwrap();
        assert!(statement.contains(&url), "{name}: {statement}");
    }
}

fn check_aws(folder: &Folder, url: &str) -> Ran {
    let aws = format!("--aws-region eu-west-1 --aws-endpoint {url}");
    let line = format!("store check aws-secrets:v/ {} {aws}", folder.at("a"));
    with_aws(on("mock-ledger")).run(&line)
}

#[test]
fn an_aws_without_end_is_left() {
    let folder = folder();
    let mut asked = 0;
    let endless = serve(move |_| {
        asked += 1;
        (200, json!({"SecretList": [], "NextToken": format!("n{asked}")}).to_string())
    });
    let refused = check_aws(&folder, &endless).error(4, "protocol");
    assert!(refused.message().contains("does not end"), "{}", refused.message());
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n{".to_vec();
    let refused = check_aws(&folder, &serve_raw(Some(head))).error(4, "protocol");
    assert!(refused.message().contains("more than"), "{}", refused.message());
}

#[test]
fn a_vault_that_repeats_what_was_sent_is_not_repeated() {
    let folder = folder();
    let secrets = Secrets::default();
    let url = vault_that(&secrets, |request| {
        (request.method == "POST").then(|| (400, format!("bad request: {}", request.body)))
    });
    let refused = deliver(&folder, &url, 2).code(1);
    assert!(refused.stdout.contains("bad request"), "{}", refused.stdout);
    let (good, secrets) = vault();
    deliver(&super::stores::folder(), &good, 2).code(0);
    for secret in secrets.lock().unwrap().values() {
        let key = secret["value"].as_str().unwrap().trim_start_matches("0x");
        for said in [&refused.stdout, &refused.stderr] {
            assert!(!said.contains(&key[..16]), "a key is printed");
        }
    }
}

#[test]
fn an_answer_of_vault_that_is_no_secret_is_said_and_not_repeated() {
    let folder = folder();
    let (_, secrets) = vault();
    let check = |said: String| {
        let url = vault_that(&secrets, move |request| match request.path.as_str() {
            "/v1/kv2/metadata/v" => Some((200, json!({"data": {"keys": ["k"]}}).to_string())),
            "/v1/kv2/data/v/k" => Some((200, said.clone())),
            _ => None,
        });
        let from = format!("--from vault:kv2/v {}", at(&url, &folder, 2));
        let line = format!("backup create --network hoodi --copy {} {from}", folder.at("c"));
        on("mock-ledger").run(&line).error(3, "input")
    };
    let key = raw_key(9).0;
    for said in [
        json!({ "data": key }),
        json!({"data": {"data": format!("0x{key}"), "metadata": {}}}),
        json!({"data": {"data": [key], "metadata": {}}}),
    ] {
        let refused = check(said.to_string());
        assert!(!refused.stdout.contains(&key[..16]), "{}", refused.message());
        assert!(refused.message().contains("line 1"), "{}", refused.message());
    }
    let long = format!("{}\n", "a".repeat(41)).repeat(30_000);
    let long = json!({"data": {"data": {"value": long}, "metadata": {}}}).to_string();
    let refused = check(long);
    assert!(refused.message().contains("more than 1048576 bytes"), "{}", refused.message());
}

/// A policy for `v/*` says nothing of `v`.
#[test]
fn a_path_that_may_not_be_read_is_passed_over_where_something_lies_below_it() {
    let folder = folder();
    let (url, secrets) = vault();
    deliver(&folder, &url, 2).code(0);
    let denied = || (403, json!({"errors": ["permission denied"]}).to_string());
    let url = vault_that(&secrets, move |request| {
        (request.method == "GET" && request.path == "/v1/kv2/data/v").then(denied)
    });
    let check = || check(&on("mock-ledger"), &folder, &url, &folder.at("a"));
    assert_eq!(check().code(0).verdicts(), (3, 0, 0));
    secrets.lock().unwrap().clear();
    check().error(4, "permission");
}

#[test]
fn a_secret_that_was_made_and_cannot_be_read_is_no_fault_of_this_program() {
    let folder = folder();
    let held = aws_server::Held::default();
    let mut made = false;
    let url = serve(move |request| match request.target.as_deref() {
        Some("secretsmanager.GetSecretValue") if made => {
            (400, json!({"__type": "AccessDeniedException", "message": "no"}).to_string())
        }
        target => {
            made |= target == Some("secretsmanager.CreateSecret");
            aws_server::answer(&request, &mut held.lock().unwrap())
        }
    });
    let file = folder.file("password.txt", "correct horse battery\n");
    let aws = format!("--aws-region eu-west-1 --aws-endpoint {url}");
    let line = format!("deliver password {file} --to aws-secrets:pw {aws}");
    with_aws(super::run::alone()).run(&line).error(4, "protocol");
}

#[cfg(unix)]
#[test]
fn a_token_that_others_can_read_is_warned_about() {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    let (url, _) = vault();
    let folder = folder();
    let set = |mode| {
        fs::set_permissions(folder.path("token"), fs::Permissions::from_mode(mode)).unwrap();
        deliver(&folder, &url, 2).code(0).stderr
    };
    assert!(set(0o644).contains("chmod 600"));
    assert!(!set(0o600).contains("chmod 600"));
}
