//! Vault's key/value engine, versions 1 and 2, against a stand-in written from its API's
//! documentation.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use stockade::{
    cloud::vault::{Engine, KvVersion, Login, Vault, VaultError, Written},
    secret::SecretText,
};

use super::{
    endpoint,
    server::{Reply, Request, serve},
};

type Secrets = Arc<Mutex<BTreeMap<String, Value>>>;

/// Vault with two engines: `kv1` and `kv2`.
fn vault() -> (String, Secrets) {
    let secrets = Secrets::default();
    let held = secrets.clone();
    (serve(move |request| answer(&request, &mut held.lock().unwrap())), secrets)
}

fn answer(request: &Request, secrets: &mut BTreeMap<String, Value>) -> Reply {
    let error = |status, what: &str| (status, json!({"errors": [what]}).to_string());
    if request.path == "/v1/auth/approle/login" {
        return match request.body["secret_id"] == "right" && request.body["role_id"] == "automation"
        {
            true => (200, json!({"auth": {"client_token": "hvs.token"}}).to_string()),
            false => error(400, "invalid role or secret ID"),
        };
    }
    if request.token.as_deref() != Some("hvs.token") {
        return error(403, "permission denied");
    }
    let (path, listing) = match request.path.strip_suffix("?list=true") {
        Some(path) => (path, true),
        None => (request.path.as_str(), false),
    };
    let v2 = path.starts_with("/v1/kv2/");
    let name = path.trim_start_matches("/v1/").replacen("kv2/metadata/", "kv2/data/", 1);
    match (request.method.as_str(), listing) {
        ("GET", true) => {
            let prefix = format!("{name}/");
            let keys: Vec<_> = secrets.keys().filter_map(|key| key.strip_prefix(&prefix)).collect();
            match keys.is_empty() {
                true => (404, json!({"errors": []}).to_string()),
                false => (200, json!({"data": {"keys": keys}}).to_string()),
            }
        }
        ("GET", false) => match secrets.get(&name) {
            Some(value) if v2 => {
                (200, json!({"data": {"data": value, "metadata": {"version": 1}}}).to_string())
            }
            Some(value) => (200, json!({"data": value, "lease_duration": 2764800}).to_string()),
            None => (404, json!({"errors": []}).to_string()),
        },
        ("POST", _) if v2 => {
            if request.body["options"]["cas"] == 0 && secrets.contains_key(&name) {
                return error(400, "check-and-set parameter did not match the current version");
            }
            secrets.insert(name, request.body["data"].clone());
            (200, json!({"data": {"version": 1}}).to_string())
        }
        ("POST", _) => {
            secrets.insert(name, request.body.clone());
            (204, String::new())
        }
        _ => error(405, "unsupported operation"),
    }
}

fn text(text: &str) -> SecretText {
    SecretText::new(text.to_owned())
}

fn engines() -> [Engine; 2] {
    let engine = |mount: &str, version| Engine { mount: mount.to_owned(), version };
    [engine("kv1", KvVersion::V1), engine("kv2", KvVersion::V2)]
}

fn open(url: &str) -> Vault {
    Vault::login(endpoint(url), Login::Token(text("hvs.token"))).unwrap()
}

#[test]
fn a_secret_is_written_once_read_back_and_never_overwritten() {
    for engine in engines() {
        let (url, secrets) = vault();
        let vault = open(&url);
        assert!(vault.read(&engine, "keys/a", "value").unwrap().is_none());
        assert_eq!(vault.put(&engine, "keys/a", "value", &text("11")).unwrap(), Written::New);
        assert_eq!(vault.put(&engine, "keys/a", "value", &text("11")).unwrap(), Written::Same);
        let error = vault.put(&engine, "keys/a", "value", &text("22")).unwrap_err();
        assert!(matches!(error, VaultError::Occupied { .. }), "{error}");
        assert_eq!(vault.read(&engine, "keys/a", "value").unwrap().unwrap().expose(), "11");
        assert_eq!(vault.list(&engine, "keys").unwrap(), ["a"]);
        assert!(vault.list(&engine, "nothing").unwrap().is_empty());
        // Another's field beside ours stays: the whole secret is somebody else's.
        let name = secrets.lock().unwrap().keys().next().unwrap().replace("/a", "/b");
        secrets.lock().unwrap().insert(name.clone(), json!({"theirs": "x", "number": 1}));
        let result = vault.put(&engine, "keys/b", "value", &text("11"));
        assert!(matches!(result, Err(VaultError::Occupied { .. })), "{result:?}");
        assert_eq!(secrets.lock().unwrap()[&name]["theirs"], "x");
    }
}

#[test]
fn a_role_logs_in_and_a_wrong_one_does_not() {
    let (url, _) = vault();
    let role = |secret| Login::AppRole { role_id: text("automation"), secret_id: text(secret) };
    let vault = Vault::login(endpoint(&url), role("right")).unwrap();
    assert!(vault.list(&engines()[0], "keys").unwrap().is_empty());
    let error = Vault::login(endpoint(&url), role("wrong")).unwrap_err();
    assert!(error.to_string().contains("invalid role"), "{error}");
}

#[test]
fn without_the_right_token_nothing_is_there_or_not_there() {
    let (url, _) = vault();
    let vault = Vault::login(endpoint(&url), Login::Token(text("another"))).unwrap();
    let error = vault.read(&engines()[1], "keys/a", "value").unwrap_err();
    assert!(error.to_string().contains("403"), "{error}");
}

#[test]
fn what_is_read_back_differently_is_an_error() {
    let url = serve(|request| match request.method.as_str() {
        "GET" if request.path.ends_with("/new") => (404, "{\"errors\":[]}".to_owned()),
        "GET" => (404, "{\"errors\":[]}".to_owned()),
        _ => (204, String::new()),
    });
    let error = open(&url).put(&engines()[0], "new", "value", &text("11")).unwrap_err();
    assert!(matches!(error, VaultError::ReadBack { .. }), "{error}");
}
