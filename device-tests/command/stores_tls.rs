//! How Vault is trusted, what it is shown of who connects, and a proxy that needs no token: as Vault's
//! own program has it.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use super::{
    fixture::Folder,
    run::{Ran, Stockade, on},
    stores::folder,
    stores_vault::{delivered, vault_that},
};
use crate::cloud::{
    tls_server::{file, serve_tls},
    vault_server::{Secrets, answer},
};

/// Asks the Vault at `url` for what was delivered.
fn check(ran: &Stockade, folder: &Folder, url: &str, more: &str) -> Ran {
    let token = folder.file("token", "hvs.token\n");
    let line = format!("store check vault:kv2/v {} --vault-addr {url} {more}", folder.at("a"));
    ran.run(&format!("{line} --token-file {token}"))
}

fn vault_behind(certificate: &str, asks: bool, secrets: &Secrets) -> String {
    let held = secrets.clone();
    serve_tls(certificate, asks, move |request| answer(&request, &mut held.lock().unwrap()))
}

#[test]
fn the_system_vouches_for_servers_unless_somebody_named_others() {
    let (folder, _, secrets) = delivered();
    let url = vault_behind("server", false, &secrets);
    let refused = check(&on("mock-ledger"), &folder, &url, "").error(4, "refused");
    assert!(refused.message().contains("not trusted"), "{}", refused.message());
    let ca = file("ca.pem");
    let bytes = fs::read_to_string(&ca).unwrap();
    // As they lie in folders of certificates: others, and files of other kinds.
    folder.file("cas/1.pem", fs::read(file("client.pem")).unwrap());
    folder.file("cas/2.pem", &bytes);
    folder.file("cas/README", "nothing");
    let (cas, stranger) = (folder.at("cas"), file("client.pem"));
    for (variable, value) in [
        ("SSL_CERT_FILE", ca.as_str()),
        ("VAULT_CACERT", &ca),
        ("VAULT_CACERT_BYTES", &bytes),
        ("VAULT_CAPATH", &cas),
    ] {
        let ran = check(&on("mock-ledger").with(variable, value), &folder, &url, "");
        assert_eq!(ran.code(0).verdicts(), (3, 0, 0), "{variable}");
        // What is named counts alone.
        let ran = on("mock-ledger").with(variable, value);
        check(&ran, &folder, &url, &format!("--ca {stranger}")).error(4, "refused");
    }
    let empty = folder.file("empty/README", "nothing");
    for (variable, value) in [("VAULT_CACERT", &empty), ("VAULT_CAPATH", &folder.at("empty"))] {
        check(&on("mock-ledger").with(variable, value), &folder, &url, "").error(3, "input");
    }
    // Named, and not there: nobody is trusted in its place.
    let ran = on("mock-ledger").with("SSL_CERT_FILE", folder.at("nowhere"));
    check(&ran, &folder, &url, "").error(4, "refused");
}

/// The keymanager API is reached in the same way.
#[test]
fn the_system_vouches_for_clients_too() {
    let folder = folder();
    let url = serve_tls("server", false, |_| (200, "{\"data\": []}".to_owned()));
    let token = folder.file("token", "api-token\n");
    let line = format!("store check keymanager:{url} {} --token-file {token}", folder.at("a"));
    on("mock-ledger").run(&line).error(4, "refused");
    let ran = on("mock-ledger").with("SSL_CERT_FILE", file("ca.pem")).run(&line).code(1);
    assert_eq!(ran.each("keys", "reason"), ["missing"; 3]);
}

#[test]
fn a_vault_that_asks_who_connects_is_shown_a_certificate() {
    let (folder, _, secrets) = delivered();
    let url = vault_behind("server", true, &secrets);
    let trusting = || on("mock-ledger").with("VAULT_CACERT", file("ca.pem"));
    let refused = check(&trusting(), &folder, &url, "");
    assert!(refused.code == 4 && refused.json.to_string().contains("--vault-client-cert"));
    let with = |certificate: &str, key: &str| {
        let ran = trusting().with("VAULT_CLIENT_CERT", certificate);
        check(&ran.with("VAULT_CLIENT_KEY", key), &folder, &url, "")
    };
    assert_eq!(with(&file("client.pem"), &file("client.key")).code(0).verdicts(), (3, 0, 0));
    for (certificate, key, said) in [
        ("client.pem", "server.key", "another certificate"),
        ("client.pem", "client-encrypted.key", "encrypted"),
        ("client.pem", "ca.pem", "no PEM private key"),
        ("client.key", "client.key", "no PEM certificate"),
    ] {
        let refused = with(&file(certificate), &file(key)).error(3, "input");
        assert!(refused.message().contains(said), "{}", refused.message());
    }
    let cut = fs::read_to_string(file("client.pem")).unwrap().replacen("MII", "AAA", 1);
    with(&folder.file("cut.pem", cut), &file("client.key")).error(3, "input");
    with(&file("client.pem"), "").error(2, "usage");
}

