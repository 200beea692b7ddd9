//! What a client does with keys: it imports them, removes them, and has them signed elsewhere.

use serde_json::{Value, json};

use super::{Inside, Oddity, bound, interchange_of, names};
use crate::cloud::{
    cell::Asked,
    manners::{ErrorMeans, Manners},
    server::Reply,
};

impl Inside {
    pub(super) fn change(&mut self, manners: &Manners, asked: Asked, body: &Value) -> Reply {
        match asked {
            Asked::Import => self.import(manners, body),
            Asked::AddRemote => self.add_remote(body),
            _ => self.delete(manners, body),
        }
    }

    fn import(&mut self, manners: &Manners, body: &Value) -> Reply {
        if let Some(Oddity::Limit(bytes)) = self.oddity
            && body.to_string().len() > bytes
        {
            self.given += 1;
            return (413, "Request Entity Too Large".to_owned());
        }
        let refused = match self.oddity {
            Some(Oddity::OtherChain) => Some("could not import slashing protection: <nil>"),
            Some(Oddity::RemoteWallet) => Some("Keymanager kind cannot import local keys"),
            _ => None,
        };
        if refused.is_some() {
            self.given += 1;
        }
        let history = History::of(body);
        let statuses = sent(body).into_iter().map(|key| {
            if let Some(why) = refused {
                return json!({"status": "error", "message": why});
            }
            let word = match self.oddity {
                _ if self.memory.contains_key(&key) => "duplicate",
                Some(Oddity::LeftOver) if self.left_over.contains(&key) => {
                    self.given += 1;
                    manners.left_over
                }
                _ => "imported",
            };
            if word == "imported" {
                self.take_up(&key, &history);
            }
            status(word, manners.beside[0])
        });
        let statuses: Vec<_> = statuses.collect();
        (200, json!({"data": statuses}).to_string())
    }

    fn take_up(&mut self, key: &str, history: &History) {
        let record = self.learn(key, history);
        self.is_odd(&[Oddity::Later, Oddity::Drops, Oddity::Waits, Oddity::ProtectionOff]);
        self.is_odd(&[Oddity::Minimal]);
        match self.oddity {
            Some(Oddity::Later) => drop(self.later.insert(key.to_owned(), record)),
            Some(Oddity::Drops) => {}
            _ => {
                self.memory.insert(key.to_owned(), record.clone());
                self.disk.insert(key.to_owned(), record);
                // What waited for the same key waits no more.
                self.later.remove(key);
                self.came.insert(key.to_owned());
                if self.is(Oddity::Waits) {
                    self.waiting.insert(key.to_owned());
                }
            }
        }
    }

    /// Takes the history of a key: what it is held to from then on.
    pub(super) fn learn(&mut self, key: &str, history: &History) -> Value {
        let mut given = history.of_key(key);
        if self.is(Oddity::ProtectionOff) {
            return Value::Null;
        }
        if self.is(Oddity::Minimal) {
            let votes = given["signed_attestations"].as_array_mut().into_iter().flatten();
            let votes = votes.filter_map(Value::as_object_mut);
            votes.for_each(|vote| drop(vote.remove("signing_root")));
        }
        let votes = given["signed_attestations"].as_array().cloned().unwrap_or_default();
        let known = self.votes.entry(key.to_owned()).or_default();
        for vote in votes {
            let same = |one: &Value, field: &str| one[field] == vote[field];
            let double = known.iter().any(|one| {
                let twice = same(one, "source_epoch") && same(one, "target_epoch");
                twice && (vote["signing_root"].is_null() || !same(one, "signing_root"))
            });
            if double && self.oddity == Some(Oddity::Bolt) {
                self.doomed.insert(key.to_owned());
            }
            known.push(vote);
        }
        let own = self.gone.get(key).cloned().unwrap_or_default();
        let record = if bound(&given) >= bound(&own) { given } else { own };
        self.gone.insert(key.to_owned(), record.clone());
        record
    }

