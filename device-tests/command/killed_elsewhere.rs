//! The command is killed before and after each request of a delivery to Vault, and of a registration of
//! remote keys. The record of both copies says then where each key may be.

use std::{
    collections::BTreeMap,
    process::Stdio,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::{
    deliver::pubkeys,
    fixture::{Folder, ledger},
    run::on,
};
use crate::cloud::{
    server::{Reply, Request, serve},
    validator_client::TOKEN,
    vault_server,
};

/// Kills a process at one moment of many: before and after each request that a server answers.
#[derive(Clone, Default)]
struct Killer {
    pid: Arc<OnceLock<Pid>>,
    moment: Arc<AtomicUsize>,
    fatal: Arc<Mutex<Option<usize>>>,
}

impl Killer {
    fn pass(&self) {
        let moment = self.moment.fetch_add(1, Ordering::SeqCst);
        if *self.fatal.lock().unwrap() == Some(moment) {
            kill_process(*self.pid.wait(), Signal::KILL).unwrap();
        }
    }

    /// Serves what `answer` answers, until this kills who asks.
    fn serve(&self, mut answer: impl FnMut(&Request) -> Reply + Send + 'static) -> String {
        let killer = self.clone();
        serve(move |request| {
            killer.pass();
            let reply = answer(&request);
            killer.pass();
            reply
        })
    }

    /// Runs the command, and kills it at the `fatal`-th moment. Says whether it came to that.
    fn run(&self, line: &str, fatal: usize) -> bool {
        *self.fatal.lock().unwrap() = Some(fatal);
        let mut command = on("mock-ledger").command(&line.split_whitespace().collect::<Vec<_>>());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        self.pid.set(Pid::from_child(&child)).unwrap();
        let output = child.wait_with_output().unwrap();
        *self.fatal.lock().unwrap() = None;
        output.status.code().is_none()
    }
}

/// Whether the record of a copy speaks of a key.
fn knows(folder: &Folder, copy: &str, key: &str) -> bool {
    let mut entries = folder.entries(copy).into_iter();
    entries.any(|entry| std::fs::read_to_string(entry).unwrap().contains(key))
}

/// Kills a delivery at every moment. `new`: a place with nothing in it, as its server's URL and what
/// tells which keys are there. `line`: the command.
fn survive(
    new: impl Fn(&Killer) -> (String, Box<dyn Fn() -> Vec<String>>),
    line: impl Fn(&Folder, &str) -> String,
) -> usize {
    let (mut moments, mut kinds) = (0, Vec::new());
    for fatal in 0.. {
        let (folder, killer) = (ledger().copies(), Killer::default());
        let (url, there) = new(&killer);
        let line = line(&folder, &url);
        let was_killed = killer.run(&line, fatal);
        for key in there() {
            for copy in ["a", "b"] {
                let known = knows(&folder, copy, &key);
                assert!(known, "moment {fatal}: copy {copy} does not know of {key}");
            }
        }
        if !was_killed {
            assert_eq!(there().len(), 3);
            break;
        }
        moments += 1;
        let kind = (there().len(), folder.entries("a").len(), folder.entries("b").len());
        if kinds.contains(&kind) {
            continue;
        }
        kinds.push(kind);
        let (copies, to) = (folder.both(), folder.at("restored"));
        let restore = format!("backup restore {copies} --to {to} --layout plain --never-attested");
        if kind.1 + kind.2 > 0 {
            let stopped = on("mock-ledger").run(&restore).error(3, "input");
            assert!(!stopped.prompted(), "moment {fatal}: {}", stopped.stderr);
        }
        let finished = on("mock-ledger").run(&line).code(0);
        assert_eq!(there().len(), 3, "moment {fatal}: {}", finished.json);
    }
    println!("killed at {moments} moments, {} kinds of state", kinds.len());
    assert!(kinds.len() > 2, "{kinds:?}");
    moments
}

#[test]
fn a_delivery_to_vault_is_recorded_before_a_key_is_there() {
    let new = |killer: &Killer| {
        let secrets = vault_server::Secrets::default();
        let held = secrets.clone();
        let url =
            killer.serve(move |request| vault_server::answer(request, &mut held.lock().unwrap()));
        let there = move || {
            let secrets = secrets.lock().unwrap();
            let names = secrets.keys().filter_map(|path| path.strip_prefix("kv2/data/v/"));
            names.map(str::to_owned).collect()
        };
        (url, Box::new(there) as Box<dyn Fn() -> Vec<String>>)
    };
    let moments = survive(new, |folder, url| {
        let (copies, token) = (folder.both(), folder.file("token", "hvs.token"));
        format!(
            "deliver vault {copies} --vault-addr {url} --token-file {token} --kv 2 --mount kv2 \
             --path v --no-note"
        )
    });
    assert!(moments > 10, "{moments}");
}

#[test]
fn remote_keys_are_recorded_before_they_are_registered() {
    let new = |killer: &Killer| {
        let remote = Arc::<Mutex<BTreeMap<String, Value>>>::default();
        let held = remote.clone();
        let url = killer.serve(move |request| answer(request, &mut held.lock().unwrap()));
        let there = move || remote.lock().unwrap().keys().cloned().collect();
        (url, Box::new(there) as Box<dyn Fn() -> Vec<String>>)
    };
    let moments = survive(new, |folder, url| {
        let (copies, token) = (folder.both(), folder.file("token", TOKEN));
        format!(
            "deliver remote-keys {copies} --url {url} --token-file {token} --not-running --no-note \
             --signer-url https://signer.example --batch-size 1"
        )
    });
    assert!(moments > 10, "{moments}");
}

/// A client that has remote keys alone.
fn answer(request: &Request, remote: &mut BTreeMap<String, Value>) -> Reply {
    let data = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/eth/v1/keystores") => Vec::new(),
        ("GET", "/eth/v1/remotekeys") => remote.values().cloned().collect(),
        ("POST", "/eth/v1/remotekeys") => {
            let rows = request.body["remote_keys"].as_array().unwrap().iter();
            let take = |row: &Value| {
                let key = row["pubkey"].as_str().unwrap().strip_prefix("0x").unwrap();
                assert!(pubkeys().iter().any(|own| own == key));
                remote.insert(key.to_owned(), row.clone());
                json!({"status": "imported"})
            };
            rows.map(take).collect()
        }
        _ => return (404, String::new()),
    };
    (200, json!({ "data": data }).to_string())
}
