//! Who may use a Vault, and for how long: tokens that end, roles, paths that a policy denies, and a
//! server or a person that stops in the middle.

use std::sync::{Arc, Mutex, OnceLock};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::{
    fixture::ledger,
    run::on,
    stores::{at, check, deliver, folder, path, pubkeys},
    stores_vault::{checked, delivered, take, vault_that},
};
use crate::cloud::vault_server::{Secrets, answer, denied, invalid_token};

/// Whatever was asked, with or without `--skip-bad`.
#[test]
fn a_token_that_ends_ends_the_command() {
    let (folder, _, secrets) = delivered();
    let ends_at = |n: usize, secrets: &Secrets| {
        let mut asked = 0;
        vault_that(secrets, move |_| {
            asked += 1;
            (asked > n).then(invalid_token)
        })
    };
    // After one of the three keys was read.
    let ran = checked(&folder, &ends_at(5, &secrets)).error(4, "permission");
    assert!(ran.message().contains("not valid or has expired"), "{}", ran.message());
    take(&folder, &ends_at(5, &secrets), "kv2/v", "--skip-bad").error(4, "permission");
    assert!(!folder.path("taken").exists());
    // After one was written.
    let some = Secrets::default();
    let folder = super::stores::folder();
    let ran = deliver(&folder, &ends_at(8, &some), 2).code(1);
    assert_eq!(ran.each("keys", "status"), ["written", "not_sent", "not_sent"]);
    assert_eq!((ran.verdicts(), some.lock().unwrap().len()), ((1, 0, 2), 1));
    assert!(ran.text("failure").contains("not valid or has expired"), "{}", ran.text("failure"));
    // After it was written, and before it was read back.
    let folder = super::stores::folder();
    let ran = deliver(&folder, &ends_at(7, &Secrets::default()), 2).code(1);
    assert_eq!(ran.each("keys", "status"), ["unknown", "not_sent", "not_sent"]);
    assert!(ran.text("failure").contains("not valid or has expired"), "{}", ran.text("failure"));
    // Before anybody presses.
    assert!(!deliver(&folder, &ends_at(0, &some), 2).error(4, "permission").prompted());
}

#[test]
fn a_role_logs_in_again_and_gives_its_token_back() {
    let folder = folder();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, secrets) = (seen.clone(), Secrets::default());
    let mut asked = 0;
    let url = vault_that(&secrets, move |request| {
        asked += 1;
        log.lock().unwrap().push(request.path.clone());
        // The token of the first login is good for ten requests.
        (asked == 10).then(invalid_token)
    });
    let role = folder.file("role", "automation\nright\n");
    let login = format!("--vault-addr {url} --approle-file {role}");
    let line = format!("deliver vault {} {login} --no-note", folder.at("a"));
    on("mock-ledger").run(&format!("{line} --mount kv2 --path v")).code(0);
    let count = |end: &str| seen.lock().unwrap().iter().filter(|path| path.ends_with(end)).count();
    assert_eq!((count("approle/login"), count("revoke-self")), (2, 1));
    assert!(seen.lock().unwrap().last().unwrap().ends_with("revoke-self"));

    // A secret id may be good for one login: what is wrong without Vault is said before.
    seen.lock().unwrap().clear();
    for bad in ["--path a/../b", "--path v --field ", "--path v --mount /"] {
        let words = format!("{line} {bad}");
        let mut words: Vec<_> = words.split_whitespace().collect();
        if bad.ends_with(' ') {
            words.push("");
        }
        on("mock-ledger").run_args(&words).error(2, "usage");
    }
    assert!(seen.lock().unwrap().is_empty());
}

#[test]
fn a_role_may_be_elsewhere_wrapped_or_without_a_secret() {
    let (folder, url, _) = delivered();
    for (file, options) in [
        ("automation\nright\n", "--approle-mount staking/role"),
        ("automation\nhvs.wrap\n", "--approle-wrapped"),
        ("without\n", ""),
    ] {
        let role = folder.file("role", file);
        let line = format!("store check vault:kv2/v {} --vault-addr {url}", folder.at("a"));
        on("mock-ledger").run(&format!("{line} --approle-file {role} {options}")).code(0);
    }
    let role = folder.file("role", "automation\nhvs.wrong\n");
    let line = format!("store check vault:kv2/v {} --vault-addr {url}", folder.at("a"));
    let line = format!("{line} --approle-file {role} --approle-wrapped");
    on("mock-ledger").run(&line).error(4, "permission");
}

