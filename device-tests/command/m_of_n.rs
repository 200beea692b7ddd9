//! Sets that several custodians open together: who is asked, who is not, and what is said of those
//! who are missing or wrong.

use std::{fs, sync::OnceLock};

use serde_json::Value;

use super::{
    fixture::{Folder, Made},
    run::{OTHER_WORDS, Ran, Stockade, THIRD_WORDS, WORDS, alone, on},
};

pub(super) const PASSPHRASE: &str = "six random words or rather more";

/// A set of 2 of 3 (a Ledger, a Trezor, an age identity) in `a` and `b`, the custodian files and
/// the identity.
pub(crate) fn two_of_three() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Folder::new();
        let (ledger, trezor, age) = custodians(&folder);
        let line = format!(
            "validator create --network hoodi --count 2 --threshold 2 \
             --custodian {ledger} {trezor} {age} --copy {}",
            folder.both()
        );
        let ran = on("mock-ledger").run(&line).code(0);
        assert_eq!(ran.json["threshold"], 2);
        Made::of(&folder, ran.json)
    })
}

/// Custodian files: the wallet of these tests, somebody else's, and an age identity's.
pub(crate) fn custodians(folder: &Folder) -> (String, String, String) {
    let enroll = |name: &str| {
        let out = folder.at(name);
        (format!("custodian enroll --name {name} --out {out}"), out)
    };
    let (line, ledger) = enroll("ledger.json");
    on("mock-ledger").run(&line).code(0);
    let (line, trezor) = enroll("trezor.json");
    on("mock-trezor:safe5").holding(OTHER_WORDS).run(&line).code(0);
    let (line, age) = enroll("age.json");
    let recipient = identity(folder, "identity.txt", 9);
    alone().run(&format!("{line} --age-recipient {recipient}")).code(0);
    (ledger, trezor, age)
}

/// Writes an age identity file, and gives its recipient.
pub(crate) fn identity(folder: &Folder, name: &str, seed: u8) -> String {
    let identity = stockade::custodian::Identity::from_secret(&[seed; 32]);
    // Bech32 of the secret, as `age-keygen` writes it.
    let hrp = bech32::Hrp::parse("age-secret-key-").unwrap();
    let line = bech32::encode_upper::<bech32::Bech32>(hrp, &[seed; 32]).unwrap();
    let file = folder.file(name, format!("# made for a test\n{line}\n"));
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    identity.recipient()
}

#[track_caller]
fn assert_warns(ran: &Ran, words: &[&str]) {
    let warnings: Vec<_> = ran.list("warnings").iter().filter_map(Value::as_str).collect();
    let said = |warning: &&str| words.iter().all(|word| warning.contains(word));
    assert!(warnings.iter().any(said), "{words:?} not in {warnings:#?}");
}

fn id(made: &Made, x: usize) -> &str {
    made.json["custodians"][x]["id"].as_str().unwrap()
}

#[test]
fn any_two_of_three_open_and_each_is_asked_once() {
    let folder = two_of_three().copies();
    let drill = format!("backup drill {}", folder.both());
    let with_file = format!("{drill} --identity {}", folder.at("identity.txt"));
    let signer = folder.at("ledger.json");
    let ledger = || on("mock-ledger");
    let trezor = || on("mock-trezor:safe5").holding(OTHER_WORDS);
    let both = ledger().and("mock-trezor:safe5", OTHER_WORDS);
    for (ran, prompts) in [
        (both.run(&drill), vec![0, 1]),
        (ledger().run(&with_file), vec![0]),
        (trezor().run(&format!("{with_file} --signer {signer}")), vec![1]),
    ] {
        let ran = ran.code(0);
        assert_eq!(ran.verdicts(), (4, 0, 0));
        for x in 0..2 {
            let prompt = format!("open backups of custodian {}", id(two_of_three(), x));
            let count = ran.stderr.matches(&prompt).count();
            assert_eq!(count, usize::from(prompts.contains(&x)), "{}", ran.stderr);
        }
    }
    // The keys are compared with the batch of the one wallet that makes them, where it is here.
    let both_ran = both.run(&drill);
    assert!(both_ran.stderr.contains("derive hoodi batch 0"), "{}", both_ran.stderr);
    let without = trezor().run(&format!("{with_file} --signer {signer}"));
    assert_warns(&without, &["2 keys were opened and not made again", "is not here"]);
}

