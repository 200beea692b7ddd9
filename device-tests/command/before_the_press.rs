//! What can be refused is refused before anybody presses a button: every command, with every option
//! that names a place to write to. The help says which those are, so that a new one is not forgotten.

use std::{collections::BTreeSet, fs};

#[cfg(feature = "cloud")]
use super::{deliver_from::epoch_now, stores::with_aws};
use super::{
    fixture::{Folder, imported, ledger, vector},
    m_of_n::{custodians, two_of_three},
    restore_history::history_of_ledger,
    run::{OTHER_WORDS, Ran, Stockade, WORDS, on},
};

#[cfg(feature = "cloud")]
use crate::cloud::{
    aws_server,
    validator_client::{TOKEN, ValidatorClient},
    vault_server::vault,
};

/// Options that name places which a command reads, or writes to without which it does what it was
/// asked: a note or a history that is not kept is said.
const ONLY_READ: &[(&str, &str)] = &[
    ("validator list", "COPY"),
    ("status", "COPY"),
    // No wallet is asked for anything.
    ("man", "--to"),
    ("paper set", "COPY"),
    ("paper set", "--out"),
    ("paper custodian", "--out"),
    ("paper attestation", "--out"),
    ("paper read", "--out"),
    ("qr show", "--out"),
    ("qr read", "--out"),
    // Refused where no copy can record where the keys go: tried with real disks, among the interrupted.
    ("validator split", "--copy"),
    ("backup list", "COPY"),
    ("backup scrub", "COPY"),
    ("backup drill", "COPY"),
    // Copies that cannot be written to are a source all the same.
    ("backup repair", "COPY"),
    // As a split is.
    ("backup restore", "COPY"),
    ("deliver verify", "COPY"),
    ("deliver web3signer", "COPY"),
    ("deposit topup", "--copy"),
    ("deposit verify", "--copy"),
    ("exit open", "COPY"),
    ("exit combine", "--copy"),
    ("exit verify", "--copy"),
    ("exit verify", "COPY"),
    ("keyshares verify", "--copy"),
    ("attest verify", "COPY"),
];

/// A place that takes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Something below a file.
    BelowAFile,
    /// Something in a folder that does not exist.
    InNoFolder,
    /// A copy on a disk that is write-protected.
    ReadOnly,
    /// A copy on a disk that is full.
    Full,
}

const NEW_FILE: &[Place] = &[Place::BelowAFile, Place::InNoFolder, Place::ReadOnly, Place::Full];
const NEW_FOLDER: &[Place] = &[Place::BelowAFile, Place::ReadOnly, Place::Full];
const NEW_COPY: &[Place] = NEW_FILE;
const COPY: &[Place] = &[Place::ReadOnly, Place::Full];
/// A set is retired from a full disk too, to make room: tested among the interrupted.
const COPY_BUT_FULL: &[Place] = &[Place::ReadOnly];

/// A command, the option that names a place, and which places it is tried with.
struct Case {
    command: &'static str,
    option: &'static str,
    places: &'static [Place],
    folder: Folder,
    who: Stockade,
    /// What stands between the command and the place.
    line: String,
}

impl Case {
    fn new(
        (command, option): (&'static str, &'static str),
        places: &'static [Place],
        folder: Folder,
        line: impl FnOnce(&Folder) -> String,
    ) -> Self {
        let line = line(&folder);
        Self { command, option, places, folder, who: on("mock-ledger"), line }
    }

    fn try_with(&self, place: Place) {
        let existing = !self.places.contains(&Place::BelowAFile);
        let target = match place {
            Place::BelowAFile => {
                self.folder.file("file", "x");
                self.folder.at("file/new")
            }
            Place::InNoFolder => self.folder.at("nowhere/new"),
            Place::ReadOnly | Place::Full if existing => self.folder.both(),
            Place::ReadOnly | Place::Full => self.folder.at("new"),
        };
        let who = match place {
            Place::ReadOnly => self.who.clone().with("STOCKADE_FAIL_AT", "1:erofs"),
            Place::Full => self.who.clone().with("STOCKADE_FAIL_AT", "1:enospc"),
            _ => self.who.clone(),
        };
        let option = if self.option.starts_with("--") { self.option } else { "" };
        // Positional places stand before the options that take several values.
        let line = match option {
            // The place that is checked is named before the copies.
            "" if self.command == "store check" => {
                format!("{} {} {target}", self.command, self.line)
            }
            "" => format!("{} {target} {}", self.command, self.line),
            option => format!("{} {} {option} {target}", self.command, self.line),
        };
        let before = self.folder.content();
        let ran = who.run(&line);
        let at = format!("{line} ({place:?}): {:#}\n{}", ran.json, ran.stderr);
        assert_eq!(ran.code, 3, "{at}");
        assert_eq!(ran.json["error"]["kind"], "file", "{at}");
        assert_eq!(presses(&ran), 0, "{at}");
        assert!(!ran.message().contains(".partial"), "{at}");
        assert!(ran.message().contains(self.folder.at("").trim_end_matches('/')), "{at}");
        assert!(self.folder.content() == before, "{at}");
    }
}

