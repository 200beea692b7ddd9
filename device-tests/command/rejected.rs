//! A user who says no is obeyed: exit code 5, and nothing is written.

use super::{
    fixture::{Folder, KEYSTORES, imported, ledger, vector},
    run::on,
};

/// Runs `line` for a user who rejects, and makes sure that `folder` is as it was.
#[track_caller]
fn assert_rejected(device: &str, folder: &Folder, line: &str) {
    let before = folder.content();
    let ran = on(device).rejecting().run(line).error(5, "rejected");
    assert!(ran.prompted(), "{device} {line}: {}", ran.stderr);
    assert!(folder.content() == before, "{device} {line}: something was written");
}

#[test]
fn commands_that_make_something_make_nothing() {
    for device in ["mock-ledger", "mock-trezor", "mock-trezor:safe5"] {
        let folder = Folder::new();
        let copies = folder.both();
        let from = vector(&format!("deposits/hoodi-0x01/{}", KEYSTORES[0]));
        let password = folder.password_file();
        for line in [
            format!("validator create --network hoodi --count 1 --copy {copies}"),
            format!(
                "backup create --network hoodi --from {from} --password-file {password} \
                 --copy {copies}"
            ),
            format!("custodian enroll --name mine --out {}", folder.at("custodian")),
        ] {
            assert_rejected(device, &folder, &line);
        }
    }
}

#[test]
fn commands_on_copies_leave_them_as_they_are() {
    for device in ["mock-ledger", "mock-trezor"] {
        let folder = ledger().copies();
        let copies = folder.both();
        for line in [
            format!("validator create --network hoodi --count 1 --copy {copies}"),
            format!("validator check {copies}"),
            format!("backup drill {copies}"),
            format!(
                "backup restore {copies} --to {} --layout plain --never-attested",
                folder.at("r")
            ),
            format!("attest create --copy {copies}"),
            format!("attest create --check drill --copy {copies}"),
        ] {
            assert_rejected(device, &folder, &line);
        }
    }
    let folder = imported().copies();
    assert_rejected("mock-ledger", &folder, &format!("backup drill {}", folder.both()));
}

#[test]
fn an_address_that_is_not_confirmed_is_not_given() {
    let folder = Folder::new();
    assert_rejected("mock-ledger", &folder, "address --confirm");
    assert_rejected("mock-trezor", &folder, "address --confirm");
    assert_rejected("mock-ledger", &folder, "validator pubkey --index 0..2 --confirm");
}

#[test]
fn commands_that_only_ask_silently_need_no_consent() {
    let copies = imported().copies();
    for line in [
        "address".to_owned(),
        "device info".to_owned(),
        "validator pubkey --index 0".to_owned(),
        format!("validator check {}", copies.both()),
        format!("backup scrub {}", copies.both()),
    ] {
        let ran = on("mock-ledger").rejecting().run(&line).code(0);
        assert!(!ran.prompted(), "{line}: {}", ran.stderr);
    }
}
