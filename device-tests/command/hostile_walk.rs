//! Every command that reads copies, on a copy that somebody prepared to take all memory: each ends within
//! bounds, with an answer. The help says which commands those are, so that a new one is not forgotten.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::{fs::symlink, net::UnixListener},
    process::Command,
};

use serde_json::Value;

use super::{
    fixture::{Folder, ledger, vector},
    hostile_copies::{SET, SIGNER, bounded, large_manifest, large_sums},
    hostile_names::{HOSTILE, require_harmless},
    run::on,
};

/// A file that seems to be much larger than any computer's memory.
const HUGE: u64 = 1 << 40;

/// What each command is told besides the copies; `{}` stands for them.
fn lines(folder: &Folder) -> Vec<String> {
    let set = ledger().json["set_id"].as_str().unwrap();
    let key = ledger().json["keys"][0]["pubkey"].as_str().unwrap();
    let at = |name: &str| folder.at(name);
    let good = folder.path("b/stockade").join(set);
    let (good, deposits) = (good.display(), vector("deposits/hoodi-0x01"));
    let deposit = ledger().json["deposit_data"].as_str().unwrap();
    let deposit = folder.path("b/stockade").join(set).join(deposit.rsplit('/').next().unwrap());
    let password = folder.password_file();
    let exit = vector("staking/exits/00-ok.json");
    let mut lines = vec![
        "validator create --network hoodi --count 1 --copy {}".to_owned(),
        "validator list {}".to_owned(),
        format!("validator check {good} {{}}"),
        format!(
            "validator split --set {set} --pubkey {key} --shares 4 --to {} --whole-keys-are-off \
             --shares-are-off --copy {{}}",
            at("shares")
        ),
        format!(
            "backup create --network hoodi --from {deposits} --password-file {password} --copy {{}}"
        ),
        format!("setup --profile {} --network hoodi --copy {{}}", at("profile.toml")),
        "status {}".to_owned(),
        format!("report {{}} --html {}", at("own.html")),
        format!("report {{}} --public --signer {SIGNER} --html {}", at("public.html")),
        "validator combine --network hoodi --copy {}".to_owned(),
        format!(
            "exit combine {} --out {} --network hoodi --copy {{}}",
            vector("distributed/charon-cluster/partial-exit-node0.json"),
            at("combined.json")
        ),
        format!("keyshares verify {} --copy {{}}", vector("distributed/ssv/keyshares-1.json")),
        format!("paper set {{}} --set {set} --out {}", at("set.html")),
        "backup list {}".to_owned(),
        "backup scrub {}".to_owned(),
        "backup drill {}".to_owned(),
        "backup repair {}".to_owned(),
        format!("backup reseal {{}} --set {set} --custodian {good}"),
        format!(
            "backup restore {{}} --set {set} --to {} --layout plain --history-lost --shares-are-off",
            at("restored")
        ),
        format!(
            "backup restore {{}} --all-sets --except-set {SET} --to {} --layout plain --history-lost",
            at("all")
        ),
        format!("backup retire {{}} --set {SET} --by {set}"),
        "attest create --copy {}".to_owned(),
        format!("attest verify {{}} --signer {SIGNER}"),
        format!(
            "deposit topup --set {set} --index 0 --amount 1 --out {} --copy {{}}",
            at("t.json")
        ),
        format!("deposit verify {} --copy {{}}", deposit.display()),
        format!(
            "exit create --set {set} --index 0 --validator-index 7 --out {} --copy {{}}",
            at("e.json")
        ),
        format!("exit create --set {set} --index 0 --validator-index 7 --seal --copy {{}}"),
        format!("exit open {{}} --set {set} --out {}", at("exits")),
        format!("exit verify {exit} --network hoodi --copy {{}}"),
    ];
    if cfg!(feature = "cloud") {
        let token = folder.file("token", "a-token");
        let nobody = format!("--url http://127.0.0.1:9 --token-file {token}");
        let given = format!("{{}} --set {set} --shares-are-off");
        lines.extend([
            format!("deliver aws-secrets {given} --prefix v/ --aws-region eu-west-1 --aws-endpoint http://127.0.0.1:9"),
            format!("deliver keymanager {given} {nobody} --not-running --history-lost"),
            format!("deliver remote-keys {given} {nobody} --not-running --signer-url http://127.0.0.1:9"),
            format!("deliver vault {given} --vault-addr http://127.0.0.1:9 --token-file {token} --path v"),
            format!(
                "deliver web3signer {given} --dir {} --type file-keystore --history-lost",
                at("web3signer")
            ),
            format!("deliver verify {{}} --signer {SIGNER}"),
            format!("store check web3signer:{} {{}}", folder.at("nothing")),
        ]);
    }
    lines
}

