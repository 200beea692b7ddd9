//! Web3signer's configuration files: what stands in them, who can read them, and what is said of a
//! secret that stands in clear.

use std::{fs, os::unix::fs::PermissionsExt as _};

use stockade::eth2_keystore::{Keystore, Password};

use super::{
    deliver::pubkeys,
    fixture::{Folder, imported, ledger},
    restore_lost_keys::rotten,
    run::{Ran, Stockade, alone, on},
};

fn write(who: &Stockade, folder: &Folder, more: &str) -> Ran {
    let (copies, dir) = (folder.both(), folder.at("signer"));
    who.run(&format!("deliver web3signer {copies} --dir {dir} --never-attested {more}"))
}

/// The configuration of a key, as the lines of its file.
fn config(folder: &Folder, key: &str) -> Vec<String> {
    let path = folder.path(&format!("signer/keys/0x{key}.yaml"));
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn keystores_lie_beside_their_configuration_and_open() {
    let folder = ledger().copies();
    let written = write(&on("mock-ledger"), &folder, "--type file-keystore").code(0);
    assert_eq!(written.json["secret_in_clear"], false);
    let statement = written.json["note"]["statement"].as_str().unwrap();
    assert!(statement.contains(&format!("to web3signer {}; ", folder.at("signer"))), "{statement}");
    for key in &pubkeys()[..1] {
        let lines = config(&folder, key);
        assert!(lines.contains(&format!("keystoreFile: \"0x{key}.json\"")), "{lines:?}");
        let read =
            |end: &str| fs::read(folder.path(&format!("signer/keys/0x{key}.{end}"))).unwrap();
        let keystore = Keystore::parse(&read("json")).unwrap();
        let password = Password::from_file(&read("password")).unwrap();
        assert_eq!(keystore.open(&password).unwrap().public_key().to_string(), *key);
    }
}

#[test]
fn what_is_left_out_is_named_and_is_not_done() {
    let (folder, key) = rotten(imported());
    let written = write(&on("mock-ledger"), &folder, "--type file-keystore --skip-bad").code(1);
    assert_eq!(written.each("left_out", "pubkey"), [&key]);
    assert_eq!(written.list("keys").len(), 2);
    assert!(written.stderr.contains(&format!("LEFT OUT {key}")), "{}", written.stderr);
}

#[test]
fn keys_in_a_vault_are_named_and_the_token_in_clear_is_warned_about() {
    let folder = ledger().copies();
    let token = folder.file("token", "s.only-reads-these\n");
    let vault = format!(
        "--type hashicorp --vault-url https://vault.example:8201 --vault-token-file {token} \
         --key-path /v1/secret/data/validators/{{pubkey}}"
    );
    let written = write(&on("mock-ledger"), &folder, &vault).code(0);
    assert_eq!(written.json["secret_in_clear"], true);
    assert!(written.json["note"].is_null(), "no key went anywhere: {}", written.json);
    assert!(written.stderr.contains("written in clear"), "{}", written.stderr);
    assert!(!format!("{}{}", written.stdout, written.stderr).contains("s.only-reads"));
    for key in pubkeys() {
        let path = format!("keyPath: \"/v1/secret/data/validators/{key}\"");
        let expected = [
            "type: \"hashicorp\"",
            "keyType: \"BLS\"",
            "tlsEnabled: \"true\"",
            "serverHost: \"vault.example\"",
            "serverPort: \"8201\"",
            path.as_str(),
            "keyName: \"value\"",
            "token: \"s.only-reads-these\"",
        ];
        assert_eq!(config(&folder, &key), expected);
    }
    assert_eq!(fs::read_dir(folder.path("signer/keys")).unwrap().count(), 3);
    // All or nothing, and never among what is there.
    write(&on("mock-ledger"), &folder, &vault).error(3, "file");
    // Web3signer opens that file from where it was started: only an absolute path is the same there.
    fs::remove_dir_all(folder.path("signer")).unwrap();
    let vault = format!("{vault} --tls-known-servers known.txt");
    write(&on("mock-ledger"), &folder, &vault).code(0);
    let lines = config(&folder, &pubkeys()[0]);
    let known = lines.iter().find_map(|line| line.strip_prefix("tlsKnownServersPath: \"/"));
    assert!(known.is_some_and(|path| path.ends_with("/known.txt\"")), "{lines:?}");
}

#[test]
fn keys_in_secrets_manager_need_no_secret_in_the_file() {
    let folder = ledger().copies();
    let aws = "--type aws-secret --region eu-central-1 --secret-name signer/{pubkey}";
    let written = write(&on("mock-ledger"), &folder, aws).code(0);
    assert_eq!(written.json["secret_in_clear"], false);
    assert!(!written.stderr.contains("in clear"), "{}", written.stderr);
    let key = &pubkeys()[0];
    let name = format!("secretName: \"signer/{key}\"");
    let expected = [
        "type: \"aws-secret\"",
        "keyType: \"BLS\"",
        "authenticationMode: \"ENVIRONMENT\"",
        "region: \"eu-central-1\"",
        name.as_str(),
    ];
    assert_eq!(config(&folder, key), expected);
    fs::remove_dir_all(folder.path("signer")).unwrap();
    let access = folder.file("access", "wJalrXUtnFEMI");
    let given = format!(
        "{aws} --access-key-id AKIA1 --secret-access-key-file {access} --endpoint http://127.0.0.1:5000"
    );
    let written = write(&on("mock-ledger"), &folder, &given).code(0);
    assert_eq!(written.json["secret_in_clear"], true);
    let lines = config(&folder, key);
    assert!(lines.contains(&"secretAccessKey: \"wJalrXUtnFEMI\"".to_owned()), "{lines:?}");
    assert!(lines.contains(&"endpointOverride: \"http://127.0.0.1:5000\"".to_owned()));
}

#[test]
fn what_does_not_fit_or_is_not_known_writes_nothing() {
    let folder = ledger().copies();
    let token = folder.file("token", "s.1");
    let vault = format!("--vault-url https://v --vault-token-file {token}");
    for (more, code, kind) in [
        ("--type hashicorp --key-path /v1/{pubkey}".to_owned(), 2, "usage"),
        (format!("--type hashicorp {vault} --key-path /v1/one-for-all"), 2, "usage"),
        // Web3signer reads version 2 of the engine alone.
        (format!("--type hashicorp {vault} --key-path /v1/secret/{{pubkey}}"), 2, "usage"),
        (format!("--type hashicorp {vault} --key-path secret/data/{{pubkey}}"), 2, "usage"),
        (format!("--type hashicorp {vault}"), 2, "usage"),
        (format!("--type file-keystore {vault}"), 2, "usage"),
        ("--type aws-secret --region x".to_owned(), 2, "usage"),
        (
            "--type aws-secret --secret-name {pubkey} --region x --access-key-id A".to_owned(),
            2,
            "usage",
        ),
        // Whose set it is, nobody says.
        (format!("--type hashicorp {vault} --key-path /v1/s/data/{{pubkey}}"), 3, "input"),
    ] {
        write(&alone(), &folder, &more).error(code, kind);
        assert!(!folder.path("signer").exists(), "{more}");
    }
    let (copies, dir) = (folder.both(), folder.at("signer"));
    let line = format!("deliver web3signer {copies} --dir {dir} --type file-keystore");
    on("mock-ledger").run(&line).error(2, "usage");
}
