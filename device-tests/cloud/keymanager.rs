//! The keymanager API, as its specification has it.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use stockade::{
    bls::{PublicKey, SecretKey},
    secret::SecretText,
};
use stockade_services::{
    endpoint::HttpError,
    keymanager::{Import, KeyStatus, Keymanager, KeymanagerError},
};

use super::{
    endpoint,
    permits::both,
    server::{Request, serve, serve_raw},
};

const TOKEN: &str = "api-token-0x1234";

fn key(i: u32) -> PublicKey {
    SecretKey::derive_master(&[1; 32]).unwrap().derive_child(i).public_key()
}

fn client(url: &str) -> Keymanager {
    Keymanager::new(endpoint(url).with_bearer(&SecretText::new(TOKEN.to_owned())))
}

/// Answers with `reply`, and remembers what was asked.
fn answering(status: u16, reply: Value) -> (String, Arc<Mutex<Vec<Request>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    let url = serve(move |request| {
        log.lock().unwrap().push(request);
        (status, reply.to_string())
    });
    (url, asked)
}

#[test]
fn keys_are_listed_as_every_client_writes_them() {
    let (a, b) = (key(0), key(1));
    let (url, asked) = answering(
        200,
        json!({"data": [
            {"validating_pubkey": format!("0x{a}"), "derivation_path": "m/12381/3600/0/0/0", "readonly": true},
            {"validating_pubkey": b.to_string().to_uppercase()},
        ]}),
    );
    let listed = client(&url).list().unwrap();
    assert_eq!(
        listed.iter().map(|l| (l.pubkey, l.readonly)).collect::<Vec<_>>(),
        [(a, true), (b, false)]
    );
    let asked = asked.lock().unwrap();
    assert_eq!(asked[0].path, "/eth/v1/keystores");
    assert_eq!(asked[0].token.as_deref(), Some("Bearer api-token-0x1234"));
}

#[test]
fn an_import_sends_strings_and_tells_what_became_of_each() {
    let (url, asked) = answering(
        200,
        json!({"data": [
            {"status": "imported", "message": ""},
            {"status": "duplicate"},
            {"status": "error", "message": "no such kdf"},
            {"status": "perfect"},
        ]}),
    );
    let import = Import {
        keystores: vec!["{\"a\":1}", "{}", "{}", "{}"],
        passwords: vec!["p1", "p2", "p3", "p4"],
        slashing_protection: Some("{\"metadata\":{}}"),
    };
    let statuses = client(&url).import(&import).unwrap();
    assert_eq!(
        statuses[..3],
        [KeyStatus::Imported, KeyStatus::Duplicate, KeyStatus::Error("no such kdf".to_owned())]
    );
    assert!(matches!(&statuses[3], KeyStatus::Error(_)), "a word that the API does not have");
    let asked = asked.lock().unwrap();
    assert_eq!(asked[0].method, "POST");
    assert_eq!(
        asked[0].body,
        json!({
            "keystores": ["{\"a\":1}", "{}", "{}", "{}"],
            "passwords": ["p1", "p2", "p3", "p4"],
            "slashing_protection": "{\"metadata\":{}}",
        })
    );
}

#[test]
fn fewer_answers_than_keys_are_no_answer() {
    let (url, _) = answering(200, json!({"data": [{"status": "imported"}]}));
    let import =
        Import { keystores: vec!["{}", "{}"], passwords: vec!["", ""], ..Import::default() };
    let error = client(&url).import(&import).unwrap_err();
    assert!(matches!(error, KeymanagerError::Count { asked: 2, answered: 1, .. }), "{error}");
}

#[test]
fn a_removal_gives_the_history_whether_it_comes_as_text_or_as_json() {
    for history in [json!("{\"metadata\":{},\"data\":[]}"), json!({"metadata": {}, "data": []})] {
        let (url, asked) = answering(
            200,
            json!({"data": [{"status": "deleted"}, {"status": "not_active"}, {"status": "not_found"}],
                   "slashing_protection": history}),
        );
        let deleted = client(&url).delete(&both(&[key(0), key(1), key(2)]).1).unwrap();
        assert_eq!(
            deleted.statuses,
            [KeyStatus::Deleted, KeyStatus::NotActive, KeyStatus::NotFound]
        );
        assert_eq!(deleted.slashing_protection, "{\"metadata\":{},\"data\":[]}");
        let asked = asked.lock().unwrap();
        assert_eq!(asked[0].method, "DELETE");
        assert_eq!(asked[0].body["pubkeys"][1], format!("0x{}", key(1)));
    }
}

#[test]
fn remote_keys_are_added_with_the_signer_s_url() {
    let (url, asked) = answering(200, json!({"data": [{"status": "imported"}]}));
    let statuses =
        client(&url).add_remote(&both(&[key(0)]).0, &[key(0)], "https://signer:9000").unwrap();
    assert_eq!(statuses, [KeyStatus::Imported]);
    let asked = asked.lock().unwrap();
    assert_eq!(asked[0].path, "/eth/v1/remotekeys");
    assert_eq!(asked[0].body["remote_keys"][0]["url"], "https://signer:9000");
}

/// What a server can do wrong; each ends in an error that says it, within the time-out.
#[test]
fn a_server_that_fails_is_named_with_its_failure() {
    let import =
        Import { keystores: vec!["{}"], passwords: vec!["secret-password"], ..Import::default() };
    let (busy, _) = answering(429, json!({"message": "slow down"}));
    let (down, _) = answering(500, json!({"code": 500, "message": "database is locked"}));
    let (unauthorised, _) = answering(401, json!({"message": "Invalid token"}));
    let (elsewhere, _) = answering(307, json!({}));
    for (url, status) in [(busy, 429), (down, 500), (unauthorised, 401), (elsewhere, 307)] {
        let error = client(&url).import(&import).unwrap_err();
        let KeymanagerError::Http(HttpError::Status { status: was, .. }) = &error else {
            panic!("{error}")
        };
        assert_eq!(*was, status, "{error}");
        assert!(!format!("{error:?}").contains("secret-password"));
    }
    let raw = |bytes: &[u8]| serve_raw(Some(bytes.to_vec()));
    let garbage = [
        raw(b"garbage\r\n\r\n"),
        raw(b""),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"data\":[1]}"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{"),
        serve_raw(None),
        "http://127.0.0.1:1".to_owned(),
    ];
    for url in garbage {
        let error = client(&url).import(&import).unwrap_err();
        assert!(matches!(error, KeymanagerError::Http(_)), "{error}");
        assert!(error.to_string().contains(&url), "{error}");
    }
}

#[test]
fn a_listing_with_something_that_is_no_key_is_no_listing() {
    let (url, _) = answering(200, json!({"data": [{"validating_pubkey": "0x1234"}]}));
    assert!(client(&url).list().is_err());
}