/// A copy whose second set has a manifest and sums that are as large as they may be, and in which every
/// kind of file beside the good set is huge.
fn hostile() -> Folder {
    let folder = ledger().copies();
    let set = ledger().json["set_id"].as_str().unwrap();
    folder.file(&format!("a/stockade/{SET}/manifest.json"), large_manifest(&folder, 5_000_000));
    folder.file(&format!("a/stockade/{SET}/SHA256SUMS"), large_sums());
    let time = "20261101T000000Z";
    for set in [set, SET] {
        for name in [
            format!("history/{set}/{time}.json"),
            format!("history/{set}/{time}-split.json"),
            format!("history/{set}/{time}-delivery.json"),
            format!("attestations/{set}/{time}-0x9858effd.json"),
            format!("attestations/{set}/{time}-delivery-0x9858effd.json"),
            format!("exits/{set}/{time}-7.age"),
            format!("whereabouts/{set}/{time}-0123456789abcdef.json"),
            format!("retired/{set}.json"),
            format!("{set}/strange"),
        ] {
            let name = format!("a/stockade/{name}");
            folder.file(&name, "");
            fs::File::options()
                .write(true)
                .open(folder.path(&name))
                .unwrap()
                .set_len(HUGE)
                .unwrap();
        }
    }
    for name in
        ["origin.json", "manifest.mac", "RECOVERY.txt", "seal/secret.age", "keystores/k.json"]
    {
        let name = format!("a/stockade/{SET}/{name}");
        folder.file(&name, "");
        fs::File::options().write(true).open(folder.path(&name)).unwrap().set_len(HUGE).unwrap();
    }
    no_files(&folder);
    fs::create_dir(folder.path("nothing")).unwrap();
    folder
}

