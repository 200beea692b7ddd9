//! An example of each command's document, recorded on a simulated wallet.

use std::fs;

use serde_json::Value;

use super::{
    file,
    normal::normal,
    require_same,
    schema::{check, reference},
};
use crate::command::{
    fixture::{Folder, imported, ledger, vector},
    run::{Ran, Stockade, WORDS, alone, on},
};

/// Where the examples are.
pub(super) const FOLDER: &str = "device-tests/golden/json";

/// Commands whose documents depend on the computer, or that run until they are stopped: their examples
/// are written by hand.
const BY_HAND: [&str; 6] =
    ["completions", "copy list", "device list", "man", "mock ledger", "mock trezor"];

/// Commands of one word.
const ONE_WORD: [&str; 5] = ["address", "setup", "status", "report", "guide"];

/// Commands without an example: they need a server, and this build has none.
const NOT_IN_THIS_BUILD: &str = if cfg!(feature = "cloud") { "-" } else { "deliver store" };

const ADDRESS: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";
const CHECK_ADDRESS: &str = "0x5C81Eade04A009301586bF5421F18F3EB5C52df4";

/// The file with the example of a command.
pub(super) fn path(command: &str) -> String {
    format!("{FOLDER}/{}.json", command.replace(' ', "-"))
}

/// The example of a command.
pub(super) fn example(command: &str) -> Option<String> {
    fs::read_to_string(file(&path(command))).ok()
}

/// Runs a command line, and compares its document with the example of the command.
fn record(who: &Stockade, folder: &Folder, line: &str, code: i32) -> Ran {
    let ran = who.run(line).code(code);
    let words: Vec<_> = line.split_whitespace().collect();
    let length = if ONE_WORD.contains(&words[0]) { 1 } else { 2 };
    let command = words[..length].join(" ");
    let root = folder.at("a");
    let root = root.strip_suffix("/a").unwrap();
    let document = format!("{:#}\n", normal(&ran.json, root));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        require_same(&path(&command), &document);
    }
    let kept = example(&command).unwrap_or_else(|| panic!("{command} has no example"));
    let shape_of = |text: &str| shape(&serde_json::from_str(text).unwrap());
    assert_eq!(shape_of(&document), shape_of(&kept), "{command}: run with UPDATE_SNAPSHOTS=1");
    ran
}

/// The fields of a document with their types. Ids, keys and texts differ from run to run.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            // Whether a file system is known depends on the computer.
            let known = fields.iter().filter(|(name, _)| *name != "mount");
            Value::Object(known.map(|(name, inner)| (name.clone(), shape(inner))).collect())
        }
        Value::Array(list) => list.first().map(shape).into_iter().collect(),
        Value::String(_) => "text".into(),
        Value::Number(_) => 0.into(),
        other => other.clone(),
    }
}

fn pubkey(made: &Value, index: usize) -> &str {
    made["keys"][index]["pubkey"].as_str().unwrap()
}

#[test]
fn examples_of_wallets_and_their_keys() {
    let (folder, wallet) = (Folder::new(), on("mock-ledger"));
    let record = |line: &str, code| record(&wallet, &folder, line, code);
    record("device info", 0);
    record("address", 0);
    let own = folder.at("own.json");
    record(&format!("custodian enroll --name own --out {own}"), 0);
    record(&format!("custodian show {own}"), 0);
    record("validator pubkey --index 0..1", 0);
    record(&format!("validator create --network hoodi --count 1 --copy {}", folder.both()), 0);
    record(&format!("validator check {}", folder.at("a")), 0);
    let validator = format!("--validator {}", pubkey(&ledger().json, 0));
    let numbers = "--network hoodi --nonce 7 --fee-wei 3 --max-fee-gwei 30";
    record(&format!("tx exit {validator} --coins 1.5 {numbers}"), 0);
    let other = pubkey(&ledger().json, 1);
    let from = validator.replace("--validator", "--from");
    record(&format!("tx consolidate {from} --to {other} {numbers}"), 0);
    record(&format!("tx compound {validator} {numbers}"), 0);
}

#[test]
fn examples_of_a_profile() {
    let folder = ledger().copies();
    let who = alone()
        .with("XDG_CONFIG_HOME", folder.at("config"))
        .with("XDG_STATE_HOME", folder.at("state"));
    let record = |line: &str, code| record(&who, &folder, line, code);
    let signers = format!("--signer {CHECK_ADDRESS} --signer {ADDRESS}");
    record(&format!("setup --copy {} {signers} --network hoodi", folder.both()), 0);
    record("config set layout teku", 0);
    record("config show", 0);
    on("mock-ledger").run(&format!("attest create --check drill --copy {}", folder.both())).code(0);
    record("status", 1);
    record(&format!("report --html {}", folder.at("report.html")), 0);
}

