//! The commands that a restore prints: pasted into a shell, each client gets what it needs, in the
//! order that is safe, and none starts whose history was not imported.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};

use super::{
    fixture::{Folder, ledger},
    restore_history::history_of_ledger,
    run::{Ran, on},
};

/// What each client is started with after `--never-attested`, after its history was imported, and
/// what imports it. `TO` is the restored folder.
const CLIENTS: [(&str, &str, &str); 7] = [
    (
        "lighthouse",
        "lighthouse vc --network hoodi --datadir TO",
        "lighthouse --network hoodi --datadir TO account validator slashing-protection import \
         TO/slashing_protection.json",
    ),
    (
        "teku",
        "teku validator-client --network=hoodi --data-path=DATA --validator-keys=TO/keys:TO/passwords",
        "teku slashing-protection import --data-path=DATA --from=TO/slashing_protection.json",
    ),
    (
        "prysm",
        "validator --hoodi --accept-terms-of-use --datadir=DATA --wallet-dir=TO/wallet \
         --wallet-password-file=TO/wallet-password.txt",
        "validator slashing-protection-history import --hoodi --accept-terms-of-use --datadir=DATA \
         --slashing-protection-json-file=TO/slashing_protection.json",
    ),
    (
        "nimbus",
        "nimbus_validator_client --data-dir=TO",
        "nimbus_beacon_node slashingdb import TO/slashing_protection.json --network=hoodi \
         --data-dir=TO",
    ),
    (
        "lodestar",
        "lodestar validator --network hoodi --dataDir TO",
        "lodestar validator slashing-protection import --network hoodi --dataDir TO --file \
         TO/slashing_protection.json",
    ),
    (
        "web3signer",
        "web3signer --key-config-path=TO/keys eth2 --network=hoodi \
         --slashing-protection-db-url=DATA",
        "web3signer eth2 --network=hoodi --slashing-protection-db-url=DATA import \
         --from=TO/slashing_protection.json",
    ),
    (
        "dirk",
        "dirk --base-dir=DATA",
        "dirk --base-dir=DATA --import-slashing-protection \
         --genesis-validators-root=0x212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f \
         --slashing-protection-file=TO/slashing_protection.json",
    ),
];

/// The switch that a client is started with where the newest history is lost.
const DOPPELGANGER: [(&str, &str); 5] = [
    ("lighthouse", " --enable-doppelganger-protection"),
    ("teku", " --doppelganger-detection-enabled=true"),
    ("prysm", " --enable-doppelganger"),
    ("nimbus", " --doppelganger-detection=true"),
    ("lodestar", " --doppelgangerProtection"),
];

/// A name that no shell takes as it is.
const ODD: &str = "my 'keys' $HOME; x";

fn restore(folder: &Folder, layout: &str, to: &str, options: &[&str]) -> Ran {
    let (a, b, to) = (folder.at("a"), folder.at("b"), folder.at(to));
    let line = ["backup", "restore", &a, &b, "--layout", layout, "--to", &to];
    on("mock-ledger").run_args(&[&line[..], options].concat())
}

/// The commands of each step.
fn steps(ran: &Ran) -> Vec<Vec<String>> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let commands = |step: &serde_json::Value| {
        step["commands"].as_array().unwrap().iter().map(text).collect::<Vec<_>>()
    };
    ran.list("next").iter().map(commands).filter(|commands| !commands.is_empty()).collect()
}

