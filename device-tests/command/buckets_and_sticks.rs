//! A bucket beside a folder: what happens to the one does not keep anybody from the other.

use std::fs;

use super::{
    buckets::{COPY, at, made, wallet, warnings},
    fixture::Folder,
    run::{Stockade, alone, on},
};
use crate::cloud::s3_server::{S3, What, nowhere, s3};

/// m/44'/60'/0'/0/0 of the mocks' words.
const SIGNER: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";

#[test]
fn a_bucket_that_is_down_keeps_nobody_from_the_folder() {
    let (_, folder, _) = made();
    goes_on(&at(on("mock-ledger"), &nowhere()), &folder, "not_checked", &["backup scrub"]);
}

#[test]
fn a_bucket_that_lets_nobody_in_keeps_nobody_from_the_folder() {
    for request in ["LIST", "GET"] {
        let (server, folder, _) = made();
        server.always(request, "", What::Refuse(403, "AccessDenied"));
        let wallet = wallet(&server);
        goes_on(&wallet, &folder, "denied", &["backup scrub", "backup drill"]);
        let b = folder.at("b");
        let ran = wallet.run(&format!("validator list {COPY} {b}")).code(1);
        assert_eq!((ran.list("keys").len(), ran.list("unreachable").len()), (1, 1));
        // What writes does not go on without it.
        wallet.run(&format!("backup repair {COPY} {b}")).error(4, "permission");
    }
}

/// Checks report the folder, and say that the bucket was not looked at; the folder is restored from.
fn goes_on(wallet: &Stockade, folder: &Folder, reason: &str, checks: &[&str]) {
    let b = folder.at("b");
    for check in checks {
        let ran = wallet.run(&format!("{check} {COPY} {b}")).code(1);
        assert_eq!(ran.json["verdicts"]["proven"], 1, "{:#}", ran.json);
        assert_eq!(ran.json["verdicts"]["contradicted"], 0, "{:#}", ran.json);
        let file = &ran.list("files")[0];
        assert_eq!(file["reason"], reason, "{:#}", ran.json);
        assert!(file["detail"].as_str().unwrap().starts_with(COPY), "{file:#}");
        assert_eq!(ran.list("unreachable")[0]["dir"], COPY, "{:#}", ran.json);
    }
    let listed = wallet.run(&format!("backup list {COPY} {b}")).code(1);
    assert_eq!((listed.list("sets").len(), listed.list("unreachable").len()), (1, 1));
    let out = folder.at("out");
    let line = format!("backup restore {COPY} {b} --layout plain --never-attested --to {out}");
    let restored = wallet.run(&line).code(0);
    assert!(restored.stderr.contains("NOT REACHED"), "{}", restored.stderr);
    assert_eq!(restored.list("unreachable").len(), 1);
}

#[test]
fn why_an_object_could_not_be_read_is_told() {
    let (server, folder, set) = made();
    server.always("GET", "keystore-", What::Refuse(403, "InvalidObjectState"));
    let line = format!("backup scrub {COPY} {}", folder.at("b"));
    let ran = wallet(&server).run(&line).code(1);
    let file = &ran.list("files")[0];
    assert_eq!(file["reason"], "unreadable");
    let detail = file["detail"].as_str().unwrap();
    assert!(detail.contains("InvalidObjectState") && detail.contains(&set), "{detail}");
    let (_, text) = wallet(&server).said(&line.split(' ').collect::<Vec<_>>());
    assert!(text.contains("403 InvalidObjectState"), "{text}");
}

#[test]
fn a_set_that_was_only_begun_is_named() {
    let (server, folder) = (s3(), Folder::new());
    server.always("PUT", "manifest.json", What::Refuse(400, "QuotaExceeded"));
    let line = format!("validator create --network hoodi --count 1 --copy {COPY}");
    wallet(&server).run(&line).error(3, "file");
    server.behave();
    for command in ["backup scrub", "backup drill"] {
        let none = wallet(&server).run(&format!("{command} {COPY}")).error(3, "input");
        assert!(none.message().contains("was not completely written"), "{}", none.message());
    }
    for command in ["backup list", "validator list"] {
        let listed = wallet(&server).run(&format!("{command} {COPY}"));
        let begun = listed.list("unfinished")[0].as_str().unwrap();
        assert!(begun.contains("was not completely written"), "{begun}");
    }
    drop(folder);
}

