//! What the other clients answer, and what Web3signer and Teku were seen to do that no recorded answer
//! shows. The number is of the part of the API: 1 the token, 2 the list, 3 an import, 4 a removal, 5
//! remote keys, 6 settings, 7 limits. Left out is what a delivery never sends: a key twice in one
//! request, keystores without passwords, public keys in capitals, a history with a bad record.

use std::sync::OnceLock;

use super::{Cell, LIGHTHOUSE, LIGHTHOUSE_RUN, LODESTAR, NIMBUS, Of, PRYSM, PRYSM_RUN, TEKU, W3S};
use crate::cloud::{
    cell::{
        AS_EVER,
        Answer::{Each, Slow, Whole},
        Asked::*,
        Effect::*,
        History::*,
    },
    client::Oddity,
};

const ERROR: &str = r#"{"status": "error", "message": "could not do it"}"#;
const IMPORTED: &str = r#"{"status": "imported"}"#;
const NOT_ACTIVE: &str = r#"{"status": "not_active"}"#;
const NOT_FOUND: &str = r#"{"status": "not_found"}"#;
const DUPLICATE: &str = r#"{"status": "duplicate"}"#;

const fn cell(of: Of, name: &'static str) -> Cell {
    Cell::new(of, name)
}

const TOKENS: [Cell; 12] = [
    cell(NIMBUS, "1 no header").answers(
        Anything,
        Whole(401, r#"{"message":"Invalid Authorization Header"}"#),
        Nothing,
    ),
    cell(NIMBUS, "1 wrong token").answers(
        Anything,
        Whole(403, r#"{"message":"Invalid Authorization Header"}"#),
        Nothing,
    ),
    cell(NIMBUS, "1 another scheme").answers(
        Anything,
        Whole(401, r#"{"message":"Invalid Authorization Header"}"#),
        Nothing,
    ),
    cell(LIGHTHOUSE, "1 no header").answers(
        Anything,
        Whole(401, r#"{"code":401,"message":"UNAUTHORIZED","stacktraces":[]}"#),
        Nothing,
    ),
    cell(LIGHTHOUSE_RUN, "1 wrong token").answers(
        Anything,
        Whole(
            403,
            r#"{"code":403,"message":"FORBIDDEN: Invalid auth token: Bearer x","stacktraces":[]}"#,
        ),
        Nothing,
    ),
    cell(LIGHTHOUSE, "1 another scheme").answers(
        Anything,
        Whole(403, r#"{"code":403,"message":"FORBIDDEN","stacktraces":[]}"#),
        Nothing,
    ),
    cell(LODESTAR, "1 no header").answers(
        Anything,
        Whole(401, r#"{"error":"missing authorization header"}"#),
        Nothing,
    ),
    cell(LODESTAR, "1 wrong token").answers(
        Anything,
        Whole(401, r#"{"error":"invalid authorization header"}"#),
        Nothing,
    ),
    cell(LODESTAR, "1 another scheme").answers(
        Anything,
        Whole(401, r#"{"error":"invalid authorization header"}"#),
        Nothing,
    ),
    cell(PRYSM, "1 no header").answers(
        Anything,
        Whole(401, r#"{"message":"Unauthorized","code":401}"#),
        Nothing,
    ),
    cell(PRYSM_RUN, "1 wrong token").answers(
        Anything,
        Whole(403, r#"{"message":"Forbidden: token value is invalid","code":403}"#),
        Nothing,
    ),
    cell(PRYSM, "1 another scheme").answers(
        Anything,
        Whole(400, r#"{"message":"Invalid token format","code":400}"#),
        Nothing,
    ),
];

const LISTS: [Cell; 9] = [
    cell(NIMBUS, "2 row").answers(List, AS_EVER, AsAsked),
    cell(LIGHTHOUSE, "2 row").answers(List, AS_EVER, AsAsked),
    cell(LODESTAR, "2 row").answers(List, AS_EVER, AsAsked),
    cell(PRYSM_RUN, "2 row").answers(List, AS_EVER, AsAsked),
    cell(LIGHTHOUSE_RUN, "2 remote keys in it").odd(Oddity::Remote),
    cell(LODESTAR, "2 remote keys in it").odd(Oddity::Remote),
    cell(PRYSM, "2 no wallet").answers(
        Import,
        Whole(503, r#"{"message":"Prysm Wallet not initialized. ..","code":503}"#),
        Nothing,
    ),
    cell(PRYSM_RUN, "2 not ready").answers(
        Anything,
        Whole(500, r#"{"message":"Validator service not ready.","code":500}"#),
        Nothing,
    ),
    cell(W3S, "2 without --key-manager-api-enabled").answers(
        Anything,
        Whole(404, "<html><body><h1>Resource not found</h1></body></html>"),
        Nothing,
    ),
];

const IMPORTS: [Cell; 44] = [
    cell(NIMBUS, "3 taken").answers(Import, AS_EVER, AsAsked),
    cell(LIGHTHOUSE, "3 taken").answers(Import, AS_EVER, AsAsked),
    cell(LODESTAR, "3 taken").answers(Import, AS_EVER, AsAsked),
    cell(PRYSM_RUN, "3 taken").answers(Import, AS_EVER, AsAsked),
    cell(NIMBUS, "3 had it").answers(Import, Each(DUPLICATE, Absent), AsAsked),
    cell(LIGHTHOUSE, "3 had it").answers(Import, Each(DUPLICATE, Absent), AsAsked),
    cell(LODESTAR, "3 had it").answers(Import, Each(DUPLICATE, Absent), AsAsked),
    cell(PRYSM, "3 had it").answers(Import, Each(DUPLICATE, Absent), AsAsked),
    cell(W3S, "3 left-over files").odd(Oddity::LeftOver),
    cell(TEKU, "3 left-over files").odd(Oddity::LeftOver),
    cell(NIMBUS, "3 left-over files").odd(Oddity::LeftOver),
    cell(LIGHTHOUSE_RUN, "3 left-over files").odd(Oddity::LeftOver),
    cell(LODESTAR, "3 left-over files").odd(Oddity::LeftOver),
    cell(NIMBUS, "3 wrong password").answers(Import, Each(ERROR, Absent), Nothing),
    cell(LIGHTHOUSE, "3 wrong password").answers(Import, Each(ERROR, Absent), Nothing),
    cell(LODESTAR, "3 wrong password").answers(Import, Each(ERROR, Absent), Nothing),
    cell(PRYSM, "3 wrong password").answers(Import, Each(ERROR, Absent), Nothing),
    cell(NIMBUS, "3 malformed").answers(
        Import,
        Whole(400, r#"{"message":"Invalid keystore objects found"}"#),
        Nothing,
    ),
    cell(LIGHTHOUSE, "3 malformed").answers(Import, Whole(400, r#"{"code":400}"#), Nothing),
    cell(LODESTAR, "3 malformed").answers(Import, Each(ERROR, Absent), Nothing),
    cell(PRYSM, "3 malformed").answers(Import, Each(ERROR, Absent), Nothing),
    // It takes the key that the keystore holds, and lists that one.
    cell(NIMBUS, "3 names another key").answers(Import, Each(IMPORTED, Absent), Nothing),
    cell(PRYSM, "3 nothing").answers(ImportNothing, AS_EVER, AsAsked),
    cell(NIMBUS, "3 nothing").answers(ImportNothing, AS_EVER, AsAsked),
    cell(LIGHTHOUSE, "3 nothing").answers(ImportNothing, AS_EVER, AsAsked),
    cell(LODESTAR, "3 nothing").answers(ImportNothing, AS_EVER, AsAsked),
    cell(NIMBUS, "3 no JSON").answers(Import, Whole(400, ""), Nothing),
    cell(NIMBUS, "3 no body").answers(
        Import,
        Whole(404, r#"{"message":"Empty request body"}"#),
        Nothing,
    ),
    cell(NIMBUS, "3 another chain").answers(
        Import,
        Whole(
            400,
            r#"{"message":"The slashing protection database and imported file refer to different blockchains."}"#,
        ),
        Nothing,
    ),
    cell(LIGHTHOUSE_RUN, "3 another chain").odd(Oddity::OtherChain),
    cell(LODESTAR, "3 another chain").answers(
        Import,
        Whole(500, r#"{"code":500,"message":"INTERCHANGE_ERROR_GENESIS_VALIDATOR_MISMATCH"}"#),
        Nothing,
    ),
    cell(PRYSM_RUN, "3 another chain").odd(Oddity::OtherChain),
    cell(PRYSM, "3 bad history").answers(Import, Each(ERROR, Absent), Nothing),
    cell(W3S, "3 slashing protection off").odd(Oddity::ProtectionOff),
    cell(TEKU, "3 looks for doppelgangers").odd(Oddity::Later),
    cell(TEKU, "3 finds a doppelganger").odd(Oddity::Drops),
    cell(NIMBUS, "3 lists, and waits").odd(Oddity::Waits),
    cell(LIGHTHOUSE_RUN, "3 lists, and waits").odd(Oddity::Waits),
    cell(LODESTAR, "3 lists, and waits").odd(Oddity::Waits),
    cell(PRYSM, "3 lists, and waits").odd(Oddity::Waits),
    cell(PRYSM_RUN, "3 a remote signer's wallet").odd(Oddity::RemoteWallet),
    cell(PRYSM_RUN, "3 bolt: a vote twice stops the key").odd(Oddity::Bolt),
    cell(PRYSM_RUN, "3 minimal: no signing roots").odd(Oddity::Minimal),
    // The history is taken before the wallet turns out not to be usable.
    cell(PRYSM_RUN, "3 bolt: the history, and then 500")
        .odd(Oddity::Bolt)
        .answers(Import, Whole(500, r#"{"message":"no wallet","code":500}"#), HistoryAlone),
];

const REMOVALS: [Cell; 42] = [
    cell(NIMBUS, "4 removed").answers(Delete, AS_EVER, AsAsked),
    cell(LIGHTHOUSE, "4 removed").answers(Delete, AS_EVER, AsAsked),
    cell(LODESTAR, "4 removed").answers(Delete, AS_EVER, AsAsked),
    cell(PRYSM_RUN, "4 removed").answers(Delete, AS_EVER, AsAsked),
    cell(NIMBUS, "4 again").answers(DeleteAgain, AS_EVER, AsAsked).fails_first(),
    cell(LIGHTHOUSE, "4 again").answers(DeleteAgain, AS_EVER, AsAsked).fails_first(),
    cell(LODESTAR, "4 again").answers(DeleteAgain, AS_EVER, AsAsked).fails_first(),
    cell(PRYSM, "4 again").answers(DeleteAgain, AS_EVER, AsAsked).fails_first(),
    cell(TEKU, "4 again, never signed")
        .answers(DeleteAgain, AS_EVER, AsAsked)
        .fails_first()
        .fresh(),
    cell(NIMBUS, "4 again, never signed")
        .answers(DeleteAgain, AS_EVER, AsAsked)
        .fails_first()
        .fresh(),
    cell(LIGHTHOUSE, "4 again, never signed")
        .answers(DeleteAgain, AS_EVER, AsAsked)
        .fails_first()
        .fresh(),
    cell(LODESTAR, "4 again, never signed")
        .answers(DeleteAgain, Each(NOT_ACTIVE, EmptyRecords), AsAsked)
        .fails_first()
        .fresh(),
    cell(PRYSM, "4 again, never signed")
        .answers(DeleteAgain, AS_EVER, AsAsked)
        .fails_first()
        .fresh(),
    cell(W3S, "4 read-only").odd(Oddity::ReadOnly),
    cell(TEKU, "4 read-only").odd(Oddity::ReadOnly),
    cell(LIGHTHOUSE, "4 read-only").odd(Oddity::ReadOnly),
    cell(NIMBUS, "4 of another source").answers(Delete, Each(NOT_FOUND, Own), Nothing),
    cell(LIGHTHOUSE, "4 of another source").answers(Delete, Each(ERROR, Own), Nothing),
    cell(LODESTAR, "4 of another source").answers(Delete, Each(NOT_ACTIVE, Own), Nothing),
    cell(PRYSM, "4 of another source").answers(Delete, Each(ERROR, EmptyRoot), Nothing),
    cell(W3S, "4 error").odd(Oddity::FilesStay),
    cell(TEKU, "4 error").odd(Oddity::FilesStay),
    cell(NIMBUS, "4 error").odd(Oddity::FilesStay),
    cell(LIGHTHOUSE, "4 error").odd(Oddity::FilesStay),
    cell(LODESTAR, "4 error").odd(Oddity::FilesStay),
    cell(PRYSM, "4 error").odd(Oddity::FilesStay),
    cell(PRYSM, "4 error: the history could not be exported").answers(
        Delete,
        Each(ERROR, EmptyRoot),
        AsAsked,
    ),
    cell(LIGHTHOUSE_RUN, "4 error: a password file stays").odd(Oddity::RemovesWithError),
    cell(LIGHTHOUSE_RUN, "4 error: the definitions stay").answers(
        Delete,
        Each(ERROR, Own),
        OutOfMemory,
    ),
    cell(NIMBUS, "4 files elsewhere, not_found").odd(Oddity::FilesElsewhere("not_found")),
    cell(NIMBUS, "4 files elsewhere, not_active").odd(Oddity::FilesElsewhere("not_active")),
    cell(NIMBUS, "4 bad key").answers(Delete, Whole(400, ""), Nothing),
    cell(LODESTAR, "4 bad key").answers(Delete, Whole(500, ""), First),
    cell(LIGHTHOUSE, "4 500 after the removal").answers(
        Delete,
        Whole(500, r#"{"code":500,"message":"INTERNAL_SERVER_ERROR: error exporting"}"#),
        AsAsked,
    ),
    cell(LODESTAR, "4 500 after the removal").answers(Delete, Whole(500, ""), AsAsked),
    cell(W3S, "4 no root while its database is empty")
        .answers(Delete, Each(r#"{"status": "deleted", "message": ""}"#, Rootless), AsAsked)
        .fresh(),
    cell(TEKU, "4 no root for keys that never signed").answers(Delete, AS_EVER, AsAsked).fresh(),
    cell(LODESTAR, "4 empty records")
        .answers(Delete, Each(r#"{"status": "deleted"}"#, EmptyRecords), AsAsked)
        .fresh(),
    cell(PRYSM_RUN, "4 the history of all keys").odd(Oddity::TellsAll),
    cell(PRYSM_RUN, "4 null for a history").odd(Oddity::NullHistory),
    cell(PRYSM, "4 an empty root").answers(
        Delete,
        Each(r#"{"status": "deleted", "message": ""}"#, EmptyRoot),
        AsAsked,
    ),
    cell(PRYSM_RUN, "4 another chain").odd(Oddity::OtherChain),
];

const OTHERS: [Cell; 19] = [
    cell(NIMBUS, "5 taken").answers(AddRemote, AS_EVER, AsAsked).remote(),
    cell(LIGHTHOUSE, "5 a local key").answers(AddRemote, Each(ERROR, Absent), Nothing).remote(),
    cell(LIGHTHOUSE, "5 another signer").odd(Oddity::Remote).remote(),
    cell(LODESTAR, "5 duplicate").answers(AddRemote, Each(DUPLICATE, Absent), Nothing).remote(),
    cell(PRYSM, "5 a local wallet").answers(AddRemote, Whole(500, ""), Nothing).remote(),
    cell(PRYSM_RUN, "5 its own signer")
        .answers(AddRemote, Each(IMPORTED, Absent), OtherSigner)
        .remote(),
    cell(TEKU, "5 remote at the source").odd(Oddity::Remote),
    cell(TEKU, "5 local and remote at the source").odd(Oddity::RemoteToo),
    cell(PRYSM, "6 no fee recipient").answers(
        Setting("feerecipient"),
        Whole(400, r#"{"message":"No fee recipient set","code":400}"#),
        Nothing,
    ),
    cell(NIMBUS, "6 500").answers(Setting("feerecipient"), Whole(500, ""), Nothing),
    cell(LODESTAR, "6 no graffiti").answers(Setting("graffiti"), Whole(404, ""), Nothing),
    cell(LODESTAR, "6 a proposer file rules").answers(
        SetSetting("feerecipient"),
        Whole(500, ""),
        Nothing,
    ),
    cell(NIMBUS, "6 not set").answers(SetSetting("feerecipient"), Whole(500, ""), Nothing),
    cell(PRYSM, "6 set").answers(SetSetting("feerecipient"), Whole(200, ""), Nothing),
    cell(LIGHTHOUSE, "6 set").answers(SetSetting("feerecipient"), Whole(202, ""), Nothing),
    cell(W3S, "7 10 MiB").odd(Oddity::Limit(100)),
    cell(TEKU, "7 20,000,000 characters").answers(Import, Whole(400, ""), Nothing),
    cell(W3S, "7 a silent connection is dropped").answers(Import, Slow(1300), AsAsked),
    cell(NIMBUS, "7 waits while a key is derived").answers(Delete, Slow(1300), AsAsked),
];

pub(super) fn told() -> &'static [Cell] {
    static ALL: OnceLock<Vec<Cell>> = OnceLock::new();
    ALL.get_or_init(|| {
        TOKENS
            .iter()
            .chain(&LISTS)
            .chain(&IMPORTS)
            .chain(&REMOVALS)
            .chain(&OTHERS)
            .copied()
            .collect()
    })
}