#[test]
fn one_of_three_opens_nothing_and_is_not_asked() {
    let folder = two_of_three().copies();
    let drill = format!("backup drill {}", folder.both());
    let alone_at_it = on("mock-ledger").rejecting().run(&drill).code(1);
    assert_eq!(alone_at_it.verdicts(), (0, 0, 4));
    assert_eq!(alone_at_it.each("keys", "reason"), ["share_missing"; 4]);
    assert!(!alone_at_it.prompted(), "{}", alone_at_it.stderr);
    assert_warns(
        &alone_at_it,
        &["2 of 3", "Not here", id(two_of_three(), 1), id(two_of_three(), 2)],
    );

    let line = format!(
        "{drill} --identity {} --signer {}",
        folder.at("identity.txt"),
        folder.at("ledger.json")
    );
    let identity_alone = alone().run(&line).code(1);
    assert_eq!(identity_alone.each("keys", "reason"), ["share_missing"; 4]);

    let before = folder.content();
    let restore = format!(
        "backup restore {} --layout plain --never-attested --to {}",
        folder.both(),
        folder.at("restored")
    );
    let refused = on("mock-ledger").run(&restore).error(3, "input");
    assert!(refused.message().contains("2 of 3"), "{}", refused.message());
    assert!(folder.content() == before, "something was written");
}

#[test]
fn a_wallet_that_is_no_custodian_is_not_asked() {
    let folder = two_of_three().copies();
    let drill = format!("backup drill {} --signer {}", folder.both(), folder.at("ledger.json"));
    let stranger = on("mock-ledger").holding(THIRD_WORDS).rejecting();
    let ran = stranger.run(&drill).code(1);
    assert_eq!(ran.each("keys", "reason"), ["not_this_wallet"; 4]);
    assert!(!ran.prompted(), "{}", ran.stderr);
    // Beside custodians it does no harm.
    let three = on("mock-ledger").holding(THIRD_WORDS).and("mock-ledger", WORDS);
    let ran = three.and("mock-trezor:safe5", OTHER_WORDS).run(&drill).code(0);
    assert_eq!(ran.verdicts(), (4, 0, 0));
}

#[test]
fn a_rejected_prompt_ends_it() {
    let folder = two_of_three().copies();
    let both = on("mock-ledger").and("mock-trezor:safe5", OTHER_WORDS).rejecting();
    both.run(&format!("backup drill {}", folder.both())).error(5, "rejected");
}

#[test]
fn whatever_is_restored_is_what_was_made() {
    let folder = two_of_three().copies();
    let both = on("mock-ledger").and("mock-trezor:safe5", OTHER_WORDS);
    let to = folder.at("restored");
    let line =
        format!("backup restore {} --layout plain --never-attested --to {to}", folder.both());
    let restored = both.run(&line).code(0);
    let made: Vec<_> = two_of_three().json["keys"].as_array().unwrap().to_vec();
    let made: Vec<_> = made.iter().map(|key| key["pubkey"].as_str().unwrap()).collect();
    assert_eq!(restored.each("keys", "pubkey"), made);
}

#[test]
fn an_identity_file_that_is_none_is_named_and_never_shown() {
    let folder = two_of_three().copies();
    let drill = format!("backup drill {}", folder.both());
    let file = folder.file("wrong", "# fine\nAGE-SECRET-KEY-1NOTAKEY\n");
    let refused = on("mock-ledger").run(&format!("{drill} --identity {file}")).error(3, "input");
    assert!(refused.message().contains("wrong: line 2"), "{}", refused.message());
    // The harness itself makes sure that AGE-SECRET-KEY- is nowhere in what was printed.
    let file = folder.file("empty", "# nothing\n");
    on("mock-ledger").run(&format!("{drill} --identity {file}")).error(3, "input");
    // Another's identity opens nothing, and one that others can read is warned about.
    identity(&folder, "other.txt", 3);
    use std::os::unix::fs::PermissionsExt as _;
    let readable = fs::Permissions::from_mode(0o644);
    fs::set_permissions(folder.path("other.txt"), readable).unwrap();
    let other = folder.at("other.txt");
    let ran = on("mock-ledger").run(&format!("{drill} --identity {other}")).code(1);
    assert_eq!(ran.each("keys", "reason"), ["share_missing"; 4]);
    assert!(ran.stderr.contains("other.txt (mode 644)"), "{}", ran.stderr);
}