/// Pipes, sockets, links and folders wherever a file is expected: in a third set, beside the good one, and in
/// the place of a room.
fn no_files(folder: &Folder) {
    const THIRD: &str = "20261101-hoodi-00000002";
    let set = ledger().json["set_id"].as_str().unwrap();
    let time = "20261102T000000Z";
    let names = [
        "manifest.json",
        "SHA256SUMS",
        "origin.json",
        "manifest.mac",
        "RECOVERY.txt",
        "seal/secret.age",
        "keystores/keystore-m_12381_3600_0_0_0-1.json",
    ];
    let mut names: Vec<_> = names.iter().map(|name| format!("{THIRD}/{name}")).collect();
    for set in [set, THIRD] {
        names.extend([
            format!("history/{set}/{time}.json"),
            format!("history/{set}/{time}-split.json"),
            format!("attestations/{set}/{time}-0x9858effd.json"),
            format!("attestations/{set}/{time}-delivery-0x9858effd.json"),
            format!("exits/{set}/{time}-7.age"),
            format!("whereabouts/{set}/{time}-0123456789abcdef.json"),
        ]);
    }
    names.extend([format!("retired/{THIRD}.json"), "exits/20261101-hoodi-00000003".to_owned()]);
    let outside = folder.file("outside", "what no command reads");
    for (i, name) in names.iter().enumerate() {
        let path = folder.path(&format!("a/stockade/{name}"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match i % 4 {
            0 => assert!(Command::new("mkfifo").arg(&path).status().unwrap().success()),
            1 => symlink(&outside, &path).unwrap(),
            2 => fs::create_dir(&path).unwrap(),
            _ => drop(UnixListener::bind(&path).unwrap()),
        }
    }
}

#[test]
fn every_command_ends_within_bounds_on_a_hostile_copy() {
    let folder = hostile();
    let before = folder.sets("a");
    for line in lines(&folder) {
        let begun = std::time::Instant::now();
        let (code, json, said) = bounded(&line.replace("{}", &folder.both()));
        assert!(!said.contains("memory allocation"), "{line}: {said}");
        assert!(!said.contains("what no command reads"), "{line}: {said}");
        // The line is one that the command takes.
        let message = json["error"]["message"].as_str().unwrap_or_default();
        assert!(!message.starts_with("error: "), "{line}: {json:#}");
        println!("{line}: {code} after {:?}: {message:.200}", begun.elapsed());
    }
    assert!(before.iter().all(|set| folder.sets("a").contains(set)));
}

/// Copies of a hostile name, with a hostile label, files of hostile names everywhere, and files that say
/// hostile things.
fn hostile_names() -> Folder {
    let folder = ledger().copies();
    let set = ledger().json["set_id"].as_str().unwrap();
    let text = serde_json::to_string(HOSTILE).unwrap();
    let manifest = large_manifest(&folder, 1).replace("7f3a19c2", &text[1..text.len() - 1]);
    let copy = format!("a{HOSTILE}");
    fs::rename(folder.path("a"), folder.path(&copy)).unwrap();
    let description = folder.path(&format!("{copy}/stockade/copy.json"));
    let mut json: Value = serde_json::from_slice(&fs::read(&description).unwrap()).unwrap();
    json["label"] = HOSTILE.into();
    fs::write(&description, json.to_string()).unwrap();
    let time = "20261101T000000Z";
    for name in [
        HOSTILE,
        &format!("{set}/{HOSTILE}"),
        &format!("{set}/keystores/{HOSTILE}"),
        &format!("history/{set}/{HOSTILE}.json"),
        &format!("history/{set}/{HOSTILE}-split.json"),
        &format!("history/{set}/{HOSTILE}-delivery.json"),
        &format!("whereabouts/{set}/{HOSTILE}.json"),
        &format!("history/{set}/{time}.json"),
        &format!("history/{set}/{time}-split.json"),
        &format!("history/{set}/{time}-delivery.json"),
        &format!("attestations/{set}/{HOSTILE}.json"),
        &format!("attestations/{set}/{time}-0x9858effd.json"),
        &format!("attestations/{set}/{time}-delivery-0x9858effd.json"),
        &format!("exits/{set}/{HOSTILE}-7.age"),
        &format!("whereabouts/{set}/{time}-0123456789abcdef.json"),
        &format!("whereabouts/{HOSTILE}/{HOSTILE}"),
        &format!("retired/{HOSTILE}.json"),
        &format!("retired/{SET}.json"),
        &format!("{SET}/SHA256SUMS"),
        &format!("{SET}/origin.json"),
    ] {
        let content = format!("{{{text}: {text}, \"format\": {text}, \"statement\": {text}}}");
        folder.file(&format!("{copy}/stockade/{name}"), content);
    }
    folder.file(&format!("{copy}/stockade/{SET}/manifest.json"), manifest);
    fs::create_dir(folder.path("nothing")).unwrap();
    folder
}

#[test]
fn no_command_passes_a_name_on_to_a_terminal() {
    let folder = hostile_names();
    let copies = [folder.at(&format!("a{HOSTILE}")), folder.at("b")];
    for line in lines(&folder) {
        let mut args = Vec::new();
        for word in line.split_whitespace() {
            if word == "{}" { args.extend(copies.clone()) } else { args.push(word.to_owned()) }
        }
        // For people, and for programs: those find what the first command left.
        let (code, said) = on("mock-ledger").said(&args);
        require_harmless(&args, &said);
        let output = on("mock-ledger").command(&args).output().unwrap();
        require_harmless(&args, std::str::from_utf8(&output.stderr).unwrap());
        let printed = std::str::from_utf8(&output.stdout).unwrap();
        require_harmless(&args, printed);
        let json: Value = serde_json::from_str(printed).unwrap();
        assert!((0..=5).contains(&code), "{args:?}: {said}");
        println!("{line:.60}: {code}: {said:.300}, {:.100}", json["error"]["message"]);
    }
}

#[test]
fn every_command_with_copies_is_among_them() {
    let help = fs::read_to_string(format!(
        "{}/docs/cli.md",
        concat!(env!("CARGO_MANIFEST_DIR"), "/../..")
    ))
    .unwrap();
    let walked: BTreeSet<_> = lines(&ledger().copies()).into_iter().collect();
    let mut command = "";
    for line in help.lines() {
        command = line.strip_prefix("## stockade ").unwrap_or(command);
        let line = line.trim_start();
        let names_copies = ["--copy <DIR>", "<COPY>...", "[COPY]...", "<PATH>..."];
        if !names_copies.iter().any(|name| line.starts_with(name)) {
            continue;
        }
        let is_walked = walked.iter().any(|line| line.starts_with(command));
        let is_elsewhere = command.starts_with("keystore");
        let is_cloud = command.starts_with("deliver") || command.starts_with("store");
        let known = is_walked || is_elsewhere || (is_cloud && !cfg!(feature = "cloud"));
        assert!(known, "{command}: add a line");
    }
}
