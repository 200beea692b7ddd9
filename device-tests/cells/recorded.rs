//! The answers that were recorded from the code of Teku and of Web3signer, each by its state and its
//! request in `recorded/teku-web3signer.json`.

use serde_json::{Value, json};

use super::{Cell, Of, TEKU, W3S};
use crate::cloud::{
    cell::{
        Answer,
        Asked::{self, *},
        Effect::{self, *},
        recording, recordings,
    },
    client::{Client, Oddity},
    manners::named,
    validator_client::{interchange, record},
};

const TEKU_API: &str = "keys by the API, no doppelganger detection";
const TEKU_FILES: &str = "--validator-keys";
const TEKU_DOPPELGANGERS: &str = "doppelganger detection";
const W3S_API: &str = "keys by the API, slashing protection on";
const W3S_OFF: &str = "slashing protection off";
const W3S_PATHS: &str = "key files with relative paths, and a file-raw key";

const fn of_row(
    of: Of,
    state: &'static str,
    request: &'static str,
    row: usize,
    asked: Asked,
    effect: Effect,
) -> Cell {
    Cell::new(of, request).answers(asked, Answer::Recorded(state, request, row), effect)
}

const fn teku(request: &'static str, asked: Asked, effect: Effect) -> Cell {
    of_row(TEKU, TEKU_API, request, 0, asked, effect)
}

const fn w3s(request: &'static str, asked: Asked, effect: Effect) -> Cell {
    of_row(W3S, W3S_API, request, 0, asked, effect)
}

const fn paths(request: &'static str, row: usize, asked: Asked, effect: Effect) -> Cell {
    of_row(W3S, W3S_PATHS, request, row, asked, effect)
}

pub(super) const RECORDED: [Cell; 67] = [
    teku("list, empty", List, AsAsked),
    teku("list remote", ListRemote, AsAsked),
    teku("import nothing", ImportNothing, AsAsked),
    teku("import, no JSON", Import, Nothing),
    teku("import, count differs", Import, Nothing),
    // What stands before the malformed one is in.
    teku("import, malformed keystore", Import, First),
    teku("import, wrong password", Import, Nothing),
    teku("import", Import, AsAsked),
    teku("import again", Import, AsAsked),
    teku("list, one key", List, AsAsked),
    teku("import, history of another chain", Import, Nothing),
    teku("get feerecipient", Setting("feerecipient"), AsAsked),
    teku("get gas_limit", Setting("gas_limit"), AsAsked),
    teku("get graffiti", Setting("graffiti"), AsAsked),
    teku("set feerecipient", SetSetting("feerecipient"), AsAsked),
    teku("get feerecipient, set", Setting("feerecipient"), AsAsked),
    teku("delete", Delete, AsAsked),
    teku("delete again", DeleteAgain, AsAsked).fails_first(),
    teku("delete unknown", DeleteAgain, AsAsked).fails_first(),
    teku("get feerecipient, deleted", Setting("feerecipient"), AsAsked),
    teku("delete, bad key", Delete, Nothing),
    teku("add remote", AddRemote, Nothing).remote(),
    teku("another host", Anything, Nothing),
    teku("no such path", Anything, Nothing),
    teku("no token", Anything, Nothing),
    teku("wrong token", Anything, Nothing),
    teku("other scheme", Anything, Nothing),
    of_row(TEKU, TEKU_FILES, "list", 0, List, AsAsked).odd(Oddity::ReadOnly),
    of_row(TEKU, TEKU_FILES, "import", 0, Import, AsAsked).odd(Oddity::ReadOnly),
    of_row(TEKU, TEKU_FILES, "delete", 0, Delete, Nothing),
    of_row(TEKU, TEKU_FILES, "list after", 0, List, AsAsked).odd(Oddity::ReadOnly),
    of_row(TEKU, TEKU_DOPPELGANGERS, "import", 0, Import, Later),
    of_row(TEKU, TEKU_DOPPELGANGERS, "list", 0, List, AsAsked).odd(Oddity::Later),
    of_row(TEKU, TEKU_DOPPELGANGERS, "import again", 0, Import, Later).odd(Oddity::Later).after(1),
    w3s("list, empty", List, AsAsked),
    w3s("list remote", ListRemote, AsAsked),
    w3s("import nothing", ImportNothing, AsAsked),
    w3s("import, no JSON", Import, Nothing),
    w3s("import, count differs", Import, Nothing),
    w3s("import, malformed keystore", Import, Nothing),
    w3s("import, wrong password", Import, Nothing),
    w3s("import", Import, AsAsked),
    w3s("import again", Import, AsAsked),
    w3s("list, one key", List, AsAsked),
    w3s("import, history of another chain", Import, Nothing),
    w3s("get feerecipient", Setting("feerecipient"), AsAsked),
    w3s("get gas_limit", Setting("gas_limit"), AsAsked),
    w3s("get graffiti", Setting("graffiti"), AsAsked),
    w3s("set feerecipient", SetSetting("feerecipient"), AsAsked),
    w3s("get feerecipient, set", Setting("feerecipient"), AsAsked),
    w3s("delete", Delete, AsAsked),
    w3s("delete again", DeleteAgain, AsAsked).fails_first(),
    w3s("delete unknown", DeleteAgain, AsAsked).fails_first().fresh(),
    w3s("get feerecipient, deleted", Setting("feerecipient"), AsAsked),
    w3s("delete, bad key", Delete, Nothing),
    w3s("add remote", AddRemote, Nothing).remote(),
    w3s("another host", Anything, Nothing),
    w3s("no such path", Anything, Nothing),
    of_row(W3S, W3S_OFF, "import", 0, Import, AsAsked).odd(Oddity::ProtectionOff),
    of_row(W3S, W3S_OFF, "delete", 0, Delete, AsAsked).odd(Oddity::ProtectionOff),
    paths("list", 1, List, AsAsked),
    paths("delete", 1, Delete, OutOfMemory),
    // The row of the file-raw key: one that this API cannot remove.
    paths("list after", 0, List, AsAsked),
    paths("delete again", 1, DeleteAgain, AsAsked).fails_first(),
    // Its answer is nobody's: it starts the keys again whose files stayed, as `Client::restart` does.
    paths("POST /reload", 0, Anything, Nothing).after(usize::MAX).odd(Oddity::FilesStay),
    paths("list after reload", 1, List, AsAsked).odd(Oddity::FilesStay),
    paths("body of 11 MB", 0, Import, Nothing),
];