#[test]
fn thresholds_that_nobody_could_meet_or_meant_are_refused() {
    let folder = Folder::new();
    let (ledger, trezor, age) = custodians(&folder);
    let create = format!("validator create --network hoodi --count 1 --copy {}", folder.at("a"));
    let wallet = || on("mock-ledger").rejecting();
    for line in [
        format!("{create} --threshold 2"),
        format!("{create} --threshold 2 --custodian {ledger}"),
        format!("{create} --threshold 4 --custodian {ledger} {trezor} {age}"),
        format!("{create} --threshold 0 --custodian {ledger}"),
    ] {
        wallet().run(&line).error(2, "usage");
    }
    let twice = format!("{create} --threshold 2 --custodian {age} {age}");
    wallet().run(&twice).error(3, "input");
    // The same recipient under another id would open with its share twice.
    let recipient = identity(&folder, "identity.txt", 9);
    let again = folder.at("again.json");
    let line = format!("custodian enroll --name again --out {again} --age-recipient {recipient}");
    alone().run(&line).code(0);
    let line = format!("{create} --threshold 2 --custodian {age} {again}");
    wallet().run(&line).error(3, "input");
    let own = folder.at("own.json");
    on("mock-trezor").run(&format!("custodian enroll --name own --out {own}")).code(0);
    let line = format!("{create} --threshold 2 --custodian {ledger} {own}");
    let refused = wallet().run(&line).error(3, "input");
    assert!(refused.message().contains("the same wallet"), "{}", refused.message());
    assert!(!folder.path("a").exists());
}

#[test]
fn the_next_set_takes_as_many_as_the_last() {
    let folder = two_of_three().copies();
    let create = format!("validator create --network hoodi --count 1 --copy {}", folder.both());
    let refused = on("mock-ledger").run(&create).error(2, "usage");
    assert!(refused.message().contains("2 of 3"), "{}", refused.message());
    let set = folder.set("a");
    let alike = on("mock-ledger").run(&format!("{create} --custodian {}", set.display())).code(0);
    assert_eq!(alike.json["threshold"], 2);
    let ids: Vec<_> = (0..3).map(|x| id(two_of_three(), x)).collect();
    assert_eq!(alike.each("custodians", "id"), ids);
    // One more custodian beside them: somebody says how many it takes then.
    let third = folder.at("third.json");
    let enroll = format!("custodian enroll --name third --out {third}");
    on("mock-ledger").holding(THIRD_WORDS).run(&enroll).code(0);
    let line = format!("{create} --custodian {} {third}", set.display());
    on("mock-ledger").run(&line).error(2, "usage");
}

#[test]
fn a_passphrase_opens_what_it_is_a_custodian_of() {
    let folder = Folder::new();
    let (ledger, _, _) = custodians(&folder);
    let file = folder.at("passphrase.json");
    let enroll = format!("custodian enroll --name p --out {file} --passphrase --passphrase-fd 0");
    alone().reading("too short\n").run(&enroll).error(3, "input");
    assert!(!folder.path("passphrase.json").exists());
    alone().reading(&format!("{PASSPHRASE}\n")).run(&enroll).code(0);
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains(PASSPHRASE) && !text.contains("AGE-SECRET-KEY"), "{text}");

    // It has company where any one opens, and where two do.
    let knows = || alone().reading(&format!("{PASSPHRASE}\n"));
    for threshold in [1, 2] {
        let copy = folder.at(&format!("copy-{threshold}"));
        let line = format!(
            "validator create --network hoodi --count 1 --threshold {threshold} \
             --custodian {ledger} {file} --copy {copy}"
        );
        on("mock-ledger").run(&line).code(0);
        let drill = format!("backup drill {copy} --signer {ledger} --passphrase-fd 0");
        let alone_at_it = knows().run(&drill);
        let together = knows().and("mock-ledger", WORDS).run(&drill).code(0);
        assert_eq!(together.verdicts(), (1, 0, 0));
        match threshold {
            1 => assert_eq!(alone_at_it.code(0).verdicts(), (1, 0, 0)),
            _ => assert_eq!(alone_at_it.code(1).each("keys", "reason"), ["share_missing"]),
        }
    }
    let drill = format!("backup drill {} --passphrase-fd 0", folder.at("copy-2"));
    let wrong = on("mock-ledger").reading("another passphrase\n").run(&drill).code(1);
    assert_eq!(wrong.each("keys", "reason"), ["share_missing"]);
    assert_warns(&wrong, &["the passphrase does not open"]);
    assert!(!wrong.prompted(), "{}", wrong.stderr);
}

/// Two wallets of one vendor and one at a time is the usual case; here both are there.
#[test]
fn an_attestation_of_a_drill_takes_them_all_and_the_first_signs() {
    let folder = two_of_three().copies();
    let both: Stockade = on("mock-ledger").and("mock-trezor:safe5", OTHER_WORDS);
    let line = format!("attest create --check drill --copy {}", folder.both());
    let attested = both.run(&line).code(0);
    let statement = attested.list("attestations")[0]["statement"].as_str().unwrap();
    assert!(statement.contains("level opened; keys 2 proven 0 contradicted"), "{statement}");
}