/// Stand-ins for every client, each of which notes how it was called; those named `failing` fail.
fn clients(folder: &Folder, failing: &str) -> String {
    let programs = folder.at("programs");
    let names =
        ["lighthouse", "teku", "validator", "nimbus_beacon_node", "nimbus_validator_client"];
    for name in names.iter().chain(&["lodestar", "web3signer", "dirk"]) {
        let script = format!(
            "#!/bin/sh\nprintf '%s' {name} >>\"$CALLS\"\nfor a in \"$@\"; do printf ' %s' \"$a\" \
             >>\"$CALLS\"; done\necho >>\"$CALLS\"\ncase \"$*\" in {failing}) exit 1;; esac\n"
        );
        let file = folder.file(&format!("programs/{name}"), script);
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    programs
}

/// Pastes a step's commands into a shell, as they are printed. Gives the calls of the clients.
fn paste(
    folder: &Folder,
    commands: &[String],
    failing: &str,
    data: Option<&str>,
) -> (Output, String) {
    let programs = clients(folder, failing);
    let calls = folder.path("calls");
    let _ = fs::remove_file(&calls);
    let mut shell = Command::new("sh");
    shell.args(["-c", &commands.join(" \\\n         && ")]);
    let path = std::env::var("PATH").unwrap_or_default();
    shell.env("PATH", format!("{programs}:{path}")).env("CALLS", &calls).current_dir("/");
    for variable in ["TEKU_DATA", "PRYSM_DATA", "DB_URL", "DIRK_BASE"] {
        match data {
            Some(data) => shell.env(variable, data),
            None => shell.env_remove(variable),
        };
    }
    let output = shell.output().unwrap();
    (output, fs::read_to_string(&calls).unwrap_or_default())
}

#[test]
fn what_is_printed_starts_each_client_as_it_stands_in_a_shell() {
    for (layout, start, _) in CLIENTS {
        let folder = ledger().copies();
        let restored = restore(&folder, layout, ODD, &["--never-attested"]).code(0);
        let steps = steps(&restored);
        assert_eq!(steps.len(), 1, "{layout}: {steps:?}");
        let (_, calls) = paste(&folder, &steps[0], "none", Some("/data"));
        let mut wanted = start.replace("TO", &folder.at(ODD)).replace("DATA", "/data");
        if layout == "lighthouse" {
            wanted += " --init-slashing-protection";
        }
        assert_eq!(calls.trim_end(), wanted, "{layout}");
    }
}

#[test]
fn no_client_starts_whose_history_was_not_imported() {
    for (layout, start, import) in CLIENTS {
        let folder = ledger().copies();
        let history = folder.file("h.json", history_of_ledger());
        let restored = restore(&folder, layout, "to", &["--history", &history]).code(0);
        let steps = steps(&restored);
        let last = steps.last().unwrap();
        let filled = |line: &str| line.replace("TO", &folder.at("to")).replace("DATA", "/data");
        let (_, calls) = paste(&folder, last, "none", Some("/data"));
        assert_eq!(calls.trim_end(), format!("{}\n{}", filled(import), filled(start)), "{layout}");
        let (failed, calls) = paste(&folder, last, "*import*", Some("/data"));
        assert_eq!(calls.trim_end(), filled(import), "{layout}: it was started");
        assert!(!failed.status.success());
        // Prysm's import makes no database: it has to be there before.
        assert_eq!(steps.len(), if layout == "prysm" { 2 } else { 1 }, "{layout}: {steps:?}");
        if layout == "prysm" {
            prysm_makes_a_database(&folder, &steps[0]);
        }
    }
}

/// Prysm runs on when it made its database: a shell without a person ends it, and goes on only if the
/// database is there.
fn prysm_makes_a_database(folder: &Folder, step: &[String]) {
    assert_eq!(step.len(), 1, "{step:?}");
    let data = folder.at("prysm data");
    let (output, calls) = paste(folder, step, "none", Some(&data));
    let first = format!(
        "validator --hoodi --accept-terms-of-use --datadir={data} --wallet-dir={data}/no-wallet --rpc"
    );
    assert_eq!(calls.trim_end(), first);
    assert!(step[0].contains(" timeout 20 validator "), "{step:?}");
    // It ended, and made no database.
    assert!(!output.status.success());
    fs::create_dir_all(&data).unwrap();
    fs::write(folder.path("prysm data/validator.db"), "").unwrap();
    let (output, calls) = paste(folder, step, "*", Some(&data));
    assert!(output.status.success() && calls.is_empty(), "{calls}");
}

/// A data folder that somebody forgot to name is not the present one.
#[test]
fn a_folder_that_nobody_named_stops_the_shell() {
    for layout in ["teku", "prysm", "web3signer"] {
        let folder = ledger().copies();
        let restored = restore(&folder, layout, "to", &["--never-attested"]).code(0);
        let (output, calls) = paste(&folder, &steps(&restored)[0], "none", None);
        assert!(!output.status.success() && calls.is_empty(), "{layout}: {calls}");
    }
}

#[test]
fn with_its_history_lost_each_client_is_started_with_its_doppelganger_switch() {
    for (layout, switch) in DOPPELGANGER {
        let folder = ledger().copies();
        let restored = restore(&folder, layout, "to", &["--history-lost"]).code(0);
        let start = steps(&restored).pop().unwrap().pop().unwrap();
        assert!(start.ends_with(switch), "{layout}: {start}");
        assert!(
            restored
                .list("next")
                .iter()
                .any(|step| { step["note"].as_str().unwrap().contains("Wait") })
        );
    }
    let folder = ledger().copies();
    let text = on("mock-ledger").words(&format!(
        "backup restore {} --layout prysm --to {} --history-lost",
        folder.both(),
        folder.at("to")
    ));
    assert!(text.contains("--enable-doppelganger\n") && text.contains("20 minutes"), "{text}");
    assert!(text.contains("looks back once"), "{text}");
}

#[test]
fn a_client_that_lacks_the_network_is_not_started() {
    let folder = Folder::new();
    let create = format!("validator create --network chiado --count 1 --copy {}", folder.both());
    on("mock-ledger").run(&create).code(0);
    let restored = restore(&folder, "prysm", "to", &["--never-attested"]).code(0);
    assert!(steps(&restored).is_empty(), "{:#}", restored.json);
    let note = restored.list("next")[0]["note"].as_str().unwrap();
    assert!(note.contains("no option for chiado"), "{note}");
    // Before the wallet is asked.
    let said = restored.stderr.find("no option for chiado").unwrap();
    assert!(said < restored.stderr.find("approve").unwrap(), "{}", restored.stderr);
}

#[test]
fn a_folder_that_teku_cannot_be_given_is_refused() {
    let folder = ledger().copies();
    for name in ["a:b", "a,b"] {
        let refused = restore(&folder, "teku", name, &["--never-attested"]).error(2, "usage");
        assert!(!refused.prompted() && refused.message().contains("Teku"), "{}", refused.message());
        assert!(!folder.path(name).exists());
    }
    restore(&folder, "nimbus", "a:b", &["--never-attested"]).code(0);
}

#[test]
fn the_plain_layout_says_that_the_history_is_not_a_keystore() {
    let folder = ledger().copies();
    let history = folder.file("h.json", history_of_ledger());
    let restored = restore(&folder, "plain", "to", &["--history", &history]).code(0);
    let note = restored.list("next")[0]["note"].as_str().unwrap();
    assert!(note.contains("move the history out of the folder first"), "{note}");
    assert!(Path::new(&folder.at("to/slashing_protection.json")).exists());
}

/// Copies with names that a shell would take apart.
#[test]
fn commands_about_copies_can_be_pasted() {
    let folder = Folder::new();
    let (a, b) = (folder.at("my stick"), folder.at("stick 'b'"));
    let words = ["validator", "create", "--network", "hoodi", "--count", "1", "--copy", &a, &b];
    let made = on("mock-ledger").words_of(&words);
    let drill = made.lines().find_map(|line| line.strip_prefix("Next: stockade ")).unwrap();
    let split = Command::new("sh").args(["-c", &format!("printf '%s\\n' {drill}")]).output();
    let split = String::from_utf8(split.unwrap().stdout).unwrap();
    assert_eq!(split.lines().collect::<Vec<_>>(), ["backup", "drill", &a, &b]);
}