/// How many times the wallet's user was asked for anything.
fn presses(ran: &Ran) -> usize {
    ran.stderr.lines().filter(|line| line.contains("approve")).count()
}

fn first_key() -> String {
    ledger().json["keys"][0]["pubkey"].as_str().unwrap().to_owned()
}

/// A file or folder of a cluster that charon made.
fn charon(name: &str) -> String {
    vector(&format!("distributed/charon-cluster/{name}"))
}

#[cfg(feature = "cloud")]
/// A folder with a web3signer folder of the keys in it, beside the two copies.
fn beside_web3signer() -> Folder {
    let folder = ledger().copies();
    let to = folder.at("signer");
    let line =
        format!("backup restore {} --layout web3signer --never-attested --to {to}", folder.both());
    on("mock-ledger").run(&line).code(0);
    folder
}

fn cases() -> Vec<Case> {
    let hoodi = "--network hoodi --count 1";
    let mut cases = vec![
        Case::new(("custodian enroll", "--out"), NEW_FILE, Folder::new(), |_| {
            "--name x".to_owned()
        }),
        Case::new(("validator create", "--copy"), NEW_COPY, Folder::new(), |_| hoodi.to_owned()),
        Case::new(("validator create", "--copy"), COPY, ledger().copies(), |_| hoodi.to_owned()),
        Case::new(("validator split", "--to"), NEW_FOLDER, ledger().copies(), |folder| {
            let key = first_key();
            format!("--copy {} --pubkey {key} --shares 4 --whole-keys-are-off", folder.both())
        }),
        Case::new(("backup create", "--copy"), NEW_COPY, Folder::new(), |folder| {
            let (from, password) = (vector("deposits/hoodi-0x01"), folder.password_file());
            format!("--network hoodi --from {from} --password-file {password}")
        }),
        Case::new(("validator combine", "--copy"), NEW_COPY, Folder::new(), |_| {
            let nodes = [0, 1, 2].map(|node| charon(&format!("node{node}")));
            format!("--network hoodi --from {}", nodes.join(" "))
        }),
        Case::new(("exit combine", "--out"), NEW_FILE, Folder::new(), |_| {
            let parts = [0, 1, 2].map(|node| charon(&format!("partial-exit-node{node}.json")));
            parts.join(" ")
        }),
        Case::new(("backup repair", "--to"), NEW_COPY, ledger().copies(), |folder| folder.both()),
        Case::new(("backup reseal", "COPY"), COPY, ledger().copies(), |folder| {
            let set = folder.set("a");
            format!("--custodian {}", set.display())
        }),
        Case::new(("backup restore", "--to"), NEW_FOLDER, ledger().copies(), |folder| {
            format!("{} --layout lighthouse --never-attested", folder.both())
        }),
        Case::new(("attest create", "--copy"), COPY, ledger().copies(), |_| {
            "--check drill".to_owned()
        }),
        Case::new(("deposit topup", "--out"), NEW_FILE, ledger().copies(), |folder| {
            format!("--copy {} --index 0 --amount 1", folder.both())
        }),
        Case::new(("credentials change", "--out"), NEW_FILE, Folder::new(), |_| {
            "--network hoodi --index 0 --validator-index 7 --withdrawal-address device".to_owned()
        }),
        Case::new(("exit create", "--out"), NEW_FILE, ledger().copies(), |folder| {
            format!("--copy {} --index 0 --validator-index 7", folder.both())
        }),
        Case::new(("exit create", "--copy"), COPY, ledger().copies(), |_| {
            "--seal --index 0 --validator-index 7".to_owned()
        }),
        Case::new(("exit open", "--out"), NEW_FOLDER, sealed_exits(), |folder| folder.both()),
    ];
    #[cfg(feature = "cloud")]
    cases.push(Case::new(("store check", "COPY"), COPY, beside_web3signer(), |folder| {
        format!("web3signer:{} --attest", folder.at("signer/keys"))
    }));
    #[cfg(feature = "cloud")]
    cases.push(Case::new(
        ("deliver web3signer", "--dir"),
        NEW_FOLDER,
        ledger().copies(),
        |folder| format!("{} --type file-keystore --never-attested", folder.both()),
    ));
    #[cfg(feature = "cloud")]
    cases.extend(deliveries());
    cases.push(retire());
    cases
}