#[test]
fn examples_of_codes_and_paper() {
    let folder = ledger().copies();
    let record = |line: &str, code| record(&alone(), &folder, line, code);
    let (codes, sheet) = (folder.at("code.png"), folder.at("sheet.html"));
    let change = vector("deposits/bls_to_execution_change-hoodi.json");
    record(&format!("qr show {change} --format png --out {codes}"), 0);
    record(&format!("qr read {codes} --out {}", folder.at("change.json")), 0);
    record(&format!("paper set {} --out {sheet}", folder.both()), 0);
    let page = fs::read_to_string(&sheet).unwrap();
    let lines = page.split_once("<pre class=\"lines\">").unwrap().1;
    let typed = folder.file("typed.txt", lines.split_once("</pre>").unwrap().0);
    record("guide", 0);
    record(&format!("paper read {typed} --out {}", folder.at("from-paper")), 0);
    let (own, attested) = (folder.at("own.json"), "attest create --check scrub");
    on("mock-ledger").run(&format!("custodian enroll --name own --out {own}")).code(0);
    record(&format!("paper custodian {own} --out {}", folder.at("own.html")), 0);
    on("mock-ledger").run(&format!("{attested} --copy {}", folder.both())).code(0);
    let attestations =
        folder.path("a/stockade/attestations").join(folder.set("a").file_name().unwrap());
    let attestation = fs::read_dir(attestations).unwrap().next().unwrap().unwrap().path();
    let attestation = attestation.display();
    record(&format!("paper attestation {attestation} --out {}", folder.at("attested.html")), 0);
}

#[test]
fn examples_of_distributed_validators() {
    let folder = ledger().copies();
    let cluster = |name: &str| vector(&format!("distributed/charon-cluster/{name}"));
    let parts = ["partial-exit-node0.json", "partial-exit-node1.json", "partial-exit-node3.json"];
    let (parts, out) = (parts.map(cluster).join(" "), folder.at("exit.json"));
    record(&alone(), &folder, &format!("exit combine {parts} --network hoodi --out {out}"), 0);
    let nodes = ["node0", "node1", "node3"].map(cluster).join(" ");
    let (wallet, other) = (on("mock-ledger"), Folder::new());
    let line = format!("validator combine --network hoodi --copy {} --from {nodes}", other.both());
    record(&wallet, &other, &line, 0);
    let file = vector("distributed/ssv/keyshares-1.json");
    let line = format!("keyshares verify {file} --copy {}", folder.both());
    record(&alone(), &folder, &line, 0);
}

#[test]
fn examples_of_what_keys_sign_once() {
    let (folder, wallet) = (imported().copies(), on("mock-ledger"));
    let (copies, a) = (folder.both(), folder.at("a"));
    record(
        &wallet,
        &folder,
        &format!("exit create --seal --validator-index 123456 --index 0 --copy {copies}"),
        0,
    );
    record(&wallet, &folder, &format!("exit open {copies} --out {}", folder.at("exits")), 0);
    let exit = vector("deposits/signed_exit-hoodi.json");
    let key = pubkey(&imported().json, 0);
    record(&alone(), &folder, &format!("exit verify {exit} --pubkey {key} --network hoodi"), 0);
    let topup = folder.at("topup.json");
    record(
        &wallet,
        &folder,
        &format!(
            "deposit topup --copy {a} --index 0 --amount 1 --out {topup} --withdrawal-address {ADDRESS} --credentials 0x01"
        ),
        0,
    );
    let line = format!(
        "deposit verify {topup} --copy {a} --withdrawal-address {ADDRESS} --signer {CHECK_ADDRESS}"
    );
    record(&alone(), &folder, &line, 0);
    let change = folder.at("change.json");
    let line = format!(
        "credentials change --network hoodi --from-mnemonic --mnemonic-fd 0 --index 0 \
         --validator-index 123456 --withdrawal-address {ADDRESS} --out {change}"
    );
    record(&alone().reading(WORDS), &folder, &line, 0);
    let line = format!("credentials verify {change} --withdrawal-address {ADDRESS}");
    record(&alone(), &folder, &line, 0);
}

