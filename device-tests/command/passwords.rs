//! Passwords that keystores are written under, and keystores that do not open as they are.

use std::fs;

use super::{
    fixture::{Folder, imported, vector, vector_json},
    run::on,
};

/// Prysm 7.1.1 keeps `u` of `ü`: its wallet would never open.
#[test]
fn a_wallet_for_prysm_is_not_written_under_a_password_that_prysm_reads_otherwise() {
    let copies = imported().copies();
    let password = copies.file("password", "M\u{fc}hsam ern\u{e4}hrt sich\n");
    let line = |layout: &str, out: &str| {
        format!(
            "backup restore {} --to {} --layout {layout} --never-attested --new-password-file {password}",
            copies.at("a"),
            copies.at(out)
        )
    };
    let refused = on("mock-ledger").run(&line("prysm", "prysm")).error(3, "input");
    assert!(refused.message().contains("Prysm"), "{}", refused.message());
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert!(!copies.path("prysm").exists());

    // Others open it, so it is written, and who does not is named.
    let written = on("mock-ledger").run(&line("teku", "teku")).code(0);
    assert_eq!(written.json["password_misread_by"], serde_json::json!(["Prysm", "ssv-keys"]));
    assert!(written.stderr.contains("printable ASCII"), "{}", written.stderr);
    fs::write(&password, "plain ASCII password\n").unwrap();
    copies.forget(&copies.sets("a")[0]);
    let written = on("mock-ledger").run(&line("prysm", "prysm")).code(0);
    assert_eq!(written.json["password_misread_by"], serde_json::json!([]));
}

#[test]
fn a_keystore_that_does_not_open_leads_to_its_doctor() {
    let folder = Folder::new();
    let name = "39-pw-umlaut-wealdtech-1.1.3";
    let file = |extension: &str| vector(&format!("keystore-variants/{name}.{extension}"));
    let line = format!(
        "backup create --network hoodi --copy {} --from {} --password-file {}",
        folder.at("a"),
        file("json"),
        file("password")
    );
    let refused = on("mock-ledger").run(&line).error(3, "input");
    let hint = refused.json["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("stockade keystore doctor"), "{hint}");
}

/// A limit of ours leaves a key out, so it is named, and the exit code says so.
#[test]
fn a_keystore_that_costs_too_much_is_named_where_it_is_left_out() {
    let folder = Folder::new();
    let mut costly = vector_json("keystore-variants/01-scrypt-218.json");
    costly["crypto"]["kdf"]["params"]["n"] = (1_u64 << 21).into();
    let costly = folder.file("from/keystore-costly.json", costly.to_string());
    let whole = vector_json("keystore-variants/02-pbkdf2-218.json").to_string();
    folder.file("from/keystore-whole.json", whole);
    let line = format!(
        "backup create --network hoodi --copy {} --from {} --password-file {}",
        folder.at("a"),
        folder.at("from"),
        vector("keystore-variants/02-pbkdf2-218.password")
    );
    let refused = on("mock-ledger").run(&line).error(3, "input");
    assert!(refused.message().contains("keystore-costly.json"), "{}", refused.message());
    let made = on("mock-ledger").run(&format!("{line} --skip-bad")).code(1);
    assert_eq!(made.list("keys").len(), 1);
    assert_eq!(made.each("left_out", "file"), [costly]);
}
