//! `report`: what the owner knows, and what an auditor learns.

use std::fs;

use super::{
    fixture::{Folder, ledger},
    profile::{ATTESTS, at_home, set_up},
    run::{alone, on},
};

fn page(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.path(name)).unwrap()
}

#[test]
fn the_owner_sees_what_is_to_be_done_and_the_auditor_no_place() {
    let folder = set_up();
    let home = at_home(alone(), &folder);
    let (own, public) = (folder.at("own.html"), folder.at("public.html"));
    let report = home.run(&format!("report --html {own}")).code(0);
    // Besides the three checks: the copies of tests are on one file system.
    let before = report.json["tasks"].as_u64().unwrap();
    let html = page(&folder, "own.html");
    let commands = ["stockade scrub", "stockade drill", "stockade attest create --check drill"];
    assert!(commands.iter().all(|command| html.contains(command)), "{html}");
    assert!(html.contains(&folder.at("a")) && html.contains("There is no attestation."));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&own).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "only the owner reads a page with places");
    }
    at_home(on("mock-ledger"), &folder).run("attest create --check drill").code(0);
    let report = home.run(&format!("report --html {own}")).code(0);
    assert_eq!(report.json["tasks"].as_u64().unwrap() + 3, before);
    assert_eq!(report.json["good_attestations"], 1);
    let html = page(&folder, "own.html");
    assert!(!commands.iter().any(|command| html.contains(command)), "{html}");

    let report = home.run(&format!("report --public --html {public}")).code(0);
    assert_eq!(report.json["good_attestations"], 1);
    let html = page(&folder, "public.html");
    let key = ledger().json["keys"][0]["pubkey"].as_str().unwrap();
    assert!(html.contains(key) && html.contains("<b>Good</b>"));
    assert!(!html.contains(folder.path("").to_str().unwrap()), "{html}");
    assert!(!html.contains("What to do next") && html.contains("What this page cannot know"));
}

#[test]
fn a_stranger_s_attestation_does_not_count_and_a_stale_copy_is_named_without_its_place() {
    let folder = ledger().copies();
    on("mock-ledger").run(&format!("attest create --copy {} --check drill", folder.both())).code(0);
    let report = |options: &str| {
        let line =
            format!("report {} --public --html {} {options}", folder.both(), folder.at("p.html"));
        alone().run(&line).code(0)
    };
    assert_eq!(report("").json["good_attestations"], 0);
    assert!(page(&folder, "p.html").contains("No address of the owner was named"));
    assert_eq!(report(&format!("--signer {ATTESTS}")).json["good_attestations"], 1);
    // One copy is set back to an older state.
    fs::remove_dir_all(folder.path("b/stockade/attestations")).unwrap();
    report(&format!("--signer {ATTESTS}"));
    let html = page(&folder, "p.html");
    assert!(!html.contains(folder.path("").to_str().unwrap()), "{html}");
}

#[test]
fn only_a_page_is_written_over() {
    let folder = ledger().copies();
    let notes = folder.file("notes.txt", "mine");
    let refused = alone().run(&format!("report {} --html {notes}", folder.both()));
    refused.error(2, "usage");
    assert_eq!(page(&folder, "notes.txt"), "mine");
}
