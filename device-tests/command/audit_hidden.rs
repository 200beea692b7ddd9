//! Statements that would hide others from an audit: of the same second, joint, or a stranger's.

use std::{fs, path::PathBuf, thread::sleep, time::Duration};

use serde_json::json;

use stockade::{
    attest::{Attestation, Statement},
    path::DerivationPath,
};

use super::{
    audit::{
        FIRST, attest, attest_a_loss, attest_by_other, attestations, audit, clause, join, maker,
        newest, policy, second, verify,
    },
    fixture::{Folder, Nobody, ledger, wallet},
    run::{OTHER_WORDS, WORDS, alone, on},
};

/// Puts what the first wallet signs into both copies: its newest statement, changed.
fn sign_changed(copies: &Folder, change: impl FnOnce(&mut Statement)) -> [PathBuf; 2] {
    let newest: Attestation = serde_json::from_slice(&fs::read(newest(copies)).unwrap()).unwrap();
    let mut statement: Statement = newest.statement.parse().unwrap();
    change(&mut statement);
    let text = statement.to_string();
    let path = DerivationPath::ethereum(0, 0).unwrap();
    let signature = wallet("mock-ledger", WORDS).sign_personal(&path, &text, &mut Nobody).unwrap();
    let json = Attestation::new(text, FIRST.parse().unwrap(), signature).to_json().unwrap();
    ["a", "b"].map(|copy| {
        let beside = attestations(copies, copy).pop().unwrap();
        let file = beside.with_file_name(format!("20991231T235959Z-{FIRST}.json"));
        fs::write(&file, &json).unwrap();
        file
    })
}

#[test]
fn a_good_statement_hides_no_bad_one_of_the_same_second() {
    let copies = ledger().copies();
    attest(&copies, "scrub").code(0);
    // Whichever digest comes first, and whichever file.
    for i in 0..6 {
        let files = sign_changed(&copies, |statement| {
            statement.keys.proven -= 1;
            statement.keys.contradicted += 1;
            statement.challenge = Some(i.to_string().parse().unwrap());
        });
        verify(&copies).code(1);
        let audited = audit(&copies, json!({}), "").code(1);
        assert_eq!(clause(&audited, "verdicts").0, "not_met");
        assert!(audited.list("sets")[0]["statement"].as_str().unwrap().contains("1 contradicted"));
        files.iter().for_each(|file| fs::remove_file(file).unwrap());
    }
    // Both good: whoever asks for chains learns that there are two.
    sign_changed(&copies, |statement| statement.challenge = Some("two".parse().unwrap()));
    audit(&copies, json!({}), "").code(0);
    let audited = audit(&copies, json!({"chain": true}), "").code(1);
    assert_eq!(clause(&audited, "chain").0, "not_met");
}

#[test]
fn a_joint_statement_hides_nothing_that_was_taken_out_before_it() {
    let copies = ledger().copies();
    attest(&copies, "scrub").code(0);
    attest_a_loss(&copies);
    // Whoever signed in that very second does not join.
    sleep(Duration::from_millis(1100));
    let other = attest_by_other(&copies).code(0);
    let file = attestations(&copies, "a").pop().unwrap();
    let line = format!(
        "attest create --join {} --signer {} --copy {}",
        file.display(),
        second(),
        copies.both()
    );
    let joined = on("mock-ledger").run(&line).code(0);
    assert_eq!(
        joined.list("attestations")[0]["statement"],
        other.list("attestations")[0]["statement"]
    );
    assert!(joined.stderr.contains("does not lead back"), "{}", joined.stderr);
    attest(&copies, "scrub").code(0);
    for copy in ["a", "b"] {
        let loss = attestations(&copies, copy).remove(1);
        assert!(fs::read_to_string(&loss).unwrap().contains("keys 0 proven"));
        fs::remove_file(loss).unwrap();
    }
    let audited = audit(&copies, json!({"chain": true}), "").code(1);
    assert_eq!(clause(&audited, "chain").0, "unknown", "{:#}", audited.json);
    // People read the same: it is not said to be unmet.
    let policy = policy(&copies, &json!({"chain": true}));
    let (a, b) = (copies.at("a"), copies.at("b"));
    let (code, text) = alone().said(&["attest", "verify", &a, &b, "--policy", &policy]);
    assert!(code == 1 && text.contains(": CANNOT TELL\n"), "{text}");
    assert!(
        text.contains("CANNOT BE TOLD whether the policy is met") && !text.contains("NOT met"),
        "{text}"
    );
    audit(&copies, json!({}), "").code(0);
}

#[test]
fn a_wallet_joins_in_no_strangers_statement_and_in_none_that_follows_nothing_here() {
    let copies = ledger().copies();
    attest(&copies, "scrub").code(0);
    let unnamed = |file: &str| {
        let line =
            format!("attest create --join {file} --signer {} --copy {}", maker(), copies.both());
        on("mock-trezor").holding(OTHER_WORDS).run(&line)
    };
    let refused = unnamed(&newest(&copies)).error(3, "input");
    assert!(refused.message().contains(FIRST), "{}", refused.message());
    assert!(!refused.prompted(), "{}", refused.stderr);

    // The second one follows the first, which is put aside.
    attest(&copies, "scrub").code(0);
    let whole = copies.content();
    for copy in ["a", "b"] {
        fs::remove_file(&attestations(&copies, copy)[0]).unwrap();
    }
    let refused = join(&copies, &newest(&copies)).error(3, "input");
    assert!(refused.message().contains("does not follow"), "{}", refused.message());
    assert!(!refused.prompted(), "{}", refused.stderr);
    for (path, bytes) in whole {
        if let Some(bytes) = bytes {
            fs::write(copies.path(path.to_str().unwrap()), bytes).unwrap();
        }
    }
    // Nor in the first, once there is a second.
    let first = attestations(&copies, "a").remove(0);
    join(&copies, &newest(&copies)).code(0);
    join(&copies, first.to_str().unwrap()).error(3, "input");
}
