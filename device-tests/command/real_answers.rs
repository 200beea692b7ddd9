//! Deliveries against what a real client was recorded to answer, word for word:
//! `device-tests/cloud/recorded`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::Value;

use super::{
    deliver::pubkeys,
    deliver_from::epoch_now,
    fixture::{Folder, ledger},
    run::{Ran, on},
};
use crate::cloud::{
    server::{Reply, Request, serve},
    validator_client::{TOKEN, ValidatorClient, interchange, record},
};

/// The address that a key's fees go to.
const FEES: &str = "0xAbcF8e0d4e9587369b2301D0790347320302cc09";

/// What a client has.
#[derive(Default)]
struct Inside {
    keys: BTreeSet<String>,
    /// Setting and key, with what was set.
    settings: BTreeMap<(String, String), Value>,
    /// Whether it gives the history of keys that it removes.
    speaks: bool,
    /// Its gas limit, where that is not the recorded one.
    gas_limit: Option<&'static str>,
}

/// A Prysm 7.1.6, by its recorded answers.
#[derive(Clone)]
struct Prysm {
    url: String,
    inside: Arc<Mutex<Inside>>,
}

impl Prysm {
    fn new(keys: &[String]) -> Self {
        let inside = Inside { keys: keys.iter().cloned().collect(), ..Inside::default() };
        let inside = Arc::new(Mutex::new(inside));
        let served = inside.clone();
        let url = serve(move |request| served.lock().unwrap().answer(&request));
        Self { url, inside }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    fn keys(&self) -> Vec<String> {
        self.inside().keys.iter().cloned().collect()
    }
}

/// A recorded answer.
fn recorded(request: &str, key: &str) -> Reply {
    let file: Value =
        serde_json::from_str(include_str!("../cloud/recorded/prysm-7.1.6.json")).unwrap();
    let answers = file["answers"].as_array().unwrap();
    let answer = answers.iter().find(|answer| answer["request"] == request).unwrap();
    let body = answer["body"].as_str().unwrap().replace("{key}", &format!("0x{key}"));
    (u16::try_from(answer["status"].as_u64().unwrap()).unwrap(), body)
}

/// Answers for single keys as one for several: their rows, one after the other.
fn together(answers: impl Iterator<Item = Reply>, nothing: &str) -> (u16, Value) {
    let mut all: Value = serde_json::from_str(&recorded(nothing, "").1).unwrap();
    let mut rows = Vec::new();
    for (_, body) in answers {
        let one: Value = serde_json::from_str(&body).unwrap();
        rows.extend(one["data"].as_array().unwrap().clone());
        all = one;
    }
    all["data"] = rows.into();
    (200, all)
}

impl Inside {
    fn answer(&mut self, request: &Request) -> Reply {
        assert_eq!(request.token.as_deref(), Some(format!("Bearer {TOKEN}").as_str()));
        let (method, path) = (request.method.as_str(), request.path.as_str());
        if let Some(rest) = path.strip_prefix("/eth/v1/validator/0x") {
            let (key, setting) = rest.split_once('/').unwrap();
            return self.setting(method, key, setting, &request.body);
        }
        let asked = |field: &str| request.body[field].as_array().cloned().unwrap_or_default();
        match (method, path) {
            ("GET", "/eth/v1/keystores") => {
                let keys = self.keys.iter().map(|key| recorded("GET /eth/v1/keystores", key));
                let (status, all) = together(keys, "GET /eth/v1/remotekeys");
                (status, all.to_string())
            }
            ("GET", "/eth/v1/remotekeys") => recorded("GET /eth/v1/remotekeys", ""),
            ("POST", "/eth/v1/keystores") if asked("keystores").is_empty() => {
                recorded("POST /eth/v1/keystores, no keystores", "")
            }
            ("POST", "/eth/v1/keystores") => {
                let keys: Vec<_> = asked("keystores").iter().map(pubkey_of).collect();
                let answers = keys.iter().map(|key| recorded("POST /eth/v1/keystores", key));
                let (status, all) = together(answers, "GET /eth/v1/remotekeys");
                self.keys.extend(keys);
                (status, all.to_string())
            }
            ("DELETE", "/eth/v1/keystores") => self.delete(&asked("pubkeys")),
            _ => (404, String::new()),
        }
    }