#[test]
fn a_vault_may_have_another_name_than_its_address() {
    let (folder, _, secrets) = delivered();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (held, log) = (secrets.clone(), seen.clone());
    let url = serve_tls("named", false, move |request| {
        log.lock().unwrap().extend(request.target.clone());
        answer(&request, &mut held.lock().unwrap())
    });
    let trusting = || on("mock-ledger").with("VAULT_CACERT", file("ca.pem"));
    let refused = check(&trusting(), &folder, &url, "").error(4, "refused");
    assert!(refused.json["error"]["hint"].as_str().unwrap().contains("another name"));
    let named =
        |name: &str| check(&trusting().with("VAULT_TLS_SERVER_NAME", name), &folder, &url, "");
    assert_eq!(named("vault.internal").code(0).verdicts(), (3, 0, 0));
    // It is called by its address all the same, as what stands before it may expect.
    let address = url.strip_prefix("https://").unwrap();
    assert!(seen.lock().unwrap().iter().all(|host| host == address), "{seen:?}");
    named("vault.example").error(4, "refused");
    named("not a name").error(2, "usage");
}

#[test]
fn a_server_that_is_not_verified_is_refused_before_anything_is_sent() {
    let folder = folder();
    let (url, asked) = counted();
    let skip =
        |value: &str| check(&on("mock-ledger").with("VAULT_SKIP_VERIFY", value), &folder, &url, "");
    for value in ["1", "true", "yes"] {
        let refused = skip(value).error(2, "usage");
        assert!(refused.message().contains("VAULT_SKIP_VERIFY"), "{}", refused.message());
        assert!(refused.json["error"]["hint"].as_str().unwrap().contains("VAULT_CACERT"));
    }
    assert_eq!(*asked.lock().unwrap(), 0);
    skip("false").error(4, "permission");
    assert!(*asked.lock().unwrap() > 0);
}

/// A server that lets nobody in, and how often it was asked.
fn counted() -> (String, Arc<Mutex<usize>>) {
    let asked = Arc::new(Mutex::new(0));
    let count = asked.clone();
    let url = vault_that(&Secrets::default(), move |_| {
        *count.lock().unwrap() += 1;
        Some(crate::cloud::vault_server::invalid_token())
    });
    (url, asked)
}

/// It adds its own token, and says 403 of what that may not do.
#[test]
fn a_proxy_on_this_machine_needs_no_token() {
    let (folder, _, secrets) = delivered();
    let held = secrets.clone();
    let proxy = crate::cloud::server::serve(move |mut request| {
        assert_eq!(request.token, None, "a proxy that adds its own token may refuse another");
        request.token = Some("hvs.token".to_owned());
        match request.path.as_str() {
            "/v1/auth/token/lookup-self" => crate::cloud::vault_server::denied(),
            _ => answer(&request, &mut held.lock().unwrap()),
        }
    });
    let line = format!("store check vault:kv2/v {}", folder.at("a"));
    let (somewhere, _) = counted();
    for ran in [
        on("mock-ledger").with("VAULT_ADDR", &proxy),
        on("mock-ledger").with("VAULT_AGENT_ADDR", &proxy).with("VAULT_ADDR", &somewhere),
    ] {
        assert_eq!(ran.run(&line).code(0).verdicts(), (3, 0, 0));
    }
    // What is said to the command counts first.
    let named = format!("{line} --vault-addr {proxy}");
    on("mock-ledger").with("VAULT_AGENT_ADDR", &somewhere).run(&named).code(0);

    // A Vault itself says so of a request without a token, and is no proxy.
    let without = vault_that(&secrets, |request| {
        let said = "{\"errors\": [\"permission denied\"]}".to_owned();
        request.token.is_none().then_some((403, said))
    });
    let refused = on("mock-ledger").with("VAULT_ADDR", &without).run(&line).error(2, "usage");
    assert!(refused.message().contains("requires a token"), "{}", refused.message());
    // Elsewhere nobody is asked without one.
    let far = "https://vault.example:8200";
    on("mock-ledger").with("VAULT_ADDR", far).run(&line).error(2, "usage");
    let socket = on("mock-ledger").with("VAULT_AGENT_ADDR", "unix:///run/vault.sock");
    let refused = socket.run(&line).error(2, "usage");
    assert!(refused.message().contains("Unix sockets"), "{}", refused.message());
}