/// As ever the stand-in answers what was recorded, but for the key.
#[test]
fn where_nothing_is_out_of_the_ordinary_the_stand_in_answers_as_recorded() {
    let key = "b3e445d43871965d890a398f719348a1405ac72e35b92727cc570026f54471af7ea7b2040622a8fd0b5bfb2a209b5911";
    let unknown = "a99a76ed7796f7be22d5b7e85deeb7c5677e88e511e0b337618f8c4eb61349b4bf2d153f649f7b53359fe8b94a38e44c";
    let keystore = json!({"pubkey": key}).to_string();
    let history = interchange(&[record(key, 140_100)]).to_string();
    let import = json!({
        "keystores": [keystore], "passwords": ["x"], "slashing_protection": history,
    });
    let nothing = json!({"keystores": [], "passwords": []});
    let of = |key: &str| json!({"pubkeys": [format!("0x{key}")]});
    let (list, remote) = ("/eth/v1/keystores", "/eth/v1/remotekeys");
    for (name, state) in [("Teku", TEKU_API), ("Web3signer", W3S_API)] {
        let client = Client::new(named(name), Oddity::Nothing, &[]);
        for (request, method, path, body) in [
            ("list, empty", "GET", list, Value::Null),
            ("list remote", "GET", remote, Value::Null),
            ("import nothing", "POST", list, nothing.clone()),
            ("import", "POST", list, import.clone()),
            ("import again", "POST", list, import.clone()),
            ("list, one key", "GET", list, Value::Null),
            ("delete", "DELETE", list, of(key)),
            ("delete again", "DELETE", list, of(key)),
            ("delete unknown", "DELETE", list, of(unknown)),
        ] {
            let recorded = recording(name, state, request).unwrap();
            let (status, body) = client.ask(method, path, body);
            assert_eq!(u64::from(status), recorded["status"], "{name}: {request}");
            let recorded = recorded["body"].as_str().unwrap();
            assert_eq!(plain(&body), plain(recorded), "{name}: {request}");
        }
    }
}

/// What an answer says, however it is spelled. Teku's block of slot 0 says nothing.
fn plain(body: &str) -> Value {
    let Ok(mut value) = serde_json::from_str::<Value>(body) else { return body.into() };
    if let Some(history) = value["slashing_protection"].as_str() {
        let mut history: Value = serde_json::from_str(history).unwrap();
        for record in history["data"].as_array_mut().unwrap() {
            record["signed_blocks"] = json!([]);
        }
        value["slashing_protection"] = history;
    }
    value
}

#[test]
fn every_recorded_answer_is_a_cell_once() {
    let key = |client: &str, state: &str, request: &str| format!("{client}: {state}: {request}");
    let mut recorded: Vec<_> = recordings()
        .iter()
        .map(|one| {
            let text = |field: &str| one[field].as_str().unwrap().to_owned();
            key(&text("client"), &text("state"), &text("request"))
        })
        .collect();
    let mut cells: Vec<_> = RECORDED
        .iter()
        .map(|cell| match cell.forced.unwrap().answer {
            Answer::Recorded(state, request, _) => {
                key(&cell.of.client.to_lowercase(), state, request)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    recorded.sort();
    cells.sort();
    assert_eq!(recorded, cells);
}
