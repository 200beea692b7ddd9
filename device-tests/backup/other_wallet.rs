//! Another wallet, or another passphrase: it cannot tell, is asked nothing, and changes nothing.

use crate::command::{
    fixture::{imported, ledger},
    run::{OTHER_WORDS, on},
};

#[test]
fn a_drill_with_another_wallet_is_inconclusive_and_shows_no_prompt() {
    for (made, devices) in [
        (ledger(), &["mock-ledger", "mock-trezor", "mock-trezor:safe5"][..]),
        (imported(), &["mock-ledger"]),
    ] {
        let copies = made.copies();
        let line = format!("backup drill {}", copies.both());
        for device in devices.iter().copied() {
            let other = on(device).holding(OTHER_WORDS);
            // One who would reject everything is not asked either.
            for wallet in [other.clone(), other.rejecting()] {
                let drilled = wallet.run(&line).code(1);
                assert_eq!(drilled.verdicts(), (0, 0, 6), "{device}");
                assert_eq!(drilled.each("keys", "reason"), ["not_this_wallet"; 6]);
                assert_eq!(drilled.text("origin"), "unknown");
                assert!(!drilled.prompted(), "{}", drilled.stderr);
            }
        }
    }
}

#[test]
fn a_check_with_another_wallet_is_inconclusive_and_shows_no_prompt() {
    let copies = ledger().copies();
    let line = format!("validator check {}", copies.both());
    let checked = on("mock-ledger").holding(OTHER_WORDS).rejecting().run(&line).code(1);
    assert_eq!(checked.each("keys", "reason"), ["not_this_wallet"; 6]);
    assert!(!checked.prompted(), "{}", checked.stderr);
}

#[test]
fn a_scrub_with_another_wallet_does_not_vouch_for_the_set() {
    let copies = ledger().copies();
    let line = format!("backup scrub {}", copies.both());
    let scrubbed = on("mock-ledger").holding(OTHER_WORDS).run(&line).code(1);
    assert_eq!(scrubbed.each("keys", "reason"), ["origin_unknown"; 6]);
    assert_eq!((scrubbed.verdicts(), scrubbed.text("origin")), ((0, 0, 6), "unknown"));
}

#[test]
fn another_wallet_makes_keys_of_its_own_beside_those_of_the_first() {
    let copies = ledger().copies();
    let line = format!("validator create --network hoodi --count 1 --copy {}", copies.both());
    let other = on("mock-ledger").holding(OTHER_WORDS).run(&line).code(0);
    assert_eq!(other.list("keys")[0]["path"], "m/12381/3600/0/0/0");
    assert_eq!(other.json["enrolled"], true, "it does not seal to the first wallet");
    // Of both sets together each wallet proves its own and cannot tell of the other.
    let drill = format!("backup drill {}", copies.both());
    assert_eq!(on("mock-ledger").run(&drill).code(1).verdicts(), (6, 0, 2));
    let second = on("mock-ledger").holding(OTHER_WORDS).run(&drill).code(1);
    assert_eq!(second.verdicts(), (2, 0, 6));
}
