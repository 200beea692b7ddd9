//! Every command that reads copies, on a copy that somebody prepared to take all memory: each ends within
//! bounds, with an answer. The help says which commands those are, so that a new one is not forgotten.

use std::{collections::BTreeSet, fs};

use super::{
    fixture::{Folder, ledger, vector},
    hostile_copies::{SET, SIGNER, bounded, large_manifest, large_sums},
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
        let token = folder.file("token", "a token");
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
    fs::create_dir(folder.path("nothing")).unwrap();
    folder
}

#[test]
fn every_command_ends_within_bounds_on_a_hostile_copy() {
    let folder = hostile();
    let before = folder.sets("a");
    for line in lines(&folder) {
        let begun = std::time::Instant::now();
        let (code, json, said) = bounded(&line.replace("{}", &folder.both()));
        assert!(!said.contains("memory allocation"), "{line}: {said}");
        // The line is one that the command takes.
        let message = json["error"]["message"].as_str().unwrap_or_default();
        assert!(!message.starts_with("error: "), "{line}: {json:#}");
        println!("{line}: {code} after {:?}: {message:.200}", begun.elapsed());
    }
    assert!(before.iter().all(|set| folder.sets("a").contains(set)));
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