/// Deliveries that no copy can record. Nobody listens at the addresses of the stores: they are asked
/// before the copies are, so they are stand-ins.
#[cfg(feature = "cloud")]
fn deliveries() -> Vec<Case> {
    let folder = || {
        let folder = ledger().copies();
        folder.file("token", TOKEN);
        folder
    };
    let token = |folder: &Folder| folder.at("token");
    let client = |client: &ValidatorClient, folder: &Folder| {
        format!("--url {} --token-file {}", client.url, token(folder))
    };
    let keys: Vec<_> = ledger().json["keys"].as_array().unwrap().iter().collect();
    let keys: Vec<_> = keys.iter().map(|key| key["pubkey"].as_str().unwrap().to_owned()).collect();
    let old = ValidatorClient::running(&keys, epoch_now());
    let (vault, _) = vault();
    let (aws, _) = aws_server::aws();
    let mut with_aws_keys = Case::new(("deliver aws-secrets", "COPY"), COPY, folder(), |_| {
        format!("--prefix v/ --aws-region eu-west-1 --aws-endpoint {aws}")
    });
    with_aws_keys.who = with_aws(with_aws_keys.who);
    vec![
        Case::new(("deliver keymanager", "COPY"), COPY, folder(), |folder| {
            let client = client(&ValidatorClient::new(), folder);
            format!("{client} --not-running --never-attested")
        }),
        Case::new(("deliver keymanager", "COPY"), COPY, folder(), |folder| {
            let client = client(&ValidatorClient::new(), folder);
            format!("{client} --from {} --from-token-file {}", old.url, token(folder))
        }),
        Case::new(("deliver remote-keys", "COPY"), COPY, folder(), |folder| {
            let client = client(&ValidatorClient::new(), folder);
            format!("{client} --signer-url http://10.0.0.9:9000 --not-running")
        }),
        Case::new(("deliver vault", "COPY"), COPY, folder(), |folder| {
            let token = folder.file("vault-token", "hvs.token");
            format!("--vault-addr {vault} --token-file {token} --kv 2 --mount kv2 --path v")
        }),
        with_aws_keys,
    ]
}

/// Two copies with an exit sealed beside their set.
fn sealed_exits() -> Folder {
    let folder = imported().copies();
    let seal = format!("exit create --seal --copy {} --index 0 --validator-index 7", folder.both());
    on("mock-ledger").run(&seal).code(0);
    folder
}

/// A set that another one replaces.
fn retire() -> Case {
    let folder = ledger().copies();
    let old = folder.sets("a").remove(0);
    let line = format!("backup reseal {} --custodian {}", folder.both(), folder.set("a").display());
    let new = on("mock-ledger").run(&line).code(0).text("set_id").to_owned();
    Case::new(("backup retire", "COPY"), COPY_BUT_FULL, folder, |_| {
        format!("--set {old} --by {new}")
    })
}

#[test]
fn a_place_that_takes_nothing_is_refused_before_the_first_press() {
    for case in cases() {
        for place in case.places {
            case.try_with(*place);
        }
    }
}

/// Whoever adds an option that names a place adds a case, or says that it is only read.
#[test]
fn every_option_that_names_a_place_is_among_them() {
    let help = fs::read_to_string(format!(
        "{}/docs/cli.md",
        concat!(env!("CARGO_MANIFEST_DIR"), "/../..")
    ))
    .unwrap();
    let covered: BTreeSet<_> = cases().iter().map(|case| (case.command, case.option)).collect();
    let mut command = "";
    let mut found = 0;
    for line in help.lines() {
        if let Some(name) = line.strip_prefix("## stockade ") {
            command = name;
        }
        let Some(option) = place_of(line) else { continue };
        found += 1;
        let known = covered.iter().any(|(one, named)| *one == command && *named == option)
            || ONLY_READ.contains(&(command, option))
            || command.starts_with("mock");
        assert!(known, "{command} {option}: add a case, or say that it is only read");
    }
    assert!(found >= covered.len(), "{found} options found in docs/cli.md");
}