/// A set and the one that replaces it, and the command that removes the first.
fn resealed(server: &S3, folder: &Folder, set: &str) -> String {
    let b = folder.at("b");
    let custodian = folder.path("b/stockade").join(set);
    let line = format!("backup reseal {COPY} {b} --set {set} --custodian {}", custodian.display());
    let by = wallet(server).run(&line).code(0).text("set_id").to_owned();
    format!("backup retire {b} {COPY} --set {set} --by {by}")
}

#[test]
fn what_may_not_be_removed_is_known_before_the_press() {
    let (server, folder, set) = made();
    let retire = resealed(&server, &folder, &set);
    let (before, there) = (folder.content(), server.names());
    server.always("DELETE", "", What::Refuse(403, "AccessDenied"));
    let refused = wallet(&server).run(&retire).error(4, "permission");
    assert!(!refused.prompted());
    assert!(folder.content() == before && server.names() == there);
    server.behave();
    wallet(&server).run(&retire).code(0);
    assert!(!server.names().iter().any(|name| name.contains(&format!("{set}/manifest"))));
}

#[test]
fn a_removal_that_stops_says_what_was_removed() {
    let (server, folder, set) = made();
    let retire = resealed(&server, &folder, &set);
    server.always("DELETE", "manifest", What::Refuse(403, "AccessDenied"));
    let refused = wallet(&server).run(&retire).error(4, "permission");
    let told = format!("set {set} was removed from no copy");
    assert!(refused.message().contains(&told), "{}", refused.message());
    assert!(refused.message().contains(&format!("was added to {COPY}, ")), "{}", refused.message());
    assert!(folder.path("b/stockade").join(&set).is_dir(), "the folder holds it still");
    server.behave();
    // Half retired, and told so.
    let scrubbed = wallet(&server).run(&format!("backup scrub {}", folder.at("b"))).code(0);
    assert!(warnings(&scrubbed).contains("a note says that it was retired"), "{:#}", scrubbed.json);
    wallet(&server).run(&retire).code(0);
}

#[test]
fn objects_are_removed_one_by_one() {
    let (server, folder, set) = made();
    let retire = resealed(&server, &folder, &set);
    server.requests();
    wallet(&server).run(&retire).code(0);
    let requests = server.requests();
    assert!(requests.iter().any(|line| line.starts_with("DELETE v/stockade/")));
    assert!(!requests.iter().any(|line| line.starts_with("POST")), "{requests:#?}");
}

#[test]
fn a_retired_set_that_came_back_is_told() {
    let (server, folder, set) = made();
    let mut kept = Vec::new();
    for name in server.names().into_iter().filter(|name| name.contains(&format!("/{set}/"))) {
        kept.push((name.clone(), server.get(&name).unwrap()));
    }
    wallet(&server).run(&resealed(&server, &folder, &set)).code(0);
    kept.into_iter().for_each(|(name, bytes)| server.put(&name, bytes));
    let scrubbed = wallet(&server).run(&format!("backup scrub {COPY}")).code(0);
    let told = warnings(&scrubbed);
    assert!(told.contains(&format!("{set} exists, although a note says")), "{told}");
}

#[test]
fn only_the_copy_that_was_set_back_is_accused() {
    let folder = Folder::new();
    let (a, b) = (folder.at("a"), folder.at("b"));
    let run = |line: &str| on("mock-ledger").run(line).code(0);
    let made = run(&format!("validator create --network hoodi --count 1 --copy {a} --copy {b}"));
    let set = made.text("set_id").to_owned();
    run(&format!("attest create --copy {a} --copy {b}"));
    copy_all(&folder.path("a"), &folder.path("old"));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let custodian = folder.path("b/stockade").join(&set);
    let resealed =
        run(&format!("backup reseal {a} {b} --set {set} --custodian {}", custodian.display()));
    let by = resealed.text("set_id");
    run(&format!("backup retire {a} {b} --set {set} --by {by}"));
    run(&format!("attest create --copy {a} --copy {b}"));
    let key = made.list("keys")[0]["pubkey"].as_str().unwrap();
    let keys = folder.file("keys", key);
    let line = format!("attest verify {a} {b} --signer {SIGNER} --expect {keys}");
    alone().run(&line).code(0);
    fs::remove_dir_all(folder.path("a")).unwrap();
    fs::rename(folder.path("old"), folder.path("a")).unwrap();
    let verified = alone().run(&line).code(1);
    let problems = verified.json["attestations"].to_string();
    let id = |copy: &str| {
        let json = fs::read_to_string(folder.path(copy).join("stockade/copy.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&json).unwrap()["copy_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(problems.contains(&format!("copy {} lacks the statement", id("a"))), "{problems}");
    assert!(!problems.contains(&format!("copy {} lacks the statement", id("b"))), "{problems}");
}

fn copy_all(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
