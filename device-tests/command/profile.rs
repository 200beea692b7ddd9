//! A profile completes the command line, and makes nothing pass that would not pass without it.

use std::{fs, path::PathBuf};

use super::{
    fixture::{Folder, ledger},
    run::{OTHER_WORDS, Stockade, alone, on},
};

/// m/44'/60'/0'/0/0 of the mocks' words, which attests.
pub(super) const ATTESTS: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";
/// Their check address, which signs origins.
pub(super) const CHECKS: &str = "0x5C81Eade04A009301586bF5421F18F3EB5C52df4";

/// A computer with a profile of its own.
pub(super) fn at_home(who: Stockade, folder: &Folder) -> Stockade {
    who.with("XDG_CONFIG_HOME", folder.at("config")).with("XDG_STATE_HOME", folder.at("state"))
}

/// Both copies, and a profile that names them and the addresses of the mocks.
pub(super) fn set_up() -> Folder {
    let folder = ledger().copies();
    let line = format!(
        "setup --copy {} --signer {CHECKS} --signer {ATTESTS} --network hoodi --layout teku",
        folder.both()
    );
    at_home(alone(), &folder).run(&line).code(0);
    folder
}

fn profile(folder: &Folder) -> PathBuf {
    folder.path("config/stockade/profile.toml")
}

/// The id of the copy `name`.
pub(super) fn id(folder: &Folder, name: &str) -> String {
    let text = fs::read_to_string(folder.path(name).join("stockade/copy.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["copy_id"].as_str().unwrap().to_owned()
}

#[test]
fn with_a_profile_the_daily_commands_need_no_arguments() {
    let folder = set_up();
    let scrubbed = at_home(alone(), &folder).run("scrub").code(0);
    assert_eq!(scrubbed.list("copies").len(), 2);
    assert_eq!(scrubbed.text("origin"), "signer");
    let wallet = at_home(on("mock-ledger"), &folder);
    assert_eq!(wallet.run("drill").code(0).list("copies").len(), 2);
    assert_eq!(wallet.run("validator list").code(0).list("copies").len(), 2);
    let restored = {
        let mut command = wallet.command(&["restore", "--never-attested"]);
        command.current_dir(folder.path("a").parent().unwrap()).output().unwrap()
    };
    assert_eq!(restored.status.code(), Some(0));
    let made = fs::read_dir(folder.path("a").parent().unwrap()).unwrap();
    let made: Vec<_> = made.map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
    assert!(made.iter().any(|name| name.starts_with("restored-")), "{made:?}");
}

#[test]
fn the_wallet_of_the_profile_is_used_where_none_is_named() {
    let folder = set_up();
    at_home(alone(), &folder).run("config set device mock-ledger").code(0);
    let with_words = alone().holding(super::run::WORDS);
    at_home(with_words, &folder).run("drill").code(0);
    at_home(on("mock-ledger").holding(OTHER_WORDS), &folder).run("drill").code(1);
}

#[test]
fn what_is_named_on_the_line_wins() {
    let folder = set_up();
    let one = at_home(alone(), &folder).run(&format!("scrub {}", folder.at("a"))).code(0);
    assert_eq!(one.list("copies").len(), 1);
    assert_eq!(one.text("origin"), "unknown", "the signer of a profile counts with its copies");
    let to = folder.at("own");
    let line = format!("restore --to {to} --layout lighthouse --never-attested");
    at_home(on("mock-ledger"), &folder).run(&line).code(0);
    assert!(folder.path("own").join("validators").exists() || folder.path("own").exists());
}

#[test]
fn a_copy_that_is_not_here_is_not_checked_and_said_so() {
    let folder = set_up();
    let (b, who) = (id(&folder, "b"), at_home(alone(), &folder));
    fs::rename(folder.path("b"), folder.path("away")).unwrap();
    let scrubbed = who.run("scrub").code(1);
    assert_eq!(scrubbed.each("not_here", "copy"), [b.as_str()]);
    assert_eq!(scrubbed.verdicts().0, 3, "the other copy is checked");
    assert!(who.said(&["scrub"]).1.contains("NOT checked, because not here: copy"));
    who.run(&format!("config set copy.{b}.away true")).code(0);
    let scrubbed = who.run("scrub").code(0);
    assert_eq!(scrubbed.each("not_here", "copy"), [b.as_str()]);
    // Its new place is named: it is known again.
    who.run(&format!("setup --copy {}", folder.at("away"))).code(0);
    assert_eq!(who.run("scrub").code(0).list("copies").len(), 2);
}

#[test]
fn nothing_is_written_to_some_copies_because_the_others_are_not_here() {
    let folder = set_up();
    fs::rename(folder.path("b"), folder.path("away")).unwrap();
    let (before, wallet) = (folder.content(), at_home(on("mock-ledger"), &folder));
    for line in ["validator create --count 1", "attest create", "repair"] {
        let refused = wallet.run(line).error(3, "file");
        assert!(!refused.prompted(), "{line}");
    }
    assert_eq!(folder.content(), before);
    fs::rename(folder.path("a"), folder.path("away-too")).unwrap();
    at_home(alone(), &folder).run("scrub").error(3, "file");
}

/// Who can write the profile names addresses as the owner's: they must not open the way for a set that
/// somebody else made.
#[test]
fn a_signer_of_the_profile_makes_no_foreign_set_pass() {
    let folder = set_up();
    let wallet = at_home(on("mock-ledger"), &folder);
    let own = folder.at("own.json");
    wallet.run(&format!("custodian enroll --name own --out {own}")).code(0);
    let strange = format!(
        "validator create --network hoodi --count 1 --custodian {own} --copy {} {}",
        folder.at("c"),
        folder.at("d")
    );
    let made = on("mock-ledger").holding(OTHER_WORDS).run(&strange).code(0);
    let stranger = made.text("signer").to_owned();
    let (c, d) = (folder.at("c"), folder.at("d"));
    wallet.run(&format!("setup --copy {c} {d} --signer {stranger}")).code(0);
    let set = made.text("set_id");
    let with = wallet.run(&format!("drill --set {set}"));
    let without = on("mock-ledger").run(&format!("drill {c} {d} --set {set}"));
    assert_eq!((with.code, without.code), (1, 1));
    let restore = format!("restore --set {set} --to {} --never-attested", folder.at("to"));
    assert_ne!(wallet.run(&restore).code, 0);
    assert!(!folder.path("to").exists());
}

#[test]
fn custodians_of_the_profile_do_not_open_new_sets() {
    let folder = set_up();
    let stranger = on("mock-ledger").holding(OTHER_WORDS);
    let theirs = folder.at("theirs.json");
    stranger.run(&format!("custodian enroll --name theirs --out {theirs}")).code(0);
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&theirs).unwrap()).unwrap();
    let id = json["id"].as_str().unwrap();
    let wallet = at_home(on("mock-ledger"), &folder);
    wallet.run(&format!("config set custodians {id}")).code(0);
    let made = wallet.run("validator create --count 1").code(0);
    assert!(!made.json.to_string().contains(id));
    let status = at_home(alone(), &folder).run("status").code(1);
    assert!(status.each("tasks", "kind").contains(&"custodians"));
}

