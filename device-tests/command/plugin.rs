//! Custodians behind an age plugin, by a plugin of the tests' own.

use std::fs;

use bech32::{Bech32, Hrp};

use super::{
    fixture::Folder,
    run::{WORDS, alone, on},
};

/// The folder of `age-plugin-stockadetest`.
pub(super) fn programs() -> String {
    format!("{}/device-tests/command", concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The files of a custodian of the plugin, and of its identity.
pub(super) fn enroll(folder: &Folder) -> (String, String) {
    let recipient =
        bech32::encode::<Bech32>(Hrp::parse("age1stockadetest").unwrap(), &[1; 20]).unwrap();
    let file = folder.at("plugin.json");
    let line = format!("custodian enroll --name p --out {file} --plugin-recipient {recipient}");
    alone().run(&line).code(0);
    let hrp = Hrp::parse("age-plugin-stockadetest-").unwrap();
    let identity = bech32::encode_upper::<Bech32>(hrp, &[1; 20]).unwrap();
    (file, folder.file("identity.txt", format!("{identity}\n")))
}

#[test]
fn a_plugin_s_custodian_opens_alone_and_together_with_a_wallet() {
    let folder = Folder::new();
    let (plugin, identity) = enroll(&folder);
    let own = folder.at("own.json");
    on("mock-ledger").run(&format!("custodian enroll --name own --out {own}")).code(0);
    for threshold in [1, 2] {
        let copy = folder.at(&format!("copy-{threshold}"));
        let create = format!(
            "validator create --network hoodi --count 1 --threshold {threshold} \
             --custodian {own} {plugin} --copy {copy}"
        );
        let made = on("mock-ledger").with_programs(&programs()).run(&create).code(0);
        assert!(made.stderr.contains("touch the test key"), "{}", made.stderr);
        let drill = format!("backup drill {copy} --identity {identity} --signer {own}");
        let owner = alone().with_programs(&programs());
        let drilled = match threshold {
            1 => owner.run(&drill).code(0),
            _ => {
                let alone_at_it = owner.run(&drill).code(1);
                assert_eq!(alone_at_it.each("keys", "reason"), ["share_missing"]);
                owner.and("mock-ledger", WORDS).run(&drill).code(0)
            }
        };
        assert_eq!(drilled.verdicts(), (1, 0, 0));
        assert!(drilled.stderr.contains("touch the test key"), "{}", drilled.stderr);
    }
}

#[test]
fn without_the_plugin_nothing_is_made_and_it_is_named() {
    let folder = Folder::new();
    let (plugin, _) = enroll(&folder);
    let copy = folder.at("a");
    let create = format!("validator create --network hoodi --count 1 --copy {copy}");
    let refused = on("mock-ledger").run(&format!("{create} --custodian {plugin}")).code(3);
    assert!(refused.message().contains("age-plugin-stockadetest"), "{}", refused.message());
    assert!(!folder.path("a").exists());
    assert!(fs::read_to_string(plugin).unwrap().contains("age1stockadetest1"));
}