    fn delete(&mut self, manners: &Manners, body: &Value) -> Reply {
        let keys = names(body, "pubkeys");
        self.is_odd(&[Oddity::TellsAll, Oddity::OtherChain, Oddity::ProtectionOff]);
        self.is_odd(&[Oddity::NullHistory, Oddity::Bolt]);
        let unknown = keys.iter().any(|key| self.came.contains(key)) && self.is(Oddity::Bolt);
        let all: Vec<_> = self.memory.keys().chain(self.gone.keys()).cloned().collect();
        let statuses: Vec<_> = keys.iter().map(|key| self.remove(manners, key)).collect();
        let asked = if self.is(Oddity::TellsAll) { &all } else { &keys };
        let mut history = interchange_of(manners, &self.records(asked));
        let metadata = history["metadata"].as_object_mut().unwrap();
        match self.oddity {
            Some(Oddity::OtherChain) if metadata.contains_key("genesis_validators_root") => {
                let other = format!("0x{}", "4b".repeat(32));
                metadata.insert("genesis_validators_root".to_owned(), other.into());
            }
            Some(Oddity::ProtectionOff) => {
                metadata.remove("genesis_validators_root");
                history["data"] = json!([]);
            }
            _ => {}
        }
        let history = if self.is(Oddity::NullHistory) || unknown {
            "null".to_owned()
        } else {
            history.to_string()
        };
        (200, json!({"data": statuses, "slashing_protection": history}).to_string())
    }

    fn remove(&mut self, manners: &Manners, key: &str) -> Value {
        let beside = manners.beside[1];
        let Some(record) = self.memory.get(key).cloned() else {
            let word = match self.gone.get(key) {
                Some(record) if !record.is_null() => "not_active",
                Some(_) => manners.never_signed,
                None => manners.never_had,
            };
            return status(word, beside);
        };
        if matches!(
            self.oddity,
            Some(Oddity::FilesStay | Oddity::RemovesWithError | Oddity::FilesElsewhere(_))
        ) {
            self.given += 1;
        }
        let error = |why: &str| json!({"status": "error", "message": why});
        let (from_memory, from_disk, said) = match self.oddity {
            Some(Oddity::ReadOnly) => return error("read-only"),
            Some(Oddity::FilesStay) => match manners.error_means {
                ErrorMeans::StillThere => (false, false, error("could not delete a file")),
                ErrorMeans::BackAtTheNextStart => (true, false, error("could not delete a file")),
                ErrorMeans::OffForGood => (true, true, error("could not delete a file")),
            },
            Some(Oddity::RemovesWithError) => (true, true, error("could not export the history")),
            Some(Oddity::FilesElsewhere(word)) => (true, false, status(word, beside)),
            _ => (true, true, status("deleted", beside)),
        };
        self.gone.insert(key.to_owned(), record);
        if from_memory {
            self.memory.remove(key);
        }
        if from_disk {
            self.disk.remove(key);
        }
        said
    }

    fn add_remote(&mut self, body: &Value) -> Reply {
        let rows = body["remote_keys"].as_array().unwrap().iter();
        let statuses: Vec<_> = rows
            .map(|row| {
                let key = row["pubkey"].as_str().unwrap().strip_prefix("0x").unwrap().to_owned();
                if self.memory.contains_key(&key) || self.remote.contains_key(&key) {
                    return json!({"status": "duplicate"});
                }
                self.remote.insert(key, row["url"].as_str().unwrap().to_owned());
                json!({"status": "imported"})
            })
            .collect();
        (200, json!({"data": statuses}).to_string())
    }
}

/// The keys of an import.
pub(super) fn sent(body: &Value) -> Vec<String> {
    let keystores = body["keystores"].as_array().into_iter().flatten();
    let keys = keystores.map(|keystore| {
        let keystore: Value = serde_json::from_str(keystore.as_str().unwrap()).unwrap();
        keystore["pubkey"].as_str().unwrap().to_owned()
    });
    keys.collect()
}

fn status(word: &str, beside: &str) -> Value {
    let mut status: Value = serde_json::from_str(beside).unwrap();
    status["status"] = word.into();
    status
}

/// The history that an import came with.
pub(super) struct History(Value);

impl History {
    pub(super) fn of(body: &Value) -> Self {
        let history = body["slashing_protection"].as_str().unwrap_or("{}");
        Self(serde_json::from_str(history).unwrap())
    }

    fn of_key(&self, key: &str) -> Value {
        let mut records = self.0["data"].as_array().into_iter().flatten();
        records.find(|record| record["pubkey"] == format!("0x{key}")).cloned().unwrap_or_default()
    }
}
