//! What a delivery says of the habits of clients: the way on that helps, and what did not go along.

use serde_json::{Value, json};

use super::{
    deliver::{NEVER, deliver, line, pubkeys, said},
    deliver_from::{epoch_now, from},
    fixture::{Folder, ledger},
    run::{Ran, on},
};
use crate::cloud::{
    server::{Reply, Request, serve},
    validator_client::{Fault, TOKEN, ValidatorClient, interchange, record},
};

/// What a person sees, and the exit code.
fn shown(line: &str) -> (i32, String) {
    on("mock-ledger").said(&line.split_whitespace().collect::<Vec<_>>())
}

fn hint(ran: &Ran) -> &str {
    ran.json["error"]["hint"].as_str().unwrap_or_default()
}

/// A client without keys, whose answers about remote keys are these.
fn remote(mut answer: impl FnMut(&Request) -> Reply + Send + 'static) -> String {
    serve(move |request| match request.path.as_str() {
        "/eth/v1/remotekeys" => answer(&request),
        _ => (200, json!({"data": []}).to_string()),
    })
}

fn tell(folder: &Folder, url: &str) -> String {
    let (copies, token) = (folder.both(), folder.file("token", TOKEN));
    format!(
        "deliver remote-keys {copies} --url {url} --token-file {token} --not-running \
         --signer-url https://signer.example:9000"
    )
}

/// Prysm takes the signer's URL from its own option alone.
#[test]
fn a_client_that_asks_another_signer_than_it_was_told_of_is_said_to() {
    let folder = ledger().copies();
    let mut there = Vec::new();
    let url = remote(move |request| {
        let rows = request.body["remote_keys"].as_array().cloned().unwrap_or_default();
        let other = |row: &Value| json!({"pubkey": row["pubkey"], "url": "http://127.0.0.1:19000"});
        there.extend(rows.iter().map(other));
        let imported = vec![json!({"status": "imported"}); rows.len()];
        let data = if request.method == "GET" { there.clone() } else { imported };
        (200, json!({ "data": data }).to_string())
    });
    let told = on("mock-ledger").run(&tell(&folder, &url)).code(1);
    assert_eq!(said(&told, "status"), ["error"; 3]);
    let why = told.list("keys")[0]["message"].as_str().unwrap();
    assert!(
        why.contains("the client signs with http://127.0.0.1:19000, not with the given signer"),
        "{why}"
    );
    assert!(told.json["note"].is_null(), "{}", told.json["note"]);
}

/// A local wallet of Prysm, and a Teku without the option.
#[test]
fn a_client_that_takes_no_remote_keys_leads_to_its_options() {
    for answer in [
        (500, json!({"message": "Prysm Wallet is not of type Web3Signer", "code": 500})),
        (
            200,
            json!({"data": [
                {"status": "error", "message": "Not able to add validator"},
                {"status": "error", "message": "Not able to add validator"},
                {"status": "error", "message": "Not able to add validator"},
            ]}),
        ),
    ] {
        let folder = ledger().copies();
        let url = remote(move |request| match request.method.as_str() {
            "GET" => (200, json!({"data": []}).to_string()),
            _ => (answer.0, answer.1.to_string()),
        });
        let (code, text) = shown(&tell(&folder, &url));
        assert_eq!(code, 1, "{text}");
        assert!(text.contains("--validators-external-signer-url"), "{text}");
        assert!(!text.contains("keys that are there are left unchanged"), "{text}");
    }
}

#[test]
fn a_remote_key_whose_signer_is_not_named_is_one_all_the_same() {
    let folder = ledger().copies();
    let row = json!({"pubkey": format!("0x{}", pubkeys()[1])});
    let url = remote(move |_| (200, json!({ "data": [row] }).to_string()));
    let (copies, token) = (folder.both(), folder.file("token", TOKEN));
    let to = format!("deliver keymanager {copies} --url {url} --token-file {token} {NEVER}");
    let plan = on("mock-ledger").run(&to);
    assert!(plan.stderr.contains("2 of 3 keys"), "{}", plan.stderr);
    let why = plan.list("keys")[1]["message"].as_str().unwrap();
    assert!(why.contains("a signer that it does not name"), "{why}");
}

const FEES: &str = "0x00000000219ab540356cbb839cbe05303d7705fa";

fn fees(client: &ValidatorClient) -> Vec<Value> {
    let inside = client.inside();
    let paths = pubkeys().into_iter().map(|key| format!("/eth/v1/validator/0x{key}/feerecipient"));
    paths.filter_map(|path| inside.settings.get(&path).cloned()).collect()
}