#[test]
fn a_broken_profile_is_named_and_disturbs_no_command_that_needs_none() {
    let folder = set_up();
    fs::write(profile(&folder), "copies = maybe\nabandon abandon\n").unwrap();
    let who = at_home(alone(), &folder);
    let refused = who.run("scrub").error(3, "input");
    assert!(refused.message().contains("profile.toml"), "{}", refused.message());
    let scrubbed = who.run(&format!("scrub {}", folder.both())).code(0);
    assert!(scrubbed.stderr.contains("note:"), "{}", scrubbed.stderr);
    at_home(on("mock-ledger"), &folder).run("device info").code(0);
    who.run("--profile none status").error(2, "usage");
    at_home(alone(), &folder).run(&format!("--profile none scrub {}", folder.both())).code(0);
}

#[test]
fn a_profile_is_named_by_name_by_file_or_in_the_environment() {
    let folder = set_up();
    let who = at_home(alone(), &folder);
    who.run(&format!("--profile work setup --copy {}", folder.at("a"))).code(0);
    assert!(folder.path("config/stockade/work.toml").exists());
    let copies = |who: &Stockade, line: &str| who.run(line).list("copies").len();
    assert_eq!(copies(&who, "--profile work scrub"), 1);
    assert_eq!(copies(&who, "scrub --profile=work"), 1);
    let file = folder.at("config/stockade/work.toml");
    assert_eq!(copies(&who, &format!("--profile {file} scrub")), 1);
    assert_eq!(copies(&who.clone().with("STOCKADE_PROFILE", "work"), "scrub"), 1);
    assert_eq!(copies(&who.clone().with("STOCKADE_PROFILE", "work"), "--profile profile scrub"), 2);
    assert_eq!(copies(&who.clone().with("STOCKADE_PROFILE", ""), "scrub"), 2);
    who.run("--profile nowhere scrub").error(3, "file");
    who.run("--profile none scrub").error(2, "usage");
    who.with("STOCKADE_PROFILE", "none").run("scrub").error(2, "usage");
}

#[cfg(unix)]
#[test]
fn a_profile_is_its_owners_alone_and_takes_no_secret() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = set_up();
    let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(profile(&folder)), 0o600);
    assert_eq!(mode(folder.path("config/stockade")), 0o700);
    let (who, before) = (at_home(alone(), &folder), fs::read(profile(&folder)).unwrap());
    for bad in [
        "node http://me:secret@127.0.0.1:8545",
        "node https://node.example/?key=1",
        "network nowhere",
        "signers 0x00",
        "max_age.scrub never",
        "threshold x",
        "colour blue",
        "copy.00000000.away true",
    ] {
        who.run(&format!("config set {bad}")).error(2, "usage");
    }
    assert_eq!(fs::read(profile(&folder)).unwrap(), before);
    who.run("config set node http://127.0.0.1:8545").code(0);
    assert_eq!(who.run("config show").code(0).text("node"), "http://127.0.0.1:8545");
    assert_eq!(mode(profile(&folder)), 0o600);
    who.run("config set node").code(0);
    assert!(who.run("config show").code(0).json["node"].is_null());
}

#[test]
fn words_that_are_typed_alone_lead_to_a_command() {
    let (code, text) = alone().said(&["drill"]);
    assert_eq!(code, 2);
    assert!(text.contains("stockade backup drill <COPY>"), "{text}");
    for (word, command) in [
        ("list", "stockade validator list"),
        ("verify", "stockade attest verify"),
        ("create", "stockade validator create"),
    ] {
        let (code, text) = alone().said(&[word]);
        assert!(code == 2 && text.contains(command), "{text}");
        alone().run(word).error(2, "usage");
    }
}