    fn delete(&mut self, keys: &[Value]) -> Reply {
        let nothing = "DELETE /eth/v1/keystores, no keys";
        let keys: Vec<_> = keys.iter().map(|key| key.as_str().unwrap()[2..].to_owned()).collect();
        let removed: Vec<_> = keys.iter().map(|key| self.keys.remove(key)).collect();
        let answers = removed.into_iter().map(|removed| {
            if removed {
                recorded("DELETE /eth/v1/keystores", "")
            } else {
                recorded("DELETE /eth/v1/keystores, again", "")
            }
        });
        let (status, mut all) = together(answers, nothing);
        if self.speaks {
            let records: Vec<_> = keys.iter().map(|key| record(key, epoch_now())).collect();
            all["slashing_protection"] = interchange(&records).to_string().into();
        }
        (status, all.to_string())
    }

    fn setting(&mut self, method: &str, key: &str, setting: &str, body: &Value) -> Reply {
        let place = (setting.to_owned(), key.to_owned());
        if method == "POST" {
            let reply = recorded(&format!("POST {setting}"), key);
            if reply.0 < 300 {
                self.settings.insert(place, body.clone());
            }
            return reply;
        }
        let unset = !self.settings.contains_key(&place) && setting != "gas_limit";
        let none = if unset { ", none set" } else { "" };
        let (status, body) = recorded(&format!("GET {setting}{none}"), key);
        (status, body.replace("60000000", self.gas_limit.unwrap_or("60000000")))
    }
}

fn pubkey_of(keystore: &Value) -> String {
    let keystore: Value = serde_json::from_str(keystore.as_str().unwrap()).unwrap();
    keystore["pubkey"].as_str().unwrap().trim_start_matches("0x").to_owned()
}

fn deliver_to(folder: &Folder, url: &str, more: &str) -> Ran {
    let token = folder.file("token", TOKEN);
    let line = format!("deliver keymanager {} --url {url} --token-file {token}", folder.both());
    on("mock-ledger").run(&format!("{line} {more}"))
}

fn moved(folder: &Folder, old: &Prysm, new: &str, more: &str) -> Ran {
    let token = folder.file("token", TOKEN);
    deliver_to(folder, new, &format!("--from {} --from-token-file {token} {more}", old.url))
}

/// The same, as a person reads it.
fn moved_in_words(folder: &Folder, old: &Prysm, new: &str, more: &[&str]) -> (i32, String) {
    let (a, b, token) = (folder.at("a"), folder.at("b"), folder.file("token", TOKEN));
    let line = ["deliver", "keymanager", &a, &b, "--url", new, "--token-file", &token];
    let from = ["--from", &old.url, "--from-token-file", &token];
    on("mock-ledger").said(&[&line[..], &from, more].concat())
}

/// Prysm says `null` of keys that came over this API, until it is restarted. The copies hold the
/// history that it got with them, and what it signed since is not in that.
#[test]
fn an_older_history_does_not_stand_in_for_one_that_the_client_does_not_give() {
    let folder = ledger().copies();
    let keys = pubkeys();
    let old = Prysm::new(&[]);
    let records: Vec<_> = keys.iter().map(|key| record(key, epoch_now() - 500)).collect();
    let history = folder.file("h.json", interchange(&records).to_string());
    deliver_to(&folder, &old.url, &format!("--not-running --history {history}")).code(0);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let new = ValidatorClient::new();
    // The same command again removes one more key, and delivers none.
    for left in [2, 1] {
        let (code, text) = moved_in_words(&folder, &old, &new.url, &[]);
        assert_eq!(code, 1, "{text}");
        assert_eq!((old.keys().len(), new.keys().len()), (left, 0), "{text}");
        assert!(text.contains("--history-lost after the wait"), "{text}");
        assert!(text.contains("before you run the command again"), "{text}");
        assert!(!text.contains("refused"), "{text}");
    }
    // What the client says after all counts.
    old.inside().speaks = true;
    moved(&folder, &old, &new.url, "").code(0);
    assert_eq!((old.keys().len(), new.keys().len()), (0, 3));
}

/// Prysm refuses a gas limit while it uses no builder, and has the same one already.
#[test]
fn settings_go_along_one_by_one_and_only_where_they_differ() {
    let folder = ledger().copies();
    let keys = pubkeys();
    let (old, new) = (Prysm::new(&keys), Prysm::new(&[]));
    old.inside().speaks = true;
    for setting in ["feerecipient", "graffiti"] {
        old.inside().settings.insert((setting.to_owned(), keys[0].clone()), Value::Null);
    }
    let delivered = moved(&folder, &old, &new.url, "--take-settings").code(0);
    assert_eq!(delivered.json["from"]["settings_taken"], true);
    let set = new.inside().settings.clone();
    let of_first = |setting: &str| set[&(setting.to_owned(), keys[0].clone())].clone();
    assert_eq!(of_first("feerecipient")["ethaddress"], FEES);
    assert_eq!(of_first("graffiti")["graffiti"], "hello");
    assert_eq!(set.len(), 2, "{set:?}");
    // Whom the fees go to is not known of keys that the old client lists no more.
    let again = moved(&folder, &old, &new.url, "--take-settings").code(1);
    assert_eq!(again.json["from"]["settings_taken"], Value::Null);
    let (_, text) = moved_in_words(&folder, &old, &new.url, &["--take-settings"]);
    assert!(text.contains("settings NOT TAKEN for 3 keys"), "{text}");
}

/// What a client refuses is named, and the rest is set.
#[test]
fn a_setting_that_is_refused_does_not_keep_the_others_back() {
    let folder = ledger().copies();
    let keys = pubkeys();
    let (old, new) = (Prysm::new(&keys), Prysm::new(&[]));
    old.inside().speaks = true;
    old.inside().gas_limit = Some("36000000");
    for key in &keys {
        for setting in ["feerecipient", "graffiti"] {
            old.inside().settings.insert((setting.to_owned(), key.clone()), Value::Null);
        }
    }
    let told = moved(&folder, &old, &new.url, "--take-settings").code(1);
    assert_eq!(told.json["from"]["settings_taken"], false);
    let refused = told.json["from"]["settings_not_set"].as_array().unwrap();
    assert_eq!(refused.len(), 3, "{refused:?}");
    for row in refused {
        let why = row["message"].as_str().unwrap();
        assert!(why.starts_with("gas limit: ") && why.contains("builder is enabled"), "{why}");
    }
    assert_eq!(new.inside().settings.len(), 6, "fee recipients and graffiti");
}

/// Prysm that runs looks for nobody who signs with keys that it gets, and signs in the next epoch.
#[test]
fn after_a_lost_history_it_is_said_that_the_client_signs_from_now_on() {
    let folder = ledger().copies();
    let new = Prysm::new(&[]);
    let (a, b, token) = (folder.at("a"), folder.at("b"), folder.file("token", TOKEN));
    let line = ["deliver", "keymanager", &a, &b, "--url", &new.url, "--token-file", &token];
    let lost = ["--not-running", "--history-lost"];
    let (code, text) = on("mock-ledger").said(&[&line[..], &lost].concat());
    assert_eq!(code, 0, "{text}");
    assert!(text.contains(&format!("stop {} until that much time has passed", new.url)), "{text}");
    assert_eq!(new.keys().len(), 3);
}