#[test]
fn where_fees_go_is_shown_in_full_and_goes_along_only_if_somebody_says_so() {
    for taken in [false, true] {
        let folder = ledger().copies();
        let old = ValidatorClient::running(&pubkeys(), epoch_now());
        for key in pubkeys() {
            let path = |what: &str| format!("/eth/v1/validator/0x{key}/{what}");
            let mut inside = old.inside();
            inside.settings.insert(path("feerecipient"), json!({ "ethaddress": FEES }));
            inside.settings.insert(path("gas_limit"), json!({"gas_limit": "45000000"}));
        }
        let new = ValidatorClient::new();
        let moved = from(&folder, &old, &new, if taken { "--take-settings" } else { "" }).code(0);
        let plan = format!("fee recipient {FEES}, gas limit 45000000 (3 keys");
        assert!(moved.stderr.contains(&plan), "{}", moved.stderr);
        assert_eq!(moved.json["from"]["settings"][0]["fee_recipient"], FEES);
        let expected = if taken { json!(true) } else { Value::Null };
        assert_eq!(moved.json["from"]["settings_taken"], expected);
        assert_eq!(fees(&new).len(), if taken { 3 } else { 0 });
        assert!(fees(&new).iter().all(|fee| fee["ethaddress"] == FEES), "{:?}", fees(&new));
        assert_eq!(moved.stderr.contains("do NOT go along"), !taken);
    }
}

fn history(folder: &Folder, epoch: u64) -> String {
    let records: Vec<_> = pubkeys().iter().map(|key| record(key, epoch)).collect();
    folder.file("history.json", interchange(&records).to_string())
}

#[test]
fn a_history_that_went_nowhere_is_said_to() {
    let folder = ledger().copies();
    let client = ValidatorClient::running(&pubkeys(), 1000);
    let more = format!("--not-running --no-note --history {}", history(&folder, 1000));
    let (code, text) = shown(&line(&folder, &client, &more));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("the given history was NOT sent"), "{text}");
    assert!(client.inside().histories.is_empty());
}

/// Prysm with its ordinary database stops using the key.
#[test]
fn votes_without_a_root_are_not_sent_twice_without_a_warning() {
    let folder = ledger().copies();
    let client = ValidatorClient::new().failing(0, Fault::Status(500));
    let more = format!("--not-running --history {}", history(&folder, 1000));
    let first = deliver(&folder, &client, &more).code(1);
    let warning = "may have received this history before";
    assert!(!first.stderr.contains(warning), "{}", first.stderr);
    let again = deliver(&folder, &client.restarted(), &more).code(0);
    assert!(again.stderr.contains(warning), "{}", again.stderr);
}

#[test]
fn after_a_lost_history_a_client_that_runs_gets_the_keys_only_after_the_wait() {
    let folder = ledger().copies();
    let (first, second) = (ValidatorClient::new(), ValidatorClient::new());
    deliver(&folder, &first, NEVER).code(0);
    first.inside().keys.clear();
    let more = format!("--not-running --history-lost --off {}", first.url);
    let refused = deliver(&folder, &second, &more).error(3, "input");
    assert!(refused.message().contains("would sign with them at once"), "{}", refused.message());
    assert!(hint(&refused).contains("wait"), "{}", hint(&refused));
    assert!(!refused.prompted() && second.keys().is_empty(), "{}", refused.stderr);
}

#[test]
fn a_request_that_is_too_long_leads_to_smaller_ones() {
    let folder = ledger().copies();
    let client = ValidatorClient::new().failing(0, Fault::Status(413));
    let (code, text) = shown(&line(&folder, &client, &format!("{NEVER} --no-note")));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("with a smaller --batch-size"), "{text}");
    assert!(!text.contains("Run the same command again: keys that are there"), "{text}");
}

#[test]
fn what_stands_in_the_way_of_a_request_is_named() {
    let folder = ledger().copies();
    for (status, body, said) in [
        (403, json!({"message": "Host not authorized."}), "its list of allowed hosts"),
        (404, json!({}), "is it enabled in the client"),
        (401, json!({"message": "Unauthorized"}), "token"),
    ] {
        let body = body.to_string();
        let url = serve(move |_| (status, body.clone()));
        let (copies, token) = (folder.both(), folder.file("token", TOKEN));
        let to = format!("deliver keymanager {copies} --url {url} --token-file {token} {NEVER}");
        let refused = on("mock-ledger").run(&to).code(4);
        assert!(hint(&refused).contains(said), "{status}: {}", hint(&refused));
        assert!(!refused.prompted(), "{status}");
    }
    let client = ValidatorClient::new();
    for (token, said) in [("", "Web3signer needs none"), ("seed\ntoken", "the second line")] {
        let token = folder.file("bad-token", token);
        let line = line(&folder, &client, NEVER).replace(&folder.at("token"), &token);
        let refused = on("mock-ledger").run(&line).error(3, "input");
        assert!(hint(&refused).contains(said), "{}", hint(&refused));
    }
}

/// It refuses a history of another network, and its words name no reason.
#[test]
fn keys_that_run_nowhere_are_counted_and_the_way_back_is_named() {
    let folder = ledger().copies();
    let old = ValidatorClient::running(&pubkeys(), epoch_now());
    let new = ValidatorClient::new().failing(0, Fault::RefusesFirst);
    let token = folder.file("old-token", TOKEN);
    let more = format!("--from {} --from-token-file {token} --no-note", old.url);
    let (code, text) = shown(&line(&folder, &new, &more));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("1 of the keys run NOWHERE now"), "{text}");
    assert!(text.contains("most often on another network"), "{text}");
    let back = format!("--url {} --not-running --off {}", old.url, new.url);
    assert!(text.contains(&back), "{back}: {text}");
    assert_eq!((old.keys().len(), new.keys().len()), (2, 0));
}