#[test]
fn examples_of_backups() {
    let (folder, wallet) = (ledger().copies(), on("mock-ledger"));
    let record = |line: &str, code| record(&wallet, &folder, line, code);
    let (copies, a, b) = (folder.both(), folder.at("a"), folder.at("b"));
    record(&format!("backup list {copies}"), 0);
    record(&format!("backup scrub {copies}"), 0);
    record(&format!("backup drill {copies}"), 0);
    record(&format!("attest create --check drill --copy {copies}"), 0);
    record(&format!("attest verify {copies} --signer {ADDRESS}"), 0);
    record(&format!("validator list {copies} --signer {CHECK_ADDRESS} --signer {ADDRESS}"), 0);
    fs::remove_file(folder.keystore("b", 0)).unwrap();
    record(&format!("backup repair {copies}"), 0);
    let key = pubkey(&ledger().json, 0);
    record(
        &format!(
            "validator split --copy {a} {b} --pubkey {key} --shares 4 --whole-keys-are-off --to {}",
            folder.at("nodes")
        ),
        0,
    );
    folder.forget(&folder.sets("a")[0]);
    let to = folder.at("restored");
    record(
        &format!(
            "backup restore {copies} --layout lighthouse --to {to} --never-attested --shares-are-off"
        ),
        0,
    );
    record(&format!("keystore inspect {to}"), 0);
    let own = folder.at("own.json");
    wallet.run(&format!("custodian enroll --name own --out {own}")).code(0);
    let old = folder.sets("a")[0].clone();
    let resealed = record(&format!("backup reseal {copies} --custodian {own}"), 0);
    let new = resealed.text("set_id");
    record(&format!("backup retire {copies} --set {old} --by {new}"), 0);
}

#[test]
fn examples_of_keystores_of_other_tools() {
    let folder = Folder::new();
    let (from, password) = (vector("deposits/hoodi-0x01"), folder.password_file());
    let with = format!("--password-file {password}");
    let keystore = format!("{from}/{}", crate::command::fixture::KEYSTORES[0]);
    record(&alone(), &folder, &format!("keystore doctor {with} {keystore}"), 0);
    let line =
        format!("backup create --network hoodi --from {from} {with} --copy {}", folder.both());
    record(&on("mock-ledger"), &folder, &line, 0);
}

#[cfg(feature = "cloud")]
#[test]
fn examples_of_deliveries() {
    use crate::cloud::{
        aws_server::aws,
        validator_client::{TOKEN, ValidatorClient},
        vault_server::vault,
    };

    let wallet = on("mock-ledger")
        .with("AWS_ACCESS_KEY_ID", "access-key-id")
        .with("AWS_SECRET_ACCESS_KEY", "secret-access-key")
        .with("AWS_CONFIG_FILE", "/dev/null")
        .with("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    let recorded = |folder: &Folder, line: &str| record(&wallet, folder, line, 0);
    let folder = ledger().copies();
    let (copies, a, client) = (folder.both(), folder.at("a"), ValidatorClient::new());
    let (url, token) = (&client.url, folder.file("token", TOKEN));
    recorded(
        &folder,
        &format!(
            "deliver keymanager {copies} --url {url} --token-file {token} --timeout 20 --not-running --never-attested"
        ),
    );
    recorded(&folder, &format!("deliver verify {a} --signer {ADDRESS}"));
    let folder = ledger().copies();
    let (copies, client) = (folder.both(), ValidatorClient::new());
    let (url, token) = (&client.url, folder.file("token", TOKEN));
    recorded(
        &folder,
        &format!(
            "deliver remote-keys {copies} --url {url} --token-file {token} --signer-url http://10.0.0.9:9000 --timeout 20 --not-running"
        ),
    );
    let folder = ledger().copies();
    let (copies, dir) = (folder.both(), folder.at("signer"));
    recorded(
        &folder,
        &format!("deliver web3signer {copies} --dir {dir} --type file-keystore --never-attested"),
    );
    let folder = ledger().copies();
    let (a, token) = (folder.at("a"), folder.file("token", "hvs.token"));
    let (url, _secrets) = vault();
    let at = format!("--vault-addr {url} --token-file {token} --kv 2");
    recorded(&folder, &format!("deliver vault {a} {at} --mount kv2 --path v"));
    recorded(&folder, &format!("store check vault:kv2/v {a} {at}"));
    let password = folder.file("password.txt", "correct horse battery\n");
    recorded(&folder, &format!("deliver password {password} --to vault:kv2/deliveries/one {at}"));
    let folder = ledger().copies();
    let (a, (url, _held)) = (folder.at("a"), aws());
    recorded(
        &folder,
        &format!("deliver aws-secrets {a} --prefix v/ --aws-region eu-west-1 --aws-endpoint {url}"),
    );
}

#[test]
fn every_command_has_an_example_that_fits_its_schema() {
    for command in crate::command::help::leaves() {
        if NOT_IN_THIS_BUILD.split(' ').any(|noun| command.starts_with(noun)) {
            continue;
        }
        let example = example(&command).unwrap_or_else(|| panic!("{command} has no example"));
        check(&command, &serde_json::from_str(&example).unwrap());
    }
    for command in BY_HAND {
        assert!(reference()["commands"].as_object().is_some() && example(command).is_some());
    }
}
