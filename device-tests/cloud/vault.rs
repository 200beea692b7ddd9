//! Vault's key/value engine, versions 1 and 2.

use serde_json::json;
use stockade::secret::SecretText;
use stockade_services::vault::{Engine, KvVersion, Login, Vault, VaultError, Written};

use super::{
    endpoint,
    server::serve,
    vault_server::{Secrets, answer, vault},
};

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
    let role = |secret| Login::AppRole {
        mount: "approle".to_owned(),
        role_id: text("automation"),
        secret_id: Some(text(secret)),
        wrapped: false,
    };
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
    assert!(matches!(error, VaultError::Token { .. }), "{error}");
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

/// What stands before a Vault may know no method LIST, and other servers no other way.
#[test]
fn a_folder_is_listed_by_either_way() {
    for refused in ["LIST", "GET"] {
        let secrets = Secrets::default();
        let held = secrets.clone();
        let url = serve(move |request| {
            if request.method == refused {
                (405, String::new())
            } else {
                answer(&request, &mut held.lock().unwrap())
            }
        });
        for engine in engines() {
            let name = if engine.mount == "kv1" { "kv1/keys/a" } else { "kv2/data/keys/a" };
            secrets.lock().unwrap().insert(name.to_owned(), json!({"value": "11"}));
            assert_eq!(open(&url).list(&engine, "keys").unwrap(), ["a"], "{refused}");
        }
    }
}

/// Vault says 404 of a secret that is not there, and of an engine that is not there.
#[test]
fn where_no_engine_is_nothing_is_said_to_be_missing() {
    let (url, _) = vault();
    let nowhere = Engine { mount: "nowhere".to_owned(), version: KvVersion::V1 };
    let error = open(&url).read(&nowhere, "keys/a", "value").unwrap_err();
    assert!(error.to_string().contains("no handler"), "{error}");
    assert!(open(&url).list(&nowhere, "keys").is_err());
}

#[test]
fn the_version_of_an_engine_is_what_vault_says() {
    let (url, _) = vault();
    for engine in engines() {
        assert_eq!(open(&url).version_of(&engine.mount).unwrap(), Some(engine.version));
    }
    assert_eq!(open(&url).version_of("nowhere").unwrap(), None);
    let hidden = serve(|_| (403, json!({"errors": ["permission denied"]}).to_string()));
    assert_eq!(open(&hidden).version_of("kv2").unwrap(), None);
    // One that says nothing of it.
    let url = serve(|request| match request.method.as_str() {
        "GET" => (404, String::new()),
        _ => (204, String::new()),
    });
    assert_eq!(open(&url).version_of("kv2").unwrap(), Some(KvVersion::V1));
    let error = open(&url).put(&engines()[1], "keys/a", "value", &text("11")).unwrap_err();
    assert!(error.to_string().contains("kv2/data/keys/a"), "{error}");
}