#[test]
fn a_path_that_is_denied_is_refused_and_the_others_are_delivered() {
    let folder = folder();
    let secrets = Secrets::default();
    let second = pubkeys()[1].clone();
    let url = vault_that(&secrets, move |request| {
        (request.path == format!("/v1/kv2/data/v/{second}")).then(denied)
    });
    for status in ["written", "same"] {
        let ran = deliver(&folder, &url, 2).code(1);
        assert_eq!(ran.each("keys", "status"), [status, "refused", status]);
        let said = ran.list("keys")[1]["message"].as_str().unwrap();
        assert!(said.contains(&path(2, &pubkeys()[1])), "{said}");
    }
}

#[test]
fn who_may_write_nothing_there_makes_nobody_press() {
    let folder = folder();
    let secrets = Secrets::default();
    let url = vault_that(&secrets, |request| {
        let paths = request.body["paths"].as_array()?;
        let rights = |path: &Value| (path.as_str().unwrap().to_owned(), json!(["read", "list"]));
        let data: serde_json::Map<_, _> = paths.iter().map(rights).collect();
        Some((200, json!({ "data": data }).to_string()))
    });
    let refused = deliver(&folder, &url, 2).error(4, "permission");
    assert!(!refused.prompted() && refused.message().contains("create"), "{}", refused.message());
}

/// Two deliveries of one set at the same time.
#[test]
fn what_another_delivery_wrote_meanwhile_is_the_same() {
    let folder = folder();
    let secrets = Secrets::default();
    let held = secrets.clone();
    let url = vault_that(&secrets, move |request| {
        if request.method == "POST" && request.path.contains("/data/") {
            answer(request, &mut held.lock().unwrap());
        }
        None
    });
    assert_eq!(deliver(&folder, &url, 2).code(0).each("keys", "status"), ["same"; 3]);
}

#[test]
fn a_change_of_leader_is_waited_for() {
    let (folder, _, secrets) = delivered();
    let mut asked = 0;
    let url = vault_that(&secrets, move |request| {
        asked += usize::from(request.method == "LIST");
        (request.method == "LIST" && asked == 1).then(|| (307, String::new()))
    });
    assert_eq!(checked(&folder, &url).code(0).verdicts(), (3, 0, 0));
}

#[test]
fn a_standby_may_have_what_was_written_a_moment_later() {
    let folder = folder();
    let secrets = Secrets::default();
    let mut lag = 0;
    let url = vault_that(&secrets, move |request| {
        let data = request.path.contains("/data/");
        if data && request.method == "POST" {
            lag = 2;
        }
        let late = data && request.method == "GET" && lag > 0;
        lag -= i32::from(late);
        late.then(|| (404, json!({"errors": []}).to_string()))
    });
    assert_eq!(deliver(&folder, &url, 2).code(0).each("keys", "status"), ["written"; 3]);
}

/// The request on its way is finished, and no other begun.
#[test]
fn who_interrupts_a_delivery_is_told_what_arrived() {
    let folder = ledger().copies();
    folder.file("token", "hvs.token");
    let pid = Arc::new(OnceLock::<Pid>::new());
    let (asked_pid, secrets) = (pid.clone(), Secrets::default());
    let url = vault_that(&secrets, move |request| {
        if request.method == "POST" && request.path.contains("/data/") {
            kill_process(*asked_pid.wait(), Signal::INT).unwrap();
            // A busy machine hands a signal over late.
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        None
    });
    let line = format!("deliver vault {} {}", folder.at("a"), at(&url, &folder, 2));
    let line = format!("{line} --mount kv2 --path v");
    let mut command = on("mock-ledger").command(&line.split_whitespace().collect::<Vec<_>>());
    let child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    pid.set(Pid::from_child(&child)).unwrap();
    let output = child.wait_with_output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{json}");
    let statuses: Vec<_> =
        json["keys"].as_array().unwrap().iter().map(|key| &key["status"]).collect();
    assert_eq!(statuses, ["written", "not_sent", "not_sent"]);
    assert_eq!((&json["failure"], &json["note"]), (&json!("cancelled"), &Value::Null));
}

/// As Vault's own program has it; the header is for what stands before a Vault.
#[test]
fn the_habits_of_vault_are_kept_or_said_not_to_be() {
    let (folder, url, secrets) = delivered();
    let with_header =
        vault_that(&secrets, |request| (!request.is_vault_request).then(|| (412, String::new())));
    checked(&folder, &with_header).code(0);
    folder.file("token", "\u{feff}hvs.token\n");
    checked(&folder, &url).code(0);
    let run = |variable: &'static str, value: String| {
        check(&on("mock-ledger").with(variable, value), &folder, &url, &folder.at("a"))
    };
    let warned = run("VAULT_HTTP_PROXY", "http://127.0.0.1:1".to_owned()).code(0);
    assert!(warned.stderr.contains("VAULT_HTTP_PROXY is set"), "{}", warned.stderr);
    run("VAULT_CACERT", folder.file("ca.pem", "nothing")).error(3, "input");
}
