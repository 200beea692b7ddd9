//! On which network the client is that gets keys: what tells it before anything is pressed, sent or
//! removed, and what is said where nothing does.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use stockade::staking::Network;

use super::{
    deliver::{NEVER, deliver, pubkeys},
    fixture::{Folder, ledger},
    run::{Ran, on},
};
use crate::cloud::{
    server::{Request, serve},
    validator_client::{TOKEN, ValidatorClient, record},
};

/// A client that says its chain for a key that nobody has, for keys that it removes, or never.
#[derive(Clone)]
struct Client {
    url: String,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Default)]
struct Inside {
    keys: BTreeMap<String, Value>,
    /// What it says of a key that it does not have.
    tells: Option<Network>,
    /// What it says of keys that it removes.
    history: Option<Network>,
    asked: Vec<String>,
}

impl Client {
    fn new(inside: Inside) -> Self {
        let inside = Arc::new(Mutex::new(inside));
        let served = inside.clone();
        let url = serve(move |request| (200, served.lock().unwrap().answer(&request).to_string()));
        Self { url, inside }
    }

    /// What it was asked to change.
    fn changes(&self) -> Vec<String> {
        let inside = self.inside.lock().unwrap();
        let changing = |asked: &&String| pubkeys().iter().any(|key| asked.contains(key));
        inside.asked.iter().filter(changing).cloned().collect()
    }
}

impl Inside {
    fn answer(&mut self, request: &Request) -> Value {
        let (method, body) = (request.method.as_str(), &request.body);
        self.asked.push(format!("{method} {} {body}", request.path));
        match (method, request.path.as_str()) {
            ("GET", "/eth/v1/keystores") => {
                let row = |key| json!({"validating_pubkey": format!("0x{key}")});
                json!({"data": self.keys.keys().map(row).collect::<Vec<_>>()})
            }
            ("POST", "/eth/v1/keystores") => {
                let keystores = body["keystores"].as_array().unwrap();
                for keystore in keystores {
                    let keystore: Value = serde_json::from_str(keystore.as_str().unwrap()).unwrap();
                    let key = keystore["pubkey"].as_str().unwrap().to_owned();
                    self.keys.insert(key, Value::Null);
                }
                let imported = json!({"status": "imported"});
                json!({"data": vec![imported; keystores.len()]})
            }
            ("DELETE", "/eth/v1/keystores") => {
                let (mut statuses, mut records, mut root) = (Vec::new(), Vec::new(), None);
                for key in body["pubkeys"].as_array().unwrap() {
                    let key = key.as_str().unwrap().strip_prefix("0x").unwrap();
                    let removed = self.keys.remove(key);
                    let status = if removed.is_some() { "deleted" } else { "not_found" };
                    root = if removed.is_some() { self.history } else { self.tells };
                    statuses.push(json!({ "status": status }));
                    records.extend(removed.filter(|record| !record.is_null()));
                }
                let mut history = json!({
                    "metadata": {"interchange_format_version": "5"}, "data": records,
                });
                if let Some(network) = root {
                    let root = format!("0x{}", hex::encode(network.genesis_validators_root()));
                    history["metadata"]["genesis_validators_root"] = json!(root);
                }
                json!({"data": statuses, "slashing_protection": history.to_string()})
            }
            _ => json!({"data": []}),
        }
    }
}

fn to(folder: &Folder, url: &str, more: &str) -> Ran {
    let (copies, token) = (folder.both(), folder.file("token", TOKEN));
    let line = format!("deliver keymanager {copies} --url {url} --token-file {token} --no-note");
    on("mock-ledger").run(&format!("{line} {more}"))
}

/// Web3signer, whose database is bound to a chain.
#[test]
fn a_client_that_tells_its_chain_of_a_key_that_nobody_has_is_asked_for_one() {
    let folder = ledger().copies();
    let client = Client::new(Inside { tells: Some(Network::Sepolia), ..Inside::default() });
    let refused = to(&folder, &client.url, NEVER).error(3, "input");
    assert!(refused.message().contains("another network than hoodi"), "{}", refused.message());
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert!(client.changes().is_empty(), "{:?}", client.changes());
    let client = Client::new(Inside { tells: Some(Network::Hoodi), ..Inside::default() });
    let done = to(&folder, &client.url, NEVER).code(0);
    assert_eq!(done.json["network_checked"], true);
}

#[test]
fn where_nothing_tells_the_network_the_plan_says_so() {
    let folder = ledger().copies();
    let silent = Client::new(Inside::default());
    let done = to(&folder, &silent.url, NEVER).code(0);
    assert_eq!(done.json["network_checked"], false);
    let said = "NOT CHECKED, this client does not report its network. Make sure that it runs hoodi";
    assert!(done.stderr.contains(said), "{}", done.stderr);

    let folder = ledger().copies();
    let done = deliver(&folder, &ValidatorClient::new(), NEVER).code(0);
    assert_eq!(done.json["network_checked"], true);
    assert!(
        done.stderr.contains("network: hoodi, according to the client itself"),
        "{}",
        done.stderr
    );
}

/// No key travels, and the client would sign for another chain all the same.
#[test]
fn a_client_of_another_network_is_told_of_no_signer() {
    let folder = ledger().copies();
    let (copies, token) = (folder.both(), folder.file("token", TOKEN));
    for (tells, code) in [(Some(Network::Sepolia), 3), (Some(Network::Hoodi), 1), (None, 1)] {
        let client = Client::new(Inside { tells, ..Inside::default() });
        let line = format!(
            "deliver remote-keys {copies} --url {} --token-file {token} --not-running --no-note \
             --signer-url https://signer.example",
            client.url
        );
        let told = on("mock-ledger").run(&line).code(code);
        let right = tells == Some(Network::Hoodi);
        assert_eq!(client.changes().is_empty(), code == 3, "{tells:?}: {:?}", client.changes());
        assert_eq!(told.stderr.contains("NOT CHECKED"), tells.is_none(), "{}", told.stderr);
        assert_eq!(told.json["network_checked"] == true, right, "{:#}", told.json);
        folder.forget(&folder.sets("a")[0]);
    }
}

#[test]
fn what_a_client_of_another_network_says_that_keys_signed_goes_nowhere() {
    let folder = ledger().copies();
    let keys = pubkeys().into_iter().map(|key| (key.clone(), record(&key, 1000))).collect();
    let history = Some(Network::Sepolia);
    let old = Client::new(Inside { keys, history, ..Inside::default() });
    let new = Client::new(Inside::default());
    let token = folder.file("from-token", TOKEN);
    let from = format!("--from {} --from-token-file {token}", old.url);
    let stopped = to(&folder, &new.url, &from).error(4, "protocol");
    assert!(stopped.message().contains("another network"), "{}", stopped.message());
    assert!(new.changes().is_empty(), "{:?}", new.changes());
    // It cost one key, which is said.
    assert_eq!(old.inside.lock().unwrap().keys.len(), 2);
    assert!(stopped.message().contains("1 key was removed"), "{}", stopped.message());
}
