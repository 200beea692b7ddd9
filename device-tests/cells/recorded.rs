//! The answers that were recorded from the code of Teku and of Web3signer, each by its state and its
//! request in `recorded/teku-web3signer.json`.

use super::{Cell, Of, TEKU, W3S};
use crate::cloud::{
    cell::{
        Answer,
        Asked::{self, *},
        Effect::{self, *},
        recordings,
    },
    standin::Oddity,
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
