//! Servers that are busy: asked again where nothing is done twice, and not for ever.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use stockade::secret::SecretText;
use stockade_services::{
    endpoint::HttpError,
    keymanager::{Import, Keymanager, KeymanagerError},
    vault::{Engine, KvVersion, Login, Vault, Written},
};
use tiny_http::{Header, Response};

use super::{endpoint, server::serve, vault_server};

/// Answers `status`, with a time to ask again after where one is given; counts what it is asked.
fn busy(status: u16, retry_after: Option<&'static str>) -> (String, Arc<AtomicUsize>) {
    let server = tiny_http::Server::http("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.server_addr().to_ip().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    thread::spawn(move || {
        for incoming in server.incoming_requests() {
            count.fetch_add(1, Ordering::SeqCst);
            let mut response = Response::from_string("").with_status_code(status);
            if let Some(after) = retry_after {
                response.add_header(Header::from_bytes("Retry-After", after).unwrap());
            }
            let _ = incoming.respond(response);
        }
    });
    (url, asked)
}

#[test]
fn a_server_that_stays_busy_is_asked_four_times_and_named() {
    for status in [429, 503] {
        let (url, asked) = busy(status, Some("0"));
        let error = Keymanager::new(endpoint(&url)).list().unwrap_err();
        assert!(error.to_string().contains(&format!("{url} answered {status}")), "{error}");
        assert_eq!(asked.load(Ordering::SeqCst), 4);
    }
}

#[test]
fn what_waiting_does_not_help_is_said_at_once() {
    // Sealed; hours; broken.
    for (status, after) in [(503, None), (503, Some("7200")), (429, Some("31")), (500, Some("0"))] {
        let (url, asked) = busy(status, after);
        let error = Keymanager::new(endpoint(&url)).list().unwrap_err();
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{status} {after:?}");
        let said = after.map(|after| format!("after {after} seconds")).unwrap_or_default();
        assert!(error.to_string().contains(&said), "{error}");
    }
}

/// A client that was slow may have taken the keys: it is asked what it has, and not sent them again.
#[test]
fn an_import_is_never_repeated() {
    let (url, asked) = busy(429, Some("0"));
    let error = Keymanager::new(endpoint(&url)).import(&Import::default()).unwrap_err();
    assert!(
        matches!(error, KeymanagerError::Http(HttpError::Status { status: 429, .. })),
        "{error}"
    );
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// Every second request of a delivery is put off, whether it reads or writes.
#[test]
fn a_vault_that_is_busy_now_and_then_takes_what_is_written() {
    let secrets = vault_server::Secrets::default();
    let (held, mut asked) = (secrets.clone(), 0);
    let url = serve(move |request| {
        asked += 1;
        match asked % 2 {
            1 => (429, String::new()),
            _ => vault_server::answer(&request, &mut held.lock().unwrap()),
        }
    });
    let text = |text: &str| SecretText::new(text.to_owned());
    let vault = Vault::login(endpoint(&url), Login::Token(text("hvs.token"))).unwrap();
    for (mount, version) in [("kv1", KvVersion::V1), ("kv2", KvVersion::V2)] {
        let engine = Engine { mount: mount.to_owned(), version };
        assert_eq!(vault.put(&engine, "keys/a", "value", &text("11")).unwrap(), Written::New);
        assert_eq!(vault.list(&engine, "keys").unwrap(), ["a"]);
    }
    assert_eq!(secrets.lock().unwrap().len(), 2);
}