/// The option of a line of help, where its value is a place that could be written to.
fn place_of(line: &str) -> Option<&'static str> {
    let line = line.trim_start();
    let places = [
        ("--out <", "--out"),
        ("--to <DIR>", "--to"),
        ("--to <NEWDIR>", "--to"),
        ("--dir <", "--dir"),
        ("--copy <DIR>", "--copy"),
        ("<COPY>...", "COPY"),
        ("[COPY]...", "COPY"),
    ];
    places.iter().find(|(begin, _)| line.starts_with(begin)).map(|(_, option)| *option)
}

/// Its address is shown in one app, and the change is signed in another: nobody could say here that the
/// first may be closed.
#[test]
fn a_ledger_that_would_have_to_change_its_app_with_nobody_there() {
    let folder = Folder::new();
    let line = format!(
        "credentials change --network hoodi --index 0 --validator-index 7 --withdrawal-address device \
         --out {}",
        folder.at("change.json")
    );
    refused(&on("mock-ledger"), &line, 2, "no terminal");
}

/// Runs a line that is refused with this exit code before the wallet's user is asked for anything.
#[track_caller]
fn refused(who: &Stockade, line: &str, code: i32, says: &str) {
    let ran = who.run(line);
    let at = format!("{line}: {:#}\n{}", ran.json, ran.stderr);
    assert_eq!(ran.code, code, "{at}");
    assert_eq!(presses(&ran), 0, "{at}");
    assert!(ran.message().contains(says), "{at}");
}

#[test]
fn amounts_and_credentials_that_no_deposit_takes() {
    let folder = Folder::new();
    for (options, code, says) in [
        ("--amount 33", 3, "33000000000"),
        ("--amount 0.5", 3, "500000000"),
        ("--amount 2049 --credentials 0x02", 3, "2049000000000"),
        ("--credentials 0x00", 3, "0x00"),
    ] {
        let line = format!(
            "validator create --network hoodi --count 1 {options} --copy {}",
            folder.at("a")
        );
        refused(&on("mock-ledger"), &line, code, says);
    }
    let mnemonic = format!(
        "validator create --network hoodi --count 1 --from-mnemonic --mnemonic-fd 0 --amount 33 \
         --copy {}",
        folder.at("a")
    );
    refused(&on("mock-trezor").reading(WORDS), &mnemonic, 3, "33000000000");
    assert!(!folder.path("a").exists());
}

#[test]
fn thresholds_that_nobody_can_meet_or_nobody_chose() {
    let folder = two_of_three().copies();
    let (own, other) = (folder.at("ledger.json"), folder.at("trezor.json"));
    let signer = format!("--signer {own} --identity {}", folder.at("identity.txt"));
    let reseal = format!("backup reseal {} {signer}", folder.both());
    for (options, says) in [
        (format!("--custodian {own} {other}"), "--threshold"),
        (format!("--custodian {own} {other} --threshold 3"), "3 of 2"),
        (format!("--custodian {} --threshold 4", folder.set("a").display()), "4 of 3"),
    ] {
        refused(&on("mock-ledger"), &format!("{reseal} {options}"), 2, says);
    }
    let folder = Folder::new();
    let (own, other, _) = custodians(&folder);
    let create = format!(
        "validator create --network hoodi --count 1 --copy {} --custodian {own} {other}",
        folder.at("a")
    );
    refused(&on("mock-ledger"), &format!("{create} --threshold 3"), 2, "3 of 2");
}

#[test]
fn withdrawal_keys_that_are_not_the_validators() {
    let folder = Folder::new();
    let line = format!(
        "credentials change --network hoodi --from-mnemonic --mnemonic-fd 0 --index 0 \
         --validator-index 7 --withdrawal-address device --out {} --withdrawal-credentials {}",
        folder.at("change.json"),
        format_args!("00{}", "11".repeat(31))
    );
    let who = on("mock-trezor").holding(OTHER_WORDS).reading(WORDS);
    refused(&who, &line, 3, "other credentials");
}

#[test]
fn a_history_or_a_password_that_cannot_be_used() {
    let folder = ledger().copies();
    let restore =
        format!("backup restore {} --layout plain --to {}", folder.both(), folder.at("to"));
    let short = folder.file("short", "short");
    let history = folder.file("h.json", history_of_ledger().replace("999", "x"));
    for (options, code, says) in [
        (format!("--never-attested --new-password-file {short}"), 3, "12 characters"),
        (format!("--history {history}"), 3, "h.json"),
        ("--never-attested --set 20261121-hoodi-c89274fa".to_owned(), 3, "no set"),
    ] {
        refused(&on("mock-ledger"), &format!("{restore} {options}"), code, says);
    }
}
