//! The public test suite of EIP-3076 (github.com/eth-clients/slashing-protection-interchange-tests), where
//! somebody has it: it has no licence, so it is not part of this repository. Set `STOCKADE_EIP3076_TESTS`
//! to its folder `tests/generated`.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;
use stockade::{
    bls::PublicKey,
    staking::{Interchange, Network, Newest},
};

/// The suite's chain. Stockade refuses a root of zeros, so it is put on Hoodi.
const ZEROS: &str = "0x0000000000000000000000000000000000000000000000000000000000000000";

fn number(value: &Value) -> u64 {
    value.as_str().unwrap().parse().unwrap()
}

/// What a client that keeps only bounds may sign.
#[derive(Default)]
struct Bounds(BTreeMap<PublicKey, Newest>);

impl Bounds {
    fn of(history: &Interchange) -> Self {
        Self(history.newest())
    }

    fn block(&mut self, key: PublicKey, slot: u64) -> bool {
        let bounds = self.0.entry(key).or_default();
        let may = bounds.block_slot.is_none_or(|newest| slot > newest);
        if may {
            bounds.block_slot = Some(slot);
        }
        may
    }

    fn attestation(&mut self, key: PublicKey, source: u64, target: u64) -> bool {
        let bounds = self.0.entry(key).or_default();
        let may = source <= target
            && bounds.source_epoch.is_none_or(|newest| source >= newest)
            && bounds.target_epoch.is_none_or(|newest| target > newest);
        if may {
            bounds.source_epoch = Some(source);
            bounds.target_epoch = Some(target);
        }
        may
    }

    /// The higher of both bounds: nothing that is imported lowers one.
    fn raise(&mut self, other: &Self) {
        for (key, newest) in &other.0 {
            let own = self.0.entry(*key).or_default();
            own.block_slot = own.block_slot.max(newest.block_slot);
            own.source_epoch = own.source_epoch.max(newest.source_epoch);
            own.target_epoch = own.target_epoch.max(newest.target_epoch);
        }
    }
}

/// Imports and signs as one test says; gives the number of its signatures.
fn run(test: &Value) -> usize {
    let hoodi = format!("0x{}", hex::encode(Network::Hoodi.genesis_validators_root()));
    let name = test["name"].as_str().unwrap();
    let own_root = test["genesis_validators_root"].as_str().unwrap().replace(ZEROS, &hoodi);
    let (mut bounds, mut all, mut signed) = (Bounds::default(), None::<Interchange>, 0);
    for step in test["steps"].as_array().unwrap() {
        let text = step["interchange"].to_string().replace(ZEROS, &hoodi);
        let root = text.contains(&own_root);
        let history = Interchange::parse(text.as_bytes());
        // Whether something in it is slashable is for the client to say that signs.
        let slashable = step["contains_slashable_data"].as_bool().unwrap();
        let good = history.is_ok() && root;
        assert!(
            good == step["should_succeed"].as_bool().unwrap() || slashable,
            "{name}: {history:?}"
        );
        if let (Ok(history), true) = (history, root) {
            // Each form that Stockade hands on keeps the bounds.
            let written = history.to_json().unwrap();
            for form in [history.minimal(), Interchange::parse(written.as_bytes()).unwrap()] {
                assert_eq!(form.newest(), history.newest(), "{name}");
            }
            bounds.raise(&Bounds::of(&history));
            let merged = match all.take() {
                Some(before) => before.merge([history]).unwrap(),
                None => history,
            };
            let mut of_merged = Bounds::of(&merged);
            of_merged.raise(&bounds);
            assert_eq!(
                of_merged.0, bounds.0,
                "{name}: a merge raised a bound that nothing imported"
            );
            all = Some(merged);
        }
        let key = |value: &Value| value["pubkey"].as_str().unwrap()[2..].parse().unwrap();
        for block in step["blocks"].as_array().unwrap() {
            let may = bounds.block(key(block), number(&block["slot"]));
            assert_eq!(may, block["should_succeed"].as_bool().unwrap(), "{name}: {block}");
            signed += 1;
        }
        for vote in step["attestations"].as_array().unwrap() {
            let (source, target) = (number(&vote["source_epoch"]), number(&vote["target_epoch"]));
            let may = bounds.attestation(key(vote), source, target);
            assert_eq!(may, vote["should_succeed"].as_bool().unwrap(), "{name}: {vote}");
            signed += 1;
        }
    }
    signed
}

#[test]
fn the_bounds_of_a_history_are_those_of_the_public_suite() {
    let Some(folder) = std::env::var_os("STOCKADE_EIP3076_TESTS").map(PathBuf::from) else {
        return println!("not run: the EIP-3076 suite: STOCKADE_EIP3076_TESTS names no folder");
    };
    let (mut tests, mut signatures) = (0, 0);
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        signatures += run(&serde_json::from_slice(&bytes).unwrap());
        tests += 1;
    }
    println!("EIP-3076 suite: {tests} tests, {signatures} signatures");
    assert!(tests > 30);
}
